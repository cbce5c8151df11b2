-- Facet words of further facts (src/directory/words/facets.def) for the businesses that are already there.
UPDATE business_detail SET words = words || ARRAY['@takeaway=' || (extra ->> 'takeaway')]
WHERE extra ->> 'takeaway' IN ('yes', 'only', 'no');

-- Facet words of wheelchair access (src/directory/words/facets.def) for the businesses that are already there.
UPDATE business_detail SET words = words || ARRAY['@wheelchair=' || (extra ->> 'wheelchair')]
WHERE extra ->> 'wheelchair' IN ('yes', 'limited', 'no');

-- Words of what places to eat serve (src/directory/names/cuisines.h) for the businesses that are already there: those
-- that sources write in English. The next import writes them of every record that it brings, in any language.
UPDATE business_detail SET content_hash = 0, words = words || ARRAY(
	SELECT DISTINCT '~' || regexp_replace(word, '([aou])e', '\1', 'g')
	FROM regexp_split_to_table(lower(extra ->> 'cuisine'), '[^a-z]+') AS word
	WHERE word <> '')
WHERE extra ->> 'cuisine' ~ '[A-Za-z]';

-- Hashes of the tokens of a business (src/directory/words/tokens.h): the index by bands of latitude tells which businesses
-- a page by distance need not look at. NULL: not known, so it is looked at; the next import writes them of every record.
ALTER TABLE business ADD COLUMN marks smallint[];

-- Those of directory_facets().
CREATE FUNCTION directory_marks(category_id smallint, group_id smallint, region_id integer, city_id integer)
RETURNS smallint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(ARRAY[
	((ascii('c') * 7919 + category_id::bigint * 31) % 65536 - 32768)::smallint,
	((ascii('g') * 7919 + group_id::bigint * 31) % 65536 - 32768)::smallint,
	((ascii('r') * 7919 + region_id::bigint * 31) % 65536 - 32768)::smallint,
	((ascii('t') * 7919 + city_id::bigint * 31) % 65536 - 32768)::smallint], NULL);

DROP INDEX business_by_band;
CREATE INDEX business_by_band ON business ({{business_band}}, lon_e7) INCLUDE (lat_e7, id, marks)
	WHERE lat_e7 IS NOT NULL;

-- Pages by distance behind the first read what lies between two distances, band of latitude by band, from these alone.
CREATE INDEX business_by_band ON business ({{business_band}}, lon_e7) INCLUDE (lat_e7, id)
	WHERE lat_e7 IS NOT NULL;
CREATE INDEX business_of_group_by_band ON business (group_id, {{business_band}}, lon_e7) INCLUDE (lat_e7, category_id, id)
	WHERE lat_e7 IS NOT NULL;

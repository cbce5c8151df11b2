-- An export asks which businesses come to other towns: few of all.
CREATE INDEX business_detail_serving ON business_detail (id) WHERE service_area IS NOT NULL;

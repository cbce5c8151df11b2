-- An export asks which businesses had other addresses: few of all.
CREATE INDEX business_path_former ON business_path (id) WHERE path_old IS NOT NULL;

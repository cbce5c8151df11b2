-- First segments of places that another installation has given and that are not in this directory yet: a place that comes
-- takes its own, and no other place takes it.
CREATE TABLE city_slug (
	key text PRIMARY KEY, -- as city.key
	slug text NOT NULL UNIQUE
);
GRANT SELECT, INSERT, DELETE ON city_slug TO holdfast_import;

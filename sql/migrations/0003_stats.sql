-- Statistics by the time of the last change read this instead of the widest table.
CREATE INDEX business_detail_by_updated ON business_detail (updated_at);

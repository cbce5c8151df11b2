-- A host that only postpones is given up in the end, and what a stage cannot ask has not failed.

-- How often an item, and in a row a host, was postponed by an answer (429, 503 with Retry-After). A round of a host ends
-- with the time that it asked for; an answer of another kind begins anew.
ALTER TABLE pipeline_item ADD postponed smallint NOT NULL DEFAULT 0;
ALTER TABLE pipeline_claim ADD postponed smallint[];
UPDATE pipeline_claim SET postponed = array_fill(0::smallint, ARRAY[cardinality(items)]);
ALTER TABLE pipeline_claim ALTER postponed SET NOT NULL;
ALTER TABLE pipeline_host ADD postponed integer NOT NULL DEFAULT 0, ADD postponed_since timestamptz, ADD postponed_until timestamptz;

ALTER TABLE pipeline_container
	ADD skipped integer NOT NULL DEFAULT 0, -- nothing to ask, or no such business; claimed is the sum with them
	ADD waiting integer NOT NULL DEFAULT 0, -- items of claims that wait for a declared time
	ADD declared_host text; -- which host asked for the pause

-- The monitor says when queued items are due.
GRANT SELECT ON pipeline_item TO holdfast_web;

-- The pipeline: records become better by asking others. A batch is one pass of a stage over businesses; containers
-- (one worker each) share its queue. A claim deletes rows of the queue into one claim row, so that it can never take the
-- same rows again (incident 7), and is committed before anything is asked (incident 8). A flush writes results and is
-- refused when the claim is gone; the reaper deletes claims whose lease is over and puts their items back. Every item and
-- every container finalises itself (incident 9): the counters stand in the container's row, written by nobody else but
-- the reaper. Nobody counts items.

CREATE TABLE pipeline_batch (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	stage text NOT NULL,
	total integer NOT NULL DEFAULT 0,
	created_at timestamptz NOT NULL DEFAULT now(),
	finished_at timestamptz
);
CREATE INDEX pipeline_batch_open ON pipeline_batch (id) WHERE finished_at IS NULL;

CREATE TABLE pipeline_container (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	batch_id bigint NOT NULL REFERENCES pipeline_batch ON DELETE CASCADE,
	started_at timestamptz NOT NULL DEFAULT now(),
	heartbeat_at timestamptz NOT NULL DEFAULT now(), -- only on a tick of the loop that does the work
	progress_at timestamptz, -- the last item that was finalised
	finished_at timestamptz, -- the worker ended in order
	heartbeat_ms integer NOT NULL, -- how often it means to
	lease_ms integer NOT NULL,
	claimed integer NOT NULL DEFAULT 0, -- = in_flight + ok + failed + dead + again + returned
	in_flight integer NOT NULL DEFAULT 0, -- in claims
	ok integer NOT NULL DEFAULT 0,
	failed integer NOT NULL DEFAULT 0,
	dead integer NOT NULL DEFAULT 0,
	again integer NOT NULL DEFAULT 0, -- put back into the queue, to be tried later
	returned integer NOT NULL DEFAULT 0, -- taken away by the reaper
	fenced integer NOT NULL DEFAULT 0, -- results thrown away because the claim had passed to another
	empty_claims integer NOT NULL DEFAULT 0, -- in a row that took nothing though something was due: an alarm from 2 on
	failed_in_row integer NOT NULL DEFAULT 0, -- items that failed since the last that did not
	calls_in_flight integer NOT NULL DEFAULT 0,
	oldest_call_ms integer NOT NULL DEFAULT 0,
	slowest_ms integer NOT NULL DEFAULT 0, -- item of the last minutes
	declared text CHECK (declared IN ('throttled', 'backoff')),
	declared_until timestamptz,
	network_ms bigint NOT NULL DEFAULT 0,
	limiter_ms bigint NOT NULL DEFAULT 0,
	database_ms bigint NOT NULL DEFAULT 0,
	idle_ms bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX pipeline_container_of_batch ON pipeline_container (batch_id, id);

-- Finalised items by minute, for rates.
CREATE TABLE pipeline_minute (
	batch_id bigint NOT NULL REFERENCES pipeline_batch ON DELETE CASCADE,
	container_id bigint NOT NULL,
	minute timestamptz NOT NULL,
	ok integer NOT NULL,
	failed integer NOT NULL,
	PRIMARY KEY (batch_id, container_id, minute)
) WITH (fillfactor = 50);

-- Lanes: 0 many at a time; 1 few; 2 alone. Items of a claim whose worker died move to the next narrower lane, so that the
-- one that kills workers is found.
CREATE TABLE pipeline_item (
	batch_id bigint NOT NULL,
	business_id bigint NOT NULL,
	due_at timestamptz NOT NULL DEFAULT now(),
	lane smallint NOT NULL DEFAULT 0,
	attempts smallint NOT NULL DEFAULT 0,
	deaths smallint NOT NULL DEFAULT 0, -- of workers that had only this item
	suspect_at timestamptz, -- since when a death is remembered
	UNIQUE (batch_id, business_id)
);
CREATE INDEX pipeline_item_due ON pipeline_item (batch_id, lane, due_at, business_id);
ALTER TABLE pipeline_item SET (autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE pipeline_claim (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	batch_id bigint NOT NULL,
	container_id bigint NOT NULL,
	lane smallint NOT NULL,
	items bigint[] NOT NULL, -- not finalised yet; the next two beside them
	attempts smallint[] NOT NULL,
	deaths smallint[] NOT NULL,
	suspect_at timestamptz,
	claimed_at timestamptz NOT NULL DEFAULT now(),
	lease_until timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX pipeline_claim_lease ON pipeline_claim (lease_until);
CREATE INDEX pipeline_claim_of_batch ON pipeline_claim (batch_id);
ALTER TABLE pipeline_claim SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- What a stage found out about a business: which facts, from where, when.
CREATE TABLE pipeline_result (
	business_id bigint NOT NULL,
	stage text NOT NULL,
	outcome text NOT NULL, -- "ok", or why there are no facts
	facts jsonb NOT NULL,
	source text NOT NULL,
	found_at timestamptz NOT NULL DEFAULT now(),
	batch_id bigint NOT NULL,
	PRIMARY KEY (business_id, stage)
);

CREATE TABLE pipeline_dead (
	batch_id bigint NOT NULL REFERENCES pipeline_batch ON DELETE CASCADE,
	business_id bigint NOT NULL,
	cause text NOT NULL,
	died_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (batch_id, business_id)
);

-- When the next call to a host may start, over all fetchers: each call takes a turn and moves it on by the host's
-- interval; a Retry-After moves it on by what the host asks for.
CREATE TABLE pipeline_host (
	host text PRIMARY KEY,
	next_at timestamptz NOT NULL
) WITH (fillfactor = 50);

GRANT USAGE ON SCHEMA public TO holdfast_worker;
GRANT SELECT ON schema_migration, source, category, region, city, business, business_detail TO holdfast_worker;
GRANT UPDATE (quality_score) ON business TO holdfast_worker;
GRANT UPDATE (quality_score, change, changed_xid) ON business_detail TO holdfast_worker;
GRANT USAGE ON SEQUENCE business_change TO holdfast_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline_batch, pipeline_container, pipeline_minute, pipeline_item, pipeline_claim,
	pipeline_result, pipeline_dead, pipeline_host TO holdfast_worker;
GRANT SELECT ON pipeline_batch, pipeline_container, pipeline_minute, pipeline_result TO holdfast_web;

-- Whoever changes a business changes the counts, without having to be allowed to: they are the owner's.
ALTER FUNCTION business_counted() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION business_words_counted() SECURITY DEFINER SET search_path = public, pg_temp;

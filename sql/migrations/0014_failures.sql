-- Why items of a batch have failed, by cause.
CREATE INDEX pipeline_result_failed ON pipeline_result (batch_id, outcome) WHERE outcome NOT IN ('ok', 'known already');

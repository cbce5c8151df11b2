-- Statements of the web processes that do not concern the directory.
-- role: holdfast_web

-- name: web_ready
-- Reads a table of the directory, so that an empty database or one without grants does not count as ready.
SELECT count(*) AS sources FROM (SELECT FROM source LIMIT 1) AS any_source

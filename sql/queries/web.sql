-- What the web processes ask besides the directory itself.
-- role: holdfast_web

-- name: web_ready
-- A table of the directory, so that an empty database or one without grants is not called ready.
SELECT count(*) AS sources FROM (SELECT FROM source LIMIT 1) AS any_source

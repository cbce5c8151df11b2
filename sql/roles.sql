-- The roles of the programs, run by init and at every migration by a user that may create roles. Each
-- program has one role with what it needs and no more; timeouts are the role's, because SET would leak
-- between clients of a pooler.
SET LOCAL client_min_messages = warning;
DO $$
DECLARE
	name text;
	-- {"holdfast_web": "..."} where the server does not know local users; else empty.
	passwords json := nullif(current_setting('holdfast.passwords', true), '');
BEGIN
	FOREACH name IN ARRAY ARRAY['holdfast_owner', 'holdfast_import', 'holdfast_export', 'holdfast_web', 'holdfast_worker'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', name);
		END IF;
		IF passwords IS NOT NULL THEN
			EXECUTE format('ALTER ROLE %I PASSWORD %L', name, passwords ->> name);
		END IF;
	END LOOP;
	IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		EXECUTE format('ALTER DATABASE %I OWNER TO holdfast_owner', current_database());
		CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
	ELSE
		EXECUTE format('GRANT CONNECT, CREATE ON DATABASE %I TO holdfast_owner', current_database());
		GRANT USAGE, CREATE ON SCHEMA public TO holdfast_owner;
	END IF;
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO holdfast_import, holdfast_export, holdfast_web, holdfast_worker', current_database());
	EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO holdfast_import', current_database());
END $$;

ALTER ROLE holdfast_owner SET statement_timeout = 0;
-- The merge of a large import is one long statement; waiting for somebody's lock is not work.
ALTER ROLE holdfast_import SET statement_timeout = 0;
ALTER ROLE holdfast_import SET lock_timeout = '30s';
ALTER ROLE holdfast_import SET idle_in_transaction_session_timeout = '10min';
-- A statement whose client has died is soon nobody's: it must not go on to commit or to burn a core.
ALTER ROLE holdfast_import SET client_connection_check_interval = '500ms';
-- An export reads in short statements; nothing of it may stay open while files are written.
ALTER ROLE holdfast_export SET client_connection_check_interval = '500ms';
ALTER ROLE holdfast_export SET statement_timeout = '60s';
ALTER ROLE holdfast_export SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE holdfast_export SET default_transaction_read_only = on;
ALTER ROLE holdfast_web SET client_connection_check_interval = '250ms';
ALTER ROLE holdfast_web SET statement_timeout = '3s';
ALTER ROLE holdfast_web SET lock_timeout = '1s';
ALTER ROLE holdfast_web SET idle_in_transaction_session_timeout = '5s';
ALTER ROLE holdfast_web SET default_transaction_read_only = on;
ALTER ROLE holdfast_worker SET client_connection_check_interval = '500ms';
ALTER ROLE holdfast_worker SET statement_timeout = '60s';
ALTER ROLE holdfast_worker SET lock_timeout = '10s';
ALTER ROLE holdfast_worker SET idle_in_transaction_session_timeout = '5s';

-- Scripts about roles, run by init and migrate as a user that may create roles and owns the database. The roles are
-- those of src/config/roles.def; the transaction's setting holdfast.roles has them as JSON,
--   {"fresh": true, "roles": [{"name": "holdfast_web", "password": "...", "owns": false, "temporary": false,
--                              "monitors": false, "settings": {"statement_timeout": "3s"}}, ...]}
-- "password" only for an existing server, which has no peer authentication.

-- script: roles_create
-- Create the roles, without any privileges. "fresh": none may exist, because it would be another instance's.
DO $$
DECLARE
	plan json := current_setting('holdfast.roles');
	role json;
	setting record;
	taken text := (SELECT string_agg(rolname, ', ' ORDER BY rolname) FROM pg_roles
		WHERE rolname IN (SELECT r.value ->> 'name' FROM json_array_elements(plan -> 'roles') AS r));
BEGIN
	IF taken IS NOT NULL AND (plan ->> 'fresh')::boolean THEN
		RAISE EXCEPTION 'the role % exists already on this server; when no instance uses it, remove it: DROP ROLE %', taken, taken
			USING ERRCODE = 'duplicate_object';
	END IF;
	FOR role IN SELECT value FROM json_array_elements(plan -> 'roles') LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role ->> 'name') THEN
			EXECUTE format('CREATE ROLE %I LOGIN', role ->> 'name');
		END IF;
		IF role ->> 'password' IS NOT NULL THEN
			EXECUTE format('ALTER ROLE %I PASSWORD %L', role ->> 'name', role ->> 'password');
		END IF;
		FOR setting IN SELECT key, value FROM json_each_text(role -> 'settings') LOOP
			EXECUTE format('ALTER ROLE %I SET %I = %L', role ->> 'name', setting.key, setting.value);
		END LOOP;
		EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role ->> 'name');
		IF (role ->> 'monitors')::boolean AND NOT pg_has_role(role ->> 'name', 'pg_monitor', 'MEMBER') THEN
			BEGIN
				EXECUTE format('GRANT pg_monitor TO %I', role ->> 'name');
			EXCEPTION WHEN insufficient_privilege THEN
				RAISE NOTICE 'a superuser has to run: GRANT pg_monitor TO %', role ->> 'name';
			END;
		END IF;
	END LOOP;
END $$;

-- script: roles_admit
-- Grant the roles their privileges in the database and revoke all others. The transaction continues as the owner; a user
-- that is not a superuser becomes a member of the owner until roles_leave.
SET LOCAL client_min_messages = warning;
SET LOCAL statement_timeout = 0;
SET LOCAL search_path = public;
DO $$
DECLARE
	role json;
	super boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
	owner text;
BEGIN
	EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
	REVOKE ALL ON SCHEMA public FROM PUBLIC;
	FOR role IN SELECT value FROM json_array_elements(current_setting('holdfast.roles')::json -> 'roles') LOOP
		IF (role ->> 'temporary')::boolean THEN
			EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), role ->> 'name');
		END IF;
		IF (role ->> 'monitors')::boolean THEN -- pg_stat_statements is in that schema
			EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', role ->> 'name');
		END IF;
		IF (role ->> 'owns')::boolean THEN
			owner := role ->> 'name';
		END IF;
	END LOOP;
	EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), owner);
	EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I WITH GRANT OPTION', owner);
	IF super AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN
		CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
	END IF;
	IF NOT super THEN
		EXECUTE format('GRANT %I TO %I', owner, current_user);
	END IF;
	PERFORM set_config('role', owner, true);
END $$;

-- script: roles_leave
-- End the membership that roles_admit began.
DO $$
DECLARE
	owner text := current_user;
BEGIN
	PERFORM set_config('role', 'none', true);
	IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		EXECUTE format('REVOKE %I FROM %I', owner, current_user);
	END IF;
END $$;

-- script: roles_prepare
-- What the owner needs to take a dump, in an empty database. roles_drop undoes it.
DO $$
DECLARE
	role json;
BEGIN
	FOR role IN SELECT value FROM json_array_elements(current_setting('holdfast.roles')::json -> 'roles') LOOP
		IF (role ->> 'owns')::boolean THEN
			EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), role ->> 'name');
			EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', role ->> 'name');
		END IF;
	END LOOP;
END $$;

-- script: roles_drop
-- Undo roles_create, when init or restore fails after it: the roles, and what they own in this database.
SET LOCAL client_min_messages = warning;
DO $$
DECLARE
	role json;
	super boolean := (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
BEGIN
	FOR role IN SELECT value FROM json_array_elements(current_setting('holdfast.roles')::json -> 'roles') LOOP
		IF NOT super THEN
			EXECUTE format('GRANT %I TO %I', role ->> 'name', current_user);
		END IF;
		-- With what the owner granted to others.
		EXECUTE format('REVOKE ALL ON SCHEMA public FROM %I CASCADE', role ->> 'name');
		EXECUTE format('DROP OWNED BY %I CASCADE', role ->> 'name');
		EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM %I', current_database(), role ->> 'name');
		EXECUTE format('DROP ROLE %I', role ->> 'name');
	END LOOP;
END $$;

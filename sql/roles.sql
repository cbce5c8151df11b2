-- Scripts about roles, run by init and migrate as a user that may create roles and owns the database. The roles are
-- those of src/config/roles.def: the setting holdfast.roles of the transaction has them as JSON,
--   {"fresh": true, "roles": [{"name": "holdfast_web", "password": "...", "owns": false, "temporary": false,
--                              "monitors": false, "settings": {"statement_timeout": "3s"}}, ...]}
-- "password" only where the server does not know local users.

-- script: roles_create
-- The roles themselves, which can connect and no more. "fresh": none of them exists, or it is somebody else's.
DO $$
DECLARE
	plan json := current_setting('holdfast.roles');
	role json;
	setting record;
BEGIN
	FOR role IN SELECT value FROM json_array_elements(plan -> 'roles') LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role ->> 'name') THEN
			EXECUTE format('CREATE ROLE %I LOGIN', role ->> 'name');
		ELSIF (plan ->> 'fresh')::boolean THEN
			RAISE EXCEPTION 'the role % exists already on this server; when no instance uses it, remove it (DROP ROLE)', role ->> 'name'
				USING ERRCODE = 'duplicate_object';
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
-- What the roles may do in the database, and that nobody else may do anything. Then the transaction goes on as the
-- owner; whoever is no superuser becomes a member of the owner for as long.
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
-- The end of what roles_admit began.
DO $$
DECLARE
	owner text := current_user;
BEGIN
	PERFORM set_config('role', 'none', true);
	IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
		EXECUTE format('REVOKE %I FROM %I', owner, current_user);
	END IF;
END $$;

-- script: roles_drop
-- After roles_create alone, when init cannot go on.
DO $$
DECLARE
	role json;
BEGIN
	FOR role IN SELECT value FROM json_array_elements(current_setting('holdfast.roles')::json -> 'roles') LOOP
		EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM %I', current_database(), role ->> 'name');
		EXECUTE format('DROP ROLE %I', role ->> 'name');
	END LOOP;
END $$;

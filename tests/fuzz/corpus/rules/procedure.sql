CREATE PROCEDURE fill(a int) LANGUAGE plpgsql AS $$ DECLARE last bigint := 0; r record;
BEGIN LOOP SELECT max(id) INTO last FROM t WHERE id > last AND b = a; EXIT WHEN last IS NULL; COMMIT;
FOR r IN SELECT * FROM t LOOP PERFORM pg_sleep(1); EXECUTE 'x' || r.id; END LOOP; END LOOP; END $$;

-- The two roles of the desk on a host's PostgreSQL, each with no more than it needs. scripts/postgres-role runs this; every
-- statement may be run again. Variables of psql: owner, role, host (the schema of the host's tables).
--
--   owner   makes and changes what is in the schema support_chat: `support-http migrate`
--   role    `support-http serve`: reads and writes rows there; of the host's tables it reads the columns named below, in
--           some tables only, and adds rows to audit_logs
\set ON_ERROR_STOP on

SELECT set_config('support.owner', :'owner', false), set_config('support.role', :'role', false),
       set_config('support.host', :'host', false) \gset ignored_

-- Roles to which no rights can be denied would make the rest of this meaningless.
DO $$
DECLARE
    owner name := current_setting('support.owner');
    role name := current_setting('support.role');
    mighty name;
BEGIN
    IF owner = role THEN
        RAISE EXCEPTION 'owner and role have to be two roles: the one that serves must not own what it serves';
    END IF;
    SELECT rolname INTO mighty FROM pg_catalog.pg_roles WHERE rolsuper AND rolname IN (owner, role) LIMIT 1;
    IF mighty IS NOT NULL THEN
        RAISE EXCEPTION '% is a superuser and can be neither of the two roles', mighty;
    END IF;
END $$;

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name)
  FROM unnest(ARRAY[:'owner', :'role']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name)
\gexec

BEGIN;
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I', current_database(), :'owner', :'role') \gexec

-- The schema belongs to the owner. Whoever runs this may be no superuser and then has to be a member for a moment: one who
-- has the owner's rights and, from version 16 on, may become it. There whoever makes a role is a member from the start, and
-- may do neither.
DO $$
DECLARE
    owner name := current_setting('support.owner');
    role name := current_setting('support.role');
    is_new boolean := current_setting('server_version_num')::int >= 160000;
    is_member boolean := pg_has_role(owner, 'USAGE');
BEGIN
    IF is_new AND is_member THEN
        EXECUTE 'SELECT pg_has_role($1, ''SET'')' INTO is_member USING owner;
    END IF;
    IF NOT is_member THEN
        EXECUTE format('GRANT %I TO CURRENT_USER', owner) || CASE WHEN is_new THEN ' WITH INHERIT TRUE, SET TRUE' ELSE '' END;
    END IF;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS support_chat AUTHORIZATION %I', owner);
    EXECUTE format('GRANT USAGE ON SCHEMA support_chat TO %I', role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA support_chat TO %I', role);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA support_chat '
        'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', owner, role);
    -- The list of what was applied: made here as the migrations would make it, so that the role can be kept from writing it.
    IF to_regclass('support_chat.__diesel_schema_migrations') IS NULL THEN
        EXECUTE format('SET LOCAL ROLE %I', owner);
        CREATE TABLE support_chat.__diesel_schema_migrations (
            version VARCHAR(50) PRIMARY KEY NOT NULL,
            run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
        );
        RESET ROLE;
    END IF;
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON support_chat.__diesel_schema_migrations FROM %I', role);
    IF NOT is_member THEN
        EXECUTE format('REVOKE %I FROM CURRENT_USER', owner);
    END IF;
END $$;

-- The host's tables, column by column. A column that this version of the host has not is passed over. What is granted has
-- to be all that the role has there, so whatever it had goes first.
DO $$
DECLARE
    role name := current_setting('support.role');
    host name := current_setting('support.host');
    wanted record;
    columns text;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', host, role);
    FOR wanted IN SELECT * FROM (VALUES
        ('users', ARRAY['id', 'email', 'role', 'countryCode', 'isBlocked', 'isAccountLocked']),
        ('admin_profiles', ARRAY['userId', 'adminRole', 'countryCode', 'isActive']),
        ('driver_profiles', ARRAY['id', 'userId', 'fullName', 'firstName', 'lastName', 'usaFullLegalName', 'phoneNumber',
            'usaPhoneNumber']),
        ('customer_profiles', ARRAY['id', 'userId', 'fullName', 'firstName', 'lastName', 'usaFullLegalName',
            'phoneNumber', 'usaPhoneNumber']),
        ('restaurant_profiles', ARRAY['id', 'userId', 'restaurantName', 'phone']),
        ('platform_settings', ARRAY['key', 'valueJson', 'updatedAt']),
        -- To see that a record is there already.
        ('audit_logs', ARRAY['id'])
    ) AS wanted (table_name, column_names)
    LOOP
        IF to_regclass(format('%I.%I', host, wanted.table_name)) IS NOT NULL THEN
            EXECUTE format('REVOKE ALL ON %I.%I FROM %I', host, wanted.table_name, role);
        END IF;
        SELECT string_agg(format('%I', attname), ', ') INTO columns
          FROM pg_catalog.pg_attribute
         WHERE attrelid = to_regclass(format('%I.%I', host, wanted.table_name))
           AND attnum > 0 AND NOT attisdropped AND attname = ANY (wanted.column_names);
        IF columns IS NOT NULL THEN
            EXECUTE format('GRANT SELECT (%s) ON %I.%I TO %I', columns, host, wanted.table_name, role);
        END IF;
    END LOOP;
    IF to_regclass(format('%I.audit_logs', host)) IS NOT NULL THEN
        EXECUTE format('GRANT INSERT ON %I.audit_logs TO %I', host, role);
    END IF;
END $$;
COMMIT;

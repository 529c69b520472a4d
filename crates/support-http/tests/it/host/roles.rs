//! The role that serves: it can do its work, which all other tests in here show, and nothing besides.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::{PgConnection, sql_query};

use crate::harness::{
    Backend, OWNER, Plan, ROLE, host_alone, host_database, make_roles, migrate_as_owner, roles_script,
};

on_postgres!(
    the_role_has_exactly_the_rights_that_are_documented,
    what_the_desk_must_never_read_or_do_the_database_refuses,
    a_start_before_the_migration_says_who_has_to_do_it,
    somebody_who_is_no_superuser_can_make_the_roles,
    roles_to_which_nothing_can_be_denied_are_refused,
    no_password_stands_in_a_command_line,
);

fn the_role_has_exactly_the_rights_that_are_documented(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    // What somebody gave the role besides goes when the script runs again.
    database.connect().batch(&format!(
        "GRANT INSERT (\"isBlocked\"), UPDATE (email) ON public.users TO {ROLE}; \
         GRANT SELECT ON public.audit_logs, public.admin_profiles TO {ROLE}"
    ));
    make_roles(&database);
    let sql = format!(
        "SELECT concat_ws(' ', table_schema, table_name, column_name, privilege_type) AS line \
           FROM information_schema.column_privileges WHERE grantee = '{ROLE}' AND table_schema = 'public' \
            AND (table_name, privilege_type) <> ('audit_logs', 'INSERT')"
    );
    let columns: BTreeSet<String> = database.connect().lines(&sql).into_iter().collect();
    let documented = include_str!("../../../../../docs/integrate.md");
    let mut rows = 0;
    for line in documented.lines().filter(|line| line.starts_with("| `public.")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let table = cells[0].trim_matches('`').trim_start_matches("public.");
        for column in cells[1].split(',').map(|column| column.trim().trim_matches('`')).filter(|name| !name.is_empty())
        {
            let is_there = format!(
                "SELECT 'yes' AS line FROM information_schema.columns WHERE table_name = '{table}' \
                 AND table_schema = 'public' AND column_name = '{column}'"
            );
            if !database.connect().lines(&is_there).is_empty() {
                assert!(
                    columns.contains(&format!("public {table} {column} SELECT")),
                    "{table}.{column} is not granted"
                );
                rows += 1;
            }
        }
    }
    assert_eq!(rows, columns.len(), "more is granted than documented: {columns:?}");
    let tables = format!(
        "SELECT concat_ws(' ', table_schema, table_name, privilege_type) AS line \
           FROM information_schema.table_privileges WHERE grantee = '{ROLE}' AND table_schema = 'public'"
    );
    assert_eq!(database.connect().lines(&tables), ["public audit_logs INSERT"]);
}

fn what_the_desk_must_never_read_or_do_the_database_refuses(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    let mut conn = PgConnection::establish(&database.url_as(ROLE)).expect("the role may connect");
    let mut refused = |sql: &str| {
        let error = sql_query(sql).execute(&mut conn).expect_err(sql).to_string();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{sql}: {error}");
    };
    for sql in [
        "SELECT \"passwordHash\" FROM public.users",
        "SELECT \"unlockOtpHash\" FROM public.users",
        "SELECT * FROM public.users",
        "SELECT \"nidNumber\" FROM public.driver_profiles",
        "SELECT \"ssnEncrypted\" FROM public.driver_profiles",
        "SELECT \"governmentIdLast4\" FROM public.driver_profiles",
        "SELECT \"dateOfBirth\" FROM public.driver_profiles",
        "SELECT \"presentAddress\" FROM public.driver_profiles",
        "SELECT \"emergencyContactPhone\" FROM public.driver_profiles",
        "SELECT \"licenseImageUrl\" FROM public.driver_profiles",
        "SELECT \"homeAddress\" FROM public.customer_profiles",
        "SELECT description FROM public.audit_logs",
        "SELECT * FROM public.wallets",
        "SELECT * FROM public.support_messages",
        "UPDATE public.users SET \"isBlocked\" = false",
        "UPDATE public.audit_logs SET success = false",
        "DELETE FROM public.audit_logs",
        "INSERT INTO public.platform_settings VALUES ('x', 'supportChat', '{}', now(), now())",
        "CREATE TABLE support_chat.x (id int)",
        "CREATE SCHEMA x",
        "DROP TABLE support_chat.support_messages",
        "ALTER TABLE support_chat.support_messages ADD COLUMN x text",
        "DELETE FROM support_chat.__diesel_schema_migrations",
    ] {
        refused(sql);
    }
}

fn a_start_before_the_migration_says_who_has_to_do_it(_: Backend) {
    let plan = Plan::beside_the_host_on(host_database());
    let mut server = plan.server_beside();
    assert_eq!(server.ended().code(), Some(1));
    assert!(server.log().contains("run `support-http migrate`"), "{}", server.log());
    migrate_as_owner(plan.database(), &[]);
    plan.start().driver("driver-1", "BD").open("Now it can", "Hello");
}

fn somebody_who_is_no_superuser_can_make_the_roles(_: Backend) {
    let database = host_alone();
    let maker = "support_it_maker";
    let mut server = database.server();
    server.execute(&format!(
        "DO $$ BEGIN CREATE ROLE {maker} LOGIN CREATEROLE PASSWORD '{maker}'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    ));
    server.execute(&format!("ALTER DATABASE \"{}\" OWNER TO {maker}", database.name()));
    database.connect().execute(&format!(
        "DO $$ DECLARE t regclass; BEGIN ALTER SCHEMA public OWNER TO {maker}; \
         FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' \
         LOOP EXECUTE format('ALTER TABLE %s OWNER TO {maker}', t); END LOOP; END $$"
    ));
    let names = ["support_it_made_owner", "support_it_made_role"];
    for run in ["first", "again"] {
        let output = roles_script(&database.url_as(maker), names).output().expect("bash");
        assert!(output.status.success(), "{run}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let mut conn = database.connect();
    let owner = "SELECT nspowner::regrole::text AS line FROM pg_namespace WHERE nspname = 'support_chat'";
    assert_eq!(conn.lines(owner), [names[0]]);
    let member = format!("SELECT pg_has_role('{maker}', '{}', 'USAGE')::text AS line", names[0]);
    assert_eq!(conn.lines(&member), ["false"], "a member for a moment only");
    let reads = format!("SELECT has_column_privilege('{}', 'public.users', 'email', 'SELECT')::text AS line", names[1]);
    assert_eq!(conn.lines(&reads), ["true"]);
}

fn roles_to_which_nothing_can_be_denied_are_refused(_: Backend) {
    let database = host_alone();
    let superuser = database.server().lines("SELECT current_user::text AS line").remove(0);
    for (names, told) in [
        ([ROLE, ROLE], "two roles"),
        ([OWNER, superuser.as_str()], "is a superuser"),
        ([superuser.as_str(), ROLE], "is a superuser"),
    ] {
        let output = roles_script(&database.url_of_superuser(), names).output().expect("bash");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && stderr.contains(told), "{names:?}: {stderr}");
    }
    let schema = "SELECT nspname::text AS line FROM pg_namespace WHERE nspname = 'support_chat'";
    assert_eq!(database.connect().lines(schema), [""; 0], "nothing was made");
}

/// With a psql that writes down what it was handed.
fn no_password_stands_in_a_command_line(_: Backend) {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, seen) = (folder.path().join("psql"), folder.path().join("seen"));
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" \"by environment: $PGPASSWORD\" >> '{}'\ncat > /dev/null\n",
        seen.display()
    );
    std::fs::write(&program, script).expect("a program");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a path"));
    for (url, shown) in [
        (
            "postgres://boss:hunter%402%5c@db:5433/safego?sslmode=require",
            "postgres://boss@db:5433/safego?sslmode=require",
        ),
        ("postgres://boss@h1,h2/safego?password=hunter%402%5c&a=b", "postgres://boss@h1,h2/safego?a=b"),
        ("postgresql://boss:hunter%402%5c@db", "postgresql://boss@db"),
    ] {
        let _ = std::fs::remove_file(&seen);
        let output = roles_script(url, [OWNER, ROLE])
            .env("PATH", &path)
            .env_remove("PGPASSWORD")
            .env("SUPPORT_OWNER_PASSWORD", "hunter3")
            .output()
            .expect("bash");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let seen = std::fs::read_to_string(&seen).expect("psql ran");
        let (environment, line): (Vec<&str>, Vec<&str>) =
            seen.lines().partition(|line| line.starts_with("by environment: "));
        assert_eq!(environment, ["by environment: hunter@2\\"; 2], "{url}");
        assert!(line.iter().all(|part| !part.contains("hunter")), "{line:?}");
        assert!(line.contains(&shown), "{line:?}");
    }
}

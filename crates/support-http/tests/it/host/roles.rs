//! The role that serves: it can do its work, which all other tests in here show, and nothing besides.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::{PgConnection, sql_query};

use crate::harness::{Backend, Plan, ROLE, host_database, make_roles, migrate_as_owner};

on_postgres!(
    the_role_has_exactly_the_rights_that_are_documented,
    what_the_desk_must_never_read_or_do_the_database_refuses,
    a_start_before_the_migration_says_who_has_to_do_it,
);

fn the_role_has_exactly_the_rights_that_are_documented(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    make_roles(&database);
    let sql = format!(
        "SELECT concat_ws(' ', table_schema, table_name, column_name, privilege_type) AS line \
           FROM information_schema.column_privileges WHERE grantee = '{ROLE}' AND table_schema = 'public' \
            AND privilege_type <> 'INSERT'"
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

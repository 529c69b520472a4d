//! What has to be configured together, and what nothing at all does when it is not.

use std::collections::BTreeMap;

use crate::harness::{
    Backend, Database, Plan, ROLE, SECRET, binary, host_database, migrate_as_owner, signing_key, token_for,
};

on_both_backends!(a_host_that_is_half_configured_stops_the_start);
on_postgres!(without_a_host_its_tables_are_left_alone);

fn a_host_that_is_half_configured_stops_the_start(backend: Backend) {
    let database = Database::create(backend);
    let basic: BTreeMap<String, String> = [
        ("DATABASE_URL".to_owned(), database.url()),
        ("SUPPORT_BISCUIT_PRIVATE_KEY".to_owned(), signing_key().private.clone()),
        ("SUPPORT_BIND".to_owned(), "127.0.0.1:0".to_owned()),
    ]
    .into();
    let on_sqlite = backend == Backend::Sqlite;
    let short = "only thirty-one bytes of secret";
    assert_eq!(short.len(), 31);
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("SUPPORT_JWT_SECRET", short)], "SUPPORT_JWT_SECRET"),
        (&[("SUPPORT_HOST", "another")], "SUPPORT_HOST"),
        (&[("SUPPORT_HOST", "safego")], if on_sqlite { "SUPPORT_HOST" } else { "SUPPORT_JWT_SECRET" }),
        (&[("SUPPORT_HOST_SCHEMA", "a\"b")], "SUPPORT_HOST_SCHEMA"),
        (&[("SUPPORT_HOST_POOL_SIZE", "0")], "SUPPORT_HOST_POOL_SIZE"),
    ];
    for (set, named) in cases {
        let mut environment = basic.clone();
        environment.extend(set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let outcome = binary(&["serve"], &environment);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{set:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{set:?}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with(&format!("{named}:")), "{set:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains(short), "the value is a secret");
    }
    let mut environment = basic;
    environment.insert("SUPPORT_HOST".to_owned(), "safego".to_owned());
    environment.insert("SUPPORT_JWT_SECRET".to_owned(), SECRET.to_owned());
    environment.insert("SUPPORT_HOST_DATABASE_URL".to_owned(), "mysql://host:hunter2@db/safego".to_owned());
    let outcome = binary(&["serve"], &environment);
    let named = if on_sqlite { "SUPPORT_HOST:" } else { "SUPPORT_HOST_DATABASE_URL:" };
    assert_eq!(outcome.code, Some(2), "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with(named) && !outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
}

/// With the secret alone, and no right to any of the host's tables.
fn without_a_host_its_tables_are_left_alone(_: Backend) {
    let database = host_database();
    migrate_as_owner(&database, &[]);
    let before = database.connect().lines("SELECT row_to_json(l)::text AS line FROM public.audit_logs l");
    database.connect().execute(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {ROLE}"));
    let url = database.url_as(ROLE);
    let desk = Plan::on(database).set("DATABASE_URL", &url).set("SUPPORT_JWT_SECRET", SECRET).start();
    let driver = desk.nobody().with_token(&token_for("driver-1", "driver", "BD"));
    let opened = driver.open("Fare", "Hello");
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    admin.send(&opened, "Hello");
    let answer = admin.get(&admin.path(&opened, "")).expect(200);
    assert_eq!(crate::harness::keys(&answer["user"]), ["countryCode", "userId", "userType"]);
    let pending = "SELECT count(*)::text AS line FROM support_chat.support_audit_logs WHERE delivery_pending";
    assert_eq!(desk.database.connect().lines(pending), ["0"]);
    assert_eq!(desk.database.connect().lines("SELECT row_to_json(l)::text AS line FROM public.audit_logs l"), before);
    assert!(!desk.server.log().contains("WARN") && !desk.server.log().contains("permission denied"));
}

//! Bad configuration stops the start: exit code 2 and one line that names the variable, and no secret.

use std::collections::BTreeMap;

use crate::harness::{Backend, Database, Plan, binary, scratch_folder, signing_key};

on_both_backends!(
    bad_configuration_is_one_line_that_names_the_variable,
    every_command_that_reads_it_refuses_it,
    secrets_may_stand_in_files,
);

fn environment(database: &Database, name: &str, value: Option<&str>) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> = [
        ("DATABASE_URL".to_owned(), database.url()),
        ("SUPPORT_BISCUIT_PRIVATE_KEY".to_owned(), signing_key().private.clone()),
        ("SUPPORT_BIND".to_owned(), "127.0.0.1:0".to_owned()),
    ]
    .into();
    match value {
        Some(value) => environment.insert(name.to_owned(), value.to_owned()),
        None => environment.remove(name),
    };
    environment
}

#[track_caller]
fn refuses(arguments: &[&str], environment: &BTreeMap<String, String>, name: &str) {
    let outcome = binary(arguments, environment);
    let told = format!("{arguments:?} with {name}={:?}: {}", environment.get(name), outcome.stderr);
    assert_eq!(outcome.code, Some(2), "{told}");
    assert_eq!(outcome.stdout, "", "{told}");
    assert_eq!(outcome.stderr.lines().count(), 1, "{told}");
    assert!(outcome.stderr.contains(name), "{told}");
    if ["SUPPORT_BISCUIT_PRIVATE_KEY", "DATABASE_URL"].contains(&name) {
        let value = environment.get(name).map_or("", String::as_str);
        assert!(value.len() < 8 || !outcome.stderr.contains(value), "the value is a secret: {told}");
    }
}

fn bad_configuration_is_one_line_that_names_the_variable(backend: Backend) {
    let database = Database::create(backend);
    let half_a_key = &signing_key().private[..40];
    for (name, values) in [
        (
            "DATABASE_URL",
            [
                "mysql://root:hunter2@db/desk",
                "postgres://desk:100%hunter2@db/desk",
                "postgres://desk:hunter2@[::1/desk",
                "support-desk.db",
                "sqlite:",
                "sqlite::memory:",
            ]
            .as_slice(),
        ),
        ("SUPPORT_BIND", &["nonsense", "127.0.0.1", "127.0.0.1:99999", ":"]),
        ("SUPPORT_BISCUIT_PRIVATE_KEY", &["nonsense-nonsense", half_a_key]),
        ("SUPPORT_BISCUIT_PUBLIC_KEYS", &["nonsense", "1:abc", "x:00", "1:"]),
        ("SUPPORT_ALLOWED_ORIGINS", &["app.example.com", "https://app.example.com/path", "*"]),
        ("SUPPORT_MAX_MESSAGE_CHARS", &["many", "-1", "0", "1.5"]),
        ("SUPPORT_SENDS_PER_MINUTE", &["many", "-1", "0"]),
        ("SUPPORT_SETTINGS_SECONDS", &["soon", "0", "61"]),
        ("SUPPORT_DB_POOL_SIZE", &["many", "-1", "0"]),
        ("SUPPORT_LOG", &["support=loudest", "=,="]),
    ] {
        for value in values {
            refuses(&["serve"], &environment(&database, name, Some(value)), name);
        }
    }
    if backend == Backend::Postgres {
        let without_key = environment(&database, "SUPPORT_BISCUIT_PRIVATE_KEY", None);
        refuses(&["serve"], &without_key, "SUPPORT_BISCUIT_PRIVATE_KEY");
        refuses(&[], &without_key, "SUPPORT_BISCUIT_PRIVATE_KEY");
    }
}

fn every_command_that_reads_it_refuses_it(backend: Backend) {
    let database = Database::create(backend);
    let bad_key = environment(&database, "SUPPORT_BISCUIT_PRIVATE_KEY", Some("nonsense-nonsense"));
    for arguments in [
        ["token", "user", "--id", "u", "--type", "driver", "--country", "BD"].as_slice(),
        &["token", "admin", "--id", "a", "--role", "ADMIN"],
    ] {
        refuses(arguments, &bad_key, "SUPPORT_BISCUIT_PRIVATE_KEY");
    }
    let bad_url = environment(&database, "DATABASE_URL", Some("mysql://root:hunter2@db/desk"));
    refuses(&["migrate"], &bad_url, "DATABASE_URL");
    refuses(&["migrate", "--check"], &bad_url, "DATABASE_URL");
}

fn secrets_may_stand_in_files(backend: Backend) {
    let database = Database::create(backend);
    let folder = scratch_folder();
    let secret = |name: &str, value: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, value).expect("a file");
        file.to_str().expect("a path in UTF-8").to_owned()
    };
    let (url, key) = (secret("url", &format!("{}\n", database.url())), secret("key", &signing_key().private));
    let (empty, missing) = (secret("empty", "\n"), format!("{url}.missing"));
    let basic = environment(&database, "SUPPORT_BISCUIT_PRIVATE_KEY", None);
    for (file, beside) in [(&empty, None), (&missing, None), (&key, Some(signing_key().private.clone()))] {
        let mut wrong = basic.clone();
        wrong.insert("SUPPORT_BISCUIT_PRIVATE_KEY_FILE".to_owned(), file.clone());
        wrong.extend(beside.map(|key| ("SUPPORT_BISCUIT_PRIVATE_KEY".to_owned(), key)));
        refuses(&["serve"], &wrong, "SUPPORT_BISCUIT_PRIVATE_KEY");
    }
    let desk = Plan::on(database)
        .unset("DATABASE_URL")
        .unset("SUPPORT_BISCUIT_PRIVATE_KEY")
        .set("DATABASE_URL_FILE", &url)
        .set("SUPPORT_BISCUIT_PRIVATE_KEY_FILE", &key)
        .start();
    desk.driver("driver-1", "BD").open("From a file", "Hello");
    assert_eq!(desk.database.count("support_messages"), 1);
}

//! What the command demands of whoever runs it.

use super::{age, purge};
use crate::harness::{Backend, Database, Desk, binary};

on_both_backends!(
    what_cannot_be_meant_removes_nothing,
    bad_configuration_removes_nothing,
    a_database_that_is_away_is_said,
    where_no_desk_is_none_is_made
);

fn what_cannot_be_meant_removes_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Old", "Hello");
    age(&desk, &opened, 500);
    for arguments in [
        [].as_slice(),
        &["--country", "BD"],
        &["--older-than"],
        &["--older-than", ""],
        &["--older-than", "400"],
        &["--older-than", "0d"],
        &["--older-than", "-1d"],
        &["--older-than", "24h"],
        &["--older-than", "99999999999999999999d"],
        &["--older-than", "400d", "--country", "FR"],
        &["--older-than", "400d", "--status", "old"],
        &["--older-than", "400d", "--batch", "0"],
        &["--older-than", "400d", "--batch", "1001"],
        &["--older-than", "400d", "--pause", "1h"],
        &["--older-than", "400d", "--email", "nobody"],
        &["--older-than", "400d", "now"],
    ] {
        let outcome = purge(&desk, arguments);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", outcome.stderr);
    }
    assert_eq!(driver.messages(&opened).len(), 1);
}

fn bad_configuration_removes_nothing(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Old", "Hello");
    age(&desk, &opened, 500);
    for (name, value) in [
        ("DATABASE_URL", "mysql://root:hunter2@db/desk"),
        ("SUPPORT_ATTACHMENTS_URL", "ftp://root:hunter2@files"),
        ("SUPPORT_HOST", "elsewhere"),
        ("SUPPORT_ENVIRONMENT", "No Such"),
        ("SUPPORT_LOG", "support=loudest"),
    ] {
        let mut environment = desk.environment().clone();
        environment.insert(name.to_owned(), value.to_owned());
        let outcome = binary(&["purge", "--older-than", "400d", "--status", "open"], &environment);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{name}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{name}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with(name) && !outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
    }
    assert_eq!(driver.messages(&opened).len(), 1);
}

fn a_database_that_is_away_is_said(backend: Backend) {
    let desk = Desk::start(backend);
    let mut environment = desk.environment().clone();
    let nowhere = match backend {
        // A folder is no file that could be opened.
        Backend::Sqlite => format!("sqlite:{}", desk.database.folder().display()),
        Backend::Postgres => "postgres://nobody:hunter2@127.0.0.1:1/nothing".to_owned(),
    };
    environment.insert("DATABASE_URL".to_owned(), nowhere);
    let outcome = binary(&["purge", "--older-than", "400d"], &environment);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("unavailable") && !outcome.stderr.contains("hunter2"), "{}", outcome.stderr);
}

fn where_no_desk_is_none_is_made(backend: Backend) {
    let database = Database::create(backend);
    let environment = [("DATABASE_URL".to_owned(), database.url())].into();
    let outcome = binary(&["purge", "--older-than", "400d"], &environment);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("there is no desk in the database"), "{}", outcome.stderr);
    match backend {
        Backend::Sqlite => assert_eq!(std::fs::read_dir(database.folder()).expect("the folder").count(), 0),
        Backend::Postgres => {
            let schema = "SELECT nspname::text AS line FROM pg_namespace WHERE nspname = 'support_chat'";
            assert_eq!(database.connect().lines(schema), [""; 0]);
        }
    }
}

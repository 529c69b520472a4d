//! `keys`, `token`, `--help`: stdout is for what was asked for, and for nothing else.

use std::collections::BTreeMap;

use crate::harness::{Backend, Desk, Key, binary, narrow, signing_key};

#[test]
fn keys_prints_a_new_pair_for_an_env_file() {
    let (one, other) = (Key::generate(), Key::generate());
    assert_ne!(one, other);
    for key in [&one.private, &one.public] {
        let digits = key.rsplit('/').next().expect("hex");
        assert!(digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "not 64 digits");
    }
    assert_ne!(one.private, one.public);
}

#[test]
fn token_commands_print_the_token_and_nothing_else() {
    // `token` itself demands one line; here is what the line may consist of.
    let key = signing_key();
    let user = key.token(&["user", "--id", "u-1", "--type", "restaurant", "--country", "US"]);
    let admin = key.token(&[
        "admin",
        "--id",
        "a-1",
        "--role",
        "SUPPORT_ADMIN",
        "--country",
        "BD",
        "--permission",
        "VIEW_SUPPORT_CONVERSATIONS",
        "--permission",
        "REPLY_SUPPORT_CONVERSATIONS",
        "--email",
        "a@example.com",
        "--ttl",
        "15m",
    ]);
    let narrowed = narrow(&user, &["--read-only", "--ttl", "5m"]);
    for token in [user, admin, narrowed] {
        let visible = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte));
        assert!(visible && token.len() > 100, "{token}");
    }
}

#[test]
fn narrowing_needs_no_key_and_no_database() {
    let token = signing_key().token(&["user", "--id", "u-1", "--type", "driver", "--country", "BD"]);
    let environment = BTreeMap::from([("DATABASE_URL".to_owned(), "postgres://nobody@127.0.0.1:1/nothing".to_owned())]);
    let narrowed = binary(&["token", "attenuate", &token, "--read-only"], &environment).one_line();
    assert_ne!(narrowed, token);
    for (bad, arguments) in [("nonsense", ["--read-only"].as_slice()), (&token, &["--conversation", "no-uuid"])] {
        let outcome = binary(&[&["token", "attenuate", bad], arguments].concat(), &BTreeMap::new());
        assert!(outcome.code.is_some_and(|code| code != 0), "{arguments:?}");
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert!(!outcome.stderr.contains(&token), "a token is a secret: {}", outcome.stderr);
    }
}

#[test]
fn every_command_explains_itself() {
    for command in [
        [].as_slice(),
        &["serve"],
        &["demo"],
        &["migrate"],
        &["purge"],
        &["keys"],
        &["token"],
        &["token", "user"],
        &["token", "admin"],
        &["token", "attenuate"],
        &["token", "revoke"],
        &["openapi"],
        &["scan"],
        &["doctor"],
        &["health"],
    ] {
        let printed = binary(&[command, &["--help"]].concat(), &BTreeMap::new()).printed();
        assert!(printed.contains("Usage"), "{command:?}: {printed}");
    }
    let outcome = binary(&["dance"], &BTreeMap::new());
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
}

#[test]
fn a_token_needs_a_key_on_postgres() {
    let environment = BTreeMap::from([("DATABASE_URL".to_owned(), "postgres://nobody@127.0.0.1:1/nothing".to_owned())]);
    let arguments = ["token", "user", "--id", "u", "--type", "driver", "--country", "BD"];
    let outcome = binary(&arguments, &environment);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("SUPPORT_BISCUIT_PRIVATE_KEY"), "{}", outcome.stderr);
}

#[test]
fn a_key_is_made_once_and_kept_beside_an_embedded_database() {
    let mut desk = Desk::plan(Backend::Sqlite).unset("SUPPORT_BISCUIT_PRIVATE_KEY").start();
    // The commands find the same key by the same database.
    let arguments = ["token", "user", "--id", "driver-1", "--type", "driver", "--country", "BD", "--ttl", "1h"];
    let token = binary(&arguments, desk.environment()).one_line();
    let driver = desk.nobody().with_token(&token);
    driver.open("Kept", "Hello");
    desk.restart();
    driver.list("");
    desk.driver("driver-1", "BD").get(driver.home).refused(401, "unauthenticated");

    let beside = std::fs::read_dir(desk.database.folder()).expect("the folder").map(|entry| entry.expect("an entry"));
    let others: Vec<_> = beside.filter(|entry| !entry.file_name().to_string_lossy().starts_with("desk.db-")).collect();
    assert!(others.len() >= 2, "no key beside the database: {others:?}");
    for entry in others.iter().filter(|entry| entry.file_name() != "desk.db") {
        use std::os::unix::fs::PermissionsExt;
        let mode = entry.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{entry:?} can be read by others");
    }
}

//! `doctor`: what is well is told to be well, what is not is told with what to do, and nothing is changed or given away.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::attachments::{Clamd, Mood};
use crate::harness::{
    Backend, Database, Desk, Key, Nats, OWN_ROLE, Plan, ROLE, binary, host_database, scratch_folder, signing_key,
};

on_both_backends!(
    a_healthy_desk_is_told_to_be_well_and_stays_as_it_was,
    pending_migrations_are_told_and_not_applied,
    what_a_newer_version_has_applied_is_told,
    a_database_that_cannot_be_used_is_a_problem,
    a_variable_that_cannot_be_used_is_a_bad_configuration,
    a_place_for_files_that_takes_none_is_a_problem,
    nats_that_is_away_is_a_problem_and_one_that_answers_is_not,
    an_address_that_somebody_else_has_is_a_problem,
    few_open_files_are_told,
    no_secret_is_printed,
);
on_postgres!(
    settings_that_lose_messages_are_a_problem,
    connections_that_are_not_enough_for_all_nodes_are_a_problem,
    a_role_that_may_not_migrate_is_told_so,
    a_role_without_its_rights_is_a_problem,
    a_host_whose_tables_cannot_be_used_is_a_problem,
);

/// What `doctor --json` said.
struct Told {
    code: Option<i32>,
    json: Value,
}

impl Told {
    /// Whether there is such a finding: its level, its topic, and words of it.
    fn has(&self, level: &str, topic: &str, words: &str) -> bool {
        let findings = self.json["findings"].as_array().expect("a list");
        findings.iter().any(|finding| {
            let told = format!("{} {}", finding["what"], finding["do"]);
            finding["level"] == level && finding["topic"] == topic && told.contains(words)
        })
    }

    #[track_caller]
    fn expect(&self, code: i32, level: &str, topic: &str, words: &str) {
        assert!(self.has(level, topic, words), "{level} {topic} {words:?} in {:#}", self.json);
        assert_eq!(self.code, Some(code), "{:#}", self.json);
    }
}

#[track_caller]
fn doctor(environment: &BTreeMap<String, String>, arguments: &[&str]) -> Told {
    let outcome = binary(&[&["doctor", "--json"], arguments].concat(), environment);
    let json = serde_json::from_str(&outcome.stdout);
    Told { code: outcome.code, json: json.unwrap_or_else(|error| panic!("{error}: {outcome:?}")) }
}

/// An environment in which nothing is to be complained of.
fn environment(database: &Database) -> BTreeMap<String, String> {
    let files = format!("file://{}", database.files().display());
    [
        ("DATABASE_URL", database.url().as_str()),
        ("SUPPORT_BISCUIT_PRIVATE_KEY", signing_key().private.as_str()),
        ("SUPPORT_BISCUIT_PUBLIC_KEY", signing_key().public.as_str()),
        ("SUPPORT_ATTACHMENTS_URL", files.as_str()),
        ("SUPPORT_ENVIRONMENT", "production"),
        ("SUPPORT_BIND", "127.0.0.1:0"),
        ("SUPPORT_MAX_SOCKETS", "100"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn with(mut environment: BTreeMap<String, String>, name: &str, value: &str) -> BTreeMap<String, String> {
    environment.insert(name.to_owned(), value.to_owned());
    environment
}

/// The names below a folder, and how long each file is.
fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry"))
        .flat_map(|entry| match entry.file_type().expect("a type").is_dir() {
            true => [listing(&entry.path()), vec![entry.path().display().to_string()]].concat(),
            false => vec![entry.path().display().to_string()],
        })
        .collect();
    names.sort();
    names
}

fn a_healthy_desk_is_told_to_be_well_and_stays_as_it_was(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    driver.open("Kept", "Hello");
    let address = desk.address().get();
    let environment = with(environment(&desk.database), "SUPPORT_BIND", &address);
    let (rows, files) = (desk.database.snapshot(), listing(desk.database.folder()));
    let told = doctor(&environment, &["--nodes", "2"]);
    told.expect(0, "ok", "network", "a server that is healthy listens");
    told.expect(0, "ok", "database", "survives a crash");
    told.expect(0, "ok", "migrations", "nothing is pending");
    told.expect(0, "ok", "files", "can be written, read and removed");
    told.expect(0, "ok", "keys", "tokens are signed with the key of id");
    told.expect(0, "ok", "time", "the clock says");
    told.expect(0, "ok", "process", "open files are allowed");
    if backend == Backend::Postgres {
        told.expect(0, "ok", "connections", "2 x 18 connections");
        told.expect(0, "ok", "time", "agrees with ours");
    }
    assert_eq!(desk.database.snapshot(), rows);
    assert_eq!(listing(desk.database.folder()), files);
    // The same for people.
    let printed = binary(&["doctor"], &environment).printed();
    assert!(printed.contains("\nok       migrations") && printed.contains(" to look at, 0 to mend\n"), "{printed}");
}

fn pending_migrations_are_told_and_not_applied(backend: Backend) {
    let database = Database::create(backend);
    let before = listing(database.folder());
    doctor(&environment(&database), &[]).expect(0, "warning", "migrations", "4 pending: 2026-11-22");
    assert_eq!(listing(database.folder()), before, "no file is made");
    let check = binary(&["migrate", "--check"], &environment(&database)).printed();
    assert_eq!(check.lines().count(), 4, "{check}");
}

fn what_a_newer_version_has_applied_is_told(backend: Backend) {
    let database = Database::create(backend);
    binary(&["migrate"], &environment(&database)).printed();
    let table = database.table("__diesel_schema_migrations");
    database.connect().execute(&format!("INSERT INTO {table} (version) VALUES ('20990101000000')"));
    doctor(&environment(&database), &[]).expect(0, "warning", "migrations", "a newer version was here");
}

fn a_database_that_cannot_be_used_is_a_problem(backend: Backend) {
    let database = Database::create(backend);
    let told = |url: &str| doctor(&with(environment(&database), "DATABASE_URL", url), &[]);
    match backend {
        Backend::Postgres => {
            told(&database.url_through("127.0.0.1:1")).expect(1, "problem", "database", "Connection refused");
            told(&database.url_as("nobody_of_the_tests")).expect(1, "problem", "database", "does not exist");
        }
        Backend::Sqlite => {
            let missing = database.folder().join("no/such/desk.db");
            told(&format!("sqlite:{}", missing.display())).expect(1, "problem", "database", "does not exist");
            let letter = database.folder().join("letter");
            fs::write(&letter, "no database, but long enough to look like the beginning of one").expect("a file");
            told(&format!("sqlite:{}", letter.display())).expect(1, "problem", "database", "it cannot be used");
        }
    }
}

fn a_variable_that_cannot_be_used_is_a_bad_configuration(backend: Backend) {
    let database = Database::create(backend);
    let mut wrong = environment(&database);
    for (name, value) in [
        ("SUPPORT_BISCUIT_PRIVATE_KEY", "hunter2"),
        ("SUPPORT_MAX_SOCKETS", "many"),
        ("SUPPORT_BIDN", "127.0.0.1:80"),
        ("SUPPORT_CLAMAV_ADDRESS", " "),
    ] {
        wrong.insert(name.to_owned(), value.to_owned());
    }
    let told = doctor(&wrong, &[]);
    told.expect(2, "problem", "configuration", "SUPPORT_BISCUIT_PRIVATE_KEY: must be an Ed25519 private key");
    told.expect(2, "problem", "configuration", "SUPPORT_MAX_SOCKETS: must be a whole number");
    told.expect(2, "warning", "configuration", "was SUPPORT_BIND meant?");
    told.expect(2, "warning", "configuration", "SUPPORT_CLAMAV_ADDRESS is set to nothing");
    assert!(!told.has("ok", "database", "") && !told.json.to_string().contains("hunter2"), "{:#}", told.json);
    let pasted = with(environment(&database), "SUPPORT_BISCUIT_PUBLIC_KEY", &Key::generate().public);
    doctor(&pasted, &[]).expect(0, "warning", "keys", "belongs to another private key");
}

fn a_place_for_files_that_takes_none_is_a_problem(backend: Backend) {
    let database = Database::create(backend);
    let told = |folder: &str| doctor(&with(environment(&database), "SUPPORT_ATTACHMENTS_URL", folder), &[]);
    // Nobody can make a file there, whoever runs the tests.
    told("file:///proc/sys").expect(1, "problem", "files", "an object cannot be written");
    let absent = database.folder().join("files to come");
    told(&format!("file://{}", absent.display()).replace(' ', "%20")).expect(0, "ok", "files", "is not there yet");
    assert!(!absent.exists(), "the folder is not made");
}

fn nats_that_is_away_is_a_problem_and_one_that_answers_is_not(backend: Backend) {
    let Some(mut nats) = Nats::private() else { return };
    let database = Database::create(backend);
    let environment = with(environment(&database), "SUPPORT_NATS_URL", &nats.url());
    doctor(&environment, &[]).expect(0, "ok", "nodes", "what is told is heard");
    nats.kill();
    doctor(&environment, &[]).expect(1, "problem", "nodes", "cannot be used");
}

fn an_address_that_somebody_else_has_is_a_problem(backend: Backend) {
    let database = Database::create(backend);
    let somebody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = somebody.local_addr().expect("an address").to_string();
    let told = doctor(&with(environment(&database), "SUPPORT_BIND", &address), &[]);
    told.expect(1, "problem", "network", "that is no healthy desk");
}

fn few_open_files_are_told(backend: Backend) {
    let database = Database::create(backend);
    let script = format!("ulimit -n 400; exec '{}' doctor --json", env!("CARGO_BIN_EXE_support-http"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).env_clear().envs(environment(&database)).current_dir(database.folder());
    let output = command.output().expect("sh");
    let told = Told { code: output.status.code(), json: serde_json::from_slice(&output.stdout).expect("JSON") };
    told.expect(0, "warning", "process", "enough for 63 sockets, and SUPPORT_MAX_SOCKETS is 100");
}

fn no_secret_is_printed(backend: Backend) {
    let database = Database::create(backend);
    let secrets = ["hunter2-of-nats", "hunter2-of-the-database", "hunter2-of-the-host-which-is-long-enough"];
    let mut secretive = environment(&database);
    secretive.insert("SUPPORT_NATS_URL".to_owned(), format!("nats://desk:{}@127.0.0.1:1", secrets[0]));
    secretive.insert("SUPPORT_JWT_SECRET".to_owned(), secrets[2].to_owned());
    if backend == Backend::Postgres {
        let url = database.url().replace(&format!(":{OWN_ROLE}@"), &format!(":{}@", secrets[1]));
        secretive.insert("DATABASE_URL".to_owned(), url.replace("127.0.0.1", "127.0.0.2"));
    }
    for environment in [secretive.clone(), with(secretive, "SUPPORT_BIND", "nonsense")] {
        for arguments in [["doctor"].as_slice(), &["doctor", "--json"]] {
            let outcome = binary(arguments, &environment);
            let printed = outcome.stdout + &outcome.stderr;
            for secret in secrets.into_iter().chain([signing_key().private.as_str()]) {
                let digits = secret.rsplit('/').next().unwrap_or(secret);
                assert!(!printed.contains(digits), "{printed}");
            }
        }
    }
}

#[test]
fn a_key_that_others_can_read_is_a_problem() {
    let mut desk = Desk::plan(Backend::Sqlite).unset("SUPPORT_BISCUIT_PRIVATE_KEY").start();
    let mut environment = environment(&desk.database);
    environment.remove("SUPPORT_BISCUIT_PRIVATE_KEY");
    environment.remove("SUPPORT_BISCUIT_PUBLIC_KEY");
    doctor(&environment, &[]).expect(0, "ok", "keys", "tokens are signed with the key of id");
    desk.server.kill();
    let key = desk.database.folder().join("desk.db.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("rights");
    doctor(&environment, &[]).expect(1, "problem", "keys", "can be read by others");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("rights");
    fs::write(&key, "no key").expect("a file");
    doctor(&environment, &[]).expect(1, "problem", "keys", "cannot be used");
}

#[test]
fn secrets_in_files_are_read_and_their_rights_looked_at() {
    let database = Database::create(Backend::Sqlite);
    let folder = scratch_folder();
    let file = folder.path().join("key");
    fs::write(&file, &signing_key().private).expect("a file");
    let mut environment = environment(&database);
    environment.remove("SUPPORT_BISCUIT_PRIVATE_KEY");
    environment.insert("SUPPORT_BISCUIT_PRIVATE_KEY_FILE".to_owned(), file.display().to_string());
    let told = doctor(&environment, &[]);
    told.expect(0, "ok", "keys", "tokens are signed with the key of id");
    assert!(!told.has("warning", "configuration", "_FILE"), "{:#}", told.json);
    // In a folder that everybody may enter.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("rights");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("rights");
    doctor(&environment, &[]).expect(0, "warning", "keys", "can be read by every user");
    fs::remove_file(&file).expect("the file");
    let words = "SUPPORT_BISCUIT_PRIVATE_KEY: the file of SUPPORT_BISCUIT_PRIVATE_KEY_FILE cannot be read";
    doctor(&environment, &[]).expect(2, "problem", "configuration", words);
}

#[test]
fn a_scanner_is_shown_a_file_of_the_longest_length() {
    let database = Database::create(Backend::Sqlite);
    let clamd = Clamd::start(Mood::Well);
    let environment = with(environment(&database), "SUPPORT_CLAMAV_ADDRESS", &clamd.address);
    doctor(&environment, &[]).expect(0, "ok", "scanner", "it answers");
    clamd.become_mood(Mood::Confused);
    doctor(&environment, &[]).expect(1, "problem", "scanner", "it gives no verdict");
    let away = with(environment, "SUPPORT_CLAMAV_ADDRESS", "127.0.0.1:1");
    doctor(&away, &[]).expect(1, "problem", "scanner", "it cannot be reached");
    assert!(!database.files().exists(), "the folder for files is not made");
}

fn settings_that_lose_messages_are_a_problem(backend: Backend) {
    let database = Database::create(backend);
    let set = |value: &str| {
        let name = database.name();
        database.server().execute(&format!("ALTER DATABASE {name} SET synchronous_commit = {value}"));
        doctor(&environment(&database), &[])
    };
    set("off").expect(1, "problem", "database", "synchronous_commit is off");
    set("on").expect(0, "ok", "database", "survives a crash");
    database.server().execute(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    doctor(&environment(&database), &[]).expect(1, "problem", "database", "it takes no writes");
}

fn connections_that_are_not_enough_for_all_nodes_are_a_problem(backend: Backend) {
    let database = Database::create(backend);
    database.server().execute(&format!("ALTER DATABASE {} CONNECTION LIMIT 40", database.name()));
    doctor(&environment(&database), &["--nodes", "2"]).expect(0, "ok", "connections", "of 40 are left");
    doctor(&environment(&database), &["--nodes", "3"]).expect(1, "problem", "connections", "3 x 18 connections");
    let others: Vec<_> = (0..10).map(|_| database.connect()).collect();
    doctor(&environment(&database), &["--nodes", "2"]).expect(0, "warning", "connections", "30 of 40 are left");
    drop(others);
}

fn a_role_that_may_not_migrate_is_told_so(_: Backend) {
    let database = host_database();
    let environment = with(environment(&database), "DATABASE_URL", &database.url_as(ROLE));
    doctor(&environment, &[]).expect(1, "problem", "migrations", "as the role that owns the schema");
}

fn a_role_without_its_rights_is_a_problem(_: Backend) {
    let plan = Plan::beside_the_host();
    let database = plan.database();
    let environment = with(environment(database), "DATABASE_URL", &database.url_as(ROLE));
    doctor(&environment, &[]).expect(0, "ok", "database", "has its rights");
    database.connect().execute(&format!("REVOKE DELETE ON support_chat.support_socket_tickets FROM {ROLE}"));
    doctor(&environment, &[]).expect(1, "problem", "database", "support_socket_tickets: DELETE");
    database.connect().execute(&format!("REVOKE USAGE ON SCHEMA support_chat FROM {ROLE}"));
    doctor(&environment, &[]).expect(1, "problem", "database", "may not look into the schema");
    database.connect().execute(&format!("GRANT USAGE ON SCHEMA support_chat TO {ROLE}"));
    database.connect().execute("ALTER TABLE support_chat.support_turns DROP COLUMN country_code CASCADE");
    doctor(&environment, &[]).expect(1, "problem", "migrations", "support_chat.support_turns.country_code is missing");
}

fn a_host_whose_tables_cannot_be_used_is_a_problem(_: Backend) {
    let plan = Plan::beside_the_host();
    let database = plan.database();
    let mut environment = with(environment(database), "DATABASE_URL", &database.url_as(ROLE));
    environment.insert("SUPPORT_HOST".to_owned(), "safego".to_owned());
    environment.insert("SUPPORT_JWT_SECRET".to_owned(), crate::harness::SECRET.to_owned());
    let rows = "SELECT count(*)::text AS line FROM public.audit_logs";
    let before = database.connect().lines(rows);
    let told = doctor(&environment, &[]);
    told.expect(0, "ok", "host", "its tables can be read");
    told.expect(0, "ok", "host", "its audit log takes records");
    assert_eq!(database.connect().lines(rows), before, "no record is added");
    database.connect().execute(&format!("REVOKE INSERT ON public.audit_logs FROM {ROLE}"));
    doctor(&environment, &[]).expect(1, "problem", "host", "it is not so that its audit log takes records");
    database.connect().execute(&format!("REVOKE SELECT ON public.users FROM {ROLE}"));
    doctor(&environment, &[]).expect(1, "problem", "host", "it is not so that its tables can be read");
    let away = with(environment, "SUPPORT_HOST_DATABASE_URL", &database.url_through("127.0.0.1:1"));
    doctor(&away, &[]).expect(1, "problem", "host", "it cannot be known whether its tables can be read");
}

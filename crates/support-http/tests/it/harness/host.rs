//! The host beside which a desk stands: its database, its people, and the tokens that it gives them. Made from the fixture
//! of `support-safego`; nothing here asks the product.

use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::command::binary;
use super::database::{Backend, Database};
use super::desk::{Desk, Plan};

const FIXTURE: &str = include_str!("../../../../support-safego/tests/fixture/host.sql");
/// The host's secret.
pub(crate) const SECRET: &str = "the secret of the host of the tests";
/// The role that migrates.
pub(crate) const OWNER: &str = "support_it_owner";
/// The role that serves.
pub(crate) const ROLE: &str = "support_it_role";

/// A database with everything that the host has there, and the desk's two roles by its own script.
#[track_caller]
pub(crate) fn host_database() -> Database {
    let database = host_alone();
    make_roles(&database);
    database
}

/// A database with everything that the host has there, to which the desk has not come yet.
#[track_caller]
pub(crate) fn host_alone() -> Database {
    let database = Database::create(Backend::Postgres);
    database.connect().batch(FIXTURE);
    // Roles are of the whole server, and other tests make them at the same time.
    for role in [OWNER, ROLE] {
        database.server().execute(&format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD '{role}'; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ));
    }
    database
}

/// Runs the script that makes the roles.
#[track_caller]
pub(crate) fn make_roles(database: &Database) {
    let output = roles_script(&database.url_of_superuser(), [OWNER, ROLE]).output().expect("bash");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The script that makes the roles, for the one that owns and the one that serves.
pub(crate) fn roles_script(url: &str, [owner, role]: [&str; 2]) -> Command {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres-role");
    let mut command = Command::new("bash");
    command.args([script, "--owner", owner, "--role", role]).env("DATABASE_URL", url).stdin(Stdio::null());
    command
}

/// Runs `migrate` as the role that owns the schema.
#[track_caller]
pub(crate) fn migrate_as_owner(database: &Database, arguments: &[&str]) -> String {
    let environment = [("DATABASE_URL".to_owned(), database.url_as(OWNER))].into();
    binary(&[&["migrate"], arguments].concat(), &environment).printed()
}

impl Plan {
    /// A desk beside the host, migrated by the one role and served by the other.
    #[track_caller]
    pub(crate) fn beside_the_host() -> Self {
        let database = host_database();
        migrate_as_owner(&database, &[]);
        Self::beside_the_host_on(database)
    }

    /// The same on a database that has been made ready.
    pub(crate) fn beside_the_host_on(database: Database) -> Self {
        let url = database.url_as(ROLE);
        Self::on(database)
            .set("DATABASE_URL", &url)
            .set("SUPPORT_HOST", "safego")
            .set("SUPPORT_JWT_SECRET", SECRET)
            .with_the_hosts_tokens()
    }
}

/// The present moment, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the host has a clock of its own")]
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("a time")
}

/// Signs claims as the host does.
pub(crate) fn sign(header: &Value, claims: &str, secret: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length").chain_update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// The host's claims for a quarter of an hour.
pub(crate) fn claims(id: &str, role: &str, country: &str) -> Value {
    json!({"userId": id, "role": role, "countryCode": country, "iat": now(), "exp": now() + 900})
}

/// A token with these claims.
pub(crate) fn token_of(claims: &Value) -> String {
    sign(&json!({"alg": "HS256", "typ": "JWT"}), &claims.to_string(), SECRET)
}

/// The host's own token for somebody.
pub(crate) fn token_for(id: &str, role: &str, country: &str) -> String {
    token_of(&claims(id, role, country))
}

impl Desk {
    /// Changes something in the host's database, as the host itself does.
    #[track_caller]
    pub(crate) fn host_does(&self, sql: &str) {
        self.database.connect().execute(sql);
    }

    /// Makes sure that the host has that person.
    #[track_caller]
    pub(crate) fn host_has_user(&self, id: &str, role: &str, country: &str) {
        self.host_does(&format!(
            "INSERT INTO public.users (id, email, \"passwordHash\", role, \"countryCode\") \
             VALUES ('{id}', '{id}@example.com', 'never-shown', '{role}', '{country}') ON CONFLICT (id) DO NOTHING"
        ));
    }

    /// Makes sure that the host has that member of its staff.
    #[track_caller]
    pub(crate) fn host_has_admin(&self, id: &str, role: &str, country: Option<&str>) {
        self.host_has_user(id, "admin", country.unwrap_or("BD"));
        let country = country.map_or("NULL".to_owned(), |country| format!("'{country}'"));
        self.host_does(&format!(
            "INSERT INTO public.admin_profiles VALUES ('profile-of-{id}', '{id}', '{role}', {country}, true) \
             ON CONFLICT (\"userId\") DO NOTHING"
        ));
    }
}

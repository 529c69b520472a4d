//! A support desk: a running server with a database of its own.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::answer::Answer;
use super::call::{Address, Call};
use super::command::keys;
use super::database::{Backend, Database, scratch_folder};
use super::host::token_for;
use super::person::{DESK, Person, USER};
use super::server::Server;

/// A running server, its database, and the way to the people who use it.
#[derive(Debug)]
pub(crate) struct Desk {
    // In this order, since fields are dropped from the top: the server ends before its database goes.
    pub(crate) server: Server,
    pub(crate) database: Database,
    environment: BTreeMap<String, String>,
    address: Address,
    folder: TempDir,
    /// Whether people come with tokens of the host, which has them in its tables.
    has_host: bool,
}

/// Another server on a desk's database.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) server: Server,
    /// Where people find it: `person.at(&node.address)`.
    pub(crate) address: Address,
}

/// A desk that is not open yet.
#[derive(Debug)]
pub(crate) struct Plan {
    database: Database,
    environment: BTreeMap<String, String>,
    has_host: bool,
}

impl Desk {
    /// A desk as most tests want it: nobody meets a limit on sending or on frames.
    #[track_caller]
    pub(crate) fn start(backend: Backend) -> Self {
        Self::plan(backend).start()
    }

    /// A desk whose environment a test still changes.
    pub(crate) fn plan(backend: Backend) -> Plan {
        Plan::on(Database::create(backend))
    }

    /// Ends the server, if it still runs, and starts it again on the same database.
    #[track_caller]
    pub(crate) fn restart(&mut self) {
        self.server.kill();
        self.server = Server::start("serve", "server", self.folder.path(), &self.environment);
        self.wait_until_ready();
    }

    #[track_caller]
    fn wait_until_ready(&mut self) {
        wait_until_ready(&mut self.server, &self.address);
    }

    /// A second server on the same database, not waited for.
    #[track_caller]
    pub(crate) fn another_server(&self) -> Server {
        Server::start("serve", "another", self.folder.path(), &self.environment)
    }

    /// A second server on the same database, ready for whoever is [`at`](Person::at) its address.
    #[track_caller]
    pub(crate) fn another_node(&self) -> Node {
        let mut node = Node { server: self.another_server(), address: Address::default() };
        wait_until_ready(&mut node.server, &node.address);
        node
    }

    /// A second server on the same database, with some variables of its own, ready for whoever is at its address.
    #[track_caller]
    pub(crate) fn node(&self, name: &str, own: &[(&str, &str)]) -> Node {
        let mut environment = self.environment.clone();
        environment.extend(own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let server = Server::start("serve", name, self.folder.path(), &environment);
        let mut node = Node { server, address: Address::default() };
        wait_until_ready(&mut node.server, &node.address);
        node
    }

    /// What the server's process was given.
    pub(crate) fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Somebody without a token.
    pub(crate) fn nobody(&self) -> Person {
        Person::new(&self.address, None, USER)
    }

    /// A driver of that country.
    #[track_caller]
    pub(crate) fn driver(&self, id: &str, country: &str) -> Person {
        self.user("driver", id, country)
    }

    /// A customer of that country.
    #[track_caller]
    pub(crate) fn customer(&self, id: &str, country: &str) -> Person {
        self.user("customer", id, country)
    }

    /// A restaurant of that country.
    #[track_caller]
    pub(crate) fn restaurant(&self, id: &str, country: &str) -> Person {
        self.user("restaurant", id, country)
    }

    /// A user of that type and country.
    #[track_caller]
    pub(crate) fn user(&self, user_type: &str, id: &str, country: &str) -> Person {
        if self.has_host {
            self.host_has_user(id, user_type, country);
            return Person::new(&self.address, Some(token_for(id, user_type, country)), USER);
        }
        let token = keys().token(&["user", "--id", id, "--type", user_type, "--country", country, "--ttl", "1h"]);
        Person::new(&self.address, Some(token), USER)
    }

    /// A member of the staff named after the role (`support_admin-1`), with the role's own permissions.
    #[track_caller]
    pub(crate) fn admin(&self, role: &str, country: Option<&str>) -> Person {
        self.admin_with(&format!("{}-1", role.to_lowercase()), role, country, &[])
    }

    /// A member of the staff with more arguments for the command that makes the token.
    #[track_caller]
    pub(crate) fn admin_with(&self, id: &str, role: &str, country: Option<&str>, more: &[&str]) -> Person {
        if self.has_host {
            self.host_has_admin(id, role, country);
            let token = token_for(id, "admin", country.unwrap_or("BD"));
            return Person::new(&self.address, Some(token), DESK);
        }
        let mut arguments = vec!["admin", "--id", id, "--role", role, "--ttl", "1h"];
        if let Some(country) = country {
            arguments.extend(["--country", country]);
        }
        Person::new(&self.address, Some(keys().token(&[&arguments, more].concat())), DESK)
    }

    /// What a route answers to somebody without a token.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        Call::new(&self.address, "GET", path).send()
    }
}

#[track_caller]
fn wait_until_ready(server: &mut Server, address: &Address) {
    address.set(server.port());
    super::patience::eventually("the server is ready", || {
        Call::new(address, "GET", "/readyz").try_send().is_ok_and(|answer| answer.status == 200)
    });
}

impl Plan {
    /// A desk on a database that exists already.
    pub(crate) fn on(database: Database) -> Self {
        let url = database.url();
        let files = format!("file://{}", database.files().display());
        let environment = [
            ("SUPPORT_ATTACHMENTS_URL", files.as_str()),
            ("SUPPORT_UPLOADS_PER_MINUTE", "1000000"),
            ("DATABASE_URL", url.as_str()),
            ("SUPPORT_BISCUIT_PRIVATE_KEY", keys().private.as_str()),
            ("SUPPORT_SENDS_PER_MINUTE", "1000000"),
            ("SUPPORT_WS_FRAMES_PER_SECOND", "1000"),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Self { database, environment, has_host: false }
    }

    /// People come with tokens of the host.
    pub(crate) fn with_the_hosts_tokens(mut self) -> Self {
        self.has_host = true;
        self
    }

    /// Sets a variable of the server's environment.
    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable out of the server's environment.
    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    /// The database that the desk will have.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// A server on the same database, not waited for.
    #[track_caller]
    pub(crate) fn server_beside(&self) -> Server {
        Server::start("serve", "beside", self.database.folder(), &self.environment)
    }

    /// Opens the desk and waits until it is ready.
    #[track_caller]
    pub(crate) fn start(self) -> Desk {
        let folder = scratch_folder();
        let server = Server::start("serve", "server", folder.path(), &self.environment);
        let Self { database, environment, has_host } = self;
        let mut desk = Desk { server, database, environment, address: Address::default(), folder, has_host };
        desk.wait_until_ready();
        desk
    }
}

//! Every route of the contract that exists, once. The tests of roles, of errors and of the OpenAPI document go through
//! this table, so that a route which is added here is asked for everywhere.

use crate::harness::{Conversation, DESK, USER};

/// Whom a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Users,
    Admins,
    /// Users and admins alike: whoever has a token.
    Both,
    Everybody,
}

/// A method on a path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// `{id}` stands for a conversation's, or an attachment's.
    pub(crate) path: &'static str,
    pub(crate) who: For,
}

const fn route(method: &'static str, path: &'static str, who: For) -> Route {
    Route { method, path, who }
}

/// The routes.
pub(crate) const ROUTES: &[Route] = &[
    route("GET", "/api/support/conversations", For::Users),
    route("POST", "/api/support/conversations", For::Users),
    route("GET", "/api/support/conversations/{id}", For::Users),
    route("GET", "/api/support/conversations/{id}/messages", For::Users),
    route("POST", "/api/support/conversations/{id}/messages", For::Users),
    route("POST", "/api/support/conversations/{id}/read", For::Users),
    route("GET", "/api/admin/support/conversations", For::Admins),
    route("POST", "/api/admin/support/conversations", For::Admins),
    route("GET", "/api/admin/support/conversations/{id}", For::Admins),
    route("PATCH", "/api/admin/support/conversations/{id}", For::Admins),
    route("GET", "/api/admin/support/conversations/{id}/messages", For::Admins),
    route("POST", "/api/admin/support/conversations/{id}/messages", For::Admins),
    route("POST", "/api/admin/support/conversations/{id}/read", For::Admins),
    route("GET", "/api/support/settings", For::Users),
    route("GET", "/api/admin/support/settings", For::Admins),
    route("PUT", "/api/admin/support/settings", For::Admins),
    route("GET", "/api/admin/support/admins", For::Admins),
    route("POST", "/api/support/attachments", For::Users),
    route("GET", "/api/support/attachments/{id}", For::Users),
    route("POST", "/api/admin/support/attachments", For::Admins),
    route("GET", "/api/admin/support/attachments/{id}", For::Admins),
    route("POST", "/api/support/ws-tickets", For::Both),
    route("GET", "/api/support/ws", For::Both),
    route("GET", "/healthz", For::Everybody),
    route("GET", "/readyz", For::Everybody),
    route("GET", "/metrics", For::Everybody),
    route("GET", "/api/support/openapi.json", For::Everybody),
    route("GET", "/api/support/asyncapi.json", For::Everybody),
    route("GET", "/docs", For::Everybody),
    route("GET", "/docs/sockets", For::Everybody),
];

impl Route {
    /// Where the route leads for that conversation.
    pub(crate) fn to(&self, conversation: &Conversation) -> String {
        self.path.replace("{id}", &conversation.id)
    }

    /// Whether it asks for a token.
    pub(crate) fn is_guarded(&self) -> bool {
        self.who != For::Everybody
    }

    /// Whether it is asked with JSON.
    pub(crate) fn takes_a_body(&self) -> bool {
        self.method != "GET" && self.who != For::Both && !self.takes_a_file()
    }

    /// Whether it is asked with a file.
    pub(crate) fn takes_a_file(&self) -> bool {
        self.method == "POST" && self.path.ends_with("/attachments")
    }

    /// Whether it leads out of HTTP: its success is no answer but another protocol.
    pub(crate) fn is_socket(&self) -> bool {
        self.path == "/api/support/ws"
    }

    /// The base of the list that it belongs to.
    pub(crate) fn home(&self) -> &'static str {
        if self.who == For::Admins { DESK } else { USER }
    }
}

/// The methods that a path has, sorted.
pub(crate) fn methods(path: &str) -> Vec<&'static str> {
    let mut methods: Vec<&str> = ROUTES.iter().filter(|route| route.path == path).map(|route| route.method).collect();
    methods.sort_unstable();
    methods
}

/// Every path, once.
pub(crate) fn paths() -> Vec<&'static str> {
    let mut paths: Vec<&str> = ROUTES.iter().map(|route| route.path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

//! The support desk over HTTP.
//!
//! An actix app links it with [`configure`], beside its own routes and state; the binary `support-http` is that and a
//! command line. `examples/host_app.rs` is such an app. Handlers turn requests into commands of valid types, call one use case of `support-service`, and turn
//! what comes back into the contract's JSON. Nothing here decides who may do what, and nothing here speaks SQL.
//!
//! # Layout
//! `routes/` mirrors the paths; `extract/` what a handler's arguments are made of (the caller with the policy's grant
//! first, then path, query, body); `requests.rs` and `views.rs` the wire types; `error.rs` the one table of codes and
//! statuses; `openapi.rs` the documents; `boundary.rs` what every request passes (id, log, error bodies, headers);
//! `metrics.rs` what is counted; `traces.rs` where spans go; `ws/` the WebSockets; `cli/` the commands, `cli/doctor/` with a
//! file for each topic; `host.rs` the host that is configured, plugged in; `assets/` the pages, of which `assets/console` is
//! one to learn from, and the recorded examples.
//!
//! # How to link it
//! 1. If it collects metrics with the `metrics` crates, its recorder is installed before all that follows; one of Prometheus
//!    through [`metrics::with_buckets`]. What there is stands in docs/metrics.md.
//! 2. [`start_realtime`], and with it a `SupportService` whose `Ports` are the backend's own: its audit log, its directory
//!    of people, its settings. `Store::migrate` first; it touches only what is the desk's.
//! 3. A [`Desk`]: the service, the backend's own `Authenticator`, a [`WebConfig`] and [`Sockets`](ws::Sockets).
//! 4. [`background()`], once, before the app serves.
//! 5. In the app [`configure`]; around it `HttpServer::on_connect` with [`tcp::prepare`](ws::tcp::prepare), so that a socket
//!    whose peer does not read can be cut.
//! 6. At a stop [`Sockets::drain`](ws::Sockets::drain) before the server's own stop, or open sockets hold it.
//!
//! # By example
//! ```
//! use std::{sync::Arc, time::Duration};
//! use actix_web::{App, test};
//! use support_domain::*;
//! use support_http::ws::{SocketLimits, Sockets};
//! use support_http::{Desk, WebConfig, configure, start_realtime};
//! use support_rbac::{BiscuitAuthenticator, Principal, SigningKey, TokenIssuer, TrustedKeys, UserPrincipal};
//! use support_realtime::queue::QueueLimits;
//! use support_service::{Ports, ServiceConfig, SupportService};
//! use support_store::{DatabaseUrl, Store, StoreConfig};
//!
//! # #[actix_web::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let url = DatabaseUrl::Sqlite(folder.path().join("desk.db"));
//! Store::migrate(&url, false)?;
//! let (realtime, _signals) = start_realtime(None, QueueLimits::default())?;
//! let ports = Ports { realtime, ..Ports::default() };
//! let service = SupportService::new(Store::open(&StoreConfig::new(url))?, ServiceConfig::default(), ports);
//!
//! let (clock, issuer) = (Arc::clone(service.clock()), TokenIssuer::new(SigningKey::generate()));
//! let revocations = service.revocations().clone();
//! let desk = Desk {
//!     authenticator: Arc::new(BiscuitAuthenticator::new(TrustedKeys::new(issuer.public()), clock.clone(), revocations)),
//!     service,
//!     web: Arc::new(WebConfig::default()),
//!     sockets: Sockets::new(SocketLimits::default()),
//! };
//! let app = test::init_service(App::new().configure(|app| configure(app, &desk))).await;
//!
//! let user = UserRef { id: UserId::parse("driver-1")?, user_type: UserType::Driver, country: CountryCode::Bangladesh };
//! let token = issuer.issue(&Principal::User(UserPrincipal { user }), clock.now(), Duration::from_secs(60))?;
//! let request = test::TestRequest::post()
//!     .uri("/api/support/conversations")
//!     .insert_header(("Authorization", format!("Bearer {token}")))
//!     .set_json(serde_json::json!({"subject": "Fare", "initialMessage": "It is <b>missing</b>."}));
//! let opened: serde_json::Value = test::call_and_read_body_json(&app, request.to_request()).await;
//! assert_eq!(opened["message"]["seq"], 1);
//! assert_eq!(opened["message"]["content"], "It is &lt;b&gt;missing&lt;/b&gt;.");
//!
//! let request = test::TestRequest::get().uri("/api/support/conversations");
//! assert_eq!(test::call_service(&app, request.to_request()).await.status(), 401);
//! # Ok(())
//! # }
//! ```
//!
//! # How to add
//! - **a route**: a handler in `routes/` whose first argument is [`ForUser`](extract::ForUser) or
//!   [`ForAdmin`](extract::ForAdmin) with its action, its `#[utoipa::path]` above it, a line in `routes/mod.rs` and in
//!   `openapi.rs`; a test holds the two lists against each other, and another demands examples.
//! - **an error**: a variant of [`ErrorCode`](error::ErrorCode), its row in the table, and when it comes, in
//!   `openapi/errors.rs`.
//! - **a setting**: a field and a line in `config.rs`, and its row in docs/configuration.md.

pub mod background;
pub mod boundary;
pub mod cli;
pub mod config;
pub mod cursor;
mod demo;
pub mod error;
pub mod extract;
mod host;
mod keys;
mod log;
pub mod metrics;
pub mod openapi;
pub mod requests;
pub mod routes;
mod server;
mod state;
mod traces;
pub mod views;
pub mod ws;

pub use background::{Background, BackgroundTasks, background, start_realtime};
pub use routes::configure;
pub use state::{Desk, WebConfig};

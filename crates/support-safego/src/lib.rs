//! Everything that knows the SafeGo backend: its tokens, its tables, its words. Nothing else in the workspace names one of
//! its columns, and without `SUPPORT_HOST=safego` nothing here runs but, where its secret is given, the reading of tokens.
//!
//! What is relied on is what the host has published of itself: `users`, `admin_profiles`, the three kinds of profiles,
//! `platform_settings` and `audit_logs`. Nothing there is ever altered: [`HostAuditLog`] adds rows, all else reads, in
//! transactions that cannot write, and names each column that it reads. Secrets, numbers of identity papers, addresses and
//! dates of birth have no name here and so cannot be read; the role that the desk runs as has no right to them either.
//!
//! # By example
//! What is shown of people is masked where the host's rows are read, in the host's own forms:
//! ```
//! use support_domain::CountryCode;
//! use support_safego::{HostSecret, mask_email, mask_phone};
//!
//! assert_eq!(mask_email("kamal.hossain@gmail.com").as_deref(), Some("k***n@g****.com"));
//! assert_eq!(mask_phone("+8801712345678", CountryCode::Bangladesh).as_deref(), Some("+880******78"));
//! // A secret that could be guessed is not taken.
//! assert!(HostSecret::new("").is_err());
//! ```
//!
//! # Layout
//! `token.rs` what a token says; `people.rs` what the host's rows say, and `agreement.rs` whether the two agree;
//! `authenticator.rs` and `standing.rs` turn that into callers; `directory.rs` and `masks.rs` what may be shown of people;
//! `audit_log.rs`, `settings.rs`; `database.rs` the connections, apart from the desk's own.
//!
//! # How to add
//! - **a column to read**: in the query that needs it, in `docs/sql/host-roles.sql`, in the fixture of the tests; and if it
//!   is about a person, a mask.
//! - **a kind of token that must not be taken**: the claim that gives it away, in `token.rs`, and its line in the tests.

mod agreement;
mod audit_log;
mod authenticator;
mod database;
mod directory;
mod masks;
mod people;
mod settings;
mod standing;
mod token;

pub use audit_log::HostAuditLog;
pub use authenticator::{ByShape, HostAuthenticator};
pub use database::{HostConfig, HostDatabase, HostProblem, HostUnavailable, InvalidSchemaName, SchemaName};
pub use directory::HostDirectory;
pub use masks::{mask_email, mask_phone};
pub use people::People;
pub use settings::HostSettings;
pub use standing::HostStanding;
pub use token::{HostSecret, MAX_TOKEN_BYTES, SecretTooShort, is_host_token};

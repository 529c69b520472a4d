//! What a person can do at the support desk, one use case each.
//!
//! Both front doors, REST and sockets, call the same use case, so that the two cannot differ in what they allow, store,
//! count, record or limit. A use case takes a [`Context`]: the policy's [`Grant`](support_rbac::Grant) for exactly that
//! action, and where the request came from. What changes something goes through one gate, which runs the transaction,
//! records the audit events in it, and after the commit tells those who follow the conversation live. What only whoever runs the
//! desk can do, at its command line, goes through the same gate without a grant: to purge.
//!
//! Nothing here knows actix, a status code or SQL.
//!
//! # By example
//! A whole desk on an embedded database. Over HTTP the caller comes out of a token; here the driver is made by hand:
//! ```
//! use std::sync::Arc;
//! use support_domain::*;
//! use support_rbac::{Caller, Principal, Restrictions, UserPrincipal, authorize, policy::action};
//! use support_service::*;
//! use support_store::{DatabaseUrl, Store, StoreConfig};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let url = DatabaseUrl::Sqlite(folder.path().join("desk.db"));
//! Store::migrate(&url, false)?;
//! let desk = SupportService::new(Store::open(&StoreConfig::new(url))?, ServiceConfig::default(), Ports::default());
//!
//! let user = UserRef { id: UserId::parse("driver-1")?, user_type: UserType::Driver, country: CountryCode::Bangladesh };
//! let caller = Arc::new(Caller {
//!     principal: Principal::User(UserPrincipal { user }),
//!     restrictions: Restrictions::default(),
//!     expires_at: Timestamp::from_millis(i64::MAX),
//!     revocation_ids: Vec::new(),
//! });
//! let (limits, mut masked) = (desk.limits(), MaskedKinds::new());
//! let words = "My password is hunter2, and I cannot log in.";
//! let command = OpenConversation {
//!     subject: Subject::parse("Cannot log in", &limits)?,
//!     initial_message: MessageContent::parse_noting(words, ContentFormat::Text, &limits, &mut masked)?,
//!     priority: None,
//!     metadata: Metadata::default(),
//!     client_message_id: None,
//!     masked,
//! };
//! // No use case runs without the policy's grant for exactly its action.
//! let context = Context { grant: authorize::<action::OpenConversation>(&caller)?, origin: Origin::default() };
//! let opened = desk.open_conversation(&context, command).await?;
//! assert_eq!((opened.message.seq, opened.conversation.priority), (1, Priority::Normal));
//! assert!(!opened.message.content.text().contains("hunter2"));
//! # Ok(())
//! # }
//! ```
//!
//! # How to add
//! - **a use case**: its action in `support-rbac`'s table; a command of valid types and a method of [`SupportService`]
//!   in `use_cases/`, named `<verb>_<noun>`; if it changes something, its audit event in `support-audit`.
//! - **a way to fail**: a variant of [`ServiceError`]; the compiler then asks for its place in `support-http`'s table.

mod audit;
mod context;
mod directory;
mod error;
mod follow;
mod gate;
mod metrics;
mod rate_limit;
mod realtime;
mod service;
mod settings;
mod settings_source;
mod staff;
mod standing;
mod tidy_files;
mod upload_slots;
mod use_cases;

pub use context::{Context, Origin};
pub use directory::{AssignableAdmin, Directory, DirectoryError, UserCard};
pub use error::ServiceError;
pub use metrics::{LimitKind, note_limit};
pub use rate_limit::{FrameLimiter, RateLimited};
pub use realtime::Realtime;
pub use service::{Ports, ServiceConfig, SupportService};
pub use settings::SettingsInForce;
pub use settings_source::{SavedSettings, SettingsSource, SettingsSourceError};
pub use standing::{LiveStanding, WatchedCaller};
pub use tidy_files::TidiedFiles;
pub use upload_slots::UploadSlot;
pub use use_cases::follow_conversation::{FollowConversation, MOST_CAUGHT_UP};
pub use use_cases::list_conversations::{ConversationsListed, ListConversations};
pub use use_cases::list_messages::{ListMessages, MessagesListed};
pub use use_cases::open_conversation::{OpenConversation, OpenConversationForUser, Opened};
pub use use_cases::purge_conversations::{MOST_PURGED, PurgeConversations, Purged};
pub use use_cases::read_attachment::{AttachmentContent, AttachmentRead};
pub use use_cases::send_message::{SendMessage, Sent};
pub use use_cases::settings::UpdateSettings;
pub use use_cases::tickets::SocketTicket;
pub use use_cases::update_conversation::UpdateConversation;
pub use use_cases::upload_attachment::{UploadAttachment, Uploaded};

/// What is counted here.
pub const METRICS: &[support_metrics::Metric] = metrics::ServiceMetrics::TABLE;

//! Real time: who listens to what, and how what happened reaches them, on this node and on others.
//!
//! A [`Hub`] knows the rooms (one a conversation, keyed `support:conversation:{id}`) and the inbox feeds (a user's own
//! conversations, or those of an admin's countries). What was committed is handed to it as a [`Committed`]; it puts
//! messages in the order of their numbers, makes one frame for each side, and puts that same frame into the bounded
//! [`queue`] of each socket. It never waits and never reads: what it finds missing it asks for, and somebody above fetches
//! it from the database. A [`fan_out`] tells other nodes that something happened, never what.
//!
//! Nothing here knows actix, Diesel, a token or a permission. Whoever enters a room or watches an inbox says what exists
//! for them ([`Visibility`](support_domain::Visibility)), and nothing outside of it is ever put into their queue.
//!
//! # By example
//! Two sockets in a room, of a user and of the desk, and something that was committed. Frames are made by whoever knows the
//! wire; here they are a few words:
//! ```
//! use std::sync::Arc;
//! use bytestring::ByteString;
//! use support_domain::conversation::ConversationDraft;
//! use support_domain::*;
//! use support_realtime::queue::QueueLimits;
//! use support_realtime::{Committed, Encode, Event, Hub, Source};
//!
//! #[derive(Debug)]
//! struct Words;
//!
//! impl Encode for Words {
//!     fn encode(&self, event: &Event<'_>, viewer: Side) -> ByteString {
//!         match event {
//!             Event::ConversationUpdated { conversation } => format!("{} to the {viewer}", conversation.status).into(),
//!             _ => ByteString::new(),
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (at, ids, hub) = (SystemClock::new().now(), SystemIds::new(), Hub::new(Arc::new(Words), QueueLimits::default()));
//! let user = UserRef { id: UserId::parse("driver-1")?, user_type: UserType::Driver, country: CountryCode::Bangladesh };
//! let draft = ConversationDraft {
//!     id: ConversationId(ids.next(at)),
//!     user: user.clone(),
//!     subject: Subject::parse("Trip fare is missing", &Limits::default())?,
//!     priority: Priority::Normal,
//!     metadata: Metadata::default(),
//! };
//! let conversation = SupportConversation::open(draft, at);
//!
//! let (phone, desk) = (PrincipalKey::User(user.id.clone(), user.user_type), PrincipalKey::Admin(AdminId::parse("admin-1")?));
//! let (phone, desk) = (hub.connect(phone, Side::User), hub.connect(desk, Side::Admin));
//! for socket in [&phone, &desk] {
//!     // First one enters, then one reads the database, and from there on the room is live.
//!     socket.enter(conversation.id, Arc::new(Visibility::everything()));
//!     hub.go_live(&conversation);
//! }
//! let pending = conversation::ConversationChange { status: Some(ConversationStatus::Pending), ..Default::default() };
//! let outcome = conversation.change(&pending, MessageId(ids.next(at)), at)?;
//! hub.publish(&Committed { conversation: outcome.conversation, messages: outcome.messages, source: Source::Here });
//!
//! assert_eq!(phone.queue().next().await?.frame, "");
//! assert_eq!(phone.queue().next().await?.frame, "pending to the user");
//! # Ok(())
//! # }
//! ```
//!
//! # How to add
//! - **an event**: a variant of [`Event`]; the compiler then asks for its frame in `support-http`. Who is told, and
//!   when, stands in `room.rs` and `inbox.rs`.
//! - **another way between nodes**: a [`FanOut`](fan_out::FanOut) in `fan_out/`.

mod event;
pub mod fan_out;
mod frames;
mod hub;
mod inbox;
mod metrics;
pub mod queue;
mod revision;
mod room;

pub use event::{Committed, Encode, Event, Source, Typing};
pub use hub::{Hub, SocketId, Subscriber};
pub use revision::Revision;

/// What is counted here: of rooms, and of the way between nodes.
pub const METRICS: [&[support_metrics::Metric]; 2] = [metrics::RoomMetrics::TABLE, metrics::FanOutMetrics::TABLE];

//! What a support desk is about: conversations, messages, attachments, the people who write them, and the rules that
//! hold for them whatever stores or carries them.
//!
//! Everything here is pure: a value comes in, a value or an error comes out. Nothing here may open a file or a socket,
//! know a framework, speak SQL, read the system clock (but for [`clock::SystemClock`]) or draw a random number (but
//! for [`ids::SystemIds`]).
//!
//! # By example
//! Words become safe where they come in, and a conversation's numbers come out of its transitions, which take the old state and
//! return the new one:
//! ```
//! use support_domain::conversation::ConversationDraft;
//! use support_domain::message::MessageDraft;
//! use support_domain::*;
//!
//! let (limits, mut masked) = (Limits::default(), MaskedKinds::new());
//! let words = "My card is 4111 1111 1111 1111, <b>please</b> help";
//! let content = MessageContent::parse_noting(words, ContentFormat::Text, &limits, &mut masked)?;
//! assert_eq!(content.text(), "My card is **** **** **** 1111, <b>please</b> help");
//! assert_eq!(content.html(), "My card is **** **** **** 1111, &lt;b&gt;please&lt;/b&gt; help");
//! assert_eq!(masked, MaskedKinds::from([MaskedKind::Card]));
//!
//! let (at, ids) = (SystemClock::new().now(), SystemIds::new());
//! let id = UserId::parse("driver-1")?;
//! let draft = ConversationDraft {
//!     id: ConversationId(ids.next(at)),
//!     user: UserRef { id: id.clone(), user_type: UserType::Driver, country: CountryCode::Bangladesh },
//!     subject: Subject::parse("A card", &limits)?,
//!     priority: Priority::Normal,
//!     metadata: Metadata::default(),
//! };
//! let message = MessageDraft {
//!     id: MessageId(ids.next(at)),
//!     content,
//!     attachments: Vec::new(),
//!     client_message_id: None,
//!     metadata: Metadata::default(),
//! };
//! let outcome = SupportConversation::open(draft, at).post(Author::User(id), message, MessageId(ids.next(at)), at)?;
//! assert_eq!(outcome.messages[0].seq, 1);
//! assert_eq!(outcome.conversation.unread_count(Side::Admin), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How to add
//! - **a field to an entity**: the field in [`conversation`], [`message`] or [`attachment`]; its column in both
//!   migrations and in `support-store`'s schema and rows; its place in `support-http`'s views.
//! - **a value with rules**: a type with a private field, a `parse` that returns [`InvalidValue`], a `from_stored`
//!   only if what was stored under older rules must still be readable.
//! - **a word to an enum**: the variant in its [`text_enum!`](macro@crate::text_enum) table; the compiler shows the rest.
//! - **a rule of the conversation's life**: [`conversation::SupportConversation`], with its property test.

pub mod attachment;
pub mod audit_log;
pub mod clock;
pub mod content;
pub mod conversation;
mod error;
pub mod ids;
pub mod limits;
pub mod media;
pub mod message;
pub mod people;
pub mod settings;
mod text_enum;
pub mod visibility;

pub use attachment::{AttachmentIds, StorageKey, SupportAttachment, Upload, UploadState};
pub use audit_log::AuditLogRecord;
pub use clock::{Clock, SystemClock, Timestamp};
pub use content::{ContentFormat, FileName, MaskedKind, MaskedKinds, MessageContent, Metadata, Preview, Subject};
pub use conversation::{ConversationStatus, Priority, SupportConversation};
pub use error::InvalidValue;
pub use ids::{
    AttachmentId, AuditLogId, ClientMessageId, ConversationId, IdSource, MessageId, NoRandomness, SystemIds,
};
pub use limits::Limits;
pub use media::{MediaType, MediaTypes};
pub use message::{Author, MessageType, SenderType, SupportMessage};
pub use people::{AdminId, CountryCode, PrincipalKey, Side, UserId, UserRef, UserType};
pub use settings::{AutoAssignMode, BusinessHours, DeskSettings, SettingsChange, SettingsPatch, TimeOfDay};
pub use text_enum::{TextEnum, UnknownName};
pub use visibility::Visibility;

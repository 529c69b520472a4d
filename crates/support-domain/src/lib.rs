//! What a support desk is about: conversations, messages, attachments, the people who write them, and the rules that
//! hold for them whatever stores or carries them.
//!
//! Everything here is pure: a value comes in, a value or an error comes out. Nothing here may open a file or a socket,
//! know a framework, speak SQL, read the system clock (but for [`clock::SystemClock`]) or draw a random number (but
//! for [`ids::SystemIds`]).
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

//! What work can do with the database: a [`Reader`] reads, a [`Transaction`] reads under locks and writes.

use support_domain::conversation::ReadPoint;
use support_domain::{
    AdminId, AttachmentId, AuditLogId, AuditLogRecord, Author, ClientMessageId, ConversationId, CountryCode,
    SupportConversation, SupportMessage, Timestamp, Upload, UploadState, Visibility,
};

use crate::page::{
    ConversationFilter, ConversationsPage, Counted, MessagesPage, OldConversation, OldConversations, PageRequest,
    Position, UploadPlace, UploadsPage,
};
use crate::staff::{AuditBacklog, SeenAdmin, StoredSettings};
use crate::{StoreError, pg, sqlite};

/// Reads: each statement for itself, or all of them in one snapshot.
#[derive(Debug)]
pub struct Reader<'a>(pub(crate) Backend<'a>);

/// Reads under locks and writes; all of it is kept, or nothing.
#[derive(Debug)]
pub struct Transaction<'a>(pub(crate) Backend<'a>);

/// A connection of one of the two.
pub(crate) enum Backend<'a> {
    Pg(&'a mut pg::Conn),
    Sqlite(&'a mut sqlite::Conn),
}

impl std::fmt::Debug for Backend<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pg(_) => "PostgreSQL",
            Self::Sqlite(_) => "SQLite",
        })
    }
}

macro_rules! operations {
    ($who:ident { $($(#[$meta:meta])* $module:ident::$name:ident($($arg:ident: $type:ty),*) -> $found:ty;)+ }) => {
        impl $who<'_> {$(
            $(#[$meta])*
            ///
            /// # Errors
            /// When the database is away, refuses, or holds what cannot be.
            pub fn $name(&mut self $(, $arg: $type)*) -> Result<$found, StoreError> {
                let _span = tracing::debug_span!(stringify!($name)).entered();
                match &mut self.0 {
                    Backend::Pg(conn) => pg::queries::$module::$name(conn $(, $arg)*),
                    Backend::Sqlite(conn) => sqlite::queries::$module::$name(conn $(, $arg)*),
                }
            }
        )+}
    };
}

operations! {
    Reader {
        /// Asks the database for anything.
        health::ping() -> ();
        /// The conversation, if it exists for that visibility.
        conversations::get_conversation(visibility: &Visibility, id: ConversationId) -> Option<SupportConversation>;
        /// Those of these conversations that exist for that visibility, in no order. At most a few hundred.
        conversations::list_conversations_by_id(visibility: &Visibility, ids: &[ConversationId])
            -> Vec<SupportConversation>;
        /// A page of the visible conversations, newest activity first. To be read in one snapshot.
        conversations_list::list_conversations(visibility: &Visibility, filter: &ConversationFilter, page: &PageRequest)
            -> ConversationsPage;
        /// How many visible conversations the filter lets through, up to a cap.
        conversations_list::count_conversations(visibility: &Visibility, filter: &ConversationFilter) -> Counted;
        /// At most `limit` old conversations, oldest first, from behind that place.
        conversations_old::list_old_conversations(old: &OldConversations, behind: Option<Position>, limit: i64)
            -> Vec<OldConversation>;
        /// At most `limit` messages of the conversation, oldest first.
        messages::list_messages(conversation: &SupportConversation, page: MessagesPage, limit: usize)
            -> Vec<SupportMessage>;
        /// The upload of that id, whoever's it is and whatever its state.
        attachments::get_upload(id: AttachmentId) -> Option<Upload>;
        /// At most `limit` uploads in that state, oldest first, from behind that place. What cannot be read is left out.
        attachments::list_uploads(state: UploadState, behind: Option<UploadPlace>, limit: i64) -> UploadsPage;
        /// How many files the messages of these conversations have. At most a thousand.
        attachments::count_sent_uploads(conversations: &[ConversationId]) -> i64;
        /// How many records of the audit log were not delivered yet, and since when the oldest waits.
        audit_logs::count_pending_audit_logs() -> AuditBacklog;
        /// At most `limit` records of the audit log that were not delivered yet, oldest first.
        audit_logs::list_pending_audit_logs(limit: i64) -> Vec<AuditLogRecord>;
        /// Whether a ticket of that hash could be used at `now`.
        socket_tickets::get_socket_ticket(hash: &str, now: Timestamp) -> Option<serde_json::Value>;
        /// The revocation ids of tokens that would still be good at `now`.
        revoked_tokens::list_revoked_tokens(now: Timestamp) -> Vec<String>;
        /// The settings that were saved; none as long as nothing was.
        settings::get_settings() -> Option<StoredSettings>;
        /// The staff that could reply and came at or after `since`, at most `limit`, by their ids.
        admins::list_admins(since: Timestamp, limit: i64) -> Vec<SeenAdmin>;
    }
}

operations! {
    Transaction {
        /// The conversation, if it exists for that visibility. Nobody else changes it until the transaction ends.
        conversations::lock_conversation(visibility: &Visibility, id: ConversationId) -> Option<SupportConversation>;
        /// Keeps a new conversation.
        conversations::insert_conversation(conversation: &SupportConversation) -> ();
        /// Keeps a locked conversation as it is now.
        conversations::update_conversation(conversation: &SupportConversation) -> ();
        /// At most `limit` old conversations, oldest first, from behind that place. Nobody else changes them until the
        /// transaction ends; those that somebody holds are passed over.
        conversations_old::lock_old_conversations(old: &OldConversations, behind: Option<Position>, limit: i64)
            -> Vec<OldConversation>;
        /// Forgets locked conversations for good, with all their messages, which must have no files any more. Returns how
        /// many messages there were. At most a thousand.
        conversations_old::delete_conversations(ids: &[ConversationId]) -> usize;
        /// Keeps a new message of a locked conversation.
        messages::insert_message(message: &SupportMessage) -> ();
        /// The message that this author has sent to the conversation under that key.
        messages::get_message_by_key(conversation: &SupportConversation, author: &Author, key: &ClientMessageId)
            -> Option<SupportMessage>;
        /// The conversation that this author has opened under that key, with its first message.
        messages::get_opening_by_key(author: &Author, key: &ClientMessageId)
            -> Option<(SupportConversation, SupportMessage)>;
        /// The place of the message with that number, for a read watermark.
        messages::get_read_point(conversation: &SupportConversation, seq: i64) -> Option<ReadPoint>;
        /// Keeps a new upload, which is on no message.
        attachments::insert_upload(upload: &Upload) -> ();
        /// Those of these uploads that there are, in the order of their ids. Nobody else changes them until the transaction
        /// ends.
        attachments::lock_uploads(ids: &[AttachmentId]) -> Vec<Upload>;
        /// Puts locked uploads on a message that was inserted, in the order of its list.
        attachments::update_uploads_sent(message: &SupportMessage) -> ();
        /// Says that an upload that waited was found clean; not if it is being removed.
        attachments::update_upload_ready(id: AttachmentId) -> ();
        /// Says that an upload is being removed; not if it is on a message.
        attachments::update_upload_removing(id: AttachmentId) -> ();
        /// Says that uploads from before `before` are being removed that are on no message, at most `limit` at once. Returns
        /// how many.
        attachments::update_unsent_removing(before: Timestamp, limit: i64) -> usize;
        /// Says that all files of locked conversations are being removed, and takes them off their messages. Returns how
        /// many. At most a thousand.
        attachments::update_sent_removing(conversations: &[ConversationId]) -> usize;
        /// Forgets an upload whose bytes are gone.
        attachments::delete_removed_upload(id: AttachmentId) -> ();
        /// Keeps a record of the audit log; `deliver` when somebody has to be told of it later.
        audit_logs::insert_audit_log(record: AuditLogRecord, deliver: bool) -> ();
        /// Notes that these records were delivered.
        audit_logs::update_audit_logs_delivered(ids: &[AuditLogId]) -> ();
        /// Keeps a revocation until the token would have ended by itself.
        revoked_tokens::insert_revoked_token(id: &str, at: Timestamp, expires_at: Timestamp) -> ();
        /// Forgets the revocations of tokens that have ended by `now`.
        revoked_tokens::delete_ended_revocations(now: Timestamp) -> ();
        /// Keeps a ticket for a socket, under its hash: whom it speaks for, and until when.
        socket_tickets::insert_socket_ticket(hash: &str, caller: &serde_json::Value, at: Timestamp, expires_at: Timestamp)
            -> ();
        /// Uses a ticket up, and says whom it speaks for; none if there is no such ticket or it has ended by `now`.
        socket_tickets::take_socket_ticket(hash: &str, now: Timestamp) -> Option<serde_json::Value>;
        /// Forgets the tickets that have ended by `now`.
        socket_tickets::delete_ended_socket_tickets(now: Timestamp) -> ();
        /// The settings that were saved. Nobody else changes them until the transaction ends.
        settings::lock_settings() -> Option<StoredSettings>;
        /// Keeps settings in the place of those that are locked.
        settings::update_settings(settings: &StoredSettings) -> ();
        /// Keeps that a member of the staff came, and as what.
        admins::upsert_admin(admin: &SeenAdmin, at: Timestamp) -> ();
        /// Forgets the staff that has not come since that moment.
        admins::delete_admins_unseen(since: Timestamp) -> ();
        /// Who was given the last new conversation of that country. Nobody else takes a turn there until the transaction
        /// ends.
        admins::lock_turn(country: CountryCode) -> Option<AdminId>;
        /// Keeps who had the turn that is locked.
        admins::update_turn(country: CountryCode, admin: &AdminId) -> ();
    }
}

//! Files: what is known of one, who has uploaded it, and on which message it is. Never holds the bytes, and never a
//! client's own word for what a file is.

use crate::{
    AttachmentId, ConversationId, FileName, InvalidValue, MediaType, MessageId, PrincipalKey, Side, Timestamp,
    text_enum,
};

/// A file that came with a message, or is about to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportAttachment {
    /// Names it.
    pub id: AttachmentId,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// The message that it came with; none until it is sent.
    pub message_id: Option<MessageId>,
    /// What it is, found in the content.
    pub file_type: MediaType,
    /// A name that is safe to show and to save under.
    pub file_name: FileName,
    /// Size in bytes.
    pub file_size: i64,
}

impl SupportAttachment {
    /// The path on this service that answers that side with the bytes, if they may have them.
    pub fn file_url(&self, viewer: Side) -> String {
        match viewer {
            Side::User => format!("/api/support/attachments/{}", self.id),
            Side::Admin => format!("/api/admin/support/attachments/{}", self.id),
        }
    }
}

text_enum! {
    /// What may be done with an upload.
    pub enum UploadState ("upload state") {
        /// Nothing: nobody has looked yet whether it is clean.
        Pending = "pending",
        /// It can be read, and sent.
        Ready = "ready",
        /// Nothing any more: its bytes are being removed, and then what is known of it.
        Removing = "removing",
    }
}

/// Where a file's bytes are kept, in whatever keeps them. Only small letters, digits, `-` and `/`: it means the same to a
/// file system and to every object store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StorageKey(String);

impl StorageKey {
    /// Where the bytes of that upload go. The folder is of the id's random end, so that no folder gets all of a day.
    pub fn of(id: AttachmentId) -> Self {
        let text = id.to_string();
        let folder = text.get(text.len().saturating_sub(2)..).unwrap_or_default();
        Self(format!("{folder}/{text}"))
    }

    /// What was stored before.
    pub fn from_stored(text: &str) -> Result<Self, InvalidValue> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-/".contains(&byte);
        let well_formed = (1..=128).contains(&text.len())
            && text.bytes().all(allowed)
            && text.split('/').all(|part| !part.is_empty());
        if well_formed { Ok(Self(text.to_owned())) } else { Err(InvalidValue::new("must be a storage key")) }
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An attachment with what only the desk itself needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The attachment.
    pub attachment: SupportAttachment,
    /// Whose it is.
    pub uploader: PrincipalKey,
    /// The conversation of its message. Before that, the one to which the uploader's token was narrowed.
    pub conversation_id: Option<ConversationId>,
    /// Where the bytes are.
    pub storage_key: StorageKey,
    /// What may be done with it.
    pub state: UploadState,
}

impl Upload {
    /// Whether that person, with a token that reaches only that conversation if it was narrowed to one, may put it on a
    /// message now. On a message it can be read by that token: so nothing is sent that may not be looked at.
    pub fn can_be_sent_by(&self, sender: &PrincipalKey, only: Option<ConversationId>) -> bool {
        self.state == UploadState::Ready && self.is_drafted_by(sender, only)
    }

    /// Whether that person, with a token that reaches only that conversation if it was narrowed to one, may look at it while
    /// it is on no message. A narrowed token was perhaps given away: what was uploaded without it is none of its business.
    pub fn is_drafted_by(&self, person: &PrincipalKey, only: Option<ConversationId>) -> bool {
        self.attachment.message_id.is_none()
            && self.uploader == *person
            && only.is_none_or(|only| self.conversation_id == Some(only))
    }
}

/// Uploads that a message names: none twice, and no more than a message may have. In the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttachmentIds(Vec<AttachmentId>);

impl AttachmentIds {
    /// Takes a list of at most `most` different ids.
    pub fn parse(ids: Vec<AttachmentId>, most: usize) -> Result<Self, InvalidValue> {
        if ids.len() > most {
            return Err(InvalidValue::limit(format!("must name at most {most} uploads")));
        }
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() == ids.len() { Ok(Self(ids)) } else { Err(InvalidValue::new("must not name an upload twice")) }
    }

    /// The ids.
    pub fn as_slice(&self) -> &[AttachmentId] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{AdminId, UserId, UserType};

    fn id(number: u128) -> AttachmentId {
        AttachmentId(Uuid::from_u128(number))
    }

    fn driver(name: &str) -> PrincipalKey {
        PrincipalKey::User(UserId::parse(name).unwrap(), UserType::Driver)
    }

    fn upload() -> Upload {
        Upload {
            attachment: SupportAttachment {
                id: id(1),
                created_at: Timestamp::from_millis(1),
                message_id: None,
                file_type: MediaType::Png,
                file_name: FileName::parse("a.png", MediaType::Png),
                file_size: 1,
            },
            uploader: driver("driver-1"),
            conversation_id: None,
            storage_key: StorageKey::of(id(1)),
            state: UploadState::Ready,
        }
    }

    #[test]
    fn a_message_names_no_upload_twice_and_not_too_many() {
        assert_eq!(AttachmentIds::parse(vec![id(2), id(1)], 2).unwrap().as_slice(), [id(2), id(1)]);
        assert!(AttachmentIds::parse(vec![id(1), id(1)], 2).is_err());
        assert!(AttachmentIds::parse(vec![id(1), id(2), id(3)], 2).is_err());
    }

    #[test]
    fn only_the_uploader_sends_it_once_and_when_it_is_ready() {
        assert!(upload().can_be_sent_by(&driver("driver-1"), None));
        let customer = PrincipalKey::User(UserId::parse("driver-1").unwrap(), UserType::Customer);
        let admin = PrincipalKey::Admin(AdminId::parse("driver-1").unwrap());
        for other in [driver("driver-2"), customer, admin] {
            assert!(!upload().can_be_sent_by(&other, None) && !upload().is_drafted_by(&other, None));
        }
        for state in [UploadState::Pending, UploadState::Removing] {
            assert!(!Upload { state, ..upload() }.can_be_sent_by(&driver("driver-1"), None));
        }
        let mut sent = upload();
        sent.attachment.message_id = Some(MessageId(Uuid::from_u128(9)));
        assert!(!sent.can_be_sent_by(&driver("driver-1"), None) && !sent.is_drafted_by(&driver("driver-1"), None));
    }

    #[test]
    fn a_narrowed_token_sees_and_sends_drafts_of_its_own_kind_only() {
        let (one, other) = (ConversationId(Uuid::from_u128(1)), ConversationId(Uuid::from_u128(2)));
        let me = driver("driver-1");
        assert!(upload().is_drafted_by(&me, None) && !upload().is_drafted_by(&me, Some(one)));
        let narrowed = Upload { conversation_id: Some(one), ..upload() };
        assert!(narrowed.is_drafted_by(&me, None) && narrowed.is_drafted_by(&me, Some(one)));
        assert!(!narrowed.is_drafted_by(&me, Some(other)));
        assert!(upload().can_be_sent_by(&me, None) && !upload().can_be_sent_by(&me, Some(one)));
        assert!(narrowed.can_be_sent_by(&me, None) && narrowed.can_be_sent_by(&me, Some(one)));
        assert!(!narrowed.can_be_sent_by(&me, Some(other)));
    }

    #[test]
    fn a_storage_key_leads_nowhere_else() {
        let key = StorageKey::of(AttachmentId("0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e".parse().unwrap()));
        assert_eq!(key.as_str(), "2e/0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e");
        assert_eq!(StorageKey::from_stored(key.as_str()).unwrap(), key);
        for text in ["", "..", "../a", "/a", "a//b", "a/", "A", "a b", "a\\b", "a.b"] {
            assert!(StorageKey::from_stored(text).is_err(), "{text}");
        }
    }
}

//! Files: what was uploaded, by whom, and on which message it is. Who may see one is not asked here: what is on a message
//! belongs to its conversation, which is found under a visibility as always.

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use support_domain::{
    AdminId, AttachmentId, ConversationId, FileName, MediaType, MessageId, PrincipalKey, Side, StorageKey,
    SupportAttachment, SupportMessage, TextEnum, Timestamp, Upload, UploadState, UserId,
};

use super::rows::word;
use super::schema::support_attachments::{self, dsl as a};
use super::schema::support_messages as m;
use super::{Conn, Found, locking};
use crate::StoreError;
use crate::page::{UploadPlace, UploadsPage};
use crate::sql_types::{Id, Moment};

/// What the index of waiting uploads is of.
pub(crate) const WAITING: &str = "state <> 'ready'";

/// What a message shows of a file.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = support_attachments, treat_none_as_default_value = false)]
struct AttachmentRow {
    id: Id,
    created_at: Moment,
    message_id: Option<Id>,
    file_url: String,
    file_type: String,
    file_name: String,
    file_size: i64,
    is_image: bool,
}

impl From<&SupportAttachment> for AttachmentRow {
    fn from(attachment: &SupportAttachment) -> Self {
        Self {
            id: Id(attachment.id.0),
            created_at: Moment(attachment.created_at),
            message_id: attachment.message_id.map(|id| Id(id.0)),
            file_url: attachment.file_url(Side::User),
            file_type: attachment.file_type.to_string(),
            file_name: attachment.file_name.as_str().to_owned(),
            file_size: attachment.file_size,
            is_image: attachment.file_type.is_image(),
        }
    }
}

impl TryFrom<AttachmentRow> for SupportAttachment {
    type Error = StoreError;

    fn try_from(row: AttachmentRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: AttachmentId(row.id.0),
            created_at: row.created_at.0,
            message_id: row.message_id.map(|id| MessageId(id.0)),
            file_type: word::<MediaType>("file_type", &row.file_type)?,
            file_name: FileName::from_stored(row.file_name),
            file_size: row.file_size,
        })
    }
}

/// What the desk knows of it besides.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = support_attachments, treat_none_as_default_value = false)]
struct KeepingRow {
    uploader_kind: Option<String>,
    uploader_id: Option<String>,
    uploader_type: Option<String>,
    storage_key: Option<String>,
    state: String,
    conversation_id: Option<Id>,
}

impl From<&Upload> for KeepingRow {
    fn from(upload: &Upload) -> Self {
        let (kind, id, user_type) = match &upload.uploader {
            PrincipalKey::User(id, user_type) => (Side::User, id.to_string(), Some(user_type.to_string())),
            PrincipalKey::Admin(id) => (Side::Admin, id.to_string(), None),
        };
        Self {
            uploader_kind: Some(kind.to_string()),
            uploader_id: Some(id),
            uploader_type: user_type,
            storage_key: Some(upload.storage_key.as_str().to_owned()),
            state: upload.state.to_string(),
            conversation_id: upload.conversation_id.map(|id| Id(id.0)),
        }
    }
}

type UploadRow = (AttachmentRow, KeepingRow);

fn upload((attachment, keeping): UploadRow) -> Found<Upload> {
    let corrupt = |column| StoreError::Corrupt { column };
    let id = keeping.uploader_id.ok_or(corrupt("uploader_id"))?;
    let uploader = match (keeping.uploader_kind.as_deref(), keeping.uploader_type) {
        (Some("user"), Some(user_type)) => PrincipalKey::User(
            UserId::parse(&id).map_err(|_| corrupt("uploader_id"))?,
            word("uploader_type", &user_type)?,
        ),
        (Some("admin"), None) => PrincipalKey::Admin(AdminId::parse(&id).map_err(|_| corrupt("uploader_id"))?),
        _ => return Err(corrupt("uploader_kind")),
    };
    let key = keeping.storage_key.ok_or(corrupt("storage_key"))?;
    Ok(Upload {
        attachment: attachment.try_into()?,
        uploader,
        conversation_id: keeping.conversation_id.map(|id| ConversationId(id.0)),
        storage_key: StorageKey::from_stored(&key).map_err(|_| corrupt("storage_key"))?,
        state: word("state", &keeping.state)?,
    })
}

/// The files of these messages, in their order, with one statement.
pub(super) fn list_of_messages(conn: &mut Conn, messages: &[Id]) -> Found<HashMap<Id, Vec<SupportAttachment>>> {
    let rows: Vec<AttachmentRow> = a::support_attachments
        .filter(a::message_id.eq_any(messages))
        .order((a::message_position, a::id))
        .select(AttachmentRow::as_select())
        .load(conn)?;
    let mut files: HashMap<Id, Vec<SupportAttachment>> = HashMap::new();
    for row in rows {
        let Some(message) = row.message_id else { continue };
        match SupportAttachment::try_from(row) {
            Ok(file) => files.entry(message).or_default().push(file),
            // One file that cannot be read, perhaps since a newer version wrote it, takes no conversation away.
            Err(error) => tracing::error!(error = %error, "a file of a message cannot be read, and is left out"),
        }
    }
    Ok(files)
}

/// The upload of that id.
pub(crate) fn get_upload(conn: &mut Conn, id: AttachmentId) -> Found<Option<Upload>> {
    let row: Option<UploadRow> = a::support_attachments
        .filter(a::id.eq(Id(id.0)))
        .select((AttachmentRow::as_select(), KeepingRow::as_select()))
        .first(conn)
        .optional()?;
    row.map(upload).transpose()
}

/// At most `limit` uploads in that state, oldest first, from behind that place. One that cannot be read keeps nobody from the
/// others.
pub(crate) fn list_uploads(
    conn: &mut Conn,
    state: UploadState,
    behind: Option<UploadPlace>,
    limit: i64,
) -> Found<UploadsPage> {
    let mut query = a::support_attachments
        .filter(a::state.eq(TextEnum::as_str(state)))
        .order((a::created_at, a::id))
        .limit(limit)
        .select((AttachmentRow::as_select(), KeepingRow::as_select()))
        .into_boxed();
    if state != UploadState::Ready {
        // To the letter as the index says it: SQLite does not look into parameters.
        query = query.filter(sql::<Bool>(WAITING));
    }
    if let Some(UploadPlace { created_at, id }) = behind {
        let (moment, id) = (Moment(created_at), Id(id.0));
        query = query.filter(a::created_at.gt(moment).or(a::created_at.eq(moment).and(a::id.gt(id))));
    }
    let rows: Vec<UploadRow> = query.load(conn)?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let last = rows.last().map(|(row, _)| UploadPlace { created_at: row.created_at.0, id: AttachmentId(row.id.0) });
    let readable = |row| {
        let read = upload(row);
        read.inspect_err(|error| tracing::error!(error = %error, "an upload cannot be read")).ok()
    };
    Ok(UploadsPage { uploads: rows.into_iter().filter_map(readable).collect(), next: last.filter(|_| is_full) })
}

/// Keeps a new upload.
pub(crate) fn insert_upload(conn: &mut Conn, upload: &Upload) -> Found<()> {
    diesel::insert_into(a::support_attachments)
        .values((AttachmentRow::from(&upload.attachment), KeepingRow::from(upload)))
        .execute(conn)?;
    Ok(())
}

/// Those of these uploads that there are. Locked in the order of their ids, so that two who want the same ones meet at the
/// first.
pub(crate) fn lock_uploads(conn: &mut Conn, ids: &[AttachmentId]) -> Found<Vec<Upload>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id> = ids.iter().map(|id| Id(id.0)).collect();
    let query = a::support_attachments
        .filter(a::id.eq_any(ids))
        .order(a::id)
        .select((AttachmentRow::as_select(), KeepingRow::as_select()));
    let rows: Vec<UploadRow> = locking!(query).load(conn)?;
    rows.into_iter().map(upload).collect()
}

/// Puts locked uploads on a message.
pub(crate) fn update_uploads_sent(conn: &mut Conn, message: &SupportMessage) -> Found<()> {
    for (position, attachment) in (0_i64..).zip(&message.attachments) {
        let changed = diesel::update(a::support_attachments.filter(a::id.eq(Id(attachment.id.0))))
            .filter(a::message_id.is_null())
            .set((
                a::message_id.eq(Id(message.id.0)),
                a::conversation_id.eq(Id(message.conversation_id.0)),
                a::message_position.eq(position),
            ))
            .execute(conn)?;
        if changed != 1 {
            return Err(StoreError::Internal("an upload that was locked is gone".to_owned()));
        }
    }
    Ok(())
}

/// Says that an upload that waited was found clean.
pub(crate) fn update_upload_ready(conn: &mut Conn, id: AttachmentId) -> Found<()> {
    let waiting = a::state.eq(TextEnum::as_str(UploadState::Pending));
    diesel::update(a::support_attachments.filter(a::id.eq(Id(id.0))).filter(waiting))
        .set(a::state.eq(TextEnum::as_str(UploadState::Ready)))
        .execute(conn)?;
    Ok(())
}

/// Says that an upload is being removed, unless it is on a message.
pub(crate) fn update_upload_removing(conn: &mut Conn, id: AttachmentId) -> Found<()> {
    diesel::update(a::support_attachments.filter(a::id.eq(Id(id.0))).filter(a::message_id.is_null()))
        .set(a::state.eq(TextEnum::as_str(UploadState::Removing)))
        .execute(conn)?;
    Ok(())
}

/// Says that old uploads on no message are being removed. Those that a send holds at the moment are passed over: the update
/// asks again for each row when it has it.
pub(crate) fn update_unsent_removing(conn: &mut Conn, before: Timestamp, limit: i64) -> Found<usize> {
    let removing = TextEnum::as_str(UploadState::Removing);
    let query = a::support_attachments
        .filter(a::message_id.is_null())
        .filter(a::created_at.lt(Moment(before)))
        .filter(a::state.ne(removing))
        .order(a::created_at)
        .limit(limit)
        .select(a::id);
    let ids: Vec<Id> = query.load(conn)?;
    if ids.is_empty() {
        return Ok(0);
    }
    let changed = diesel::update(a::support_attachments.filter(a::id.eq_any(ids)))
        .filter(a::message_id.is_null())
        .set(a::state.eq(removing))
        .execute(conn)?;
    Ok(changed)
}

/// How many files the messages of these conversations have.
pub(crate) fn count_sent_uploads(conn: &mut Conn, conversations: &[ConversationId]) -> Found<i64> {
    let ids: Vec<Id> = conversations.iter().map(|id| Id(id.0)).collect();
    let messages = m::table.filter(m::conversation_id.eq_any(ids)).select(m::id.nullable());
    Ok(a::support_attachments.filter(a::message_id.eq_any(messages)).count().get_result(conn)?)
}

/// Says that the files of locked conversations are being removed, and takes them off their messages, so that these can go
/// before the bytes do. Locked in the order of their ids, as a send does that names them in vain.
pub(crate) fn update_sent_removing(conn: &mut Conn, conversations: &[ConversationId]) -> Found<usize> {
    let ids: Vec<Id> = conversations.iter().map(|id| Id(id.0)).collect();
    let messages = m::table.filter(m::conversation_id.eq_any(ids)).select(m::id.nullable());
    let query = a::support_attachments.filter(a::message_id.eq_any(messages)).order(a::id).select(a::id);
    let files: Vec<Id> = locking!(query).load(conn)?;
    if files.is_empty() {
        return Ok(0);
    }
    let changed = diesel::update(a::support_attachments.filter(a::id.eq_any(files)))
        .set((
            a::state.eq(TextEnum::as_str(UploadState::Removing)),
            a::message_id.eq(None::<Id>),
            a::message_position.eq(None::<i64>),
            a::conversation_id.eq(None::<Id>),
        ))
        .execute(conn)?;
    Ok(changed)
}

/// Forgets an upload whose bytes are gone.
pub(crate) fn delete_removed_upload(conn: &mut Conn, id: AttachmentId) -> Found<()> {
    let removing = a::state.eq(TextEnum::as_str(UploadState::Removing));
    diesel::delete(a::support_attachments.filter(a::id.eq(Id(id.0))).filter(removing)).execute(conn)?;
    Ok(())
}

//! The audit log.

use diesel::prelude::*;
use support_domain::{AuditLogId, AuditLogRecord};

use super::schema::support_audit_logs as l;
use super::{Conn, Found};
use crate::sql_types::{Id, Json, Moment};
use crate::staff::AuditBacklog;

/// So many waiting records are counted, and no more: it is asked every few seconds.
const MOST_COUNTED: i64 = 10_000;

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = l, treat_none_as_default_value = false)]
struct AuditLogRow {
    id: Id,
    created_at: Moment,
    actor_id: Option<String>,
    actor_email: String,
    actor_role: String,
    ip_address: Option<String>,
    user_agent: Option<String>,
    country_code: Option<String>,
    action_type: String,
    entity_type: String,
    entity_id: Option<String>,
    description: String,
    metadata: Option<Json>,
    success: bool,
    environment: String,
    delivery_pending: bool,
}

/// Keeps a record; `deliver` when the host's own helper has to be told of it later.
pub(crate) fn insert_audit_log(conn: &mut Conn, record: AuditLogRecord, deliver: bool) -> Found<()> {
    let row = AuditLogRow {
        id: Id(record.id.0),
        created_at: Moment(record.created_at),
        actor_id: record.actor_id,
        actor_email: record.actor_email,
        actor_role: record.actor_role,
        ip_address: record.ip_address,
        user_agent: record.user_agent,
        country_code: record.country_code,
        action_type: record.action_type,
        entity_type: record.entity_type,
        entity_id: record.entity_id,
        description: record.description,
        metadata: record.metadata.map(Json),
        success: record.success,
        environment: record.environment,
        delivery_pending: deliver,
    };
    diesel::insert_into(l::table).values(row).execute(conn)?;
    Ok(())
}

/// At most `limit` records that the host's helper has not been told of, oldest first.
pub(crate) fn list_pending_audit_logs(conn: &mut Conn, limit: i64) -> Found<Vec<AuditLogRecord>> {
    let rows: Vec<AuditLogRow> = l::table
        .filter(l::delivery_pending.eq(true))
        .order(l::id)
        .limit(limit)
        .select(AuditLogRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AuditLogRecord::from).collect())
}

/// How many records wait to be told to the host's helper, as far as they are counted, and since when the oldest does.
pub(crate) fn count_pending_audit_logs(conn: &mut Conn) -> Found<AuditBacklog> {
    let pending = l::table.filter(l::delivery_pending.eq(true)).order(l::id);
    let waiting: Vec<Id> = pending.select(l::id).limit(MOST_COUNTED).load(conn)?;
    let oldest: Option<Moment> = pending.select(l::created_at).first(conn).optional()?;
    Ok(AuditBacklog { waiting: waiting.len(), oldest: oldest.map(|at| at.0) })
}

/// Notes that the host's helper has been told of these.
pub(crate) fn update_audit_logs_delivered(conn: &mut Conn, ids: &[AuditLogId]) -> Found<()> {
    let ids: Vec<Id> = ids.iter().map(|id| Id(id.0)).collect();
    diesel::update(l::table.filter(l::id.eq_any(ids))).set(l::delivery_pending.eq(false)).execute(conn)?;
    Ok(())
}

impl From<AuditLogRow> for AuditLogRecord {
    fn from(row: AuditLogRow) -> Self {
        Self {
            id: AuditLogId(row.id.0),
            created_at: row.created_at.0,
            actor_id: row.actor_id,
            actor_email: row.actor_email,
            actor_role: row.actor_role,
            ip_address: row.ip_address,
            user_agent: row.user_agent,
            country_code: row.country_code,
            action_type: row.action_type,
            entity_type: row.entity_type,
            entity_id: row.entity_id,
            description: row.description,
            metadata: row.metadata.map(|json| json.0),
            success: row.success,
            environment: row.environment,
        }
    }
}

//! The host's own audit log, as a receiver of the desk's records: rows added to `audit_logs`, and nothing else.
//!
//! A record keeps its id, so one that is told twice is there once: delivery at least once thereby comes to exactly once.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Jsonb, Nullable, Text, Timestamp as SqlTimestamp};
use support_audit::{AuditSink, BoxFuture, SinkError};
use support_domain::{AuditLogRecord, Timestamp};

use crate::database::{HostDatabase, SchemaName};

/// The host's audit log.
#[derive(Debug)]
pub struct HostAuditLog(Arc<HostDatabase>);

impl HostAuditLog {
    /// The log in that database.
    pub fn new(database: Arc<HostDatabase>) -> Self {
        Self(database)
    }
}

fn statement(schema: &SchemaName) -> String {
    format!(
        r#"INSERT INTO {schema}.audit_logs (id, "createdAt", "actorId", "actorEmail", "actorRole", "ipAddress", "userAgent",
               "countryCode", "actionType", "entityType", "entityId", description, metadata, success, environment)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
           ON CONFLICT (id) DO NOTHING"#
    )
}

/// The same without its values: whoever may plan it may run it.
pub(crate) fn plan_statement(schema: &SchemaName) -> String {
    let statement = statement(schema);
    let nulls = (1..=15).rev().fold(statement, |text, number| text.replace(&format!("${number}"), "NULL"));
    format!("EXPLAIN {nulls}")
}

/// The host keeps moments in UTC without saying so.
fn without_zone(at: Timestamp) -> NaiveDateTime {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default().naive_utc()
}

impl AuditSink for HostAuditLog {
    fn log_audit_event<'a>(&'a self, record: &'a AuditLogRecord) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let (statement, record) = (statement(self.0.schema()), record.clone());
            let insert = move |conn: &mut PgConnection| {
                diesel::sql_query(statement)
                    .bind::<Text, _>(record.id.to_string())
                    .bind::<SqlTimestamp, _>(without_zone(record.created_at))
                    .bind::<Nullable<Text>, _>(record.actor_id)
                    .bind::<Text, _>(record.actor_email)
                    .bind::<Text, _>(record.actor_role)
                    .bind::<Nullable<Text>, _>(record.ip_address)
                    .bind::<Nullable<Text>, _>(record.user_agent)
                    .bind::<Nullable<Text>, _>(record.country_code)
                    .bind::<Text, _>(record.action_type)
                    .bind::<Text, _>(record.entity_type)
                    .bind::<Nullable<Text>, _>(record.entity_id)
                    .bind::<Text, _>(record.description)
                    .bind::<Nullable<Jsonb>, _>(record.metadata)
                    .bind::<Bool, _>(record.success)
                    .bind::<Text, _>(record.environment)
                    .execute(conn)
            };
            self.0.add(insert).await.map_err(|error| SinkError(error.to_string()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_asks_for_no_value() {
        let plan = plan_statement(&SchemaName::default());
        assert!(plan.starts_with("EXPLAIN INSERT INTO \"public\".audit_logs") && !plan.contains('$'), "{plan}");
        assert_eq!(plan.matches("NULL").count(), 15);
    }

    #[test]
    fn a_moment_is_kept_in_utc_to_the_millisecond() {
        let at = Timestamp::parse("2026-01-31T15:30:00.123+06:00").unwrap();
        assert_eq!(without_zone(at).to_string(), "2026-01-31 09:30:00.123");
    }
}

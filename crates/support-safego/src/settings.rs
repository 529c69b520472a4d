//! The desk's settings as the host's own page keeps them: one row of `platform_settings`. Never writes there; what the
//! page has saved in a form that cannot be used is left out, and said once for as long as the row stays as it is.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamp as SqlTimestamp};
use serde_json::{Map, Value};
use support_domain::{SettingsPatch, TextEnum, Timestamp};
use support_rbac::BoxFuture;
use support_service::{SavedSettings, SettingsSource, SettingsSourceError};

use crate::database::{HostDatabase, Question, SchemaName};

/// The row's key. The host's `support` is another row, with another shape.
const KEY: &str = "supportChat";

/// The host's settings.
#[derive(Debug)]
pub struct HostSettings {
    database: Arc<HostDatabase>,
    /// When the row was changed whose faults were told of last.
    told: Mutex<Option<Timestamp>>,
}

#[derive(QueryableByName)]
struct SettingsRow {
    #[diesel(sql_type = Nullable<Text>)]
    value: Option<String>,
    #[diesel(sql_type = SqlTimestamp)]
    updated_at: NaiveDateTime,
}

/// Reads the row. Its value is JSON, in a column of that kind or of text.
pub(crate) fn statement(schema: &SchemaName) -> String {
    format!(
        r#"SELECT "valueJson"::text AS value, "updatedAt"::timestamp AS updated_at
           FROM {schema}.platform_settings WHERE key = '{KEY}'"#
    )
}

impl HostSettings {
    /// The settings in that database.
    pub fn new(database: Arc<HostDatabase>) -> Self {
        Self { database, told: Mutex::new(None) }
    }

    fn saved(&self, row: &SettingsRow) -> SavedSettings {
        let updated_at = Timestamp::from_millis(row.updated_at.and_utc().timestamp_millis());
        let saved = object(row.value.as_deref().unwrap_or_default());
        let (patch, ignored) = SettingsPatch::from_saved(saved.as_ref().unwrap_or(&Map::new()));
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.replace(updated_at) != Some(updated_at) {
            if saved.is_none() {
                tracing::warn!(key = KEY, "the host's settings are no JSON object and are not used");
            }
            for ignored in &ignored {
                let (setting, reason) = (ignored.setting.as_str(), &ignored.reason);
                tracing::warn!(key = KEY, setting, reason = %reason, "a setting of the host is not used");
            }
        }
        SavedSettings { patch, updated_at }
    }
}

/// The row's value as an object: as it is, or as text within a text, which is how some columns keep JSON.
fn object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text).ok()? {
        Value::Object(object) => Some(object),
        Value::String(inner) => serde_json::from_str(&inner).ok(),
        _ => None,
    }
}

impl SettingsSource for HostSettings {
    fn read(&self) -> BoxFuture<'_, Result<Option<SavedSettings>, SettingsSourceError>> {
        Box::pin(async move {
            let statement = statement(self.database.schema());
            let row = self
                .database
                .read(Question::Settings, move |conn| {
                    diesel::sql_query(statement).get_result::<SettingsRow>(conn).optional()
                })
                .await
                .map_err(|error| SettingsSourceError(error.to_string()))?;
            Ok(row.map(|row| self.saved(&row)))
        })
    }
}

#[cfg(test)]
mod tests {
    use support_domain::{AutoAssignMode, Priority};

    use super::*;
    use crate::database::HostConfig;

    fn settings() -> HostSettings {
        HostSettings::new(Arc::new(HostDatabase::new(&HostConfig {
            address: "postgres://nobody@127.0.0.1:1/nothing".to_owned(),
            schema: SchemaName::default(),
            pool_size: 1,
            time_limit: std::time::Duration::from_millis(100),
        })))
    }

    fn read(value: &str) -> SettingsPatch {
        let updated_at = chrono::DateTime::from_timestamp_millis(1_769_851_800_123).unwrap().naive_utc();
        let saved = settings().saved(&SettingsRow { value: Some(value.to_owned()), updated_at });
        assert_eq!(saved.updated_at.to_string(), "2026-01-31T09:30:00.123Z");
        saved.patch
    }

    #[test]
    fn what_the_settings_page_posts_is_understood() {
        let posted = r#"{"maxMessageLength": 2000, "maxAttachmentSizeMB": 10, "defaultPriority": "high",
            "allowedMimeTypes": "image/jpeg,image/png,application/pdf", "autoAssignMode": "round_robin",
            "businessHoursEnabled": true, "businessHoursStart": "09:00", "businessHoursEnd": "17:00"}"#;
        let patch = read(posted);
        assert_eq!((patch.max_message_chars, patch.default_priority), (Some(2_000), Some(Priority::High)));
        assert_eq!(patch.auto_assign_mode, Some(AutoAssignMode::RoundRobin));
        assert_eq!(patch.to_saved().len(), 8);
        assert_eq!(read(&serde_json::to_string(posted).unwrap()), patch, "JSON in a text");
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_the_rest_counts() {
        let patch =
            read(r#"{"maxMessageLength": 1, "defaultPriority": "urgent", "autoAssignMode": 7, "theme": "dark"}"#);
        assert_eq!(patch, SettingsPatch { default_priority: Some(Priority::Urgent), ..SettingsPatch::default() });
        for nothing in ["", "null", "[]", "7", "\"text\"", "{"] {
            assert_eq!(read(nothing), SettingsPatch::default(), "{nothing}");
        }
    }
}

//! The body of a change of the settings. Which values there may be is the domain's to say; here is only what may be given.

use garde::Validate;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use support_domain::settings::Setting;
use support_domain::{Limits, SettingsChange, TextEnum};
use support_service::UpdateSettings;
use utoipa::ToSchema;

use super::whole_at_least;
use crate::error::{ApiError, ErrorCode};
use crate::openapi::{AutoAssignModeSchema, MediaTypeSchema, PrioritySchema};

/// Whatever is given, `null` among it.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// The desk changes its settings. What is left out stays as it is; null is what the configuration says.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[garde(context(Limits))]
pub struct UpdateSettingsRequest {
    /// The most characters of a message, after trimming, in Unicode scalar values.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<i64>, minimum = 100, maximum = 10_000, example = 2_000)]
    max_message_length: Option<Value>,
    /// The most of a file, in megabytes of 1,048,576 bytes.
    #[serde(default, rename = "maxAttachmentSizeMB", deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 50, example = 10)]
    max_attachment_size: Option<Value>,
    /// The kinds of files that may come with a message; at least one.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<Vec<MediaTypeSchema>>, min_items = 1)]
    allowed_mime_types: Option<Value>,
    /// How urgent a conversation is when nobody says so.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<PrioritySchema>)]
    default_priority: Option<Value>,
    /// Who gets a conversation that a user opens: nobody yet, or those who can be given it, each in turn.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<AutoAssignModeSchema>)]
    auto_assign_mode: Option<Value>,
    /// Whether clients are to show the hours.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<bool>)]
    business_hours_enabled: Option<Value>,
    /// When the desk opens, in its own local time.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:00")]
    business_hours_start: Option<Value>,
    /// When it closes, in its own local time; before the start means on the next day.
    #[serde(default, deserialize_with = "given")]
    #[garde(skip)]
    #[schema(value_type = Option<String>, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "17:00")]
    business_hours_end: Option<Value>,
    /// Only if that is still their version.
    #[garde(custom(whole_at_least::<0>))]
    #[schema(minimum = 0)]
    version: Option<i64>,
}

impl UpdateSettingsRequest {
    /// The command.
    ///
    /// # Errors
    /// Every value that is out of its range, under its field's name; and when there is none at all.
    pub fn into_command(self) -> Result<UpdateSettings, ApiError> {
        let given = [
            (Setting::MaxMessageLength, self.max_message_length),
            (Setting::MaxAttachmentSize, self.max_attachment_size),
            (Setting::AllowedMimeTypes, self.allowed_mime_types),
            (Setting::DefaultPriority, self.default_priority),
            (Setting::AutoAssignMode, self.auto_assign_mode),
            (Setting::BusinessHoursEnabled, self.business_hours_enabled),
            (Setting::BusinessHoursStart, self.business_hours_start),
            (Setting::BusinessHoursEnd, self.business_hours_end),
        ];
        let (mut change, mut refusal) = (SettingsChange::default(), None);
        for (setting, value) in given {
            match value {
                None => {}
                Some(Value::Null) => change.reset.push(setting),
                Some(value) => {
                    if let Err(error) = change.set.set(setting, &value) {
                        let refused = refusal.take().unwrap_or_else(|| ApiError::new(ErrorCode::ValidationFailed));
                        refusal = Some(refused.with_detail(setting.as_str(), error.sentence()));
                    }
                }
            }
        }
        match refusal {
            Some(refusal) => Err(refusal),
            None if change == SettingsChange::default() => {
                Err(ApiError::invalid("body", "must have at least one setting"))
            }
            None => Ok(UpdateSettings { change, version: self.version }),
        }
    }
}

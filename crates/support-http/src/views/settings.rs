//! The settings and the staff, as clients read them. What only the desk is to know has no place in what users get.

use serde::Serialize;
use support_domain::settings::MEGABYTE;
use support_domain::{AutoAssignMode, CountryCode, Limits, MediaType, Priority, TimeOfDay, Timestamp};
use support_rbac::AdminRole;
use support_service::{AssignableAdmin, SettingsInForce};
use utoipa::ToSchema;

use crate::openapi::{
    AutoAssignModeSchema, CountryCodeSchema, MediaTypeSchema, PrioritySchema, RoleSchema, TimestampSchema,
};

/// Settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView<T> {
    settings: T,
}

impl<T> SettingsView<T> {
    /// Around these.
    pub fn new(settings: T) -> Self {
        Self { settings }
    }
}

/// What both sides see of the settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SettingsCommon {
    /// The most characters of a message, after trimming, in Unicode scalar values.
    max_message_length: usize,
    /// The most of a file, in whole megabytes of 1,048,576 bytes.
    #[serde(rename = "maxAttachmentSizeMB")]
    max_attachment_size: usize,
    /// The kinds of files that may come with a message.
    #[schema(value_type = Vec<MediaTypeSchema>)]
    allowed_mime_types: Vec<MediaType>,
    /// How urgent a conversation is when nobody says so.
    #[schema(value_type = PrioritySchema)]
    default_priority: Priority,
    /// Whether to show the hours. Outside of them nothing is refused.
    business_hours_enabled: bool,
    /// When the desk opens, in its own local time.
    #[schema(value_type = String, example = "09:00")]
    business_hours_start: TimeOfDay,
    /// When it closes, in its own local time; before the start means on the next day.
    #[schema(value_type = String, example = "17:00")]
    business_hours_end: TimeOfDay,
}

impl From<&SettingsInForce> for SettingsCommon {
    fn from(in_force: &SettingsInForce) -> Self {
        let settings = &in_force.settings;
        Self {
            max_message_length: settings.max_message_chars,
            max_attachment_size: settings.max_attachment_bytes / MEGABYTE,
            allowed_mime_types: settings.allowed_media_types.as_slice().to_vec(),
            default_priority: settings.default_priority,
            business_hours_enabled: settings.business_hours.enabled,
            business_hours_start: settings.business_hours.start,
            business_hours_end: settings.business_hours.end,
        }
    }
}

/// What a client of a user needs to know of how the desk works.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSettingsView {
    #[serde(flatten)]
    common: SettingsCommon,
    /// The most bytes of a file.
    max_attachment_bytes: usize,
    /// The most files of a message.
    max_attachments_per_message: usize,
    /// The most characters of a subject, after trimming, in Unicode scalar values.
    max_subject_length: usize,
    /// The most bytes of metadata as compact JSON.
    max_metadata_bytes: usize,
}

impl ClientSettingsView {
    /// Of the settings and the limits in force.
    pub fn new(in_force: &SettingsInForce, limits: &Limits) -> Self {
        Self {
            common: in_force.into(),
            max_attachment_bytes: in_force.settings.max_attachment_bytes,
            max_attachments_per_message: limits.max_attachments_per_message,
            max_subject_length: limits.max_subject_chars,
            max_metadata_bytes: limits.max_metadata_bytes,
        }
    }
}

/// All settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeskSettingsView {
    #[serde(flatten)]
    common: SettingsCommon,
    /// Who gets a conversation that a user opens.
    #[schema(value_type = AutoAssignModeSchema)]
    auto_assign_mode: AutoAssignMode,
    /// Grows by one with every change that is made here; 0 if there was none.
    version: i64,
    /// When they were last changed, here or with the host; null if never.
    #[schema(value_type = Option<TimestampSchema>, required = true)]
    updated_at: Option<Timestamp>,
    /// Who changed them; absent if nobody did, or the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    updated_by: Option<String>,
}

impl DeskSettingsView {
    /// Of the settings in force.
    pub fn new(in_force: &SettingsInForce) -> Self {
        Self {
            common: in_force.into(),
            auto_assign_mode: in_force.settings.auto_assign_mode,
            version: in_force.version,
            updated_at: in_force.updated_at,
            updated_by: in_force.updated_by.as_ref().map(ToString::to_string),
        }
    }
}

/// A member of the staff who can be given conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AdminView {
    id: String,
    #[schema(value_type = RoleSchema)]
    role: AdminRole,
    /// The country that they are of; null for who is of none. It binds only some roles.
    #[schema(value_type = Option<CountryCodeSchema>, required = true)]
    country_code: Option<CountryCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "k***m@g****.com")]
    masked_email: Option<String>,
}

/// Those who can be given a conversation, by their ids.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdminsView {
    admins: Vec<AdminView>,
}

impl AdminsView {
    /// Of the staff.
    pub fn new(admins: Vec<AssignableAdmin>) -> Self {
        let view = |admin: AssignableAdmin| AdminView {
            id: admin.id.to_string(),
            role: admin.role,
            country_code: admin.country,
            display_name: admin.display_name,
            masked_email: admin.masked_email,
        };
        Self { admins: admins.into_iter().map(view).collect() }
    }
}

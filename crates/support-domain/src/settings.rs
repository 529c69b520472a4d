//! How the desk works, as far as people may change it while it runs: the settings in force, what was saved of them, and
//! the ranges that hold whoever saves. Never says where settings are kept.
//!
//! # How to add
//! A variant of [`Setting`] with its name on the wire, its field in [`SettingsPatch`] and [`DeskSettings`]; the compiler
//! shows the places. Then its field in the requests and views of `support-http`.

use serde_json::{Map, Value, json};

use crate::{InvalidValue, Limits, MediaTypes, Priority, TextEnum, text_enum};

/// Bytes of what people call a megabyte of a file.
pub const MEGABYTE: usize = 1024 * 1024;

/// What a message may be limited to, in Unicode scalar values.
pub const MESSAGE_CHARS: std::ops::RangeInclusive<i64> = 100..=10_000;

/// What a file may be limited to, in megabytes.
pub const ATTACHMENT_MEGABYTES: std::ops::RangeInclusive<i64> = 1..=50;

text_enum! {
    /// Who gets a new conversation.
    pub enum AutoAssignMode ("autoAssignMode") {
        /// Nobody, until somebody says so.
        Manual = "manual",
        /// Those who may reply to it, each in turn.
        RoundRobin = "round_robin",
    }
}

text_enum! {
    /// A thing that can be set, by its name on the wire and in what was saved.
    pub enum Setting ("setting") {
        /// The most characters of a message.
        MaxMessageLength = "maxMessageLength",
        /// The most megabytes of a file.
        MaxAttachmentSize = "maxAttachmentSizeMB",
        /// The kinds of files that may come with a message.
        AllowedMimeTypes = "allowedMimeTypes",
        /// How urgent a conversation is when nobody says so.
        DefaultPriority = "defaultPriority",
        /// Who gets a new conversation.
        AutoAssignMode = "autoAssignMode",
        /// Whether the desk has hours.
        BusinessHoursEnabled = "businessHoursEnabled",
        /// When it opens.
        BusinessHoursStart = "businessHoursStart",
        /// When it closes.
        BusinessHoursEnd = "businessHoursEnd",
    }
}

/// A time of the day at the desk, to the minute. Has no time zone: whoever shows it knows whose desk it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    minutes: u16,
}

impl TimeOfDay {
    /// Reads `09:00`, from `00:00` to `23:59`.
    ///
    /// # Errors
    /// When it has not that form.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let two_digits = |text: &str| {
            let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<u16>().ok()).flatten()
        };
        let read = text.split_once(':').and_then(|(hours, minutes)| Some((two_digits(hours)?, two_digits(minutes)?)));
        match read {
            Some((hours @ 0..=23, minutes @ 0..=59)) => Ok(Self { minutes: hours * 60 + minutes }),
            _ => Err(InvalidValue::new("must be a time of the day like 09:00, from 00:00 to 23:59")),
        }
    }

    /// That hour, at most 23.
    const fn hour(hours: u16) -> Self {
        Self { minutes: hours * 60 }
    }
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.minutes / 60, self.minutes % 60)
    }
}

impl serde::Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// When the desk is there, in its own local time. For clients to show; nothing is refused outside of it. An end that is
/// before the start is on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessHours {
    /// Whether there are such hours.
    pub enabled: bool,
    /// From when.
    pub start: TimeOfDay,
    /// Until when.
    pub end: TimeOfDay,
}

impl Default for BusinessHours {
    /// None; if somebody turns them on, nine to five.
    fn default() -> Self {
        Self { enabled: false, start: TimeOfDay::hour(9), end: TimeOfDay::hour(17) }
    }
}

/// The settings in force: configuration, and over it what was saved last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskSettings {
    /// The most characters of a message, after trimming, in Unicode scalar values.
    pub max_message_chars: usize,
    /// The most bytes of a file.
    pub max_attachment_bytes: usize,
    /// The kinds of files that may come with a message.
    pub allowed_media_types: MediaTypes,
    /// How urgent a conversation is when nobody says so.
    pub default_priority: Priority,
    /// Who gets a new conversation.
    pub auto_assign_mode: AutoAssignMode,
    /// When the desk is there.
    pub business_hours: BusinessHours,
}

impl Default for DeskSettings {
    /// What holds when nothing is configured and nothing was saved.
    fn default() -> Self {
        Self {
            max_message_chars: 4_000,
            max_attachment_bytes: 10 * MEGABYTE,
            allowed_media_types: MediaTypes::all(),
            default_priority: Priority::Normal,
            auto_assign_mode: AutoAssignMode::Manual,
            business_hours: BusinessHours::default(),
        }
    }
}

impl DeskSettings {
    /// What holds when nothing was saved: these limits, and the defaults.
    pub fn configured(limits: &Limits) -> Self {
        Self {
            max_message_chars: limits.max_message_chars,
            max_attachment_bytes: limits.max_attachment_bytes,
            allowed_media_types: limits.allowed_media_types.clone(),
            ..Self::default()
        }
    }

    /// The limits where these settings are in force.
    #[must_use]
    pub fn limits(&self, configured: &Limits) -> Limits {
        Limits {
            max_message_chars: self.max_message_chars,
            max_attachment_bytes: self.max_attachment_bytes,
            allowed_media_types: self.allowed_media_types.clone(),
            ..configured.clone()
        }
    }

    /// These settings where `patch` says nothing, and `patch` where it does.
    #[must_use]
    pub fn patched(&self, patch: &SettingsPatch) -> Self {
        let hours = self.business_hours;
        Self {
            max_message_chars: patch.max_message_chars.unwrap_or(self.max_message_chars),
            max_attachment_bytes: patch.max_attachment_bytes.unwrap_or(self.max_attachment_bytes),
            allowed_media_types: patch.allowed_media_types.as_ref().unwrap_or(&self.allowed_media_types).clone(),
            default_priority: patch.default_priority.unwrap_or(self.default_priority),
            auto_assign_mode: patch.auto_assign_mode.unwrap_or(self.auto_assign_mode),
            business_hours: BusinessHours {
                enabled: patch.business_hours_enabled.unwrap_or(hours.enabled),
                start: patch.business_hours_start.unwrap_or(hours.start),
                end: patch.business_hours_end.unwrap_or(hours.end),
            },
        }
    }

    /// The value of one of them, in the wire's form. A size that is no whole number of megabytes is shown as the next
    /// smaller one.
    pub fn value(&self, setting: Setting) -> Value {
        match setting {
            Setting::MaxMessageLength => json!(self.max_message_chars),
            Setting::MaxAttachmentSize => json!(self.max_attachment_bytes / MEGABYTE),
            Setting::AllowedMimeTypes => json!(self.allowed_media_types.as_slice()),
            Setting::DefaultPriority => json!(self.default_priority),
            Setting::AutoAssignMode => json!(self.auto_assign_mode),
            Setting::BusinessHoursEnabled => json!(self.business_hours.enabled),
            Setting::BusinessHoursStart => json!(self.business_hours.start),
            Setting::BusinessHoursEnd => json!(self.business_hours.end),
        }
    }
}

/// What was saved: what is absent is left to the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsPatch {
    /// See [`DeskSettings::max_message_chars`]; within [`MESSAGE_CHARS`].
    pub max_message_chars: Option<usize>,
    /// See [`DeskSettings::max_attachment_bytes`]; within [`ATTACHMENT_MEGABYTES`], whole megabytes.
    pub max_attachment_bytes: Option<usize>,
    /// See [`DeskSettings::allowed_media_types`].
    pub allowed_media_types: Option<MediaTypes>,
    /// See [`DeskSettings::default_priority`].
    pub default_priority: Option<Priority>,
    /// See [`DeskSettings::auto_assign_mode`].
    pub auto_assign_mode: Option<AutoAssignMode>,
    /// See [`BusinessHours::enabled`].
    pub business_hours_enabled: Option<bool>,
    /// See [`BusinessHours::start`].
    pub business_hours_start: Option<TimeOfDay>,
    /// See [`BusinessHours::end`].
    pub business_hours_end: Option<TimeOfDay>,
}

/// A setting that was saved in a form that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoredSetting {
    /// Which one.
    pub setting: Setting,
    /// Why. Never holds the value.
    pub reason: InvalidValue,
}

impl SettingsPatch {
    /// Reads what somebody has saved, in the wire's form, and leaves out what cannot be used: unknown names silently, the
    /// rest with the reason. `null` counts as absent.
    pub fn from_saved(saved: &Map<String, Value>) -> (Self, Vec<IgnoredSetting>) {
        let (mut patch, mut ignored) = (Self::default(), Vec::new());
        for setting in Setting::ALL.iter().copied() {
            match saved.get(setting.as_str()) {
                None | Some(Value::Null) => {}
                Some(value) => {
                    if let Err(reason) = patch.set(setting, value) {
                        ignored.push(IgnoredSetting { setting, reason });
                    }
                }
            }
        }
        (patch, ignored)
    }

    /// What is set, in the wire's form; [`from_saved`](Self::from_saved) reads the same again.
    pub fn to_saved(&self) -> Map<String, Value> {
        let full = DeskSettings::default().patched(self);
        let set = Setting::ALL.iter().copied().filter(|setting| self.has(*setting));
        set.map(|setting| (setting.as_str().to_owned(), full.value(setting))).collect()
    }

    /// Sets one of them from its form on the wire. The kinds of files may be a list of names, or one text with commas.
    ///
    /// # Errors
    /// When the value is of another type or out of its range; nothing is changed then.
    pub fn set(&mut self, setting: Setting, value: &Value) -> Result<(), InvalidValue> {
        match setting {
            Setting::MaxMessageLength => {
                self.max_message_chars = Some(usize::try_from(whole(value, &MESSAGE_CHARS)?).unwrap_or(usize::MAX));
            }
            Setting::MaxAttachmentSize => {
                let megabytes = usize::try_from(whole(value, &ATTACHMENT_MEGABYTES)?).unwrap_or(0);
                self.max_attachment_bytes = Some(megabytes * MEGABYTE);
            }
            Setting::AllowedMimeTypes => self.allowed_media_types = Some(media_types(value)?),
            Setting::DefaultPriority => self.default_priority = Some(word(value)?),
            Setting::AutoAssignMode => self.auto_assign_mode = Some(word(value)?),
            Setting::BusinessHoursEnabled => {
                let refusal = || InvalidValue::new("must be true or false");
                self.business_hours_enabled = Some(value.as_bool().ok_or_else(refusal)?);
            }
            Setting::BusinessHoursStart => self.business_hours_start = Some(TimeOfDay::parse(text(value)?)?),
            Setting::BusinessHoursEnd => self.business_hours_end = Some(TimeOfDay::parse(text(value)?)?),
        }
        Ok(())
    }

    /// Leaves one of them to the configuration again.
    pub fn clear(&mut self, setting: Setting) {
        match setting {
            Setting::MaxMessageLength => self.max_message_chars = None,
            Setting::MaxAttachmentSize => self.max_attachment_bytes = None,
            Setting::AllowedMimeTypes => self.allowed_media_types = None,
            Setting::DefaultPriority => self.default_priority = None,
            Setting::AutoAssignMode => self.auto_assign_mode = None,
            Setting::BusinessHoursEnabled => self.business_hours_enabled = None,
            Setting::BusinessHoursStart => self.business_hours_start = None,
            Setting::BusinessHoursEnd => self.business_hours_end = None,
        }
    }

    fn has(&self, setting: Setting) -> bool {
        match setting {
            Setting::MaxMessageLength => self.max_message_chars.is_some(),
            Setting::MaxAttachmentSize => self.max_attachment_bytes.is_some(),
            Setting::AllowedMimeTypes => self.allowed_media_types.is_some(),
            Setting::DefaultPriority => self.default_priority.is_some(),
            Setting::AutoAssignMode => self.auto_assign_mode.is_some(),
            Setting::BusinessHoursEnabled => self.business_hours_enabled.is_some(),
            Setting::BusinessHoursStart => self.business_hours_start.is_some(),
            Setting::BusinessHoursEnd => self.business_hours_end.is_some(),
        }
    }

    /// This patch after a change.
    #[must_use]
    pub fn changed(mut self, change: &SettingsChange) -> Self {
        for setting in &change.reset {
            self.clear(*setting);
        }
        let SettingsPatch {
            max_message_chars,
            max_attachment_bytes,
            allowed_media_types,
            default_priority,
            auto_assign_mode,
            business_hours_enabled,
            business_hours_start,
            business_hours_end,
        } = change.set.clone();
        Self {
            max_message_chars: max_message_chars.or(self.max_message_chars),
            max_attachment_bytes: max_attachment_bytes.or(self.max_attachment_bytes),
            allowed_media_types: allowed_media_types.or(self.allowed_media_types),
            default_priority: default_priority.or(self.default_priority),
            auto_assign_mode: auto_assign_mode.or(self.auto_assign_mode),
            business_hours_enabled: business_hours_enabled.or(self.business_hours_enabled),
            business_hours_start: business_hours_start.or(self.business_hours_start),
            business_hours_end: business_hours_end.or(self.business_hours_end),
        }
    }
}

/// What somebody wants to change of the settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SettingsChange {
    /// What is to be.
    pub set: SettingsPatch,
    /// What is to be left to the configuration again.
    pub reset: Vec<Setting>,
}

fn whole(value: &Value, allowed: &std::ops::RangeInclusive<i64>) -> Result<i64, InvalidValue> {
    let number = value.as_i64().filter(|number| allowed.contains(number));
    number.ok_or_else(|| {
        InvalidValue::limit(format!("must be a whole number from {} to {}", allowed.start(), allowed.end()))
    })
}

fn text(value: &Value) -> Result<&str, InvalidValue> {
    value.as_str().ok_or_else(|| InvalidValue::new("must be a string"))
}

fn word<T: TextEnum>(value: &Value) -> Result<T, InvalidValue> {
    T::parse(text(value)?).map_err(|unknown| InvalidValue::limit(unknown.to_string()))
}

fn media_types(value: &Value) -> Result<MediaTypes, InvalidValue> {
    match value {
        Value::String(list) => MediaTypes::parse(list),
        Value::Array(names) => MediaTypes::parse(&names.iter().map(text).collect::<Result<Vec<_>, _>>()?.join(",")),
        _ => Err(InvalidValue::new("must be a list of media types")),
    }
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;

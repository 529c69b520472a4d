//! Where the configuration's values come from: the environment, and for secrets files that it names. Never shows a value.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;

use support_rbac::SigningKey;

use super::{DATABASE_URL, NATS_URL, PRIVATE_KEY, PUBLIC_KEYS, files};
use crate::host::{HOST, HOST_DATABASE_URL, JWT_SECRET};

/// What is a secret, or may hold one. Its value may stand in a file instead, which `NAME_FILE` names: what a process is
/// started with is seen by more people than a file.
pub(crate) const IN_FILES: [&str; 5] = [DATABASE_URL, PRIVATE_KEY, NATS_URL, HOST_DATABASE_URL, JWT_SECRET];

/// A variable with a value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}: {sentence}")]
pub struct InvalidConfig {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it.
    pub sentence: String,
}

impl InvalidConfig {
    pub(crate) fn new(variable: &'static str, sentence: impl fmt::Display) -> Self {
        Self { variable, sentence: sentence.to_string() }
    }
}

/// Where variables come from.
#[derive(Clone, Copy)]
pub struct Variables<'a>(&'a dyn Fn(&str) -> Option<OsString>);

fn of_process(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn of_process_without_secrets(name: &str) -> Option<OsString> {
    match name {
        DATABASE_URL
        | PUBLIC_KEYS
        | NATS_URL
        | HOST
        | HOST_DATABASE_URL
        | JWT_SECRET
        | files::ATTACHMENTS_URL
        | files::CLAMAV => None,
        // Never used: the demo makes a key of its own. It keeps a key file from being made.
        PRIVATE_KEY => Some(SigningKey::generate().to_hex().into()),
        name if IN_FILES.iter().any(|secret| name.strip_suffix("_FILE") == Some(secret)) => None,
        _ => of_process(name),
    }
}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables")
    }
}

impl Variables<'static> {
    /// The process's environment. A variable that is set to nothing counts as not set.
    pub fn of_process() -> Self {
        Self(&of_process)
    }

    /// The same without those that say where data and keys are.
    pub(crate) fn of_process_without_secrets() -> Self {
        Self(&of_process_without_secrets)
    }
}

impl<'a> Variables<'a> {
    /// Whatever that function says.
    pub(crate) fn of(source: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self(source)
    }

    pub(crate) fn get(self, name: &'static str) -> Result<Option<String>, InvalidConfig> {
        let value = self.get_verbatim(name)?;
        Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
    }

    /// The value to the letter, as somebody else has it too. Of a secret, perhaps from the file that says it.
    pub(crate) fn get_verbatim(self, name: &'static str) -> Result<Option<String>, InvalidConfig> {
        let file = if IN_FILES.contains(&name) { self.file_of(name)? } else { None };
        let Some(value) = (self.0)(name).filter(|value| !value.is_empty()) else { return Ok(file) };
        if file.is_some() {
            return Err(InvalidConfig::new(name, format!("must not be set beside {name}_FILE")));
        }
        let value = value.into_string().map_err(|_| InvalidConfig::new(name, "must be UTF-8"))?;
        Ok(Some(value).filter(|value| !value.is_empty()))
    }

    /// What stands in the file that `NAME_FILE` names, without the end of its last line.
    fn file_of(self, name: &'static str) -> Result<Option<String>, InvalidConfig> {
        let Some(file) = (self.0)(&format!("{name}_FILE")).filter(|file| !file.is_empty()) else { return Ok(None) };
        let refusal = |what: &dyn fmt::Display| InvalidConfig::new(name, format!("the file of {name}_FILE {what}"));
        let text =
            std::fs::read_to_string(file).map_err(|error| refusal(&format!("cannot be read: {}", error.kind())))?;
        let value = text.strip_suffix('\n').unwrap_or(&text);
        let value = value.strip_suffix('\r').unwrap_or(value);
        if value.is_empty() { Err(refusal(&"is empty")) } else { Ok(Some(value.to_owned())) }
    }

    pub(crate) fn parse<T: FromStr>(self, name: &'static str, must: &str, default: T) -> Result<T, InvalidConfig> {
        match self.get(name)? {
            Some(text) => text.parse().map_err(|_| InvalidConfig::new(name, must)),
            None => Ok(default),
        }
    }

    pub(super) fn list(self, name: &'static str) -> Result<Vec<String>, InvalidConfig> {
        let text = self.get(name)?.unwrap_or_default();
        Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect())
    }
}

//! Configuration of files: where they are kept, who looks at them, how they are handed out. The URL may hold secrets and is
//! never shown.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use support_attachments::{ClamAv, ClamAvAddress, Files, Place};
use support_domain::{Limits, MediaTypes, text_enum};
use support_store::DatabaseUrl;

use super::{InvalidConfig, Variables, whole};

pub(super) const ATTACHMENTS_URL: &str = "SUPPORT_ATTACHMENTS_URL";
pub(super) const CLAMAV: &str = "SUPPORT_CLAMAV_ADDRESS";
const LINKS: &str = "SUPPORT_ATTACHMENT_LINKS";
const TYPES: &str = "SUPPORT_ALLOWED_MIME_TYPES";

/// How long the scanner may take for a file. Nobody waits for that long: see the service.
const SCAN_LIMIT: Duration = Duration::from_secs(120);

text_enum! {
    /// How files are handed out.
    enum Links ("links") {
        /// By a redirect to a signed link, where the storage can sign.
        Redirect = "redirect",
        /// Through this process.
        Bytes = "bytes",
    }
}

/// Where files are kept, and how.
#[derive(Debug, Clone)]
pub struct FilesConfig {
    /// Where; none where nobody can upload any.
    pub place: Option<Place>,
    /// Whether they may be handed out by links of the storage.
    pub with_links: bool,
    /// Who has to find them clean.
    pub clamav: Option<ClamAvAddress>,
    /// How often what waits is scanned again, and what is too old is removed.
    pub tidied_every: Duration,
}

impl FilesConfig {
    pub(crate) fn from_variables(variables: Variables, database: &DatabaseUrl) -> Result<Self, InvalidConfig> {
        let place = match variables.get(ATTACHMENTS_URL)? {
            Some(url) => Some(url.parse().map_err(|error| InvalidConfig::new(ATTACHMENTS_URL, error))?),
            None => database.embedded_file().map(Self::beside),
        };
        let links = variables.parse(LINKS, "must be redirect or bytes", Links::Redirect)?;
        let clamav = variables.get(CLAMAV)?.map(|address| address.parse::<ClamAvAddress>()).transpose();
        let seconds = whole(variables, "SUPPORT_ATTACHMENT_SWEEP_SECONDS", 60, 1..=3_600)?;
        Ok(Self {
            place,
            with_links: links == Links::Redirect,
            clamav: clamav.map_err(|error| InvalidConfig::new(CLAMAV, error))?,
            tidied_every: Duration::from_secs(seconds.into()),
        })
    }

    /// The folder beside an embedded database.
    pub(crate) fn beside(file: &std::path::Path) -> Place {
        let mut folder = file.as_os_str().to_owned();
        folder.push(".attachments");
        Place::Folder(PathBuf::from(folder))
    }

    /// Opens the place; none where no files are kept.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn open(&self) -> Result<Option<Files>, InvalidConfig> {
        let Some(place) = &self.place else { return Ok(None) };
        let mut files = Files::open(place).map_err(|error| InvalidConfig::new(ATTACHMENTS_URL, error))?;
        if !self.with_links {
            files = files.without_links();
        }
        if let Some(address) = &self.clamav {
            files = files.with_scanner(Arc::new(ClamAv::new(address.clone(), SCAN_LIMIT)));
        }
        Ok(Some(files))
    }

    /// Opens the place if it is there, and makes none: for what only removes files. A folder that is not there is none of a
    /// running desk, and what is not found in it was perhaps never removed.
    ///
    /// # Errors
    /// When it cannot be used.
    pub(crate) fn open_existing(&self) -> Result<Option<Files>, InvalidConfig> {
        match &self.place {
            Some(Place::Folder(folder)) if !folder.is_dir() => Ok(None),
            _ => self.open(),
        }
    }
}

/// The limits with those on files.
pub(super) fn limits(variables: Variables, limits: Limits) -> Result<Limits, InvalidConfig> {
    let bytes = u32::try_from(limits.max_attachment_bytes).unwrap_or(u32::MAX);
    let bytes = whole(variables, "SUPPORT_MAX_ATTACHMENT_BYTES", bytes, 1..=100 * 1024 * 1024)?;
    let number = u32::try_from(limits.max_attachments_per_message).unwrap_or(u32::MAX);
    let number = whole(variables, "SUPPORT_MAX_ATTACHMENTS_PER_MESSAGE", number, 1..=50)?;
    let types = variables.get(TYPES)?.map(|list| MediaTypes::parse(&list)).transpose();
    Ok(Limits {
        max_attachment_bytes: bytes as usize,
        max_attachments_per_message: number as usize,
        allowed_media_types: types
            .map_err(|error| InvalidConfig::new(TYPES, error))?
            .unwrap_or(limits.allowed_media_types),
        ..limits
    })
}

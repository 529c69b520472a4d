//! Where files are kept, as a URL says it. The URL may hold secrets: no message and no `Debug` shows it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// A place for files.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine; made if it is not there.
    Folder(PathBuf),
    /// The memory of this process: gone with it.
    Memory,
    /// A bucket of Amazon S3, or of what speaks its language; the path is what its keys begin with.
    S3(Url),
    /// A bucket of Google Cloud Storage.
    Gcs(Url),
    /// A container of Azure Blob Storage.
    Azure(Url),
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder(_) => "Folder",
            Self::Memory => "Memory",
            Self::S3(_) => "S3",
            Self::Gcs(_) => "Gcs",
            Self::Azure(_) => "Azure",
        })
    }
}

/// A URL that names no place that this program can use. Never shows the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlace {
    /// Not of one of the known forms.
    #[error("must be file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX")]
    Form,
    /// A user, a password, a query or a fragment stands in it.
    #[error("must hold no user, password, query or fragment; credentials come from the environment")]
    Credentials,
    /// The program was built without the client of that store.
    #[error("names a store that this program was built without; see the features s3, gcs and azure of support-http")]
    NotBuilt,
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let url = Url::parse(text).map_err(|_| InvalidPlace::Form)?;
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidPlace::Credentials);
        }
        let has_bucket = url.host_str().is_some_and(|host| !host.is_empty());
        let (is_built, place) = match url.scheme() {
            // The root of the file system is no folder for this.
            "file" => match url.to_file_path() {
                Ok(folder) if folder.parent().is_some() => return Ok(Self::Folder(folder)),
                _ => return Err(InvalidPlace::Form),
            },
            "memory" if !has_bucket => return Ok(Self::Memory),
            "s3" | "s3a" if has_bucket => (cfg!(feature = "s3"), Self::S3(url)),
            "gs" if has_bucket => (cfg!(feature = "gcs"), Self::Gcs(url)),
            "az" | "abfs" | "abfss" if has_bucket => (cfg!(feature = "azure"), Self::Azure(url)),
            _ => return Err(InvalidPlace::Form),
        };
        if is_built { Ok(place) } else { Err(InvalidPlace::NotBuilt) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_is_refused_without_being_shown() {
        for (text, refusal) in [
            ("", InvalidPlace::Form),
            ("uploads", InvalidPlace::Form),
            ("/var/uploads", InvalidPlace::Form),
            ("file://host/uploads", InvalidPlace::Form),
            ("file:///", InvalidPlace::Form),
            ("http://files.example/x", InvalidPlace::Form),
            ("s3:///prefix", InvalidPlace::Form),
            ("s3://key:hunter2@bucket/x", InvalidPlace::Credentials),
            ("s3://bucket/x?secret=hunter2", InvalidPlace::Credentials),
            ("file:///a#hunter2", InvalidPlace::Credentials),
        ] {
            let refused = text.parse::<Place>().unwrap_err();
            assert_eq!(refused, refusal, "{text}");
            assert!(!refused.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn places_are_read() {
        assert_eq!("file:///var/lib/desk%20files".parse(), Ok(Place::Folder("/var/lib/desk files".into())));
        assert_eq!("memory:///".parse(), Ok(Place::Memory));
        let s3: Result<Place, InvalidPlace> = "s3://bucket/prefix".parse();
        match s3 {
            Ok(place) => assert!(cfg!(feature = "s3") && !format!("{place:?}").contains("bucket")),
            Err(refusal) => assert!(!cfg!(feature = "s3") && refusal == InvalidPlace::NotBuilt),
        }
    }
}

//! The signing key that is made once and kept in a file beside an embedded database, readable by its owner only.

use std::io::{self, Read, Write};
use std::path::Path;

use support_rbac::SigningKey;

/// Reads the key in `file`, or makes one. Of two processes that start at once, both use the key of the first.
pub(crate) fn load_or_make(file: &Path) -> io::Result<SigningKey> {
    match read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => return result,
    }
    let key = SigningKey::generate();
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Written whole under another name first, so that nobody reads half a key. Such a file is its owner's only.
    let mut draft = tempfile::NamedTempFile::new_in(folder)?;
    draft.write_all(format!("{}\n", key.to_hex()).as_bytes())?;
    draft.as_file().sync_all()?;
    match draft.persist_noclobber(file) {
        Ok(_) => Ok(key),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => read(file),
        Err(error) => Err(error.error),
    }
}

/// Reads the key in `file`.
pub(crate) fn read(file: &Path) -> io::Result<SigningKey> {
    let mut text = String::new();
    std::fs::File::open(file)?.take(1_024).read_to_string(&mut text)?;
    SigningKey::from_hex(text.trim()).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it holds no key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_readable_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("support.db.key");
        let made = load_or_make(&file).unwrap();
        assert_eq!(load_or_make(&file).unwrap().to_hex(), made.to_hex());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "no draft stays behind");
        std::fs::write(&file, "not a key").unwrap();
        assert!(load_or_make(&file).is_err());
    }
}

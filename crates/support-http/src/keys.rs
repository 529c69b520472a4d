//! The signing key that is made once and kept in a file beside an embedded database, readable by its owner only.

use std::fs::OpenOptions;
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
    // Written whole under another name first, so that nobody reads half a key.
    let draft = file.with_extension(format!("key.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut draft_file = options.open(&draft)?;
    draft_file.write_all(format!("{}\n", key.to_hex()).as_bytes())?;
    draft_file.sync_all()?;
    let linked = std::fs::hard_link(&draft, file);
    std::fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(key),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read(file),
        Err(error) => Err(error),
    }
}

fn read(file: &Path) -> io::Result<SigningKey> {
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

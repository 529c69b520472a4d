//! What the machine says of files and folders: who may do what there, on what they lie, how much room is left. Only asks.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::finding::{Finding, Topic};

/// Less room than this is told.
const LITTLE: u64 = 1 << 30;
/// With less than this writes will soon fail.
const ALMOST_NONE: u64 = 100 << 20;

/// What may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    /// Of a folder: make, and find, files in it.
    MakeFiles,
}

/// Whether this process may.
pub(super) fn may(path: &Path, access: Access) -> bool {
    use rustix::fs::Access as Rights;
    let rights = match access {
        Access::Write => Rights::READ_OK | Rights::WRITE_OK,
        Access::MakeFiles => Rights::WRITE_OK | Rights::EXEC_OK,
    };
    rustix::fs::access(path, rights).is_ok()
}

/// Whether every user of this machine can read the file: by its own rights, and by those of the folder that it lies in.
pub(super) fn is_open_to_others(file: &Path) -> bool {
    let has = |path: &Path, right: u32| path.metadata().is_ok_and(|metadata| metadata.mode() & right != 0);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    has(file, 0o004) && has(folder, 0o001)
}

/// The rights of group and others to a file, if it is there.
pub(super) fn rights_of_others(file: &Path) -> Option<u32> {
    file.metadata().ok().map(|metadata| metadata.mode() & 0o077)
}

/// Whether somebody else than whom we run as owns the file: then what we may do says nothing about the server.
pub(super) fn check_owner(topic: Topic, file: &Path) -> Option<Finding> {
    let owner = file.metadata().ok()?.uid();
    let we = rustix::process::geteuid().as_raw();
    (owner != we).then(|| {
        topic.warning(
            format!("it belongs to the user with id {owner}, and this command runs as {we}"),
            "run `support-http doctor` as the user of the server, or rights are not what they seem",
        )
    })
}

/// Room that is left for an ordinary user.
pub(super) fn check_room(topic: Topic, folder: &Path, of: &str) -> Finding {
    let Some(room) = rustix::fs::statvfs(folder).ok().filter(|room| room.f_blocks > 0) else {
        return topic.warning(format!("how much room is left for {of} cannot be told"), "look with `df`");
    };
    let free = room.f_bavail.saturating_mul(room.f_frsize);
    let what = format!("{} MiB are left where {of} is", free >> 20);
    if free < ALMOST_NONE {
        topic.problem(what, "make room: without it nothing can be kept")
    } else if free < LITTLE {
        topic.warning(what, "make room, or watch it")
    } else {
        topic.ok(what)
    }
}

/// The nearest folder that is there.
pub(super) fn nearest_folder(path: &Path) -> &Path {
    path.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(Path::new("/"))
}

/// What a folder lies on, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileSystem {
    /// Of this machine, and kept.
    Local,
    /// Of another machine.
    Network,
    /// Gone with the next start of the machine.
    Memory,
    /// The layer of a container, gone with it.
    Layer,
}

/// What the folder lies on. Only Linux says; elsewhere it is taken for local.
pub(super) fn file_system(folder: &Path) -> FileSystem {
    #[cfg(target_os = "linux")]
    if let Ok(found) = rustix::fs::statfs(folder) {
        // The numbers of the kernel's include/uapi/linux/magic.h and of its file systems' own sources.
        let magic = u32::try_from(found.f_type & 0xffff_ffff).unwrap_or_default();
        return match magic {
            // NFS, SMB in its three names, Ceph, AFS, 9p, Lustre, GFS2, OCFS2, and FUSE, behind which most others stand.
            0x6969 | 0x517b | 0xff53_4d42 | 0xfe53_4d42 | 0x00c3_6400 | 0x5346_414f | 0x0102_1997 | 0x0bd0_0bd0
            | 0x0116_1970 | 0x7461_636f | 0x6573_5546 => FileSystem::Network,
            0x0102_1994 | 0x8584_58f6 => FileSystem::Memory,
            0x794c_7630 => FileSystem::Layer,
            _ => FileSystem::Local,
        };
    }
    let _ = folder;
    FileSystem::Local
}

/// Whether what has to last, and to be locked, lies where it cannot.
pub(super) fn check_file_system(topic: Topic, folder: &Path, of: &str) -> Option<Finding> {
    match file_system(folder) {
        FileSystem::Local => None,
        FileSystem::Network => Some(topic.problem(
            format!("{of} lies on a file system of the network, whose locks and whose memory-mapped files SQLite cannot rely on"),
            "put it on a disk of this machine, or use PostgreSQL",
        )),
        gone => Some(warn_of_loss(topic, gone, of)),
    }
}

/// What is kept there is gone sooner than its owner thinks.
pub(super) fn warn_of_loss(topic: Topic, file_system: FileSystem, of: &str) -> Finding {
    if file_system == FileSystem::Memory {
        topic.warning(
            format!("{of} lies in memory (tmpfs), and is gone with the machine's next start"),
            "put it on a disk",
        )
    } else {
        topic.warning(format!("{of} lies in the layer of a container, and goes with it"), "mount a volume there")
    }
}

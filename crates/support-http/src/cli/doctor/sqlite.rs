//! What a file of SQLite needs of the machine, and what its condition means for whoever operates the desk.

use std::path::{Path, PathBuf};

use support_store::condition::SqliteCondition;

use super::database::{TOPIC, judge_migrations};
use super::disk::{self, Access};
use super::finding::Finding;

/// Where the file lies: folder, rights, file system, room.
pub(super) fn check_place(file: &Path) -> Vec<Finding> {
    let folder = folder_of(file);
    if !folder.is_dir() {
        return vec![TOPIC.problem(
            "DATABASE_URL names a file in a folder that does not exist",
            "make the folder, for the user of the server alone",
        )];
    }
    let mut findings = Vec::new();
    // The log and the shared memory of write-ahead logging are files beside it.
    if !disk::may(&folder, Access::MakeFiles) {
        findings.push(TOPIC.problem(
            "no file can be made in the folder of the database, and SQLite needs two beside it",
            "give the folder to the user of the server",
        ));
    }
    if file.exists() && !disk::may(file, Access::Write) {
        findings.push(TOPIC.problem("the file of the database cannot be written", "give it to the user of the server"));
    }
    if disk::is_open_to_others(file) {
        findings.push(TOPIC.warning(
            "the file of the database can be read by every user of this machine",
            "take the right away: `chmod o= FILE`, or `chmod 700` its folder",
        ));
    }
    findings.extend(disk::check_owner(TOPIC, file));
    findings.extend(disk::check_file_system(TOPIC, &folder, "the database"));
    findings.push(disk::check_room(TOPIC, &folder, "the database"));
    findings
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

pub(super) fn judge(condition: &SqliteCondition) -> Vec<Finding> {
    let mut findings = vec![match (condition.exists, condition.is_write_ahead) {
        (false, _) => TOPIC.ok("SQLite; the file is not there yet, and is made by the first start"),
        (true, true) => {
            TOPIC.ok("SQLite, with write-ahead logging; what it commits survives a crash (synchronous is FULL)")
        }
        (true, false) => TOPIC.warning(
            "SQLite, without write-ahead logging, which the next start of the server switches on",
            "look whether something else opens the file, which must be the desk's alone",
        ),
    }];
    findings.extend(judge_migrations(&condition.migrations, true));
    findings
}

//! The storage of files and the scanner: both are tried out, with a small object that is taken away again, and with zeros
//! in place of a file. The URL of the storage is not shown: it may hold secrets.

use std::path::Path;
use std::sync::Arc;

use actix_web::web::Bytes;
use support_attachments::{Place, ScanFailed, Verdict};
use support_domain::{Clock, IdSource, StorageKey, SystemClock, SystemIds};

use super::Asked;
use super::disk::{self, Access, FileSystem};
use super::finding::{Finding, Topic};

const FILES: Topic = Topic("files");
const SCANNER: Topic = Topic("scanner");

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    let config = &asked.config.files;
    let Some(place) = &config.place else {
        return vec![FILES.warning(
            "no place for files is configured: nobody can upload any",
            "set SUPPORT_ATTACHMENTS_URL to a folder that all nodes share, or to an object store",
        )];
    };
    let mut findings = Vec::new();
    match place {
        // Opening it would make the folder.
        Place::Folder(folder) if !folder.exists() => return vec![check_absent(folder)],
        Place::Folder(folder) => findings.extend(check_folder(folder, asked.config.nats_url.is_some())),
        Place::Memory => findings.push(FILES.warning(
            "files are kept in the memory of the process, and are gone with it",
            "set SUPPORT_ATTACHMENTS_URL to a folder or an object store",
        )),
        _ => {}
    }
    findings.push(probe(&asked).await);
    findings
}

fn check_absent(folder: &Path) -> Finding {
    if disk::may(disk::nearest_folder(folder), Access::MakeFiles) {
        FILES.ok("the folder for files is not there yet, and is made by the first start")
    } else {
        FILES.problem(
            "the folder for files is not there, and cannot be made",
            "make it, for the user of the server alone",
        )
    }
}

fn check_folder(folder: &Path, has_other_nodes: bool) -> Vec<Finding> {
    let mut findings: Vec<Finding> = disk::check_owner(FILES, folder).into_iter().collect();
    if disk::rights_of_others(folder).is_some_and(|rights| rights & 0o007 != 0) {
        findings.push(FILES.warning(
            "the folder for files is open to every user of this machine",
            "take the right away: `chmod o= FOLDER`",
        ));
    }
    match disk::file_system(folder) {
        FileSystem::Network => {}
        FileSystem::Local if !has_other_nodes => {}
        FileSystem::Local => findings.push(FILES.warning(
            "files are kept on a disk of this machine, and SUPPORT_NATS_URL says that there are other nodes",
            "use a folder that all nodes share, or an object store, or other nodes answer 404 for these files",
        )),
        gone => findings.push(disk::warn_of_loss(FILES, gone, "the folder for files")),
    }
    findings.push(disk::check_room(FILES, folder, "the folder for files"));
    findings
}

async fn probe(asked: &Asked) -> Finding {
    let files = match asked.config.files.open() {
        Ok(Some(files)) => files,
        Ok(None) => return FILES.ok("no files are kept"),
        Err(error) => {
            return FILES.problem(
                error.sentence,
                "correct SUPPORT_ATTACHMENTS_URL, and give the cloud's own variables to the server",
            );
        }
    };
    let word = format!("doctor-{}", SystemIds::new().next(SystemClock::new().now()));
    let Ok(key) = StorageKey::from_stored(&word) else { return FILES.problem("no key can be made", "report it") };
    match files.probe(&key).await {
        Ok(probed) => {
            let links = if probed.signs_links { ", and it signs links" } else { "" };
            FILES.ok(format!("an object can be written, read and removed{links}"))
        }
        Err(failed) => FILES.problem(
            failed.to_string(),
            "look at the rights to the folder or the bucket, at the credentials, and at the room that is left",
        ),
    }
}

pub(super) async fn check_scanner(asked: Arc<Asked>) -> Vec<Finding> {
    let config = &asked.config.files;
    let is_asked = config.clamav.is_some() && config.place.is_some();
    // Opening a folder that is not there would make it; the scanner does not depend on where files are.
    let with_scanner = crate::config::FilesConfig { place: Some(Place::Memory), ..config.clone() };
    let Some(scanner) =
        with_scanner.open().ok().flatten().and_then(|files| files.scanner().cloned()).filter(|_| is_asked)
    else {
        return Vec::new();
    };
    // As long as the longest file: its limit has to allow for that, and says so only when it is shown one.
    let longest = Bytes::from(vec![0; asked.config.service.limits.max_attachment_bytes]);
    vec![match scanner.scan(longest).await {
        Ok(Verdict::Clean) => SCANNER.ok("it answers, also about a file of the longest allowed length"),
        Ok(Verdict::Infected) => {
            SCANNER.problem("it finds something in nothing but zeros", "look at its signatures, and at its log")
        }
        Err(ScanFailed::Away(reason)) => SCANNER.problem(
            format!("it cannot be reached: {reason}; uploads wait until it can"),
            "start clamd, and look whether SUPPORT_CLAMAV_ADDRESS is right",
        ),
        Err(ScanFailed::NoVerdict(reason)) => SCANNER.problem(
            format!("it gives no verdict on a file of the longest allowed length: {reason}"),
            "set its StreamMaxLength to at least SUPPORT_MAX_ATTACHMENT_BYTES, and look at its log",
        ),
    }]
}

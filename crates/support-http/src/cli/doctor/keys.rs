//! The keys of tokens. Shows their ids, which tokens carry in the open, and never a key.

use std::path::Path;
use std::sync::Arc;

use support_rbac::{SigningKey, TrustedKeys, VerifyingKey};

use super::finding::{Finding, Topic};
use super::{Asked, disk, on_thread};
use crate::config::{IN_FILES, PRIVATE_KEY, PUBLIC_KEYS, Variables, key_file};

const TOPIC: Topic = Topic("keys");
/// What `support-http keys` prints beside the private key. The server does not read it.
const PUBLIC_KEY: &str = "SUPPORT_BISCUIT_PUBLIC_KEY";

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    on_thread(TOPIC, move || {
        let variables = Variables::of_process();
        let configured = variables.get(PRIVATE_KEY).ok().flatten().and_then(|text| SigningKey::from_hex(&text).ok());
        let (key, mut findings) = match (configured, asked.config.store.url.embedded_file()) {
            (Some(key), _) => (Some(key), Vec::new()),
            (None, Some(file)) => check_file(&key_file(file)),
            (None, None) => (None, Vec::new()),
        };
        let own = key.map(|key| key.public());
        if let Some(own) = own {
            findings.push(TOPIC.ok(format!("tokens are signed with the key of id {}", own.key_id())));
        }
        findings.extend(check_secret_files());
        findings.extend(check_pair(variables, own));
        findings.extend(check_trusted(variables, own));
        findings
    })
    .await
}

/// The file beside an embedded database.
fn check_file(file: &Path) -> (Option<SigningKey>, Vec<Finding>) {
    if !file.exists() {
        return (None, vec![TOPIC.ok("there is no key yet; the first start makes one beside the database")]);
    }
    let mut findings = Vec::new();
    if disk::rights_of_others(file).is_some_and(|rights| rights != 0) {
        findings.push(TOPIC.problem(
            "the key beside the database can be read by others, who can then be anybody",
            "`chmod 600` the file that ends in .key, and change the key if somebody may have read it (docs/operate.md)",
        ));
    }
    findings.extend(disk::check_owner(TOPIC, file));
    match crate::keys::read(file) {
        Ok(key) => (Some(key), findings),
        Err(error) => {
            findings.push(TOPIC.problem(
                format!("the key beside the database cannot be used: {error}"),
                "restore the file that ends in .key; without it, all tokens end with the key that is made anew",
            ));
            (None, findings)
        }
    }
}

/// The files that hold secrets in the place of variables.
fn check_secret_files() -> impl Iterator<Item = Finding> {
    let named = IN_FILES.into_iter().filter_map(|name| {
        let file = std::env::var_os(format!("{name}_FILE"))?;
        disk::is_open_to_others(Path::new(&file)).then_some(name)
    });
    named.map(|name| {
        TOPIC.warning(
            format!("the file of {name}_FILE can be read by every user of this machine"),
            "take the right away: `chmod o= FILE`",
        )
    })
}

/// The pair that `keys` prints is pasted together; halves of two pairs are a mistake that shows late.
fn check_pair(variables: Variables<'_>, own: Option<VerifyingKey>) -> Option<Finding> {
    let public = variables.get(PUBLIC_KEY).ok().flatten()?;
    match (public.parse::<VerifyingKey>(), own) {
        (Ok(public), Some(own)) if public == own => None,
        (Ok(_), Some(_)) => Some(TOPIC.warning(
            format!("{PUBLIC_KEY} belongs to another private key than the one that signs"),
            format!(
                "correct it: whoever trusts it trusts no token of this desk. Further keys belong into {PUBLIC_KEYS}"
            ),
        )),
        (Ok(_), None) => None,
        (Err(error), _) => {
            Some(TOPIC.warning(format!("{PUBLIC_KEY} {error}"), "correct it, or take it out: it is not read"))
        }
    }
}

/// The keys besides the own one.
fn check_trusted(variables: Variables<'_>, own: Option<VerifyingKey>) -> Option<Finding> {
    let list = variables.get(PUBLIC_KEYS).ok().flatten()?;
    let keys = TrustedKeys::parse_list(&list).ok()?;
    let ids: Vec<String> = keys.iter().map(|(id, _)| id.to_string()).collect();
    let is_own = |(_, key): &(u32, VerifyingKey)| own == Some(*key);
    if keys.iter().any(is_own) && keys.len() == 1 {
        let what = format!("{PUBLIC_KEYS} names only the key that signs, which is trusted anyway");
        return Some(TOPIC.ok(what));
    }
    Some(TOPIC.ok(format!("further keys are trusted, under the ids {}", ids.join(", "))))
}

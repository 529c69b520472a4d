//! The examples in both documents: taken from a real desk that is played with here, and held to what it answers today, on
//! both databases. What differs from run to run (ids, times, tickets, cursors) is replaced by made-up ones of the same form.
//!
//! # How to renew them
//! After a change that shows in them: `SUPPORT_EXAMPLES=write cargo test -p support-http --test it examples`, and read the
//! difference of `src/assets/examples.json` and `src/assets/asyncapi.json` before it is committed.

mod asyncapi;
mod documents;
mod recorder;
mod rest;
mod sockets;

use std::path::Path;
use std::{env, fs};

use serde_json::Value;

/// Set to write what was made instead of comparing it.
const WRITE: &str = "SUPPORT_EXAMPLES";

/// Holds what was made against the file of that name, which is part of the binary.
#[track_caller]
fn hold(name: &str, made: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assets").join(name);
    if env::var_os(WRITE).is_some() {
        let text = serde_json::to_string_pretty(made).expect("JSON") + "\n";
        fs::write(path, text).expect("the file is written");
        return;
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(path).expect("the file")).expect("JSON");
    if let Some(difference) = difference(&kept, made, "") {
        panic!("{name} is not what is made now: {difference}\nRenew it with {WRITE}=write, and read what has changed.");
    }
}

/// The first place where two values differ.
fn difference(one: &Value, other: &Value, place: &str) -> Option<String> {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let keys = one.keys().chain(other.keys().filter(|key| !one.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let of = |object: &serde_json::Map<String, Value>| object.get(key).cloned().unwrap_or_default();
                difference(&of(one), &of(other), &format!("{place}/{key}"))
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.into_iter().find_map(|(at, (one, other))| difference(one, other, &format!("{place}/{at}")))
        }
        _ => (one != other).then(|| format!("at {place}: {one}, and now {other}")),
    }
}

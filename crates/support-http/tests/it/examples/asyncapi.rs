//! docs/asyncapi.yaml as JSON, which is what the server has: with the frames that were played as examples.

use serde_json::{Map, Value};
use yaml_rust2::{Yaml, YamlLoader};

use super::hold;
use super::sockets::play;
use crate::harness::{Backend, Desk};

on_both_backends!(the_asyncapi_document_is_the_one_in_docs_with_frames_that_were_sent);

const DOCUMENT: &str = include_str!("../../../../../docs/asyncapi.yaml");
const FOR_PEOPLE: &str = include_str!("../../../../../docs/realtime.md");

/// The same as JSON.
#[track_caller]
fn to_json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Boolean(value) => (*value).into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::String(text) => text.as_str().into(),
        Yaml::Array(all) => all.iter().map(to_json).collect(),
        Yaml::Hash(fields) => {
            let name = |key: &Yaml| key.as_str().expect("a name").to_owned();
            fields.iter().map(|(key, value)| (name(key), to_json(value))).collect::<Map<_, _>>().into()
        }
        Yaml::Real(_) | Yaml::Alias(_) | Yaml::BadValue => panic!("{yaml:?} has no place in the document"),
    }
}

fn the_asyncapi_document_is_the_one_in_docs_with_frames_that_were_sent(backend: Backend) {
    let documents = YamlLoader::load_from_str(DOCUMENT).expect("docs/asyncapi.yaml is YAML");
    let [document] = &documents[..] else { panic!("{} documents", documents.len()) };
    let mut document = to_json(document);
    let desk = Desk::start(backend);
    let frames = play(&desk);
    let messages = document["components"]["messages"].as_object_mut().expect("messages");
    assert_eq!(frames.keys().collect::<Vec<_>>(), messages.keys().collect::<Vec<_>>(), "every message was sent");
    for (name, frames) in frames {
        let frames = frames.as_array().expect("frames").iter();
        messages[&name]["examples"] = frames.map(|frame| serde_json::json!({"payload": frame})).collect();
    }
    hold("asyncapi.json", &document);
}

#[test]
fn limits_and_ends_are_those_that_people_read() {
    let documents = YamlLoader::load_from_str(DOCUMENT).expect("YAML");
    let socket = to_json(&documents[0])["channels"]["socket"].clone();
    let (_, limits) = FOR_PEOPLE.split_once("\n## Limits\n").expect("the limits");
    let limits = limits.split("\n## ").next().expect("the limits");
    let mut rows: Vec<(String, String)> = Vec::new();
    for row in limits.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let defaults = cells[2].split(", ");
        rows.extend(cells[0].split(", ").zip(defaults).map(|(name, usual)| (name.replace('`', ""), usual.to_owned())));
    }
    let listed = socket["x-limits"].as_array().expect("x-limits").iter();
    let listed: Vec<(String, String)> = listed
        .map(|limit| (limit["variable"].as_str().expect("a variable").to_owned(), limit["default"].to_string()))
        .collect();
    assert_eq!(listed, rows);
    for code in socket["x-close-codes"].as_array().expect("x-close-codes") {
        assert!(code["client"].is_string() || code["code"] == 1000, "{code} says what to do");
    }
}

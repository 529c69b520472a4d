//! Both documents by themselves: everything in them has an example, and every example is what its schema says.

use boon::{Compiler, Draft, Schemas};
use serde_json::{Value, json};

use crate::harness::{Backend, Desk};

/// Where the document is said to stand.
const PLACE: &str = "https://desk.example/document.json";

/// A document whose schemas judge.
struct Judge {
    compiler: Compiler,
    schemas: Schemas,
}

impl Judge {
    fn of(document: &Value) -> Self {
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource(PLACE, document.clone()).expect("the document");
        Self { compiler, schemas: Schemas::new() }
    }

    /// What is wrong with a value by the schema that stands there.
    #[track_caller]
    fn fault(&mut self, pointer: &str, value: &Value) -> Option<String> {
        let place = format!("{PLACE}#{}", pointer.replace('{', "%7B").replace('}', "%7D"));
        let schema =
            self.compiler.compile(&place, &mut self.schemas).unwrap_or_else(|error| panic!("{place}: {error:#}"));
        self.schemas.validate(value, schema).err().map(|error| format!("{error:#}"))
    }
}

/// A part of a JSON pointer.
fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// The values of `examples` of a media type.
fn examples<'a>(document: &'a Value, content: &'a Value) -> Vec<&'a Value> {
    let all = content["examples"].as_object().into_iter().flat_map(|all| all.values());
    let value = |example: &'a Value| match example["$ref"].as_str() {
        Some(reference) => &document.pointer(&reference[1..]).expect("an example")["value"],
        None => &example["value"],
    };
    all.map(value).collect()
}

#[test]
fn every_operation_has_examples_and_they_are_what_the_schemas_say() {
    let desk = Desk::start(Backend::Sqlite);
    let document = desk.get("/api/support/openapi.json").expect(200).json;
    let mut judge = Judge::of(&document);
    let mut judged = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let at = format!("/paths/{}/{method}", escaped(path));
            for content_at in contents(operation) {
                let content = operation.pointer(&content_at).expect("a content");
                let is_text = ["text~1html", "text~1plain", "image~1"].iter().any(|kind| content_at.contains(kind));
                let shows_itself = path.ends_with("api.json");
                let examples = examples(&document, content);
                assert!(!examples.is_empty() || is_text || shows_itself, "{at}{content_at} has no example");
                for example in examples {
                    let fault = judge.fault(&format!("{at}{content_at}/schema"), example);
                    assert_eq!(fault, None, "{at}{content_at}: {example}");
                    judged += 1;
                }
            }
            for (number, parameter) in operation["parameters"].as_array().into_iter().flatten().enumerate() {
                // A place in a list and a ticket are good once or for a while, and of two directions there is one.
                let example = parameter.get("example");
                let needs_one =
                    !["beforeSeq", "cursor", "ticket"].contains(&parameter["name"].as_str().expect("a name"));
                assert!(example.is_some() || !needs_one, "{at}: no example of {}", parameter["name"]);
                let fault = example.and_then(|value| judge.fault(&format!("{at}/parameters/{number}/schema"), value));
                assert_eq!(fault, None, "{at}: {parameter}");
            }
        }
    }
    assert!(judged > 200, "{judged}");
}

/// Where in an operation bodies are described.
fn contents(operation: &Value) -> Vec<String> {
    let kinds = |at: String, value: &Value| {
        let kinds = value["content"].as_object().into_iter().flat_map(|kinds| kinds.keys());
        kinds.map(move |kind| format!("{at}/content/{}", escaped(kind))).collect::<Vec<_>>()
    };
    let mut all = kinds("/requestBody".to_owned(), &operation["requestBody"]);
    for (status, response) in operation["responses"].as_object().expect("responses") {
        all.extend(kinds(format!("/responses/{status}"), response));
    }
    all
}

#[test]
fn operations_name_the_errors_of_what_they_take() {
    let document = Desk::start(Backend::Sqlite).get("/api/support/openapi.json").expect(200).json;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path item") {
            let responses = operation["responses"].as_object().expect("responses");
            let takes = |kind: &str| operation["requestBody"]["content"][kind].is_object();
            let names = |status: &str, code: &str| {
                responses
                    .get(status)
                    .is_some_and(|one| one["content"]["application/json"]["examples"][code].is_object())
            };
            assert_eq!(names("400", "invalid_json"), takes("application/json"), "{method} {path}");
            for (status, code) in [("413", "payload_too_large"), ("415", "unsupported_media_type")] {
                assert_eq!(names(status, code), !operation["requestBody"].is_null(), "{method} {path}: {code}");
            }
            let has_id = path.contains("{id}");
            assert_eq!(names("404", "not_found"), has_id || takes("multipart/form-data"), "{method} {path}");
            for (status, header) in [("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")] {
                let told = responses.get(status).is_none_or(|one| one["headers"][header].is_object());
                assert!(told, "{method} {path}: {status} does not name {header}");
            }
        }
    }
}

#[test]
fn every_message_has_examples_and_they_are_what_the_schemas_say() {
    let desk = Desk::start(Backend::Sqlite);
    let document = desk.get("/api/support/asyncapi.json").expect(200).json;
    let mut judge = Judge::of(&document);
    for (name, message) in document["components"]["messages"].as_object().expect("messages") {
        let examples = message["examples"].as_array().unwrap_or_else(|| panic!("{name} has no examples"));
        for example in examples {
            let payload = &example["payload"];
            let at = format!("/components/messages/{name}/payload");
            assert_eq!(judge.fault(&at, payload), None, "{name}: {payload}");
            // The schema really judges: nothing is right that is of another type.
            assert!(judge.fault(&at, &json!({"type": "support:nonsense", "payload": {}})).is_some(), "{name}");
            if payload["payload"].as_object().is_some_and(|fields| !fields.is_empty()) {
                let empty = json!({"type": payload["type"], "payload": 1});
                assert!(judge.fault(&at, &empty).is_some(), "{name}");
            }
        }
    }
}

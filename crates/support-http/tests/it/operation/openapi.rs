//! The API's document: exactly the routes that there are, and nothing that points nowhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::attachments::png;
use crate::harness::{Backend, Desk, TICKETS, binary};
use crate::routes::ROUTES;

on_both_backends!(
    the_document_lists_exactly_the_routes,
    every_reference_in_the_document_leads_somewhere,
    every_route_of_the_document_tells_its_answers_and_its_guard,
    files_are_answered_with_the_types_that_the_document_names,
    the_command_prints_what_the_server_serves,
);

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "patch", "head", "options"];

fn document(desk: &Desk) -> Value {
    let answer = desk.get("/api/support/openapi.json").expect(200);
    assert!(answer.header("content-type").starts_with("application/json"));
    assert!(answer["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")), "{}", answer["openapi"]);
    answer.json
}

/// Every operation of the document: method, path, what it says.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().expect("a path item").iter();
        operations.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
    });
    all.filter(|(method, ..)| METHODS.contains(&method.to_lowercase().as_str())).collect()
}

fn the_document_lists_exactly_the_routes(backend: Backend) {
    let desk = Desk::start(backend);
    let document = document(&desk);
    let listed: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let of = |guarded: bool| -> BTreeSet<(String, String)> {
        let routes = ROUTES.iter().filter(|route| route.is_guarded() == guarded);
        routes.map(|route| (route.method.to_owned(), route.path.to_owned())).collect()
    };
    // What is about the server and not about the desk may be listed and need not.
    let beside: BTreeSet<_> = listed.difference(&of(false)).cloned().collect();
    assert_eq!(beside, of(true));
}

fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn every_reference_in_the_document_leads_somewhere(backend: Backend) {
    let document = document(&Desk::start(backend));
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn every_route_of_the_document_tells_its_answers_and_its_guard(backend: Backend) {
    let document = document(&Desk::start(backend));
    let everywhere = document["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
    for (method, path, operation) in operations(&document) {
        let Some(route) = ROUTES.iter().find(|route| route.method == method && route.path == path) else { continue };
        let answers: Vec<&String> = operation["responses"].as_object().expect("responses").keys().collect();
        let success = if route.is_socket() { "101" } else { "2" };
        assert!(answers.iter().any(|status| status.starts_with(success)), "{method} {path}: {answers:?}");
        if route.is_guarded() {
            for status in ["400", "401", "403"] {
                // Whoever has a token may have a ticket.
                if status == "403" && route.path == TICKETS {
                    continue;
                }
                assert!(answers.iter().any(|answer| *answer == status), "{method} {path}: no {status} in {answers:?}");
            }
            let guard = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
            assert!(guard || everywhere, "{method} {path} names no security scheme");
        }
        if path.contains("{id}") {
            let item = &document["paths"][&path];
            let parameters = [&operation["parameters"], &item["parameters"]].map(|list| list.as_array().cloned());
            let named =
                parameters.into_iter().flatten().flatten().any(|one| one["name"] == "id" && one["in"] == "path");
            assert!(named, "{method} {path}: no parameter id");
        }
        if route.takes_a_body() {
            assert!(operation["requestBody"]["content"]["application/json"].is_object(), "{method} {path}: no body");
        }
    }
}

fn files_are_answered_with_the_types_that_the_document_names(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let settings = driver.get("/api/support/settings").expect(200);
    let document = document(&desk);
    for path in ["/api/support/attachments/{id}", "/api/admin/support/attachments/{id}"] {
        let content = &document["paths"][path]["get"]["responses"]["200"]["content"];
        let named: BTreeSet<&str> = content.as_object().expect("content").keys().map(String::as_str).collect();
        let allowed = settings["settings"]["allowedMimeTypes"].as_array().expect("a list").iter();
        assert_eq!(named, allowed.filter_map(Value::as_str).collect(), "{path}");
    }
    let read = driver.get(driver.upload("a.png", &png())["fileUrl"].as_str().expect("a path")).expect(200);
    assert_eq!(read.header("content-type"), "image/png");
}

fn the_command_prints_what_the_server_serves(backend: Backend) {
    let served = document(&Desk::start(backend));
    let printed = binary(&["openapi"], &BTreeMap::new()).printed();
    let printed: Value = serde_json::from_str(&printed).expect("the command prints JSON");
    assert_eq!(printed["paths"], served["paths"]);
    assert_eq!(printed["components"], served["components"]);
}

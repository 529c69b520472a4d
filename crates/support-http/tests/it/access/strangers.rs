//! Users and what is not theirs: somebody else's, one of another country, one of their own id under another type, one
//! that does not exist. All of them are the same answer.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, USER, column};
use crate::routes::{For, ROUTES};

on_both_backends!(
    a_user_reaches_only_their_own_and_cannot_tell_why,
    a_user_lists_only_their_own,
    a_user_may_use_no_route_of_the_desk,
    without_a_token_every_guarded_route_is_unauthenticated,
);

fn a_user_reaches_only_their_own_and_cannot_tell_why(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let targets = [
        desk.driver("driver-2", "BD").open("Somebody else's", "secret"),
        desk.driver("driver-3", "US").open("Another country", "secret"),
        desk.customer("driver-1", "BD").open("The same id as a customer", "secret"),
        Conversation::missing(),
    ];
    let before = desk.database.snapshot();
    for route in ROUTES.iter().filter(|route| route.who == For::Users && route.path.contains("{id}")) {
        let mut answers = Vec::new();
        for target in &targets {
            let call = driver.call(route.method, &route.to(target));
            let call = match route.path.rsplit('/').next() {
                Some("messages") if route.method == "POST" => call.json(&json!({"content": "let me in"})),
                Some("read") => call.json(&json!({"upToSeq": 1})),
                _ => call,
            };
            let mut answer = call.send().refused(404, "not_found").json;
            answer.as_object_mut().unwrap().remove("requestId");
            answers.push(answer);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{} {}: {answers:?}", route.method, route.path);
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn a_user_lists_only_their_own(backend: Backend) {
    let desk = Desk::start(backend);
    let people: Vec<Person> = vec![
        desk.driver("user-1", "BD"),
        desk.customer("user-1", "BD"),
        desk.restaurant("user-1", "US"),
        desk.driver("user-2", "BD"),
    ];
    for (number, person) in people.iter().enumerate() {
        person.open(&format!("Shared words {number}"), "Hello");
    }
    for (number, person) in people.iter().enumerate() {
        for query in ["", "?search=shared", "?status=open", "?limit=100"] {
            let subjects = column(&person.list(query)["conversations"], "subject");
            assert_eq!(subjects, [format!("Shared words {number}")], "{query}");
        }
    }
}

fn a_user_may_use_no_route_of_the_desk(backend: Backend) {
    let desk = Desk::start(backend);
    for person in [desk.driver("driver-1", "BD"), desk.customer("customer-1", "US"), desk.restaurant("r-1", "BD")] {
        let own = person.open("Mine", "Hello");
        let before = desk.database.snapshot();
        for route in ROUTES.iter().filter(|route| route.who == For::Admins) {
            for target in [&own, &Conversation::missing()] {
                let call = person.call(route.method, &route.to(target));
                let body = json!({"content": "c", "upToSeq": 1, "status": "closed"});
                let call = if route.method == "GET" { call } else { call.json(&body) };
                call.send().refused(403, "forbidden");
            }
        }
        assert_eq!(desk.database.snapshot(), before);
    }
}

fn without_a_token_every_guarded_route_is_unauthenticated(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Mine", "Hello");
    let before = desk.database.snapshot();
    for route in ROUTES.iter().filter(|route| route.is_guarded()) {
        for path in [route.to(&opened), route.to(&Conversation::missing()), route.path.replace("{id}", "no-uuid")] {
            let call = desk.nobody().call(route.method, &path);
            let call = if route.method == "GET" { call } else { call.json(&Value::Null) };
            let answer = call.send().refused(401, "unauthenticated");
            assert!(answer.header("www-authenticate").starts_with("Bearer"), "{}", answer.asked);
        }
    }
    for route in ROUTES.iter().filter(|route| !route.is_guarded()) {
        desk.get(route.path).expect(200);
    }
    assert_eq!(desk.nobody().get(&format!("{USER}?limit=0")).status, 401);
    assert_eq!(desk.database.snapshot(), before);
}

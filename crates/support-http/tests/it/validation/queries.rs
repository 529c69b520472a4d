//! Bad values in the fields of queries.

use serde_json::json;

use crate::harness::{Backend, Desk, Person};
use crate::routes::{For, ROUTES};

on_both_backends!(
    lists_of_conversations,
    filters_of_the_desk_only,
    lists_of_messages,
    an_unknown_field_is_refused_on_every_route,
    a_cursor_is_nobodys_to_make_up,
);

#[track_caller]
fn refuses(person: &Person, path: &str, bad: &[(&str, &[&str])]) {
    for (field, values) in bad {
        for value in *values {
            person.get(&format!("{path}?{field}={value}")).refused_field(field);
        }
    }
}

const LIMITS: &[&str] = &["0", "101", "-1", "", "abc", "1.5", "NaN", "1e1", "99999999999999999999", "0x10", "%00"];
const TIMES: &[&str] = &[
    "",
    "yesterday",
    "2026-02-30",
    "2026-1-1",
    "2026-13-01",
    "1735689600",
    "2026-01-31T25:00:00Z",
    "2026-01-31T10:00",
    "%00",
];

fn lists_of_conversations(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    driver.open("Fields", "Hello");
    for person in [&driver, &admin] {
        let bad: &[(&str, &[&str])] = &[
            ("limit", LIMITS),
            ("status", &["", "bogus", "OPEN", "open,closed", "1", "%00", "open%20"]),
            ("from", TIMES),
            ("to", TIMES),
            ("cursor", &["garbage", "1", "%00", "AAAA", "....", "%F0%9F%98%80"]),
        ];
        refuses(person, person.home, bad);
    }
}

fn filters_of_the_desk_only(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let bad: &[(&str, &[&str])] = &[
        ("channel", &["", "plane", "Driver", "1"]),
        ("countryCode", &["", "FR", "bd", "B", "BD,US"]),
        ("priority", &["", "critical", "LOW", "0"]),
        ("assignedAdminId", &["", "a%20b", "a/b", "%E0%A6%AC", "%00"]),
        ("userId", &["", "a%20b", "a/b", "%E0%A6%AC", "%00"]),
        ("includeTotal", &["", "maybe", "TRUE", "1.0", "yes%20"]),
    ];
    refuses(&admin, admin.home, bad);
    // To a user these are unknown, whatever their value.
    for query in [
        "channel=driver",
        "countryCode=BD",
        "priority=low",
        "assignedAdminId=me",
        "userId=driver-1",
        "includeTotal=true",
    ] {
        let field = query.split('=').next().expect("a field");
        driver.get(&format!("{}?{query}", driver.home)).refused_field(field);
    }
}

fn lists_of_messages(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Fields", "Hello");
    let numbers: &[&str] = &["-1", "", "abc", "1.5", "NaN", "99999999999999999999", "%00"];
    for person in [&driver, &admin] {
        let bad: &[(&str, &[&str])] = &[("limit", LIMITS), ("afterSeq", numbers), ("beforeSeq", numbers)];
        refuses(person, &person.path(&opened, "/messages"), bad);
        // Both at once would mean two different pages.
        let both =
            person.get(&person.path(&opened, "/messages?afterSeq=0&beforeSeq=5")).refused(400, "validation_failed");
        let named = both["details"].as_object().expect("details");
        assert!(named.keys().any(|field| ["afterSeq", "beforeSeq"].contains(&field.as_str())), "{}", both.text);
    }
}

fn an_unknown_field_is_refused_on_every_route(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPER_ADMIN", None));
    let opened = driver.open("Fields", "Hello");
    let before = desk.database.snapshot();
    // Those of real time have their own tests: a socket is asked for with more than a path.
    for route in ROUTES.iter().filter(|route| route.is_guarded() && route.who != For::Both) {
        let person = if route.who == For::Admins { &admin } else { &driver };
        let last = route.path.rsplit('/').next();
        let body = match (route.method, last, route.who) {
            ("GET", ..) => None,
            ("PATCH", ..) => Some(json!({"priority": "low"})),
            (_, Some("messages"), _) => Some(json!({"content": "Good"})),
            (_, Some("read"), _) => Some(json!({"upToSeq": 1})),
            (.., For::Admins) => {
                Some(json!({"userId": "u", "userType": "driver", "countryCode": "BD", "subject": "Good",
                "initialMessage": "Good"}))
            }
            _ => Some(json!({"subject": "Good", "initialMessage": "Good"})),
        };
        for (query, field) in
            [("surprise=1", "surprise"), ("page=2", "page"), ("Limit=5", "Limit"), ("token=x", "token")]
        {
            let call = person.call(route.method, &format!("{}?{query}", route.to(&opened)));
            let call = body.as_ref().map_or(call.clone(), |body| call.json(body));
            call.send().refused_field(field);
        }
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn a_cursor_is_nobodys_to_make_up(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    for number in 0..3 {
        driver.open(&format!("Number {number}"), "Hello");
    }
    let cursor = driver.list("?limit=1")["pagination"]["nextCursor"].as_str().expect("a cursor").to_owned();
    assert!(
        cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)),
        "{cursor} needs no escape"
    );
    for broken in [format!("{cursor}x"), cursor[1..].to_owned(), cursor[..cursor.len() - 1].to_owned()] {
        driver.get(&format!("{}?limit=1&cursor={broken}", driver.home)).refused_field("cursor");
    }
    // Somebody else's cursor is a place in a list, and opens no door.
    let stranger = desk.driver("driver-2", "BD");
    let answer = stranger.get(&format!("{}?cursor={cursor}", stranger.home));
    if answer.status == 200 {
        assert_eq!(answer["conversations"], json!([]));
    } else {
        answer.refused_field("cursor");
    }
}

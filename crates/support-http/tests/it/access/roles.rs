//! Every route of the desk for every role, with its own country, with another one and with none, on a conversation of
//! each country and on one that does not exist.

use serde_json::{Value, json};

use crate::harness::{Answer, Backend, Conversation, DESK, Desk, Person};
use crate::routes::{For, ROUTES};

on_both_backends!(
    every_role_may_do_what_the_table_says_and_no_more,
    every_role_may_open_a_socket_with_a_ticket,
    no_admin_of_any_role_may_use_a_users_routes,
    permissions_in_the_token_count_and_not_the_roles_name,
    a_change_needs_the_permission_of_each_of_its_parts,
    a_missing_permission_is_told_before_a_bad_body,
);

/// Which countries' conversations exist for a role.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Global,
    Country,
    Nothing,
}

/// The host's table: role, VIEW, REPLY, ASSIGN, scope.
const ROLES: &[(&str, bool, bool, bool, Scope)] = &[
    ("SUPER_ADMIN", true, true, true, Scope::Global),
    ("ADMIN", true, true, false, Scope::Global),
    ("COUNTRY_ADMIN", true, true, true, Scope::Country),
    ("CITY_ADMIN", true, true, false, Scope::Country),
    ("SUPPORT_ADMIN", true, true, true, Scope::Country),
    ("COMPLIANCE_ADMIN", true, false, false, Scope::Global),
    ("RISK_ADMIN", true, false, false, Scope::Global),
    ("READONLY_ADMIN", true, false, false, Scope::Country),
    ("FINANCE_ADMIN", false, false, false, Scope::Nothing),
    ("INFRA_ADMIN", false, false, false, Scope::Nothing),
];

/// What an admin needs for a deed.
#[derive(Clone, Copy)]
enum Need {
    View,
    Reply,
    Assign,
}

/// Something to do to one conversation: method, what is below its path, body, what it needs, what success answers.
fn deeds() -> Vec<(&'static str, &'static str, Option<Value>, Need, u16)> {
    vec![
        ("GET", "", None, Need::View, 200),
        ("GET", "/messages", None, Need::View, 200),
        ("POST", "/messages", Some(json!({"content": "from the desk"})), Need::Reply, 201),
        ("POST", "/read", Some(json!({"upToSeq": 1})), Need::View, 200),
        ("PATCH", "", Some(json!({"status": "pending"})), Need::Reply, 200),
        ("PATCH", "", Some(json!({"priority": "urgent"})), Need::Reply, 200),
        ("PATCH", "", Some(json!({"assignedAdminId": "agent-1"})), Need::Assign, 200),
        ("PATCH", "", Some(json!({"assignedAdminId": null})), Need::Assign, 200),
    ]
}

fn ask(person: &Person, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let call = person.call(method, path);
    body.map_or(call.clone(), |body| call.json(body)).send()
}

fn sees(scope: Scope, own: Option<&str>, country: &str) -> bool {
    match scope {
        Scope::Global => true,
        Scope::Country => own == Some(country),
        Scope::Nothing => false,
    }
}

fn every_role_may_do_what_the_table_says_and_no_more(backend: Backend) {
    let desk = Desk::start(backend);
    let bangladesh = desk.driver("driver-1", "BD").open("In Bangladesh", "Hello");
    let america = desk.driver("driver-2", "US").open("In the States", "Hello");
    let missing = Conversation::missing();
    for &(role, view, reply, assign, scope) in ROLES {
        let holds = |need: Need| match need {
            Need::View => view,
            Need::Reply => reply,
            Need::Assign => assign,
        };
        for own in [Some("BD"), Some("US"), None] {
            let admin = desk.admin(role, own);
            for (target, country) in [(&bangladesh, Some("BD")), (&america, Some("US")), (&missing, None)] {
                let exists = country.is_some_and(|country| sees(scope, own, country));
                for (method, below, body, need, success) in deeds() {
                    let answer = ask(&admin, method, &admin.path(target, below), body.as_ref());
                    let (status, code) = match (holds(need), exists) {
                        (false, _) => (403, json!("forbidden")),
                        (true, false) => (404, json!("not_found")),
                        (true, true) => (success, Value::Null),
                    };
                    let got = (answer.status, answer["code"].clone());
                    assert_eq!(got, (status, code), "{role} of {own:?} on {country:?}: {} {body:?}", answer.asked);
                }
            }
            lists_and_opens(&admin, role, own, (view, reply), scope);
        }
    }
}

/// The two routes that are about no conversation yet.
fn lists_and_opens(admin: &Person, role: &str, own: Option<&str>, (view, reply): (bool, bool), scope: Scope) {
    let list = admin.get(DESK);
    if view {
        let rows = list.expect(200);
        for row in rows["conversations"].as_array().expect("a list") {
            assert!(sees(scope, own, row["countryCode"].as_str().unwrap()), "{role} of {own:?} sees {row}");
        }
        let any = rows["conversations"].as_array().is_some_and(|rows| !rows.is_empty());
        assert_eq!(any, scope == Scope::Global || own.is_some(), "{role} of {own:?}: {}", rows.text);
    } else {
        list.refused(403, "forbidden");
    }
    for country in ["BD", "US"] {
        let answer = admin.post(DESK, &opening(country));
        let status = match (reply, sees(scope, own, country)) {
            (false, _) => 403,
            (true, false) => 404,
            (true, true) => 201,
        };
        assert_eq!(answer.status, status, "{role} of {own:?} opens in {country}: {}", answer.text);
    }
}

fn opening(country: &str) -> Value {
    json!({"userId": "user-9", "userType": "customer", "countryCode": country, "subject": "About your order",
        "initialMessage": "Good morning"})
}

fn no_admin_of_any_role_may_use_a_users_routes(backend: Backend) {
    let desk = Desk::start(backend);
    // The same id on both sides must not open a door.
    let opened = desk.driver("super_admin-1", "BD").open("Mine", "Hello");
    let before = desk.database.snapshot();
    for &(role, ..) in ROLES {
        let admin = desk.admin(role, Some("BD"));
        for route in ROUTES.iter().filter(|route| route.who == For::Users) {
            let bodies = json!({"subject": "s", "initialMessage": "m", "content": "c", "upToSeq": 1});
            let body = (route.method != "GET").then_some(&bodies);
            for target in [&opened, &Conversation::missing()] {
                ask(&admin, route.method, &route.to(target), body).refused(403, "forbidden");
            }
        }
    }
    assert_eq!(desk.database.snapshot(), before);
}

fn every_role_may_open_a_socket_with_a_ticket(backend: Backend) {
    let desk = Desk::start(backend);
    for &(role, ..) in ROLES {
        let mut socket = desk.admin(role, Some("BD")).connect_by_ticket();
        assert_eq!(socket.connected["principal"]["role"], role);
        socket.round_trip();
    }
}

fn permissions_in_the_token_count_and_not_the_roles_name(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Permissions", "Hello");
    let only = |permission: &str, role: &str, country| {
        desk.admin_with("agent-1", role, country, &["--permission", permission])
    };
    let viewer = only("VIEW_SUPPORT_CONVERSATIONS", "SUPER_ADMIN", None);
    viewer.see(&opened);
    viewer.post(&viewer.path(&opened, "/messages"), &json!({"content": "no"})).refused(403, "forbidden");
    viewer.patch(&viewer.path(&opened, ""), &json!({"priority": "low"})).refused(403, "forbidden");

    let replier = only("REPLY_SUPPORT_CONVERSATIONS", "READONLY_ADMIN", Some("BD"));
    replier.send(&opened, "a reply without seeing");
    replier.get(&replier.path(&opened, "")).refused(403, "forbidden");
    replier.get(DESK).refused(403, "forbidden");

    let assigner = only("ASSIGN_SUPPORT_CONVERSATIONS", "COMPLIANCE_ADMIN", None);
    assigner.change(&opened, &json!({"assignedAdminId": "agent-2"}));
    assigner.patch(&assigner.path(&opened, ""), &json!({"status": "closed"})).refused(403, "forbidden");

    // A role without a scope sees nothing, whatever it is permitted.
    let financier = only("VIEW_SUPPORT_CONVERSATIONS", "FINANCE_ADMIN", Some("BD"));
    assert_eq!(financier.list("")["conversations"], json!([]));
    financier.get(&financier.path(&opened, "")).refused(404, "not_found");
}

fn a_change_needs_the_permission_of_each_of_its_parts(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Parts", "Hello");
    let both = json!({"status": "pending", "priority": "high", "assignedAdminId": "agent-1"});
    let before = desk.database.snapshot();
    // May reply, may not assign.
    let city = desk.admin("CITY_ADMIN", Some("BD"));
    city.patch(&city.path(&opened, ""), &both).refused(403, "forbidden");
    let assigner = desk.admin_with("a-1", "ADMIN", None, &["--permission", "ASSIGN_SUPPORT_CONVERSATIONS"]);
    assigner.patch(&assigner.path(&opened, ""), &both).refused(403, "forbidden");
    assert_eq!(desk.database.snapshot(), before);
    assert_eq!(desk.admin("SUPPORT_ADMIN", Some("BD")).change(&opened, &both)["version"], 2);
}

fn a_missing_permission_is_told_before_a_bad_body(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.driver("driver-1", "BD").open("Order", "Hello");
    let (reader, driver) = (desk.admin("READONLY_ADMIN", Some("BD")), desk.driver("driver-1", "BD"));
    for route in ROUTES.iter().filter(|route| route.takes_a_body()) {
        let path = route.to(&opened);
        for body in ["{", "{\"surprise\":1}", "[]"] {
            let call = |person: &Person| person.call(route.method, &path).body("application/json", body).send();
            call(&desk.nobody()).refused(401, "unauthenticated");
            let wrong_side = if route.who == For::Users { &reader } else { &driver };
            call(wrong_side).refused(403, "forbidden");
            if route.who == For::Admins && !route.path.ends_with("/read") {
                call(&reader).refused(403, "forbidden");
            }
        }
    }
}

#[test]
fn an_unknown_role_or_country_gets_no_token() {
    let environment =
        [("SUPPORT_BISCUIT_PRIVATE_KEY".to_owned(), crate::harness::signing_key().private.clone())].into();
    for arguments in [
        ["token", "admin", "--id", "a", "--role", "KING"].as_slice(),
        &["token", "admin", "--id", "a", "--role", "ADMIN", "--country", "FR"],
        &["token", "admin", "--id", "a", "--role", "ADMIN", "--permission", "FLY"],
        &["token", "admin", "--id", "a b", "--role", "ADMIN"],
        &["token", "admin", "--role", "ADMIN"],
        &["token", "user", "--id", "u", "--type", "pilot", "--country", "BD"],
        &["token", "user", "--id", "u", "--type", "driver", "--country", "FR"],
        &["token", "user", "--id", "u", "--type", "driver"],
        &["token", "user", "--id", "u", "--type", "driver", "--country", "BD", "--ttl", "soon"],
    ] {
        let outcome = crate::harness::binary(arguments, &environment);
        assert_eq!(outcome.code, Some(2), "{arguments:?}: {}", outcome.stderr);
        assert_eq!(outcome.stdout, "", "{arguments:?}");
        assert!(!outcome.stderr.is_empty(), "{arguments:?}");
    }
}

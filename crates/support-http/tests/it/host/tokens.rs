//! The host's tokens: the one kind that is for coming in, and all that must not be taken for it.

use serde_json::{Value, json};

use crate::harness::{Backend, DESK, Desk, Person, Plan, SECRET, USER, claims, now, sign, token_for, token_of};

on_postgres!(
    every_wrong_kind_of_token_is_refused_with_401,
    a_token_has_to_agree_with_the_hosts_row,
    a_role_without_permissions_is_in_and_may_nothing,
    a_socket_opens_with_the_hosts_token_and_is_renewed_by_it,
    an_unknown_column_of_the_host_stops_the_start,
);
on_both_backends!(without_the_hosts_rows_users_come_in_by_claims_alone_and_admins_do_not);

const DRIVER: &str = "3d0f6c1e-0000-4000-8000-000000000001";
const BOSS: &str = "3d0f6c1e-0000-4000-8000-000000000004";

#[track_caller]
fn refused(person: &Person, token: &str, why: &str) {
    let person = person.with_token(token);
    let answer = person.get(person.home);
    assert_eq!(answer.status, 401, "{why}: {}", answer.text);
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{why}");
    assert_eq!(answer["code"], "unauthenticated", "{why}");
    person.handshake().refused(401, "unauthenticated");
}

/// The driver's claims with one of them set to something else, or taken out.
fn changed(name: &str, value: Option<Value>) -> Value {
    let mut claims = claims(DRIVER, "driver", "BD");
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().expect("an object").remove(name)),
    }
    claims
}

fn every_wrong_kind_of_token_is_refused_with_401(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let driver = desk.nobody().with_token(&token_for(DRIVER, "driver", "BD"));
    driver.get(USER).expect(200);
    for name in ["documentId", "purpose", "type", "tokenFamily", "userRole"] {
        refused(&driver, &token_of(&changed(name, Some(json!("x")))), name);
    }
    let document = json!({"documentId": "d-1", "userId": DRIVER, "role": "driver", "purpose": "download",
        "expiresAt": now() + 900, "countryCode": "BD", "exp": now() + 900});
    refused(&driver, &token_of(&document), "a link to a document");
    let rotation = json!({"userId": DRIVER, "userRole": "driver", "tokenFamily": "f", "tokenVersion": 1, "type": "refresh",
        "role": "driver", "countryCode": "BD", "exp": now() + 900});
    refused(&driver, &token_of(&rotation), "rotation");
    for name in ["userId", "role", "countryCode", "exp"] {
        refused(&driver, &token_of(&changed(name, None)), name);
        for value in [json!(null), json!(1.5), json!({}), json!([]), json!(true)] {
            refused(&driver, &token_of(&changed(name, Some(value))), name);
        }
    }
    refused(&driver, &token_of(&changed("exp", Some(json!(now() - 1)))), "over");
    refused(&driver, &token_of(&changed("exp", Some(json!((now() + 900).to_string())))), "a text for a time");
    refused(&driver, &token_of(&changed("iat", Some(json!(now() + 86_400)))), "of the future");
    let text = claims(DRIVER, "driver", "BD").to_string();
    for algorithm in ["none", "HS512", "RS256"] {
        refused(&driver, &sign(&json!({"alg": algorithm, "typ": "JWT"}), &text, SECRET), algorithm);
    }
    let unsigned = sign(&json!({"alg": "none"}), &text, SECRET);
    refused(&driver, &unsigned[..=unsigned.rfind('.').expect("a dot")], "unsigned");
    let header = json!({"alg": "HS256", "typ": "JWT"});
    refused(&driver, &sign(&header, &text, "another secret of somebody else, as long"), "another secret");
    let twice = text.replace("\"role\":\"driver\"", "\"role\":\"admin\",\"role\":\"driver\"");
    assert_ne!(twice, text);
    refused(&driver, &sign(&header, &twice, SECRET), "a claim twice");
    refused(&driver, &token_of(&changed("padding", Some(json!("x".repeat(3_000))))), "too long");
    driver.get(USER).expect(200);
}

fn a_token_has_to_agree_with_the_hosts_row(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let nobody = desk.nobody();
    for (id, role, country) in [
        (DRIVER, "customer", "BD"),
        (DRIVER, "admin", "BD"),
        (DRIVER, "driver", "US"),
        (DRIVER, "driver", "FR"),
        (BOSS, "driver", "BD"),
        (BOSS, "admin", "US"),
        (BOSS, "SUPER_ADMIN", "BD"),
        ("3d0f6c1e-0000-4000-8000-000000000005", "pending_driver", "BD"),
        ("3d0f6c1e-0000-4000-8000-000000000005", "driver", "BD"),
        ("3d0f6c1e-0000-4000-8000-00000000ffff", "driver", "BD"),
        ("' OR true --", "driver", "BD"),
    ] {
        refused(&nobody, &token_for(id, role, country), &format!("{id} {role} {country}"));
    }
    nobody.with_token(&token_for(BOSS, "admin", "BD")).get(DESK).expect(200);
}

/// `403`, for a client that would refresh and come again on `401`.
fn a_role_without_permissions_is_in_and_may_nothing(_: Backend) {
    let desk = Plan::beside_the_host().start();
    for role in ["FINANCE_ADMIN", "INFRA_ADMIN"] {
        desk.admin(role, Some("BD")).get(DESK).refused(403, "forbidden");
    }
    let reader = desk.admin("READONLY_ADMIN", Some("BD"));
    let opened = desk.driver("driver-1", "BD").open("Fare", "Hello");
    reader.post(&reader.path(&opened, "/messages"), &json!({"content": "x"})).refused(403, "forbidden");
    assert_eq!(reader.see(&opened)["subject"], "Fare");
    // A role of the host that the desk does not know is nobody here.
    let unknown = desk.admin_with("partner", "PARTNER_ADMIN", Some("BD"), &[]);
    unknown.get(DESK).refused(401, "unauthenticated");
}

fn a_socket_opens_with_the_hosts_token_and_is_renewed_by_it(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Live", "Hello");
    let mut socket = driver.connect();
    assert_eq!(socket.connected["principal"]["id"], "driver-1");
    socket.join(&opened);
    socket.authenticate(&token_for("driver-1", "driver", "BD"));
    desk.customer("customer-1", "BD");
    let other = json!({"token": token_for("customer-1", "customer", "BD")});
    socket.ask("support:authenticate", &other).refused("forbidden");
    let mut by_ticket = desk.admin("SUPPORT_ADMIN", Some("BD")).connect_by_ticket();
    by_ticket.join(&opened);
    by_ticket.say(&opened, "from the desk");
    assert_eq!(socket.next_message()["text"], "from the desk");
}

fn an_unknown_column_of_the_host_stops_the_start(_: Backend) {
    let plan = Plan::beside_the_host();
    plan.database().connect().execute("ALTER TABLE public.users RENAME COLUMN \"isBlocked\" TO \"blocked\"");
    let mut server = plan.server_beside();
    assert_eq!(server.ended().code(), Some(1));
    assert!(server.log().contains("SUPPORT_HOST: the host's tables cannot be read"), "{}", server.log());
}

fn without_the_hosts_rows_users_come_in_by_claims_alone_and_admins_do_not(backend: Backend) {
    let desk: Desk = Desk::plan(backend).set("SUPPORT_JWT_SECRET", SECRET).set("SUPPORT_LOG", "debug").start();
    for role in ["driver", "customer", "restaurant"] {
        let person = desk.nobody().with_token(&token_for("anybody", role, "US"));
        let opened = person.open("By claims", "Hello");
        assert_eq!((&opened.json["userType"], &opened.json["countryCode"]), (&json!(role), &json!("US")));
    }
    for role in ["admin", "pending_driver", "SUPER_ADMIN"] {
        refused(&desk.nobody(), &token_for("anybody", role, "BD"), role);
    }
    refused(&desk.nobody(), &token_of(&changed("purpose", Some(json!("x")))), "another kind");
    assert!(desk.server.log().contains("SUPPORT_HOST is not set"), "the log says why");
    // The desk's own tokens are as good as before.
    desk.driver("driver-1", "BD").open("By a token of ours", "Hello");
    assert_eq!(desk.admin("SUPPORT_ADMIN", Some("US")).list("?includeTotal=true")["pagination"]["total"], 3);
}

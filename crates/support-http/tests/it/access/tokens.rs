//! Tokens that are none: missing, malformed, of another key, over, revoked, in the wrong place.

use std::collections::BTreeMap;

use crate::harness::{Backend, Desk, Key, USER, binary, eventually, narrow, signing_key};

on_both_backends!(
    what_is_no_token_is_unauthenticated,
    a_token_of_another_key_counts_only_where_that_key_is_trusted,
    a_token_is_over_when_its_time_is,
    a_revoked_token_is_refused_within_seconds_and_others_are_not,
    revoking_a_narrowed_token_leaves_its_parent,
    a_revoked_token_stays_revoked_after_a_restart,
    a_token_in_the_url_is_not_looked_at,
);

const DRIVER: [&str; 7] = ["user", "--id", "driver-1", "--type", "driver", "--country", "BD"];

fn revoke(desk: &Desk, token: &str) {
    let environment: BTreeMap<_, _> = desk.environment().clone();
    binary(&["token", "revoke", token], &environment).printed();
}

fn what_is_no_token_is_unauthenticated(backend: Backend) {
    let desk = Desk::start(backend);
    let good = signing_key().token(&DRIVER);
    let mut changed = good.clone();
    let middle = changed.len() / 2;
    let replacement = if changed.as_bytes()[middle] == b'A' { "B" } else { "A" };
    changed.replace_range(middle..=middle, replacement);
    for authorization in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer nonsense".to_owned(),
        "Bearer eyJhbGciOiJub25lIn0.e30.".to_owned(),
        good.clone(),
        format!("Basic {good}"),
        format!("Bearer {}", &good[..good.len() - 4]),
        format!("Bearer {changed}"),
        format!("Bearer {good} {good}"),
        format!("Bearer {}", "A".repeat(5_000)),
    ] {
        let answer = desk.nobody().call("GET", USER).header("authorization", &authorization).send();
        let answer = answer.refused(401, "unauthenticated");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{authorization}");
        assert!(!answer.text.contains(&good), "{}", answer.text);
    }
    desk.nobody().with_token(&good).list("");
}

fn a_token_of_another_key_counts_only_where_that_key_is_trusted(backend: Backend) {
    let other = Key::generate();
    assert_ne!(&other, signing_key());
    let token = other.token(&DRIVER);
    let desk = Desk::start(backend);
    desk.nobody().with_token(&token).get(USER).refused(401, "unauthenticated");
    drop(desk);

    let public = other.public.rsplit('/').next().expect("hex");
    let desk = Desk::plan(backend).set("SUPPORT_BISCUIT_PUBLIC_KEYS", &format!("7:{public}")).start();
    desk.nobody().with_token(&token).list("");
    desk.driver("driver-1", "BD").list("");
}

fn a_token_is_over_when_its_time_is(backend: Backend) {
    let desk = Desk::start(backend);
    let token = signing_key().token(&[&DRIVER[..], &["--ttl", "1s"]].concat());
    let driver = desk.nobody().with_token(&token);
    eventually("the token is over", || driver.get(USER).status == 401);
    driver.get(USER).refused(401, "unauthenticated");
}

fn a_revoked_token_is_refused_within_seconds_and_others_are_not(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    // Another life, so that the two tokens of one person are not the same one.
    let second = desk.nobody().with_token(&signing_key().token(&[&DRIVER[..], &["--ttl", "30m"]].concat()));
    let token = driver.token.clone().expect("a token");
    let narrowed = driver.with_token(&narrow(&token, &["--read-only"]));
    for person in [&driver, &second, &narrowed] {
        person.list("");
    }
    revoke(&desk, &token);
    eventually("the revoked token is refused", || driver.get(USER).status == 401);
    driver.get(USER).refused(401, "unauthenticated");
    eventually("what was made from it is refused", || narrowed.get(USER).status == 401);
    second.list("");
}

fn revoking_a_narrowed_token_leaves_its_parent(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let narrowed = driver.with_token(&narrow(driver.token.as_ref().expect("a token"), &["--read-only"]));
    narrowed.list("");
    revoke(&desk, narrowed.token.as_ref().expect("a token"));
    eventually("the narrowed token is refused", || narrowed.get(USER).status == 401);
    driver.list("");
}

fn a_revoked_token_stays_revoked_after_a_restart(backend: Backend) {
    let mut desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    revoke(&desk, driver.token.as_ref().expect("a token"));
    desk.restart();
    // From its first answer on: the list is read before the server is ready.
    driver.get(USER).refused(401, "unauthenticated");
}

fn a_token_in_the_url_is_not_looked_at(backend: Backend) {
    let desk = Desk::start(backend);
    let token = signing_key().token(&DRIVER);
    for name in ["token", "access_token", "authorization"] {
        desk.nobody().get(&format!("{USER}?{name}={token}")).refused(401, "unauthenticated");
    }
}

//! What the host decides about people while their tokens are good: it counts within seconds, for requests and for sockets
//! that are open, and for nobody else.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::harness::{Backend, Desk, Forwarder, Person, Plan, ROLE, Server, eventually, signing_key};

on_postgres!(
    a_blocked_user_is_cut_and_let_in_again,
    whatever_the_host_changes_about_a_user_cuts_them,
    whatever_the_host_changes_about_an_admin_cuts_them,
    a_token_of_ours_is_no_way_around_the_host,
    a_ticket_is_no_way_around_the_host,
    whom_the_host_does_not_know_a_token_of_ours_lets_in,
    a_database_that_is_away_is_no_refusal,
    a_crowd_at_the_hosts_tables_saves_nobody,
);

#[track_caller]
fn is_cut(person: &Person, what: &str) {
    eventually(what, || person.get(person.home).status == 401);
}

#[track_caller]
fn comes_in(person: &Person, what: &str) {
    eventually(what, || person.get(person.home).status == 200);
}

fn set_user(desk: &Desk, id: &str, change: &str) {
    desk.host_does(&format!("UPDATE public.users SET {change} WHERE id = '{id}'"));
}

fn set_admin(desk: &Desk, id: &str, change: &str) {
    desk.host_does(&format!("UPDATE public.admin_profiles SET {change} WHERE \"userId\" = '{id}'"));
}

fn a_blocked_user_is_cut_and_let_in_again(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let (driver, other) = (desk.driver("driver-1", "BD"), desk.driver("driver-2", "BD"));
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let opened = driver.open("Fare", "Hello");
    let (mut first, mut second, mut stays) = (driver.connect(), driver.connect(), other.connect());
    first.join(&opened);
    set_user(&desk, "driver-1", "\"isBlocked\" = true");
    first.closed_with(4003);
    second.closed_with(4003);
    is_cut(&driver, "a blocked user is refused");
    driver.handshake().refused(401, "unauthenticated");
    // Their conversation stays where it is, and the desk at work.
    admin.send(&opened, "We have blocked you.");
    stays.round_trip();
    set_user(&desk, "driver-1", "\"isBlocked\" = false");
    comes_in(&driver, "a user who is no longer blocked comes in");
    let mut again = driver.connect();
    assert_eq!(again.join_after(&opened, 1)["messages"][0]["text"], "We have blocked you.");
    // What was decided about the sockets before is not held against this one.
    again.say(&opened, "I am back");
}

fn whatever_the_host_changes_about_a_user_cuts_them(_: Backend) {
    let desk = Plan::beside_the_host().start();
    for (number, change) in [
        "\"isAccountLocked\" = true",
        "role = 'customer'",
        "role = 'pending_driver'",
        "role = 'admin'",
        "\"countryCode\" = 'US'",
        "\"countryCode\" = 'FR'",
    ]
    .iter()
    .enumerate()
    {
        let id = format!("driver-{number}");
        let driver = desk.driver(&id, "BD");
        let mut socket = driver.connect();
        set_user(&desk, &id, change);
        socket.closed_with(4003);
        is_cut(&driver, change);
    }
    let gone = desk.driver("driver-gone", "BD");
    let mut socket = gone.connect();
    desk.host_does("DELETE FROM public.users WHERE id = 'driver-gone'");
    socket.closed_with(4003);
    is_cut(&gone, "who is gone");
}

fn whatever_the_host_changes_about_an_admin_cuts_them(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let opened = desk.driver("driver-1", "BD").open("Fare", "Hello");
    for (number, change) in [
        "\"isActive\" = false",
        "\"adminRole\" = 'FINANCE_ADMIN'",
        "\"adminRole\" = 'SUPER_ADMIN'",
        "\"adminRole\" = 'PARTNER_ADMIN'",
        "\"countryCode\" = 'US'",
        "\"countryCode\" = NULL",
    ]
    .iter()
    .enumerate()
    {
        let id = format!("agent-{number}");
        let admin = desk.admin_with(&id, "SUPPORT_ADMIN", Some("BD"), &[]);
        let mut socket = admin.connect();
        socket.join(&opened);
        set_admin(&desk, &id, change);
        socket.closed_with(4003);
    }
    let admin = desk.admin_with("agent-off", "SUPPORT_ADMIN", Some("BD"), &[]);
    let path = admin.path(&opened, "");
    admin.get(&path).expect(200);
    set_admin(&desk, "agent-off", "\"isActive\" = false");
    is_cut(&admin, "an admin who is not active");
    admin.patch(&path, &json!({"status": "closed"})).refused(401, "unauthenticated");
    // A role or a country that was changed counts with the very same token, which says neither.
    let moved = desk.admin_with("agent-moved", "SUPPORT_ADMIN", Some("BD"), &[]);
    moved.get(&path).expect(200);
    set_admin(&desk, "agent-moved", "\"countryCode\" = 'US'");
    eventually("the other country's conversations are gone", || moved.get(&path).status == 404);
    set_admin(&desk, "agent-moved", "\"countryCode\" = 'BD', \"adminRole\" = 'READONLY_ADMIN'");
    eventually("they may read again", || moved.get(&path).status == 200);
    moved.patch(&path, &json!({"status": "closed"})).refused(403, "forbidden");
}

/// A token of the desk's own, beside the host.
pub(super) fn biscuit(desk: &Desk, arguments: &[&str], home: &'static str) -> Person {
    let mut person = desk.nobody().with_token(&signing_key().token(arguments));
    person.home = home;
    person
}

const DRIVER: [&str; 7] = ["user", "--id", "driver-1", "--type", "driver", "--country", "BD"];
const AGENT: [&str; 7] = ["admin", "--id", "agent-1", "--role", "SUPPORT_ADMIN", "--country", "BD"];

fn a_token_of_ours_is_no_way_around_the_host(_: Backend) {
    let desk = Plan::beside_the_host().start();
    desk.host_has_user("driver-1", "driver", "BD");
    desk.host_has_admin("agent-1", "SUPPORT_ADMIN", Some("BD"));
    let driver = biscuit(&desk, &DRIVER, crate::harness::USER);
    let agent = biscuit(&desk, &AGENT, crate::harness::DESK);
    let (mut of_driver, mut of_agent) = (driver.connect(), agent.connect());
    comes_in(&driver, "the driver");
    comes_in(&agent, "the agent");
    set_user(&desk, "driver-1", "\"isBlocked\" = true");
    set_admin(&desk, "agent-1", "\"isActive\" = false");
    of_driver.closed_with(4003);
    of_agent.closed_with(4003);
    is_cut(&driver, "the driver");
    is_cut(&agent, "the agent");
    // Nor is one that says more than the host does.
    desk.host_has_admin("agent-2", "READONLY_ADMIN", Some("BD"));
    let arguments = ["admin", "--id", "agent-2", "--role", "SUPER_ADMIN"];
    biscuit(&desk, &arguments, crate::harness::DESK).get(crate::harness::DESK).refused(401, "unauthenticated");
}

fn a_ticket_is_no_way_around_the_host(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let driver = desk.driver("driver-1", "BD");
    let (ticket, other) = (driver.ticket(), desk.driver("driver-2", "BD").ticket());
    set_user(&desk, "driver-1", "\"isBlocked\" = true");
    desk.nobody().handshake().ticket(&ticket).refused(401, "unauthenticated");
    desk.nobody().handshake().ticket(&other).open().round_trip();
}

fn whom_the_host_does_not_know_a_token_of_ours_lets_in(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let arguments = ["user", "--id", "guest-1", "--type", "customer", "--country", "US"];
    let guest = biscuit(&desk, &arguments, crate::harness::USER);
    let opened = guest.open("A guest", "Hello");
    let mut socket = guest.connect();
    socket.join(&opened);
    // Somebody falls meanwhile: the guest was asked about, too.
    let driver = desk.driver("driver-1", "BD");
    let mut falls = driver.connect();
    set_user(&desk, "driver-1", "\"isBlocked\" = true");
    falls.closed_with(4003);
    socket.say(&opened, "still here");
}

/// Ends the server's connections to the host's tables, which go by way of the forwarder.
fn a_database_that_is_away_is_no_refusal(_: Backend) {
    let plan = Plan::beside_the_host();
    let mut forwarder = Forwarder::to(&plan.database().address());
    let url = plan.database().url_as(ROLE).replace(&plan.database().address(), &forwarder.address());
    let desk = plan.set("SUPPORT_HOST_DATABASE_URL", &url).start();
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Fare", "Hello");
    let mut socket = driver.connect();
    socket.join(&opened);
    forwarder.cut();
    eventually("nobody can say who the driver is", || driver.get(driver.home).status == 503);
    driver.get(driver.home).refused(503, "unavailable");
    driver.handshake().refused(503, "unavailable");
    // Whoever is in stays for a while.
    socket.say(&opened, "Are you there?");
    forwarder.restore();
    comes_in(&driver, "the driver comes in once the database is back");
    socket.round_trip();
    let told = |server: &Server| {
        let log = server.log();
        let lines = log.lines().filter(|line| line.contains("the host's tables cannot be read"));
        lines.filter(|line| line.contains("\"people\"")).count()
    };
    assert_eq!(told(&desk.server), 1, "said once: {}", desk.server.log());
}

fn a_crowd_at_the_hosts_tables_saves_nobody(_: Backend) {
    let desk = Plan::beside_the_host().set("SUPPORT_HOST_POOL_SIZE", "1").start();
    let (admin, driver) = (desk.admin("SUPPORT_ADMIN", Some("BD")), desk.driver("driver-1", "BD"));
    let opened = driver.open("Fare", "Hello");
    let mut socket = driver.connect();
    let path = admin.path(&opened, "");
    // Every card waits for a table that is held, and each of them has the one connection for as long as it may.
    let mut holder = desk.database.connect();
    holder.batch("BEGIN; LOCK TABLE public.driver_profiles IN ACCESS EXCLUSIVE MODE");
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                (0..20).take_while(|_| !is_over.load(Ordering::Relaxed)).for_each(|_| drop(admin.get(&path)));
            });
        }
        eventually("nobody else is answered", || admin.get(&path).status == 503);
        set_user(&desk, "driver-1", "\"isBlocked\" = true");
        socket.closed_with(4003);
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(!desk.server.log().contains("nobody can say"), "{}", desk.server.log());
}

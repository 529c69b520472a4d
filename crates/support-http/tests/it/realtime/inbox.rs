//! `support:conversationUpdated`: to those in the room when status, priority or assignment changed, to those who watch
//! their inbox at any change, and to whoever does both once.

use serde_json::{Value, json};

use crate::harness::{Backend, Desk, Socket, keys, numbers};
use crate::shapes;

on_both_backends!(
    a_room_is_told_of_every_change_of_status_priority_and_assignment,
    what_changed_nothing_is_told_to_nobody,
    a_user_watches_all_conversations_of_their_own,
    the_desk_watches_all_conversations_of_its_countries,
    watchers_see_new_messages_and_read_marks_in_the_summary_only,
    who_is_in_the_room_and_watches_is_told_once,
    watching_twice_is_watching_once,
    a_watchers_view_never_goes_back,
    watching_needs_the_permission_to_view,
);

/// How many updates of that conversation are among these frames.
fn updates_of(events: &[Value], id: &str, is_it: impl Fn(&Value) -> bool) -> usize {
    let updates = events.iter().filter(|frame| frame["type"] == "support:conversationUpdated");
    updates.map(|frame| &frame["payload"]["conversation"]).filter(|seen| seen["id"] == id && is_it(seen)).count()
}

fn a_room_is_told_of_every_change_of_status_priority_and_assignment(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Changes", "Hello");
    let (mut user, mut staff) = (driver.connect(), admin.connect());
    user.join(&opened);
    staff.join(&opened);
    for (version, change) in [
        (2, json!({"status": "pending"})),
        (3, json!({"priority": "urgent"})),
        (4, json!({"assignedAdminId": "agent-2"})),
        (5, json!({"assignedAdminId": null})),
        (6, json!({"status": "resolved", "priority": "low", "assignedAdminId": "agent-3"})),
        (7, json!({"status": "closed"})),
    ] {
        admin.change(&opened, &change);
        for (socket, person, shape) in [
            (&mut user, &driver, shapes::conversation_for_user()),
            (&mut staff, &admin, shapes::conversation_for_admin()),
        ] {
            let seen = socket.update_of(&opened, |_| true);
            assert_eq!((&seen["version"], keys(&seen)), (&json!(version), shape), "{change}");
            assert_eq!(seen, person.see(&opened), "{change}");
            socket.none_came_of("support:conversationUpdated");
        }
    }
    // Messages and reading are told by their own events.
    let opened = driver.open("No change", "Hello");
    user.join(&opened);
    staff.join(&opened);
    user.say(&opened, "more");
    staff.mark_read(&opened, 2);
    user.expect_event("support:messagesRead");
    user.none_came_of("support:conversationUpdated");
    staff.none_came_of("support:conversationUpdated");
}

fn what_changed_nothing_is_told_to_nobody(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("No change", "Hello");
    let (mut user, mut watcher) = (driver.connect(), admin.connect());
    user.join(&opened);
    watcher.watch();
    admin.change(&opened, &json!({"status": "open", "priority": "normal", "assignedAdminId": null}));
    admin.patch(&admin.path(&opened, ""), &json!({"priority": "low", "version": 9})).refused(409, "stale");
    admin.read(&opened, 0);
    driver.read(&opened, 1);
    driver.see(&opened);
    driver.post(&driver.path(&opened, "/messages"), &json!({"content": ""})).expect(400);
    user.typing(&opened, true);
    // What comes next is the first that they hear of it.
    admin.change(&opened, &json!({"priority": "high"}));
    assert_eq!(user.update_of(&opened, |_| true)["version"], 2);
    assert_eq!(watcher.update_of(&opened, |_| true)["version"], 2);
    user.nothing_came();
    watcher.nothing_came();
}

fn a_user_watches_all_conversations_of_their_own(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let old = driver.open("From before", "Hello");
    let mut watcher = driver.connect();
    watcher.watch();
    admin.send(&old, "an answer");
    let seen = watcher.update_of(&old, |seen| seen["lastSeq"] == 2);
    assert_eq!(keys(&seen), shapes::conversation_for_user());
    assert_eq!((&seen["lastMessagePreview"], &seen["unreadCountUser"]), (&json!("an answer"), &json!(1)));
    assert_eq!(seen, driver.see(&old));
    driver.read(&old, 2);
    watcher.update_of(&old, |seen| seen["unreadCountUser"] == 0);
    admin.change(&old, &json!({"status": "resolved"}));
    watcher.update_of(&old, |seen| seen["status"] == "resolved");
    // One that did not exist yet, opened by themselves and by the desk.
    let new = driver.open("Opened since", "Hello");
    assert_eq!(watcher.update_of(&new, |_| true)["subject"], "Opened since");
    let by_desk = admin.open_with(&json!({"userId": "driver-1", "userType": "driver", "countryCode": "BD",
        "subject": "From the desk", "initialMessage": "Good morning"}));
    assert_eq!(watcher.update_of(&by_desk, |_| true)["subject"], "From the desk");
    // And nobody else's.
    desk.driver("driver-2", "BD").open("Somebody else's", "Hello");
    admin.send(&by_desk, "the end");
    watcher.update_of(&by_desk, |seen| seen["lastSeq"] == 2);
    for frame in watcher.take_events() {
        assert_eq!(frame["payload"]["conversation"]["userId"], "driver-1", "{frame}");
    }
}

fn the_desk_watches_all_conversations_of_its_countries(backend: Backend) {
    let desk = Desk::start(backend);
    let (bangladesh, america) = (desk.driver("driver-1", "BD"), desk.customer("customer-1", "US"));
    let mut here = desk.admin("SUPPORT_ADMIN", Some("BD")).connect();
    let mut there = desk.admin_with("agent-2", "SUPPORT_ADMIN", Some("US"), &[]).connect();
    let mut everywhere = desk.admin("SUPER_ADMIN", None).connect();
    let mut looker = desk.admin("READONLY_ADMIN", Some("BD")).connect();
    for socket in [&mut here, &mut there, &mut everywhere, &mut looker] {
        socket.watch();
    }
    let one = bangladesh.open("In Bangladesh", "Hello");
    let other = america.open("In the States", "Hello");
    for socket in [&mut here, &mut everywhere, &mut looker] {
        let seen = socket.update_of(&one, |_| true);
        assert_eq!(keys(&seen), shapes::conversation_for_admin());
        assert_eq!((&seen["lastSeq"], &seen["unreadCountAdmin"]), (&json!(1), &json!(1)));
    }
    for socket in [&mut there, &mut everywhere] {
        assert_eq!(socket.update_of(&other, |_| true)["countryCode"], "US");
    }
    bangladesh.send(&one, "the end");
    america.send(&other, "the end");
    for (socket, own) in [(&mut here, &one), (&mut looker, &one), (&mut there, &other)] {
        socket.update_of(own, |seen| seen["lastSeq"] == 2);
        for frame in socket.take_events() {
            assert_eq!(frame["payload"]["conversation"]["id"], own.id.as_str(), "{frame}");
        }
    }
}

fn watchers_see_new_messages_and_read_marks_in_the_summary_only(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Summaries", "Hello");
    let (mut user, mut watcher) = (driver.connect(), admin.connect());
    user.join(&opened);
    watcher.watch();
    user.say(&opened, "more");
    let seen = watcher.update_of(&opened, |seen| seen["lastSeq"] == 2);
    assert_eq!((&seen["unreadCountAdmin"], &seen["lastMessagePreview"]), (&json!(2), &json!("more")));
    user.typing(&opened, true);
    let mut staff = admin.connect();
    staff.mark_read(&opened, 2);
    let seen = watcher.update_of(&opened, |seen| seen["unreadCountAdmin"] == 0);
    assert_eq!(seen["version"], 1);
    user.expect_event("support:messagesRead");
    for kind in ["support:newMessage", "support:messagesRead", "support:typing"] {
        watcher.none_came_of(kind);
    }
}

fn who_is_in_the_room_and_watches_is_told_once(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Twice?", "Hello");
    let mut both: Vec<Socket> = [&driver, &driver, &admin].iter().map(|person| person.connect()).collect();
    for (number, socket) in both.iter_mut().enumerate() {
        // In either order.
        if number == 0 {
            socket.watch();
        }
        socket.join(&opened);
        socket.watch();
    }
    admin.change(&opened, &json!({"priority": "high"}));
    admin.change(&opened, &json!({"status": "pending"}));
    admin.send(&opened, "the end");
    for socket in &mut both {
        // Seq 2 is the note, 3 the end.
        assert_eq!([socket.next_message()["seq"].clone(), socket.next_message()["seq"].clone()], [2, 3]);
        let mut events = socket.take_events();
        if updates_of(&events, &opened.id, |seen| seen["lastSeq"] == 3) == 0 {
            let last = socket.update_of(&opened, |seen| seen["lastSeq"] == 3);
            events.push(json!({"type": "support:conversationUpdated", "payload": {"conversation": last}}));
        }
        for (version, last_seq) in [(2, 1), (3, 2), (3, 3)] {
            let count =
                updates_of(&events, &opened.id, |seen| seen["version"] == version && seen["lastSeq"] == last_seq);
            // Changes that follow each other closely may be told together, but none is told twice.
            assert!(count <= 1, "version {version}, message {last_seq}: {events:?}");
        }
        assert_eq!(updates_of(&events, &opened.id, |seen| seen["lastSeq"] == 3), 1, "{events:?}");
    }
}

fn watching_twice_is_watching_once(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let mut watcher = driver.connect();
    for _ in 0..3 {
        watcher.watch();
    }
    let opened = driver.open("Once", "Hello");
    watcher.update_of(&opened, |_| true);
    let marker = driver.open("The end", "Hello");
    watcher.update_of(&marker, |_| true);
    watcher.nothing_came();
    // Leaving a room leaves no inbox.
    watcher.join(&opened);
    watcher.leave(&opened);
    driver.send(&opened, "more");
    watcher.update_of(&opened, |seen| seen["lastSeq"] == 2);
}

fn a_watchers_view_never_goes_back(backend: Backend) {
    const MESSAGES: i64 = 40;
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Forward", "Hello");
    let mut watchers = [driver.connect(), admin.connect()];
    for socket in &mut watchers {
        socket.watch();
    }
    crate::harness::all_at_once(4, |number| {
        for turn in 0..MESSAGES / 2 {
            match number {
                0 => drop(driver.send(&opened, "from the user")),
                1 => drop(admin.send(&opened, "from the desk")),
                2 => drop(driver.read(&opened, turn)),
                _ => drop(admin.change(&opened, &json!({"priority": if turn % 2 == 0 { "high" } else { "low" }}))),
            }
        }
    });
    let end = driver.see(&opened);
    assert_eq!(end["lastSeq"], MESSAGES + 1);
    for socket in &mut watchers {
        let mut seen = Vec::new();
        let is_end = |one: &Value| ["lastSeq", "version", "unreadCountUser"].iter().all(|key| one[*key] == end[*key]);
        loop {
            let one = socket.update_of(&opened, |_| true);
            let done = is_end(&one);
            seen.push(one);
            if done {
                break;
            }
        }
        for key in ["lastSeq", "version"] {
            assert!(numbers(&json!(seen), key).is_sorted(), "{key}: {:?}", numbers(&json!(seen), key));
        }
    }
}

fn watching_needs_the_permission_to_view(backend: Backend) {
    let desk = Desk::start(backend);
    let mut refused = vec![desk.admin("FINANCE_ADMIN", Some("BD")).connect()];
    let only = ["--permission", "REPLY_SUPPORT_CONVERSATIONS"];
    refused.push(desk.admin_with("agent-1", "SUPPORT_ADMIN", Some("BD"), &only).connect());
    for socket in &mut refused {
        socket.ask("support:watchInbox", &json!({})).refused("forbidden");
    }
    let mut witness = desk.admin("READONLY_ADMIN", Some("BD")).connect();
    witness.watch();
    let opened = desk.driver("driver-1", "BD").open("Watched", "Hello");
    witness.update_of(&opened, |_| true);
    for socket in &mut refused {
        socket.nothing_came();
    }
}

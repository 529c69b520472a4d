//! A user and the desk in one room: what is said, read and typed reaches everybody else who is in it, and nobody else.

use serde_json::{Value, json};

use crate::harness::{Backend, Conversation, Desk, Person, Socket, keys};
use crate::shapes;

on_both_backends!(
    joining_shows_the_conversation_and_none_of_its_past,
    what_one_says_comes_to_the_others_in_both_directions,
    the_sending_socket_has_its_answer_and_no_event,
    rest_and_sockets_are_one_conversation,
    a_user_never_learns_which_admin_it_was,
    each_side_sees_its_own_view_of_an_event,
    reading_is_told_to_everybody_in_the_room,
    reading_that_moves_nothing_is_told_to_nobody,
    typing_is_told_to_the_others_and_not_to_who_types,
    leaving_ends_it,
    joining_again_answers_again_and_doubles_nothing,
    a_socket_may_be_in_many_rooms,
    a_socket_that_is_gone_is_missed_by_nobody,
);

struct Room {
    desk: Desk,
    driver: Person,
    admin: Person,
    opened: Conversation,
    user: Socket,
    staff: Socket,
}

/// A user and an admin in one conversation.
fn room(backend: Backend) -> Room {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-nadia", "SUPPORT_ADMIN", Some("BD"), &["--email", "nadia@example.com"]);
    let opened = driver.open("A room", "Hello");
    let (mut user, mut staff) = (driver.connect(), admin.connect());
    user.keep_what_comes();
    user.join(&opened);
    staff.join(&opened);
    Room { desk, driver, admin, opened, user, staff }
}

/// Another socket of that person in the room.
fn in_room(person: &Person, conversation: &Conversation) -> Socket {
    let mut socket = person.connect();
    socket.join(conversation);
    socket
}

fn joining_shows_the_conversation_and_none_of_its_past(backend: Backend) {
    let Room { desk: _desk, driver, admin, opened, .. } = room(backend);
    driver.send(&opened, "more past");
    for (person, shape) in [(&driver, shapes::conversation_for_user()), (&admin, shapes::conversation_for_admin())] {
        let answer = person.connect().join(&opened);
        assert_eq!(answer["conversation"], person.see(&opened));
        assert_eq!(keys(&answer["conversation"]), shape);
        assert_eq!((&answer["messages"], &answer["hasMore"]), (&json!([]), &json!(false)));
    }
}

fn what_one_says_comes_to_the_others_in_both_directions(backend: Backend) {
    let Room { desk: _desk, driver, admin, opened, mut user, mut staff } = room(backend);
    let mut colleague = in_room(&admin, &opened);
    let asked = user.say(&opened, "Where is my money?");
    let answered = staff.say(&opened, "On its way.");
    for socket in [&mut staff, &mut colleague] {
        assert_eq!(socket.next_message()["id"], asked["id"]);
    }
    for socket in [&mut user, &mut colleague] {
        assert_eq!(socket.next_message()["id"], answered["id"]);
    }
    assert_eq!(driver.messages(&opened).len(), 3);
    for socket in [&mut user, &mut staff, &mut colleague] {
        socket.nothing_came();
    }
}

fn the_sending_socket_has_its_answer_and_no_event(backend: Backend) {
    let Room { desk: _desk, driver, opened, mut user, mut staff, .. } = room(backend);
    let mut second = in_room(&driver, &opened);
    for number in 0..5 {
        let sent = user.say(&opened, &format!("Message {number}"));
        // The sender's other sockets are told as everybody is.
        let came = second.next_message();
        assert_eq!((&came["id"], &came["seq"]), (&sent["id"], &json!(number + 2)));
        assert_eq!(came, sent);
        assert_eq!(staff.next_message()["id"], sent["id"]);
    }
    user.nothing_came();
    second.nothing_came();
}

fn rest_and_sockets_are_one_conversation(backend: Backend) {
    let Room { desk: _desk, driver, admin, opened, mut user, mut staff } = room(backend);
    // What is sent over REST was sent by no socket: all are told.
    let sent = driver.send(&opened, "by the user, over REST");
    let seen = [user.next_message(), staff.next_message()];
    assert_eq!((&seen[0], &seen[1]["id"]), (&sent, &sent["id"]));
    let sent = admin.send(&opened, "by the desk, over REST");
    let seen = [staff.next_message(), user.next_message()];
    assert_eq!((&seen[0], &seen[1]["id"]), (&sent, &sent["id"]));
    // What is said here stands there.
    let said = user.say(&opened, "by the user, here");
    assert_eq!(driver.messages(&opened).last(), Some(&said));
    assert_eq!(staff.next_message()["text"], "by the user, here");
    // A change writes a note, and tells of itself.
    admin.change(&opened, &json!({"status": "pending", "priority": "high"}));
    for socket in [&mut user, &mut staff] {
        let note = socket.next_message();
        assert_eq!((&note["senderType"], &note["seq"], &note["senderId"]), (&json!("system"), &json!(5), &Value::Null));
        let update = socket.update_of(&opened, |seen| seen["version"] == 2);
        assert_eq!((&update["status"], &update["priority"]), (&json!("pending"), &json!("high")));
        socket.nothing_came();
    }
    admin.read(&opened, 5);
    driver.read(&opened, 5);
    for socket in [&mut user, &mut staff] {
        let read = [socket.expect_event("support:messagesRead"), socket.expect_event("support:messagesRead")];
        assert_eq!((&read[0]["by"], &read[1]["by"]), (&json!("admin"), &json!("user")));
    }
}

fn a_user_never_learns_which_admin_it_was(backend: Backend) {
    let Room { desk, driver, admin, opened, mut user, mut staff } = room(backend);
    let mut watcher = driver.connect();
    watcher.keep_what_comes();
    watcher.watch();
    assert_eq!(staff.say(&opened, "A person")["senderId"], "agent-nadia");
    staff.typing(&opened, true);
    staff.mark_read(&opened, 2);
    admin.change(&opened, &json!({"assignedAdminId": "agent-nadia", "status": "pending", "priority": "low"}));
    let key = json!({"content": "and once more", "clientMessageId": "key-1"});
    staff.say_with(&opened, &key);

    assert_eq!(user.next_message()["senderId"], Value::Null);
    assert_eq!(user.update_of(&opened, |seen| seen["version"] == 2)["assigned"], true);
    user.expect_event("support:typing");
    user.expect_event("support:messagesRead");
    watcher.update_of(&opened, |seen| seen["lastSeq"] == 4);
    user.join_after(&opened, 0);
    user.say(&opened, "Thank you");
    let again = user.ask("support:markRead", &json!({"conversationId": opened.id, "upToSeq": 99}));
    again.ack();
    for socket in [&mut user, &mut watcher] {
        socket.round_trip();
        assert!(socket.heard().contains(&opened.id));
        assert!(!socket.heard().contains("nadia"), "{}", socket.heard());
    }
    // The desk does.
    let mut colleague = desk.admin("SUPPORT_ADMIN", Some("BD")).connect();
    assert_eq!(colleague.join_after(&opened, 1)["messages"][0]["senderId"], "agent-nadia");
}

fn each_side_sees_its_own_view_of_an_event(backend: Backend) {
    let Room { desk: _desk, driver, admin, opened, mut user, mut staff } = room(backend);
    let mut second = in_room(&admin, &opened);
    staff.say(&opened, "A person");
    let (at_user, at_desk) = (user.next_message(), second.next_message());
    for message in [&at_user, &at_desk] {
        assert_eq!(keys(message), shapes::message());
    }
    assert_eq!(at_user, driver.messages(&opened)[1]);
    assert_eq!(at_desk, admin.messages(&opened)[1]);
    admin.change(&opened, &json!({"assignedAdminId": "agent-2"}));
    let (at_user, at_desk) = (user.update_of(&opened, |_| true), staff.update_of(&opened, |_| true));
    assert_eq!(keys(&at_user), shapes::conversation_for_user());
    assert_eq!(keys(&at_desk), shapes::conversation_for_admin());
    assert_eq!((at_user, at_desk), (driver.see(&opened), admin.see(&opened)));
}

fn reading_is_told_to_everybody_in_the_room(backend: Backend) {
    let Room { desk: _desk, driver, opened, mut user, mut staff, .. } = room(backend);
    let mut second = in_room(&driver, &opened);
    staff.say(&opened, "an answer");
    let seen = user.mark_read(&opened, 2);
    assert_eq!(seen["unreadCountUser"], 0);
    assert_eq!(keys(&seen), shapes::conversation_for_user());
    let by_user = json!({"conversationId": opened.id, "by": "user", "upToSeq": 2});
    for socket in [&mut user, &mut second, &mut staff] {
        assert_eq!(socket.expect_event("support:messagesRead"), by_user);
    }
    // Past the end is the end.
    let seen = staff.mark_read(&opened, 1_000);
    assert_eq!(seen["unreadCountAdmin"], 0);
    assert_eq!(keys(&seen), shapes::conversation_for_admin());
    let by_admin = json!({"conversationId": opened.id, "by": "admin", "upToSeq": 2});
    for socket in [&mut user, &mut second, &mut staff] {
        assert_eq!(socket.expect_event("support:messagesRead"), by_admin);
        socket.none_came_of("support:messagesRead");
    }
    assert!(driver.messages(&opened).iter().all(|message| message["isReadByAdmin"] == true));
}

fn reading_that_moves_nothing_is_told_to_nobody(backend: Backend) {
    let Room { desk: _desk, driver, opened, mut user, mut staff, .. } = room(backend);
    staff.say(&opened, "an answer");
    user.mark_read(&opened, 2);
    for socket in [&mut user, &mut staff] {
        assert_eq!(socket.expect_event("support:messagesRead")["upToSeq"], 2);
    }
    for up_to in [2, 1, 0, 99] {
        user.mark_read(&opened, up_to);
        driver.read(&opened, up_to);
    }
    staff.say(&opened, "the end");
    assert_eq!(user.next_message()["text"], "an answer");
    assert_eq!(user.next_message()["text"], "the end");
    for socket in [&mut user, &mut staff] {
        socket.nothing_came();
    }
}

fn typing_is_told_to_the_others_and_not_to_who_types(backend: Backend) {
    let Room { desk: _desk, driver, admin, opened, mut user, mut staff } = room(backend);
    let mut others = [in_room(&driver, &opened), in_room(&admin, &opened)];
    user.typing(&opened, true);
    let by_user = |is_typing| json!({"conversationId": opened.id, "senderType": "user", "isTyping": is_typing});
    assert_eq!(staff.expect_event("support:typing"), by_user(true));
    user.typing(&opened, false);
    assert_eq!(staff.expect_event("support:typing"), by_user(false));
    staff.typing(&opened, true);
    let by_admin = json!({"conversationId": opened.id, "senderType": "admin", "isTyping": true});
    assert_eq!(user.expect_event("support:typing"), by_admin);
    // On whichever device they look, nobody is told that they type themselves.
    assert_eq!(others[0].expect_event("support:typing"), by_admin);
    assert_eq!(others[1].expect_event("support:typing"), by_user(true));
    assert_eq!(others[1].expect_event("support:typing"), by_user(false));
    for socket in others.iter_mut().chain([&mut user, &mut staff]) {
        socket.nothing_came();
    }
    // Nothing of it is kept.
    assert_eq!(driver.messages(&opened).len(), 1);
}

fn leaving_ends_it(backend: Backend) {
    let Room { desk: _desk, driver, admin, opened, mut user, mut staff } = room(backend);
    let mut second = in_room(&driver, &opened);
    user.leave(&opened);
    staff.say(&opened, "Are you there?");
    staff.typing(&opened, true);
    staff.mark_read(&opened, 2);
    admin.change(&opened, &json!({"status": "resolved"}));
    // The witness has seen all of it.
    second.next_message();
    second.update_of(&opened, |seen| seen["status"] == "resolved");
    second.expect_event("support:typing");
    second.expect_event("support:messagesRead");
    user.nothing_came();
    // Leaving twice, or what was never joined, is no fault.
    user.leave(&opened);
    user.leave(&Conversation::missing());
    // And one may come back.
    user.join(&opened);
    staff.say(&opened, "Hello again");
    assert_eq!(user.next_message()["text"], "Hello again");
}

fn joining_again_answers_again_and_doubles_nothing(backend: Backend) {
    let Room { desk: _desk, opened, mut user, mut staff, .. } = room(backend);
    for _ in 0..3 {
        assert_eq!(user.join(&opened)["messages"], json!([]));
    }
    staff.say(&opened, "two");
    assert_eq!(user.next_message()["seq"], 2);
    user.nothing_came();
    let answer = user.join_after(&opened, 0);
    assert_eq!(crate::harness::numbers(&answer["messages"], "seq"), [1, 2]);
    staff.say(&opened, "three");
    assert_eq!(user.next_message()["seq"], 3);
    user.nothing_came();
    // One leave is enough.
    user.leave(&opened);
    staff.say(&opened, "four");
    staff.round_trip();
    user.nothing_came();
}

fn a_socket_may_be_in_many_rooms(backend: Backend) {
    let Room { desk: _desk, driver, opened, mut user, mut staff, .. } = room(backend);
    let others: Vec<Conversation> = (0..20).map(|number| driver.open(&format!("Room {number}"), "Hello")).collect();
    for other in &others {
        user.join(other);
    }
    for other in others.iter().rev() {
        staff.say(other, &format!("in {}", other.json["subject"].as_str().expect("a subject")));
    }
    for other in others.iter().rev() {
        let came = user.next_message();
        assert_eq!(came["conversationId"], other.id.as_str());
        assert_eq!(came["text"], format!("in {}", other.json["subject"].as_str().expect("a subject")));
    }
    user.leave(&others[3]);
    staff.say(&others[3], "not to be heard");
    staff.say(&opened, "the end");
    assert_eq!(user.next_message()["text"], "the end");
    user.nothing_came();
}

fn a_socket_that_is_gone_is_missed_by_nobody(backend: Backend) {
    let Room { desk: _desk, driver, opened, mut user, mut staff, .. } = room(backend);
    for round in 0..5 {
        let mut brief = in_room(&driver, &opened);
        brief.cut();
        drop(brief);
        let said = staff.say(&opened, &format!("Round {round}"));
        assert_eq!(user.next_message()["id"], said["id"]);
    }
    staff.nothing_came();
}

//! What conversations and messages look like from outside: exactly these keys, ids of version 7, times in UTC with
//! milliseconds, and nothing of the staff in what a user gets.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Backend, Desk, keys};

on_both_backends!(
    a_conversation_has_exactly_the_keys_of_the_contract,
    a_message_has_exactly_the_keys_of_the_contract,
    a_user_never_learns_which_admin_wrote,
    ids_are_uuids_of_version_7_and_times_are_utc_with_milliseconds,
    the_user_beside_a_conversation_has_only_harmless_fields,
);

const CONVERSATION: [&str; 19] = [
    "id",
    "createdAt",
    "updatedAt",
    "status",
    "channel",
    "subject",
    "priority",
    "lastMessageAt",
    "lastMessagePreview",
    "userId",
    "userType",
    "countryCode",
    "assignedAdminId",
    "unreadCountUser",
    "unreadCountAdmin",
    "lastSeq",
    "version",
    "metadata",
    "assigned",
];
const MESSAGE: [&str; 15] = [
    "id",
    "conversationId",
    "seq",
    "createdAt",
    "updatedAt",
    "senderType",
    "senderId",
    "content",
    "text",
    "messageType",
    "isReadByUser",
    "isReadByAdmin",
    "attachments",
    "clientMessageId",
    "metadata",
];

fn sorted_without(keys: &[&str], left_out: &[&str]) -> Vec<String> {
    let mut kept: Vec<String> =
        keys.iter().filter(|key| !left_out.contains(key)).map(|key| (*key).to_owned()).collect();
    kept.sort();
    kept
}

/// The keys of a conversation, as an admin sees it.
pub(crate) fn conversation_for_admin() -> Vec<String> {
    sorted_without(&CONVERSATION, &["assigned"])
}

/// The keys of a conversation, as its user sees it.
pub(crate) fn conversation_for_user() -> Vec<String> {
    sorted_without(&CONVERSATION, &["assignedAdminId", "unreadCountAdmin"])
}

/// The keys of a message, the same for everybody.
pub(crate) fn message() -> Vec<String> {
    sorted_without(&MESSAGE, &[])
}

fn a_conversation_has_exactly_the_keys_of_the_contract(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Keys", "of a conversation");
    assert_eq!(keys(&opened.json), conversation_for_user());
    assert_eq!(keys(&driver.see(&opened)), conversation_for_user());
    assert_eq!(keys(&driver.list("")["conversations"][0]), conversation_for_user());
    assert_eq!(keys(&driver.read(&opened, 1)), conversation_for_user());

    assert_eq!(keys(&admin.see(&opened)), conversation_for_admin());
    assert_eq!(keys(&admin.list("")["conversations"][0]), conversation_for_admin());
    assert_eq!(keys(&admin.change(&opened, &json!({"priority": "high"}))), conversation_for_admin());
    assert_eq!(keys(&admin.read(&opened, 1)), conversation_for_admin());
    let by_desk = admin.open_with(&json!({"userId": "driver-2", "userType": "driver", "countryCode": "BD",
        "subject": "From the desk", "initialMessage": "Good morning"}));
    assert_eq!(keys(&by_desk.json), conversation_for_admin());

    let page = driver.list("");
    assert_eq!(keys(&page.json), ["conversations", "pagination"]);
    assert_eq!(keys(&page["pagination"]), ["limit", "nextCursor"]);
    let page = admin.list("?includeTotal=true");
    assert_eq!(keys(&page["pagination"]), ["limit", "nextCursor", "total", "totalCapped"]);
}

fn a_message_has_exactly_the_keys_of_the_contract(backend: Backend) {
    let desk = Desk::start(backend);
    let (driver, admin) = (desk.driver("driver-1", "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let opened = driver.open("Keys", "of a message");
    assert_eq!(keys(&opened.message), message());
    assert_eq!(keys(&driver.send(&opened, "more")), message());
    assert_eq!(keys(&admin.send(&opened, "an answer")), message());
    admin.change(&opened, &json!({"status": "pending"}));
    for person in [&driver, &admin] {
        let all = person.messages(&opened);
        assert_eq!(all.len(), 4);
        for one in all {
            assert_eq!(keys(&one), message());
        }
    }
    let first = &driver.messages(&opened)[0];
    assert_eq!(first["attachments"], json!([]));
    assert_eq!(first["metadata"], json!({}));
    assert_eq!(first["clientMessageId"], Value::Null);
    assert_eq!(first["messageType"], "text");
    assert_eq!(first["conversationId"], opened.id);
    let page = driver.get(&driver.path(&opened, "/messages"));
    assert_eq!(keys(&page.json), ["messages", "pagination"]);
}

fn a_user_never_learns_which_admin_wrote(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let admin = desk.admin_with("agent-nadia", "SUPPORT_ADMIN", Some("BD"), &["--email", "nadia@example.com"]);
    let opened = driver.open("Who is there", "Hello?");
    assert_eq!(admin.send(&opened, "A person")["senderId"], "agent-nadia");
    admin.change(&opened, &json!({"status": "pending", "assignedAdminId": "agent-nadia"}));
    admin.read(&opened, 3);

    let seen = driver.messages(&opened);
    let who: Vec<_> = seen.iter().map(|one| (one["senderType"].clone(), one["senderId"].clone())).collect();
    assert_eq!(
        who,
        [(json!("user"), json!("driver-1")), (json!("admin"), Value::Null), (json!("system"), Value::Null)]
    );
    let conversation = driver.see(&opened);
    assert_eq!(conversation["assigned"], true);
    let all = format!("{seen:?} {conversation} {}", driver.list("").text);
    assert!(!all.contains("nadia"), "{all}");

    let by_desk = desk.admin("SUPPORT_ADMIN", Some("BD")).messages(&opened);
    assert_eq!(by_desk[1]["senderId"], "agent-nadia");
    assert_eq!(by_desk[2]["senderId"], Value::Null);
}

fn ids_are_uuids_of_version_7_and_times_are_utc_with_milliseconds(backend: Backend) {
    let desk = Desk::start(backend);
    let driver = desk.driver("driver-1", "BD");
    let opened = driver.open("Forms", "of ids and times");
    for id in [&opened.json["id"], &opened.message["id"]] {
        let id = id.as_str().expect("an id is a string");
        let parsed = Uuid::try_parse(id).expect("a UUID");
        assert_eq!((parsed.get_version_num(), parsed.hyphenated().to_string()), (7, id.to_owned()));
    }
    for time in [
        &opened.json["createdAt"],
        &opened.json["updatedAt"],
        &opened.json["lastMessageAt"],
        &opened.message["createdAt"],
        &opened.message["updatedAt"],
    ] {
        let time = time.as_str().expect("a time is a string");
        let shape: String = time.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert_eq!(shape, "9999-99-99T99:99:99.999Z", "{time}");
    }
    assert_eq!(driver.see(&opened), opened.json);
    assert_eq!(driver.messages(&opened)[0], opened.message);
}

fn the_user_beside_a_conversation_has_only_harmless_fields(backend: Backend) {
    let desk = Desk::start(backend);
    let opened = desk.restaurant("restaurant-1", "US").open("Who am I", "Hello");
    let admin = desk.admin("SUPER_ADMIN", None);
    let answer = admin.get(&admin.path(&opened, "")).expect(200);
    assert_eq!(keys(&answer.json), ["conversation", "user"]);
    let user = &answer["user"];
    assert_eq!(user["userId"], "restaurant-1");
    assert_eq!(user["userType"], "restaurant");
    assert_eq!(user["countryCode"], "US");
    let known = ["userId", "userType", "countryCode", "profileId", "displayName", "maskedEmail", "maskedPhone"];
    for key in keys(user) {
        assert!(known.contains(&key.as_str()), "{key} in {user}");
    }
}

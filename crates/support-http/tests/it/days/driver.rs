//! A driver's day: a question in the morning, an answer at noon, a problem that comes back in the evening.

use serde_json::json;

use crate::harness::{Backend, Conversation, Desk, Person, column, numbers};

on_both_backends!(a_drivers_whole_day);

fn a_drivers_whole_day(backend: Backend) {
    spend(&Desk::start(backend), "driver-1");
}

/// The day of that driver, at whatever desk.
pub(crate) fn spend(desk: &Desk, id: &str) {
    let (driver, admin) = (desk.driver(id, "BD"), desk.admin("SUPPORT_ADMIN", Some("BD")));
    let fare = morning(&driver);
    noon(&driver, &admin, &fare);
    evening(&driver, &admin, &fare);
}

/// Two questions, one of them sent twice by a phone that lost its network.
fn morning(driver: &Person) -> Conversation {
    assert_eq!(driver.list("")["conversations"], json!([]));
    let body = json!({"subject": "Fare of trip 812", "initialMessage": "The fare is wrong.", "priority": "high",
        "clientMessageId": "phone-1", "metadata": {"trip": 812}});
    let fare = driver.open_with(&body);
    let again = driver.post(driver.home, &body).expect(200);
    assert_eq!(again["conversation"]["id"], fare.id);
    driver.open("The app crashes", "When I open the map.");
    driver.send(&fare, "It should be 350.");
    assert_eq!(column(&driver.list("")["conversations"], "subject"), ["Fare of trip 812", "The app crashes"]);
    assert_eq!(column(&driver.list("?search=FARE")["conversations"], "subject"), ["Fare of trip 812"]);
    fare
}

/// The desk answers; the driver reads, asks back, and the matter is resolved.
fn noon(driver: &Person, admin: &Person, fare: &Conversation) {
    admin.send(fare, "We look into it.");
    admin.change(fare, &json!({"status": "pending"}));
    let seen = driver.see(fare);
    assert_eq!((&seen["status"], &seen["unreadCountUser"]), (&json!("pending"), &json!(2)));
    let news = driver.get(&driver.path(fare, "/messages?afterSeq=2")).expect(200);
    assert_eq!(numbers(&news["messages"], "seq"), [3, 4]);
    assert_eq!(driver.read(fare, 4)["unreadCountUser"], 0);

    driver.send(fare, "Thank you. How long will it take?");
    assert_eq!(driver.see(fare)["status"], "open");
    admin.send(fare, "It is corrected.");
    admin.change(fare, &json!({"status": "resolved"}));
    assert_eq!(column(&driver.list("?status=resolved")["conversations"], "id"), [fare.id.as_str()]);
    assert_eq!(driver.read(fare, 99)["unreadCountUser"], 0);
}

/// The problem comes back, is settled, and is closed for good.
fn evening(driver: &Person, admin: &Person, fare: &Conversation) {
    driver.send(fare, "It is wrong again.");
    assert_eq!(driver.see(fare)["status"], "open");
    admin.send(fare, "Corrected for good, with our apologies.");
    admin.change(fare, &json!({"status": "closed"}));
    let path = driver.path(fare, "/messages");
    driver.post(&path, &json!({"content": "Thanks!"})).refused(409, "conversation_closed");

    let story: Vec<String> =
        driver.messages(fare).iter().map(|m| m["senderType"].as_str().unwrap().to_owned()).collect();
    let expected =
        ["user", "user", "admin", "system", "user", "system", "admin", "system", "user", "system", "admin", "system"];
    assert_eq!(story, expected);
    let seen = driver.see(fare);
    assert_eq!((&seen["status"], &seen["lastSeq"], &seen["version"]), (&json!("closed"), &json!(12), &json!(6)));
    assert_eq!(seen["lastMessagePreview"], "Corrected for good, with our apologies.");
    assert_eq!(seen["metadata"], json!({"trip": 812}));
    assert_eq!(column(&driver.list("?status=open")["conversations"], "subject"), ["The app crashes"]);
}

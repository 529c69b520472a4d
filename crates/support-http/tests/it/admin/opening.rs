//! The desk opens a conversation with a user.

use serde_json::{Value, json};

use crate::harness::{Backend, DESK, Desk};

on_both_backends!(
    the_desk_opens_and_the_user_finds_it,
    the_user_answers_and_it_goes_on,
    out_of_the_admins_country_it_is_not_found,
);

fn opening() -> Value {
    json!({"userId": "customer-1", "userType": "customer", "countryCode": "US", "subject": "Your parcel",
        "initialMessage": "We found your parcel.", "priority": "high"})
}

fn the_desk_opens_and_the_user_finds_it(backend: Backend) {
    let desk = Desk::start(backend);
    let admin = desk.admin("SUPPORT_ADMIN", Some("US"));
    let opened = admin.open_with(&opening());
    for (key, value) in [
        ("subject", json!("Your parcel")),
        ("priority", json!("high")),
        ("status", json!("open")),
        ("userId", json!("customer-1")),
        ("userType", json!("customer")),
        ("channel", json!("customer")),
        ("countryCode", json!("US")),
        ("lastSeq", json!(1)),
        ("version", json!(1)),
        ("unreadCountUser", json!(1)),
        ("unreadCountAdmin", json!(0)),
        ("lastMessagePreview", json!("We found your parcel.")),
    ] {
        assert_eq!(opened.json[key], value, "{key}");
    }
    let message = &opened.message;
    assert_eq!((&message["senderType"], &message["senderId"]), (&json!("admin"), &json!("support_admin-1")));
    assert_eq!((&message["isReadByUser"], &message["isReadByAdmin"]), (&json!(false), &json!(true)));

    let customer = desk.customer("customer-1", "US");
    assert_eq!(customer.list("")["conversations"][0]["id"], opened.id);
    assert_eq!(customer.messages(&opened)[0]["text"], "We found your parcel.");
    assert_eq!(desk.driver("customer-1", "US").list("")["conversations"], json!([]));
}

fn the_user_answers_and_it_goes_on(backend: Backend) {
    let desk = Desk::start(backend);
    let (admin, customer) = (desk.admin("SUPPORT_ADMIN", Some("US")), desk.customer("customer-1", "US"));
    let opened = admin.open_with(&opening());
    customer.read(&opened, 1);
    assert_eq!(customer.send(&opened, "Where is it?")["seq"], 2);
    let seen = admin.see(&opened);
    assert_eq!((&seen["unreadCountUser"], &seen["unreadCountAdmin"]), (&json!(0), &json!(1)));
}

fn out_of_the_admins_country_it_is_not_found(backend: Backend) {
    let desk = Desk::start(backend);
    let before = desk.database.snapshot();
    for country in [Some("BD"), None] {
        desk.admin("SUPPORT_ADMIN", country).post(DESK, &opening()).refused(404, "not_found");
    }
    desk.admin("RISK_ADMIN", None).post(DESK, &opening()).refused(403, "forbidden");
    assert_eq!(desk.database.snapshot(), before);
}

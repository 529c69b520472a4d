//! What the desk shows of the host's people: names and masks, never what is behind them; and whom a conversation can be
//! given to.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::standing::biscuit;
use crate::harness::{Backend, Desk, Person, Plan, USER, token_for};

on_postgres!(
    a_card_shows_names_and_masks,
    a_card_without_a_profile_shows_what_there_is,
    a_card_is_not_shown_under_another_country,
    the_desk_writes_only_to_whom_the_host_has,
    a_directory_that_is_away_leaves_the_page_as_it_is,
    nobody_is_given_a_conversation_whom_the_host_does_not_have_for_it,
);

fn person(desk: &Desk, number: u32, role: &str, country: &str) -> Person {
    desk.nobody().with_token(&token_for(&format!("3d0f6c1e-0000-4000-8000-{number:012}"), role, country))
}

#[track_caller]
fn card(admin: &Person, user: &Person) -> (Value, String) {
    let opened = user.open("Who am I?", "Hello");
    let answer = admin.get(&admin.path(&opened, "")).expect(200);
    (answer["user"].clone(), answer.text)
}

fn a_card_shows_names_and_masks(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let admin = desk.admin("SUPER_ADMIN", None);
    let expected = [
        (1, "driver", "BD", "dp-1", "Rahim Uddin", "r***m@g****.com", "+880******78"),
        (2, "customer", "US", "cp-1", "John Public", "j***c@e****.org", "+1-212-***-**23"),
        (3, "restaurant", "BD", "rp-1", "Dhaka Kitchen", "k***n@e****.com", "+880******99"),
    ];
    for (number, role, country, profile, name, email, phone) in expected {
        let (card, text) = card(&admin, &person(&desk, number, role, country));
        let id = format!("3d0f6c1e-0000-4000-8000-{number:012}");
        let all = json!({"userId": id, "userType": role, "countryCode": country, "profileId": profile,
            "displayName": name, "maskedEmail": email, "maskedPhone": phone});
        assert_eq!(card, all);
        for hidden in ["hash-", "ever-shown", "1990", "6789", "01712345", "5550123", "555-01", "18123456", "@gmail"] {
            assert!(!text.to_lowercase().contains(hidden), "{hidden} in {text}");
        }
    }
}

fn a_card_without_a_profile_shows_what_there_is(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let (shown, _) = card(&admin, &desk.driver("driver-1", "BD"));
    assert_eq!(
        shown,
        json!({"userId": "driver-1", "userType": "driver", "countryCode": "BD", "maskedEmail": "d***1@e****.com"})
    );
    // One whom the host does not have, and who came with a token of the desk's own.
    let arguments = ["user", "--id", "nobody-1", "--type", "customer", "--country", "BD"];
    let (shown, _) = card(&admin, &biscuit(&desk, &arguments, USER));
    assert_eq!(shown, json!({"userId": "nobody-1", "userType": "customer", "countryCode": "BD"}));
}

fn the_desk_writes_only_to_whom_the_host_has(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let (admin, elsewhere) = (desk.admin("SUPPORT_ADMIN", Some("BD")), desk.admin("SUPER_ADMIN", None));
    let id = |number: u32| format!("3d0f6c1e-0000-4000-8000-{number:012}");
    let body = |id: &str, role: &str, country: &str| json!({"userId": id, "userType": role, "countryCode": country, "subject": "x", "initialMessage": "Hello"});
    desk.host_has_admin("agent-us", "SUPPORT_ADMIN", Some("US"));
    // Of another country, of another kind, of the staff, and nobody at all: one and the same answer.
    let strangers = [
        body(&id(2), "customer", "BD"),
        body(&id(1), "customer", "BD"),
        body("agent-us", "driver", "BD"),
        body("nobody-1", "customer", "BD"),
    ];
    let mut answers = BTreeSet::new();
    for stranger in &strangers {
        let answer = admin.post(admin.home, stranger);
        answers.insert((answer.status, answer["error"].to_string(), answer["details"].to_string()));
        answer.refused_field("userId");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(desk.database.count("support_conversations"), 0);
    for (number, role, country) in [(1, "driver", "BD"), (2, "customer", "US")] {
        let opened = elsewhere.open_with(&body(&id(number), role, country));
        assert!(elsewhere.get(&elsewhere.path(&opened, "")).expect(200)["user"]["maskedEmail"].is_string());
    }
    // Who is blocked may have to be told why.
    desk.host_does(&format!("UPDATE public.users SET \"isBlocked\" = true WHERE id = '{}'", id(1)));
    admin.open_with(&body(&id(1), "driver", "BD"));
}

fn a_card_is_not_shown_under_another_country(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let driver = person(&desk, 1, "driver", "BD");
    let (shown, _) = card(&admin, &driver);
    assert!(shown["maskedEmail"].is_string());
    let opened = driver.open("Again", "Hello");
    let path = admin.path(&opened, "");
    // The conversation is of the country where it was opened; the user has moved, and is another's to look at.
    for change in ["\"countryCode\" = 'US'", "\"countryCode\" = 'BD', role = 'customer'"] {
        desk.host_does(&format!("UPDATE public.users SET {change} WHERE id LIKE '%-000000000001'"));
        let bare = json!({"userId": shown["userId"], "userType": "driver", "countryCode": "BD"});
        assert_eq!(admin.get(&path).expect(200)["user"], bare, "{change}");
    }
}

fn a_directory_that_is_away_leaves_the_page_as_it_is(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let admin = desk.admin("SUPPORT_ADMIN", Some("BD"));
    let driver = person(&desk, 1, "driver", "BD");
    let opened = driver.open("Who am I?", "Hello");
    let path = admin.path(&opened, "");
    assert_eq!(admin.get(&path).expect(200)["user"]["displayName"], "Rahim Uddin");
    desk.host_does("ALTER TABLE public.driver_profiles RENAME TO driver_profiles_elsewhere");
    for _ in 0..3 {
        let answer = admin.get(&path).expect(200);
        assert_eq!(answer["conversation"]["subject"], "Who am I?");
        assert_eq!(answer["user"]["userType"], "driver");
        assert_eq!(answer["user"]["displayName"], Value::Null);
    }
    for told in ["the directory of people cannot be asked", "the host's tables cannot be read"] {
        assert_eq!(desk.server.log().matches(told).count(), 1, "{told}: {}", desk.server.log());
    }
}

fn nobody_is_given_a_conversation_whom_the_host_does_not_have_for_it(_: Backend) {
    let desk = Plan::beside_the_host().start();
    let boss = desk.admin("SUPER_ADMIN", None);
    let opened = desk.driver("driver-1", "BD").open("Fare", "Hello");
    desk.admin_with("here", "SUPPORT_ADMIN", Some("BD"), &[]);
    desk.admin_with("elsewhere", "SUPPORT_ADMIN", Some("US"), &[]);
    desk.admin_with("reader", "READONLY_ADMIN", Some("BD"), &[]);
    desk.admin_with("idle", "SUPPORT_ADMIN", Some("BD"), &[]);
    desk.host_does("UPDATE public.admin_profiles SET \"isActive\" = false WHERE \"userId\" = 'idle'");
    let path = boss.path(&opened, "");
    for id in ["elsewhere", "reader", "idle", "driver-1", "nobody"] {
        let body = json!({"assignedAdminId": id, "priority": "urgent"});
        boss.patch(&path, &body).refused_field("assignedAdminId");
    }
    assert_eq!(boss.see(&opened)["priority"], "normal", "all or nothing");
    assert_eq!(boss.change(&opened, &json!({"assignedAdminId": "here"}))["assignedAdminId"], "here");
    // Who has it may keep it, and it can be taken from them.
    desk.host_does("UPDATE public.admin_profiles SET \"isActive\" = false WHERE \"userId\" = 'here'");
    boss.change(&opened, &json!({"assignedAdminId": "here", "priority": "high"}));
    assert_eq!(boss.change(&opened, &json!({"assignedAdminId": null}))["assignedAdminId"], Value::Null);
}

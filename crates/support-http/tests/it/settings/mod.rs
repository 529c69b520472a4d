//! What the desk may change while it runs, and who can be given a conversation.

mod admins;
mod changing;
mod in_force;
mod round_robin;

use serde_json::Value;

use crate::harness::{Desk, Person};

/// What a user's client reads.
const FOR_USERS: &str = "/api/support/settings";
/// What the desk reads and changes.
const FOR_DESK: &str = "/api/admin/support/settings";
/// Who can be given a conversation.
const ADMINS: &str = "/api/admin/support/admins";

/// Whoever may change the settings.
fn manager(desk: &Desk) -> Person {
    desk.admin("SUPER_ADMIN", None)
}

/// The settings as the desk sees them.
#[track_caller]
fn settings(person: &Person) -> Value {
    person.get(FOR_DESK).expect(200)["settings"].clone()
}

/// Changes the settings, and returns them.
#[track_caller]
fn change(person: &Person, body: &Value) -> Value {
    person.put(FOR_DESK, body).expect(200)["settings"].clone()
}

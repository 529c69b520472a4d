//! Whether a caller is still who the host's rows say they are. Pure: rows in, a verdict out.

use support_rbac::{Caller, Principal, Refusal, Verdict};

use crate::people::Person;

/// The verdict on a caller whom the host has as `person`, or does not have.
///
/// Whom the host does not know is left to a token of ours, which may be for people that the host does not have. What such
/// a token permits is left to it as well, as it may say less than the role does; but the role itself, the kind of user and
/// the countries have to be the host's.
pub(crate) fn verdict(caller: &Caller, person: Option<&Person>) -> Verdict {
    let Some(person) = person else {
        return match caller.is_revocable() {
            true => Verdict::Stands,
            false => Verdict::Fallen(Refusal::new("the host does not know the person")),
        };
    };
    match person.principal() {
        Err(refusal) => Verdict::Fallen(refusal),
        Ok(now) if agree(&caller.principal, &now, caller.is_revocable()) => Verdict::Stands,
        Ok(_) => Verdict::Fallen(Refusal::new("the person's role or country has changed")),
    }
}

fn agree(then: &Principal, now: &Principal, by_token_of_ours: bool) -> bool {
    match (then, now) {
        (Principal::User(then), Principal::User(now)) => then == now,
        (Principal::Admin(then), Principal::Admin(now)) => {
            let same_reach = then.countries() == now.countries();
            let same_rights = then.country == now.country && then.permissions == now.permissions;
            then.id == now.id && then.role == now.role && same_reach && (by_token_of_ours || same_rights)
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "agreement_tests.rs"]
mod tests;

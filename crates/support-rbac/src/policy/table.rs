//! The policy, printed. Never decides: every cell is asked of the very function that answers callers.

use std::fmt::Write;

use support_domain::{ConversationId, CountryCode, TextEnum, UserType};
use uuid::Uuid;

use super::{Asker, Rule, action, permits};
use crate::caller::Restrictions;
use crate::permission::Permission;
use crate::role::AdminRole;

/// The whole policy as text, for a person to read and a snapshot to hold: every action for every kind of user and every
/// role with its own permissions, as issued and with each narrowing of the token; then what each role holds and sees.
pub fn table() -> String {
    let narrowed = Restrictions::default().and_only(ConversationId(Uuid::from_u128(1)));
    let variants = [
        ("a token as issued", Restrictions::default()),
        ("a read-only token", Restrictions::default().and_read_only()),
        ("a token narrowed to one conversation", narrowed),
        ("a read-only token narrowed to one conversation", narrowed.and_read_only()),
    ];
    let mut text = String::new();
    for (title, restrictions) in variants {
        section(&mut text, title, actions(restrictions));
    }
    section(&mut text, "what a single permission is enough for (a token as issued)", single_permissions());
    section(&mut text, "what a role holds, and the countries that it sees", roles());
    text
}

/// Who asks: a column of its own for each kind of user and each role.
fn askers() -> impl Iterator<Item = (String, Asker)> {
    let users = UserType::ALL.iter().map(|user_type| (user_type.to_string(), Asker::User));
    let roles = AdminRole::ALL.iter().map(|role| (short(*role), Asker::Admin(role.permissions())));
    users.chain(roles)
}

/// The role's name without the `_ADMIN` that nearly all share.
fn short(role: AdminRole) -> String {
    role.as_str().trim_end_matches("_ADMIN").to_owned()
}

const fn mark(yes: bool) -> &'static str {
    if yes { "yes" } else { "-" }
}

fn actions(restrictions: Restrictions) -> Vec<Vec<String>> {
    let header = std::iter::once("action".to_owned()).chain(askers().map(|(name, _)| name)).collect();
    let row = |(name, rule): &(&str, Rule)| {
        let cells = askers().map(|(_, asker)| mark(permits(*rule, asker, restrictions)).to_owned());
        std::iter::once((*name).to_owned()).chain(cells).collect()
    };
    std::iter::once(header).chain(action::ALL.iter().map(row)).collect()
}

fn single_permissions() -> Vec<Vec<String>> {
    let header = std::iter::once("action".to_owned()).chain(Permission::ALL.iter().map(ToString::to_string)).collect();
    let row = |(name, rule): &(&str, Rule)| {
        let permitted = |permission: Permission| {
            permits(*rule, Asker::Admin(std::iter::once(permission).collect()), Restrictions::default())
        };
        let cells = Permission::ALL.iter().map(|permission| mark(permitted(*permission)).to_owned());
        std::iter::once((*name).to_owned()).chain(cells).collect()
    };
    std::iter::once(header).chain(action::ALL.iter().map(row)).collect()
}

fn roles() -> Vec<Vec<String>> {
    let header = ["role", "permissions", "with BD in the token", "with no country in the token"].map(str::to_owned);
    let row = |role: &AdminRole| {
        let held: Vec<&str> = role.permissions().iter().map(TextEnum::as_str).collect();
        let seen = |own| {
            let countries: Vec<&str> = role.declared_scope().countries(own).into_iter().map(TextEnum::as_str).collect();
            or_dash(&countries)
        };
        vec![role.to_string(), or_dash(&held), seen(Some(CountryCode::Bangladesh)), seen(None)]
    };
    std::iter::once(header.to_vec()).chain(AdminRole::ALL.iter().map(row)).collect()
}

fn or_dash(words: &[&str]) -> String {
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}

/// Writes rows in columns as wide as their widest cell.
fn section(text: &mut String, title: &str, rows: Vec<Vec<String>>) {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let _ = writeln!(text, "# {title}");
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text.push('\n');
}

//! What an admin can be permitted. Never decides who is: that is the roles' table and the token.

use std::fmt;

use serde::ser::{Serialize, Serializer};
use support_domain::{TextEnum, text_enum};

text_enum! {
    /// A permission of the support desk. The names are the host's, verbatim.
    pub enum Permission ("permission") {
        /// Sees the conversations in scope.
        View = "VIEW_SUPPORT_CONVERSATIONS",
        /// Writes to users, changes status and priority.
        Reply = "REPLY_SUPPORT_CONVERSATIONS",
        /// Says who has a conversation.
        Assign = "ASSIGN_SUPPORT_CONVERSATIONS",
        /// Changes how the desk works.
        ManageSettings = "MANAGE_SUPPORT_SETTINGS",
    }
}

impl Permission {
    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some of the permissions. Serialised as the list of their names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PermissionSet(u8);

impl PermissionSet {
    /// None at all.
    pub const EMPTY: Self = Self(0);

    /// Whether `permission` is one of them.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds `permission`.
    pub const fn insert(&mut self, permission: Permission) {
        self.0 |= permission.bit();
    }

    /// Them, in the order of the table of [`Permission`].
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        let mut set = Self::EMPTY;
        permissions.into_iter().for_each(|permission| set.insert(permission));
        set
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_lists_it_in_table_order() {
        let mut set = PermissionSet::EMPTY;
        assert!(set.is_empty());
        set.insert(Permission::Assign);
        set.insert(Permission::View);
        set.insert(Permission::View);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Permission::View, Permission::Assign]);
        assert!(set.contains(Permission::View) && !set.contains(Permission::Reply));
        assert_eq!(set.iter().collect::<PermissionSet>(), set);
        assert_eq!(
            serde_json::to_string(&set).unwrap(),
            r#"["VIEW_SUPPORT_CONVERSATIONS","ASSIGN_SUPPORT_CONVERSATIONS"]"#
        );
    }
}

//! Everything that a person can do, as one table. Never decides: [`authorize`](super::authorize) does, by these rules.

use crate::permission::Permission;

/// What a user may do of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRule {
    /// On what is their own.
    Own,
    /// Not at all.
    Never,
}

/// What an admin needs for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRule {
    /// One of these permissions.
    AnyOf(&'static [Permission]),
    /// No permission suffices.
    Never,
}

/// What an action does, which says what a narrowed token may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Reads,
    /// Changes nothing, and looks at the desk itself: not with a token that was narrowed to one conversation.
    Surveys,
    /// Changes a conversation: not with a read-only token.
    Writes,
    /// Makes a conversation: not with a read-only token, nor with one that was narrowed to another conversation.
    Opens,
    /// Changes the desk itself, and so reaches every conversation: as for [`Effect::Opens`].
    Configures,
}

/// Who may do an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Users.
    pub user: UserRule,
    /// Admins.
    pub admin: AdminRule,
    /// What it does.
    pub effect: Effect,
}

mod sealed {
    pub trait Sealed {}
}

/// A thing that a person can do. Only the table below declares any.
pub trait Action: sealed::Sealed + Send + Sync + 'static {
    /// What it is called in the table and in a refusal.
    const NAME: &'static str;
    /// Who may.
    const RULE: Rule;
}

macro_rules! user_rule {
    (Own) => {
        UserRule::Own
    };
    (-) => {
        UserRule::Never
    };
}

macro_rules! admin_rule {
    (-) => { AdminRule::Never };
    ($($permission:ident)or+) => { AdminRule::AnyOf(&[$(Permission::$permission),+]) };
}

macro_rules! actions {
    ($($name:ident | $user:tt | $($admin:tt)or+ | $effect:ident | $doc:literal;)+) => {
        $(
            #[doc = $doc]
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name;

            impl sealed::Sealed for $name {}

            impl Action for $name {
                const NAME: &'static str = stringify!($name);
                const RULE: Rule =
                    Rule { user: user_rule!($user), admin: admin_rule!($($admin)or+), effect: Effect::$effect };
            }
        )+

        /// Every action with its rule, in the order of the table.
        pub(super) const ALL: &[(&str, Rule)] = &[$(($name::NAME, $name::RULE)),+];
    };
}

actions! {
    // action               | user | admin           | effect     | what
    ListConversations       | Own  | View            | Reads      | "Lists the conversations that exist for the caller.";
    OpenConversation        | Own  | -               | Opens      | "Opens a conversation of one's own.";
    OpenConversationForUser | -    | Reply           | Opens      | "Opens a conversation with a user, from the desk.";
    ViewConversation        | Own  | View            | Reads      | "Looks at a conversation.";
    ListMessages            | Own  | View            | Reads      | "Reads a conversation's messages, or follows them live.";
    SendMessage             | Own  | Reply           | Writes     | "Writes a message.";
    MarkRead                | Own  | View            | Writes     | "Says how far one's side has read.";
    UpdateConversation      | -    | Reply or Assign | Writes     | "Changes a conversation; each part asks for its own action besides.";
    ChangeStatus            | -    | Reply           | Writes     | "Changes a conversation's status.";
    ChangePriority          | -    | Reply           | Writes     | "Changes how urgent a conversation is.";
    AssignConversation      | -    | Assign          | Writes     | "Says who has a conversation.";
    ListAdmins              | -    | Assign          | Surveys    | "Looks who can be given a conversation.";
    ViewClientSettings      | Own  | -               | Reads      | "Looks at what a client needs to know of how the desk works.";
    ViewSettings            | -    | ManageSettings  | Surveys    | "Looks at how the desk works.";
    ManageSettings          | -    | ManageSettings  | Configures | "Changes how the desk works.";
}

//! The people of a conversation, as far as the desk needs to know them: an id, a kind, a country.

use serde::Serialize;

use crate::{InvalidValue, text_enum};

text_enum! {
    /// What a user is to the platform. A conversation's channel is its user's type.
    pub enum UserType ("userType") {
        /// Drives or delivers.
        Driver = "driver",
        /// Orders rides, food or parcels.
        Customer = "customer",
        /// Sells food.
        Restaurant = "restaurant",
    }
}

text_enum! {
    /// A country that the platform works in, ISO 3166-1 alpha-2.
    pub enum CountryCode ("countryCode") {
        /// Bangladesh.
        Bangladesh = "BD",
        /// The United States.
        UnitedStates = "US",
    }
}

text_enum! {
    /// The two sides of a conversation.
    pub enum Side ("side") {
        /// The driver, customer or restaurant.
        User = "user",
        /// The support staff, all of them together.
        Admin = "admin",
    }
}

impl Side {
    /// The opposite side.
    pub const fn other(self) -> Self {
        match self {
            Self::User => Self::Admin,
            Self::Admin => Self::User,
        }
    }
}

macro_rules! person_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads an id, unchanged: 1 to 128 characters of `A-Z a-z 0-9 . _ : @ | -`, which is safe in a log line,
            /// a URL and a token.
            pub fn parse(text: &str) -> Result<Self, InvalidValue> {
                person_id(text).map(Self)
            }

            /// The id.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(&self.0) }
        }
    )+};
}

person_id! {
    /// Names a user; what the platform's own backend calls them.
    UserId,
    /// Names a member of the support staff; what the platform's own backend calls them.
    AdminId,
}

fn person_id(text: &str) -> Result<String, InvalidValue> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@|-".contains(&byte);
    if (1..=128).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(InvalidValue::new("must be 1 to 128 characters of letters, digits and . _ : @ | -"))
    }
}

/// A user, as a conversation keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserRef {
    /// Who.
    pub id: UserId,
    /// As what.
    pub user_type: UserType,
    /// Where.
    pub country: CountryCode,
}

/// Names a person whatever token they come with: for rate limits, socket counts and "the same person as before".
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKey {
    /// A user in one of their roles.
    User(UserId, UserType),
    /// A member of the staff.
    Admin(AdminId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_confuse_a_log_or_a_token_are_refused() {
        for text in ["driver-1", "0190c5a4-7f3a-7e64-8f5e-2f5a0c6d1b2e", "auth0|12", "a@b.c"] {
            assert_eq!(UserId::parse(text).unwrap().as_str(), text);
        }
        for text in ["", " ", "a b", "a\nb", "a\"b", "a/b", "{x}", "\u{9a6}", &"a".repeat(129)] {
            assert!(AdminId::parse(text).is_err(), "{text:?}");
        }
    }
}

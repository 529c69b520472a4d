//! Cards from rows, and statements from what columns there are.

use super::*;

fn row() -> CardRow {
    CardRow {
        email: Some("rahim@gmail.com".to_owned()),
        profile_id: Some("profile-1".to_owned()),
        full_name: None,
        first_name: None,
        last_name: None,
        legal_name: None,
        number: Some("+8801712345678".to_owned()),
        other_number: None,
    }
}

#[test]
fn a_card_shows_masks_and_the_first_name_that_there_is() {
    let card = CardRow { full_name: Some("Rahim Uddin".to_owned()), ..row() }.into_card(CountryCode::Bangladesh);
    assert_eq!(card.display_name.as_deref(), Some("Rahim Uddin"));
    assert_eq!(card.masked_email.as_deref(), Some("r***m@g****.com"));
    assert_eq!(card.masked_phone.as_deref(), Some("+880******78"));
    assert_eq!(card.profile_id.as_deref(), Some("profile-1"));
    let (first, last) = (Some("Rahim".to_owned()), Some("Uddin".to_owned()));
    let named = CardRow { full_name: Some(" ".to_owned()), first_name: first, last_name: last, ..row() };
    assert_eq!(named.into_card(CountryCode::Bangladesh).display_name.as_deref(), Some("Rahim Uddin"));
    let legal = CardRow { legal_name: Some("John Q. Public".to_owned()), ..row() };
    assert_eq!(legal.into_card(CountryCode::UnitedStates).display_name.as_deref(), Some("John Q. Public"));
    assert_eq!(row().into_card(CountryCode::Bangladesh).display_name, None);
}

#[test]
fn a_name_is_harmless_as_html_and_hides_what_is_no_name() {
    let hostile = CardRow { full_name: Some("<img src=x onerror=alert(1)>Rahim".to_owned()), ..row() };
    let name = hostile.into_card(CountryCode::Bangladesh).display_name.unwrap();
    assert!(!name.contains('<'), "{name}");
    let secret = CardRow { full_name: Some("Rahim password: hunter2x".to_owned()), ..row() };
    assert!(!secret.into_card(CountryCode::Bangladesh).display_name.unwrap().contains("hunter2x"));
    let long = CardRow { full_name: Some("x".repeat(5_000)), ..row() };
    assert!(long.into_card(CountryCode::Bangladesh).display_name.unwrap().chars().count() <= MAX_NAME_CHARS);
}

#[test]
fn an_address_or_a_number_is_no_name() {
    let bengali = "\u{9e6}\u{9e7}\u{9ed}\u{9e7}\u{9e8}\u{9e9}\u{9ea}";
    for no_name in ["rahim@gmail.com", "Rahim +880 1712-345678", "555-0123", "Rahim 4539 1488 0343 6467", bengali] {
        let named = CardRow { full_name: Some(no_name.to_owned()), ..row() };
        assert_eq!(named.into_card(CountryCode::Bangladesh).display_name, None, "{no_name}");
        let (full_name, first_name) = (Some(no_name.to_owned()), Some("Rahim".to_owned()));
        let other = CardRow { full_name, first_name, ..row() };
        assert_eq!(other.into_card(CountryCode::Bangladesh).display_name.as_deref(), Some("Rahim"), "{no_name}");
    }
    let numbered = CardRow { full_name: Some("Kitchen 24 (Road 123456)".to_owned()), ..row() };
    assert_eq!(numbered.into_card(CountryCode::Bangladesh).display_name, None);
    let few = CardRow { full_name: Some("Dhaka Kitchen 2412".to_owned()), ..row() };
    assert_eq!(few.into_card(CountryCode::Bangladesh).display_name.as_deref(), Some("Dhaka Kitchen 2412"));
}

#[test]
fn a_card_is_of_the_kind_and_the_country_that_were_asked_for() {
    let statement = card_statement(&SchemaName::default(), &profiles(UserType::Driver), &HashSet::new());
    assert!(
        statement.ends_with("WHERE u.id = $1 AND u.role::text = $2 AND u.\"countryCode\"::text = $3"),
        "{statement}"
    );
}

#[test]
fn the_number_of_the_own_country_goes_first() {
    let both = || CardRow { other_number: Some("+12125550123".to_owned()), ..row() };
    assert_eq!(both().into_card(CountryCode::UnitedStates).masked_phone.as_deref(), Some("+1-212-***-**23"));
    assert_eq!(both().into_card(CountryCode::Bangladesh).masked_phone.as_deref(), Some("+880******78"));
}

#[test]
fn a_column_that_is_not_there_is_not_asked_for() {
    let columns = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<HashSet<String>>();
    let statement = |names| card_statement(&SchemaName::default(), &profiles(UserType::Driver), &columns(names));
    let older = statement(&["id", "userId", "firstName", "phoneNumber"]);
    assert!(
        older.contains("p.\"firstName\"::text AS first_name") && older.contains("NULL::text AS full_name"),
        "{older}"
    );
    let none = statement(&["fullName"]);
    assert!(!none.contains("JOIN") && !none.contains("fullName"), "{none}");
    for forbidden in ["passwordHash", "nid", "ssn", "governmentId", "dateOfBirth", "emergency", "address"] {
        assert!(!older.contains(forbidden), "{forbidden}");
    }
}

//! Addresses and numbers as the desk may show them, in the host's own forms. Each shows a fixed few characters of what it
//! was, however long that was, and where there are not enough to hide behind, none.

use support_domain::CountryCode;

/// Fewest characters before the `@`, of which two are shown.
const MIN_LOCAL: usize = 4;

/// Fewest characters of a domain's name, of which one is shown.
const MIN_DOMAIN: usize = 3;

/// Fewest digits of a number of no known form, of which two are shown.
const MIN_DIGITS: usize = 7;

/// As in `k***m@g****.com`: the first and the last character before the `@`, the first of the domain, and what is behind
/// its last dot. None when it is no address.
pub fn mask_email(address: &str) -> Option<String> {
    let (local, domain) = address.trim().rsplit_once('@')?;
    let (name, top) = domain.rsplit_once('.').unwrap_or((domain, ""));
    let shown = |text: &str, least: usize| text.is_ascii() && text.len() >= least;
    let (first, last) = match shown(local, MIN_LOCAL) {
        true => (plain(local, 0).unwrap_or("*"), plain(local, local.len() - 1).unwrap_or("*")),
        false => ("", ""),
    };
    let host = if shown(name, MIN_DOMAIN) { plain(name, 0).unwrap_or("*") } else { "" };
    let is_top = (2..=12).contains(&top.len()) && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    let top = if is_top { top } else { "***" };
    Some(format!("{first}***{last}@{host}****.{top}"))
}

/// The character at that place, if it is a letter or a digit.
fn plain(text: &str, at: usize) -> Option<&str> {
    text.get(at..=at).filter(|character| character.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// As in `+880******78` and `+1-212-***-**23`, by the number's own form or else that of its country; of another form the
/// last two digits. None when it holds no digit.
pub fn mask_phone(number: &str, country: CountryCode) -> Option<String> {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return None;
    }
    let last = digits.get(digits.len().saturating_sub(2)..).unwrap_or_default();
    let american = match (digits.len(), country) {
        (11, CountryCode::UnitedStates) => digits.strip_prefix('1'),
        (10, CountryCode::UnitedStates) => Some(digits.as_str()),
        (11, CountryCode::Bangladesh) => digits.strip_prefix('1').filter(|_| number.trim_start().starts_with('+')),
        _ => None,
    };
    if let Some(area) = american.and_then(|digits| digits.get(..3)) {
        return Some(format!("+1-{area}-***-**{last}"));
    }
    let is_bangladeshi = (digits.len() == 13 && digits.starts_with("880"))
        || (digits.len() == 11 && digits.starts_with('0') && country == CountryCode::Bangladesh);
    Some(match is_bangladeshi {
        true => format!("+880******{last}"),
        false if digits.len() >= MIN_DIGITS => format!("******{last}"),
        false => "********".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use support_domain::TextEnum;

    use super::*;

    #[test]
    fn the_hosts_own_forms() {
        assert_eq!(mask_email("karim@gmail.com").as_deref(), Some("k***m@g****.com"));
        assert_eq!(mask_email(" kamal.uddin@mail.example.org ").as_deref(), Some("k***n@m****.org"));
        for number in ["+8801712345678", "8801712345678", "01712345678", "+880 1712-345678"] {
            assert_eq!(mask_phone(number, CountryCode::Bangladesh).as_deref(), Some("+880******78"), "{number}");
        }
        for number in ["+12125550123", "(212) 555-0123", "1 212 555 0123"] {
            assert_eq!(mask_phone(number, CountryCode::UnitedStates).as_deref(), Some("+1-212-***-**23"), "{number}");
        }
    }

    #[test]
    fn a_visitor_keeps_the_form_of_their_number() {
        assert_eq!(mask_phone("+8801712345678", CountryCode::UnitedStates).as_deref(), Some("+880******78"));
        assert_eq!(mask_phone("+12125550123", CountryCode::Bangladesh).as_deref(), Some("+1-212-***-**23"));
        assert_eq!(mask_phone("+441632960961", CountryCode::Bangladesh).as_deref(), Some("******61"));
    }

    #[test]
    fn what_is_short_is_not_shown_at_all() {
        assert_eq!(mask_email("abc@ab.com").as_deref(), Some("***@****.com"));
        assert_eq!(mask_email("a@b").as_deref(), Some("***@****.***"));
        assert_eq!(mask_phone("123456", CountryCode::Bangladesh).as_deref(), Some("********"));
        for nothing in ["", "kamal", "  "] {
            assert_eq!((mask_email(nothing), mask_phone(nothing, CountryCode::Bangladesh)), (None, None));
        }
    }

    proptest! {
        #[test]
        fn an_address_shows_three_characters_and_its_end(local in "[a-z0-9.]{0,30}", name in "[a-z0-9-]{1,30}", top in "[a-z]{2,6}") {
            let masked = mask_email(&format!("{local}@{name}.{top}")).unwrap();
            let (before, behind) = masked.split_once('@').unwrap();
            let shown = |text: &str| text.bytes().filter(|byte| *byte != b'*').count();
            prop_assert!(before.len() <= 5 && shown(before) <= 2, "{masked}");
            let host = behind.strip_suffix(&format!(".{top}")).unwrap();
            prop_assert!(host.len() <= 5 && shown(host) <= 1, "{masked}");
            prop_assert!(local.len() >= MIN_LOCAL || before == "***");
        }

        #[test]
        fn a_number_shows_its_country_its_area_and_two_digits(number in "[+0-9 ()-]{0,24}", country in proptest::sample::select(CountryCode::ALL)) {
            let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
            match mask_phone(&number, country) {
                None => prop_assert!(digits.is_empty()),
                Some(masked) => {
                    let shown = masked.strip_prefix("+880").or_else(|| masked.strip_prefix("+1-").map(|rest| &rest[3..]));
                    let rest = shown.unwrap_or(&masked);
                    prop_assert!(rest.chars().filter(char::is_ascii_digit).count() <= 2, "{masked}");
                    prop_assert!(digits.len() >= MIN_DIGITS || masked == "********", "{masked}");
                }
            }
        }

        #[test]
        fn whatever_the_host_has_there_is_masked_without_a_panic(text in "\\PC{0,60}") {
            if let Some(masked) = mask_email(&text) {
                prop_assert!(masked.is_ascii() && masked.len() <= 24, "{masked}");
            }
            let _ = mask_phone(&text, CountryCode::UnitedStates);
        }
    }
}

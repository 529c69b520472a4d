//! Masking as a whole: its rules' examples, what it does with hostile text, and what holds for any text.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn masked(text: &str) -> String {
    mask(text).text.into_owned()
}

#[test]
fn every_rule_masks_its_example() {
    for rule in &RULES {
        let before = rule.before.replace('+', "");
        let masked = mask(&before);
        assert_eq!((masked.text.as_ref(), masked.kinds), (rule.after, vec![rule.kind]), "{before}");
        let shape: String = rule.after.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        assert!(shape.contains(rule.mask) && !shape.contains(&format!("{}9", rule.mask)), "{shape}");
    }
}

#[test]
fn every_kind_has_a_rule() {
    use crate::TextEnum;
    for kind in MaskedKind::ALL {
        assert!(RULES.iter().any(|rule| rule.kind == *kind), "{kind}");
    }
}

#[test]
fn what_holds_no_secret_is_handed_back() {
    assert!(matches!(mask("my order 1234567890 is late").text, Cow::Borrowed(_)));
    assert!(matches!(mask("").text, Cow::Borrowed("")));
}

#[test]
fn the_rest_of_the_text_stays_to_the_byte() {
    let text = "\u{9a8}\u{9be}\u{9ae}\u{200d} NID\u{a0}\u{9ed}\u{9e9}\u{9ea}\u{9eb}\u{9ef}\u{9e7}\u{9e8}\u{9e6}\u{9ee}\u{9ec} \u{2013} \u{1f600}";
    assert_eq!(masked(text), "\u{9a8}\u{9be}\u{9ae}\u{200d} NID\u{a0}******2086 \u{2013} \u{1f600}");
}

#[test]
fn invisible_characters_hide_nothing() {
    assert_eq!(masked("ssn 219\u{200b}-45\u{ad}-33\u{200d}01"), "ssn ***-**-3301");
    assert_eq!(masked("pass\u{ad}word: hun\u{200b}ter2"), "pass\u{ad}word: [redacted]");
}

#[test]
fn the_nearest_label_decides() {
    assert_eq!(masked("nid ok, order 1234567890"), "nid ok, order 1234567890");
    assert_eq!(masked("order 12, nid 1234567890"), "order 12, nid ******7890");
    assert_eq!(masked("1234567890 is my nid, not my order"), "******7890 is my nid, not my order");
    assert_eq!(masked("nid for my account is 1234567890"), "nid for my account is ******7890");
}

#[test]
fn a_card_needs_its_check_digit_and_its_groups() {
    assert_eq!(masked("paid 4111111111111111"), "paid **** **** **** 1111");
    assert_eq!(masked("paid 4532 0092 8811 3574"), "paid **** **** **** 3574");
    for text in ["paid 4111111111111112", "paid 41 1111 1111111 111", "order 4111111111111111", "x4111111111111111"] {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn a_benign_label_has_one_number() {
    assert_eq!(masked("order 778 paid by 5105105105105100"), "order 778 paid by **** **** **** 5100");
    assert_eq!(masked("orders 778 and 5105105105105100"), "orders 778 and 5105105105105100");
    assert_eq!(masked("order is late, 7345912086 is my nid"), "order is late, ******2086 is my nid");
}

#[test]
fn numbers_that_cannot_be_one_stay() {
    let honest = [
        "see 666-12-3456",
        "see 000-12-3456",
        "see 219-00-3301",
        "see 900-12-3456",
        "see 20240615123045123",
        "see 19851191649123456",
        "my nid is fine, 8801711223344",
        "nid 8801711223344",
        "nid rejected (415) 555-0132",
        "I asked for the otp around 1045",
        "otp never arrived, 4532 taka gone",
        "otp never arrived 4532",
        "the pin is 4500 meters off",
        "pin **4321",
        "otp *4829",
    ];
    for text in honest {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn ids_that_end_in_a_word_of_ours_stay() {
    for id in ["89762c99-0f8c-4a80-9a85-01d763fa3501", "ea42f69828a243f9f52414a75fa01620", "q0otp482913"] {
        assert_eq!(masked(id), id);
    }
    assert_eq!(masked("2fa482913"), "2fa[redacted]");
    assert_eq!(masked("otp482913"), "otp[redacted]");
}

proptest! {
    #[test]
    fn uuids_stay(number in any::<u128>()) {
        let id = uuid::Builder::from_random_bytes(number.to_be_bytes()).into_uuid().to_string();
        prop_assert_eq!(masked(&id), id);
    }
}

#[test]
fn percent_encoding_hides_nothing() {
    for link in
        ["x?q=card%204111111111111111", "https://x.example/?a=4111%201111%201111%201111", "my%2520pin%2520is%25204321"]
    {
        assert_eq!(masked(&format!("see {link}, please")), "see [redacted] please", "{link}");
    }
    for honest in
        ["https://x.example/?q=late%20order%201234567890", "100% sure, 5%20 off", "%", "%2", "%zz 50%", "%41%"]
    {
        assert_eq!(masked(honest), honest);
    }
}

#[test]
fn the_words_of_a_mask_are_no_labels() {
    let text = "[redacted token]: abcd1234efgh5678ijkl and [redacted private key] abcd1234efgh5678";
    assert_eq!(masked(text), text);
    // Only the masks themselves are left unread.
    assert_eq!(masked("[redacted password: hunter2]"), "[redacted password: [redacted]]");
}

#[test]
fn finds_that_overlap_become_one() {
    let find = |range, rank| Find { range, mask: format!("[{rank}]"), rank };
    let merged = merge(vec![find(2..6, 3), find(4..9, 1), find(9..10, 0), find(3..3, 0)]);
    let seen: Vec<_> = merged.iter().map(|find| (find.range.clone(), find.mask.as_str())).collect();
    assert_eq!(seen, [(2..9, "[1]"), (9..10, "[0]")]);
}

#[test]
fn masked_content_does_not_print() {
    let printed = format!("{:?}", mask("my password is hunter2 and some words"));
    assert!(!printed.contains("words") && printed.contains("Password"), "{printed}");
}

/// Fails when `work` takes longer than a busy machine and a slow build explain.
#[expect(clippy::disallowed_methods, reason = "measures real time, and decides nothing by it but whether to fail")]
fn soon(what: &str, work: impl FnOnce()) {
    let started = Instant::now();
    work();
    assert!(started.elapsed() < Duration::from_secs(20), "{what}: {:?}", started.elapsed());
}

#[test]
fn hostile_text_takes_no_longer_than_its_length() {
    let units = [
        "1 ",
        "1-",
        "1.",
        "12 34 ",
        "4111 ",
        "4",
        "pin ",
        "pin 1 ",
        "password ",
        "password:",
        "password: ",
        "password is ",
        "for password ",
        "token=",
        "secret-",
        "?token=",
        "://",
        "://a:b@",
        "eyJ-",
        "eyJ.",
        "sk-",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----",
        "cookie:",
        "authorization: ",
        "bearer ",
        "[redacted]",
        "[",
        "\"",
        "nid,",
        "passport a1 ",
        "\u{9e7} ",
        "\u{9aa}\u{9bf}\u{9a8} ",
        " ",
        "a",
        "my ",
        "is my password ",
        "code ",
        "or ",
        "ssn 1 order ",
        "%20",
        "%25",
        "%25 ",
        "pin%201",
    ];
    for unit in units {
        soon(unit, || {
            mask(&unit.repeat(8 * 1024 / unit.len()));
        });
    }
}

/// What people write about secrets, in any order.
fn soup() -> impl Strategy<Value = String> {
    let words = "password|pin|otp|nid|ssn|card|cvv|token|passport|order|phone|account|code|api key|secret|pass|is|my|for|the|to|not|or|\
        changed|amar|holo|number|bearer|cookie|authorization|begin|private key|passphrase";
    let values = "[0-9]{1,4}|[0-9]{3}-[0-9]{2}-[0-9]{4}|4111 1111 1111 1111|[0-9]{10}|[a-z]{2,5}[0-9]{1,4}|hunter2|\\[redacted\\]|\
        \\[redacted token\\]|\\*\\*\\*|eyJ[a-z]{6}\\.[a-z]{6}|sk-[a-z0-9]{20}|x@y\\.com|https://a:b@c|\\?token=[a-z]{1,4}";
    let signs = "[ :=.,'\"()/@#\\-\\n\\[\\]*\u{9e7}\u{9ea}\u{2013}\u{200b}\u{9df}]{1,3}";
    let piece = prop_oneof![
        3 => proptest::string::string_regex(words).unwrap(),
        3 => proptest::string::string_regex(values).unwrap(),
        4 => Just(" ".to_owned()),
        2 => proptest::string::string_regex(signs).unwrap(),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_second_run_changes_nothing(text in soup()) {
        let once = masked(&text);
        prop_assert_eq!(masked(&once), once);
    }

    #[test]
    fn any_text_gives_an_answer(text in any::<String>()) {
        let once = masked(&text);
        prop_assert_eq!(masked(&once), once);
    }

    #[test]
    fn a_labelled_number_never_survives(before in "[a-z]{0,8}", digits in "[1-9][0-9]{9}", after in "[a-z]{0,8}") {
        let text = format!("{before}. my nid is {digits}. {after}");
        prop_assert!(!masked(&text).contains(&digits));
    }
}

//! What holds for anything that anybody may write, of the whole pipeline: messages in both formats, subjects, previews,
//! metadata. What holds for its parts is tested beside them.

#![allow(clippy::unwrap_used, reason = "a test says by a panic what is wrong")]

use proptest::prelude::*;
use serde_json::{Map, Value};
use support_domain::content::html::escape;
use support_domain::content::masking::mask;
use support_domain::{ContentFormat, Limits, MaskedKinds, MessageContent, Metadata, Subject};

fn limits() -> Limits {
    Limits {
        max_message_chars: usize::MAX,
        max_subject_chars: usize::MAX,
        max_metadata_bytes: usize::MAX,
        ..Limits::default()
    }
}

/// Whether a `<` stands where a tag, a comment or a declaration could begin, also with something behind it.
fn opens_markup(text: &str) -> bool {
    let opens = |pair: &[u8]| pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || b"/!?".contains(&pair[1]));
    text.as_bytes().windows(2).any(opens) || text.ends_with('<')
}

/// Words of a few dozen languages, without digits, for which no label exists: nothing of them is anybody's business.
fn languages() -> impl Strategy<Value = String> {
    let scripts = "[\u{985}-\u{9b9}\u{9be}-\u{9cd}\u{200c}\u{200d}]{1,8}|[\u{905}-\u{939}\u{93e}-\u{94d}]{1,8}|[\u{627}-\u{64a}]{1,8}|\
        [\u{5d0}-\u{5ea}]{1,8}|[\u{430}-\u{44f}]{1,8}|[\u{3b1}-\u{3c9}]{1,8}|[\u{4e00}-\u{4fff}]{1,6}|[\u{3041}-\u{3093}]{1,6}|\
        [\u{ac00}-\u{adff}]{1,6}|[\u{e01}-\u{e3a}]{1,8}|[\u{b85}-\u{bb9}\u{bbe}-\u{bcd}]{1,8}|[\u{10d0}-\u{10f0}]{1,8}|\
        [\u{561}-\u{586}]{1,8}|[\u{1200}-\u{1246}]{1,6}|[\u{1000}-\u{102a}]{1,8}|[\u{e0}-\u{f6}\u{f8}-\u{ff}]{1,8}|\
        [\u{1f600}-\u{1f64f}][\u{1f3fb}-\u{1f3ff}]?|\u{1f469}\u{200d}\u{1f467}|\u{2764}\u{fe0f}";
    let word = proptest::string::string_regex(scripts).unwrap();
    proptest::collection::vec((word, "[ ,.!?\u{964}\u{60c}\n]{1,2}"), 1..20)
        .prop_map(|words| words.into_iter().map(|(word, gap)| word + &gap).collect())
}

/// Words, secrets, markup and odd characters in any order.
fn anything() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "[ -~]{0,12}",
        "(my |the |amar )?(password|pin|otp|nid|card|ssn|token|cvv|passport)( is|:| holo)? [a-z0-9]{3,12}",
        "[0-9\u{9e6}-\u{9ef}]{1,6}([ -][0-9\u{9e6}-\u{9ef}]{1,6}){0,4}",
        "</?(b|p|a|script|img|svg|style)( [a-z]{1,6}=[\"']?[a-z:/&;#0-9]{0,10}[\"']?)? ?/?>?",
        "&(lt|gt|amp|#[0-9]{1,5}|#x[0-9a-f]{1,5});?",
        "(https?://)?[a-z]{1,6}[?/&=%][%0-9A-F=&?a-z]{0,12}",
        "[\r\n\u{0}\u{a0}\u{200b}\u{2028}\u{202e}\u{feff}\u{9a6}\u{9be}\u{ff1c}\u{2039}]{1,3}",
        "\\PC{0,4}",
    ];
    proptest::collection::vec(pieces, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn every_language_comes_through(words in languages()) {
        let written = words.trim().to_owned();
        let mut masked = MaskedKinds::new();
        for (input, format) in [(written.clone(), ContentFormat::Text), (escape(&written), ContentFormat::Html)] {
            let content = MessageContent::parse_noting(&input, format, &limits(), &mut masked).unwrap();
            prop_assert_eq!(content.text(), &written);
            prop_assert_eq!(content.html(), &escape(&written));
        }
        let subject = Subject::parse_noting(&written, &limits(), &mut masked).unwrap();
        prop_assert_eq!(subject.as_str(), written.split_whitespace().collect::<Vec<_>>().join(" "));
        prop_assert!(masked.is_empty());
    }

    #[test]
    fn nothing_is_found_in_what_was_made_safe(input in anything()) {
        for format in [ContentFormat::Text, ContentFormat::Html] {
            let Ok(content) = MessageContent::parse(&input, format, &limits()) else { continue };
            prop_assert!(mask(content.text()).kinds.is_empty(), "{}", content.text());
            let mut masked = MaskedKinds::new();
            let again = MessageContent::parse_noting(content.html(), ContentFormat::Html, &limits(), &mut masked);
            prop_assert!(again.is_ok_and(|again| again == content) && masked.is_empty());
            prop_assert!(!opens_markup(content.preview().as_str()));
            prop_assert!(content.html().len() <= input.len() * 40 + 8 * 1024);
        }
    }

    #[test]
    fn a_subject_is_one_harmless_line(input in anything()) {
        let Ok(subject) = Subject::parse(&input, &limits()) else { return Ok(()) };
        prop_assert!(!opens_markup(subject.as_str()) && !subject.as_str().contains(['\n', '\r', '\t']));
        prop_assert!(Subject::parse(subject.as_str(), &limits()).is_ok_and(|again| again == subject));
    }

    #[test]
    fn metadata_settles_and_opens_no_markup(key in anything(), value in anything(), more in any::<i64>()) {
        let object: Map<String, Value> = [(key, Value::from(value)), ("n".to_owned(), Value::from(more))].into_iter().collect();
        let clean = Metadata::parse(object, &limits()).unwrap();
        for (key, value) in clean.as_object() {
            prop_assert!(!opens_markup(key) && !value.as_str().is_some_and(opens_markup));
        }
    }

    #[test]
    fn a_mask_is_told_and_stays_short(input in anything()) {
        let once = mask(&input);
        prop_assert_eq!(once.kinds.is_empty(), once.text == input);
        prop_assert!(once.text.len() <= input.len() * 8 + 64);
        prop_assert_eq!(&mask(&once.text).text, &once.text);
    }
}

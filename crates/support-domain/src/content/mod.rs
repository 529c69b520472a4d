//! What people write, made harmless before anything else sees it.
//!
//! The types here cannot hold text that did not pass through the pipeline: [`characters`] first, then [`masking`], then
//! [`html`] for what is served as HTML or [`plain`] for what is served as plain text. None of them prints: `Debug` shows
//! a length.
//!
//! Content never comes back out of here in its raw form, and nothing here may log.

pub mod characters;
mod file_name;
pub mod html;
pub mod masking;
mod metadata;
pub mod plain;

use std::fmt;

pub use file_name::FileName;
pub use masking::{MaskedKind, MaskedKinds};
pub use metadata::Metadata;

use crate::{InvalidValue, Limits, text_enum};

text_enum! {
    /// How the characters of a message are meant.
    pub enum ContentFormat ("format") {
        /// Every character means itself.
        Text = "text",
        /// A small set of HTML is markup; all else means itself.
        Html = "html",
    }
}

macro_rules! unprintable {
    ($name:ident, $field:tt) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.$field.len())
            }
        }
    };
}

use unprintable;

/// Trims, counts and cleans what somebody wrote. What is left may be nothing.
fn cleaned(input: &str, max_chars: usize) -> Result<String, InvalidValue> {
    let trimmed = input.trim();
    // A scalar value has at most four bytes: what is longer than that in bytes need not be counted.
    if trimmed.len() > max_chars.saturating_mul(4) || trimmed.chars().count() > max_chars {
        return Err(InvalidValue::limit(format!("must have at most {max_chars} characters")));
    }
    Ok(characters::normalize(trimmed).trim().to_owned())
}

/// The same, and refuses what comes to nothing.
fn written(input: &str, max_chars: usize) -> Result<String, InvalidValue> {
    let clean = cleaned(input, max_chars)?;
    if clean.is_empty() { Err(InvalidValue::new("must not be empty")) } else { Ok(clean) }
}

/// The body of a message: HTML that is safe as element content, and the same as plain text.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageContent {
    html: String,
    text: String,
}

unprintable!(MessageContent, html);

impl MessageContent {
    /// Makes what somebody wrote safe. Refuses what is empty or longer than `limits` allow.
    pub fn parse(input: &str, format: ContentFormat, limits: &Limits) -> Result<Self, InvalidValue> {
        Self::parse_noting(input, format, limits, &mut MaskedKinds::new())
    }

    /// The same, and adds to `masked` what was masked.
    pub fn parse_noting(
        input: &str,
        format: ContentFormat,
        limits: &Limits,
        masked: &mut MaskedKinds,
    ) -> Result<Self, InvalidValue> {
        let content = Self::parse_beside_files(input, format, limits, masked)?;
        if content.is_empty() { Err(InvalidValue::new("must not be empty")) } else { Ok(content) }
    }

    /// The same for a message that files come with, and that need not say anything: what comes to nothing is
    /// [`none`](Self::none).
    pub fn parse_beside_files(
        input: &str,
        format: ContentFormat,
        limits: &Limits,
        masked: &mut MaskedKinds,
    ) -> Result<Self, InvalidValue> {
        let clean = cleaned(input, limits.max_message_chars)?;
        let content = match format {
            ContentFormat::Text => Self::literal(masking::mask_noting(&clean, masked).into_owned()),
            ContentFormat::Html => Self::markup(&clean, masked),
        };
        Ok(if content.is_empty() { Self::none() } else { content })
    }

    /// No words at all.
    pub const fn none() -> Self {
        Self { html: String::new(), text: String::new() }
    }

    /// Whether there are no words.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Text of which every character means itself.
    fn literal(text: String) -> Self {
        Self { html: html::escape(&text), text }
    }

    /// HTML. Secrets are looked for in what a reader sees, since markup can split them, and in where links lead. Where
    /// one is found the message keeps its words and loses its markup.
    fn markup(written: &str, masked: &mut MaskedKinds) -> Self {
        let html = html::sanitize(written);
        let text = html::to_text(&html).trim().to_owned();
        let mut found = MaskedKinds::new();
        let readable = masking::mask_noting(&text, &mut found).into_owned();
        for link in html::links(&html) {
            masking::mask_noting(&link, &mut found);
        }
        if found.is_empty() {
            return Self { html, text };
        }
        masked.extend(found);
        Self::literal(readable)
    }

    /// A sentence of the desk's own, such as those of system messages.
    pub fn fixed(sentence: &'static str) -> Self {
        Self::literal(sentence.to_owned())
    }

    /// What was stored before, by [`parse`](Self::parse) under the rules of its day.
    pub fn from_stored(html: String, text: String) -> Self {
        Self { html, text }
    }

    /// HTML that is safe as element content; not inside an attribute.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The same as plain text, where `<` is just a character.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The beginning of it, for a list.
    pub fn preview(&self) -> Preview {
        Preview(plain::harmless(&plain::one_line(&self.text, Preview::MAX_CHARS)))
    }
}

/// What a conversation is about: one line of plain text that stays harmless where it is inserted as HTML.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject(String);

unprintable!(Subject, 0);

impl Subject {
    /// Makes what somebody wrote a subject. Refuses what is empty or longer than `limits` allow.
    pub fn parse(input: &str, limits: &Limits) -> Result<Self, InvalidValue> {
        Self::parse_noting(input, limits, &mut MaskedKinds::new())
    }

    /// The same, and adds to `masked` what was masked.
    pub fn parse_noting(input: &str, limits: &Limits, masked: &mut MaskedKinds) -> Result<Self, InvalidValue> {
        let written = written(input, limits.max_subject_chars)?;
        Ok(Self(plain::harmless(&masking::mask_noting(&plain::one_line(&written, usize::MAX), masked))))
    }

    /// What was stored before.
    pub fn from_stored(subject: String) -> Self {
        Self(subject)
    }

    /// The subject.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The beginning of a message: one line of plain text that stays harmless where it is inserted as HTML.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Preview(String);

unprintable!(Preview, 0);

impl Preview {
    /// Most characters of a preview; what is cut ends in an ellipsis.
    pub const MAX_CHARS: usize = 120;

    /// Of a message without words: the names of its files.
    pub fn of_files<'a>(names: impl Iterator<Item = &'a FileName>) -> Self {
        let names: Vec<&str> = names.map(FileName::as_str).collect();
        Self(plain::harmless(&plain::one_line(&names.join(", "), Self::MAX_CHARS)))
    }

    /// What was stored before.
    pub fn from_stored(preview: String) -> Self {
        Self(preview)
    }

    /// The preview.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextEnum;

    fn text(input: &str) -> Result<MessageContent, InvalidValue> {
        MessageContent::parse(input, ContentFormat::Text, &Limits::default())
    }

    #[test]
    fn text_is_meant_literally() {
        let content = text("  a < b && c > d <script>alert(1)</script>\r\n ").unwrap();
        assert_eq!(content.text(), "a < b && c > d <script>alert(1)</script>");
        assert_eq!(content.html(), "a &lt; b &amp;&amp; c &gt; d &lt;script&gt;alert(1)&lt;/script&gt;");
    }

    #[test]
    fn html_keeps_its_markup_and_has_a_plain_reading() {
        let html = |input: &str| MessageContent::parse(input, ContentFormat::Html, &Limits::default());
        let content = html(" <p>a &lt; <b onclick=x>b</b></p><script> ").unwrap();
        assert_eq!(content.html(), "<p>a &lt; <b>b</b></p>&lt;script&gt;");
        assert_eq!(content.text(), "a < b\n<script>");
        assert_eq!(html("<p><br>&nbsp;&#x202e;</p>").unwrap_err().sentence(), "must not be empty");
    }

    #[test]
    fn secrets_are_masked_before_anything_else_sees_them() {
        let content = text("my password is hunter2").unwrap();
        assert_eq!((content.text(), content.html()), ("my password is [redacted]", "my password is [redacted]"));
        assert_eq!(content.preview().as_str(), "my password is [redacted]");
        let subject = Subject::parse("card 4111 1111 1111 1111", &Limits::default()).unwrap();
        assert_eq!(subject.as_str(), "card **** **** **** 1111");
    }

    #[test]
    fn what_was_masked_is_told() {
        let told = |input: &str, format| {
            let mut masked = MaskedKinds::from([MaskedKind::Otp]);
            MessageContent::parse_noting(input, format, &Limits::default(), &mut masked).unwrap();
            masked.into_iter().map(TextEnum::as_str).collect::<Vec<_>>().join(" ")
        };
        let secrets = "<b>ssn 219-45-3301</b>, cvv 737, <a href=\"https://x.example/?token=9f8e7d6c5b4a\">here</a>";
        assert_eq!(told(secrets, ContentFormat::Html), "ssn cvv otp url_secret");
        assert_eq!(told(secrets, ContentFormat::Text), "ssn cvv otp url_secret");
        assert_eq!(told("<b>nothing</b>", ContentFormat::Html), "otp");
    }

    #[test]
    fn markup_hides_no_secret() {
        let html = |input: &str| MessageContent::parse(input, ContentFormat::Html, &Limits::default()).unwrap();
        for input in ["<b>ssn 219-</b>45<i>-3301</i>", "ssn 219&#45;45-33<b>01</b>", "<p>my ssn: 219-45-3301</p>"] {
            let content = html(input);
            assert!(!content.html().contains("3301</") && content.text().contains("***-**-3301"), "{}", content.html());
        }
        let link = html("see <a href=\"https://x.example/?a=1&amp;token=9f8e7d6c5b4a\">this</a>");
        assert_eq!((link.html(), link.text()), ("see this", "see this"));
        let honest = html("see <a href=\"https://x.example/?a=1&amp;b=2\">this</a>");
        assert!(honest.html().contains("https://x.example/?a=1&amp;b=2"), "{}", honest.html());
    }

    #[test]
    fn length_counts_characters_after_trimming() {
        let limits = Limits { max_message_chars: 3, ..Limits::default() };
        let parse = |input: &str| MessageContent::parse(input, ContentFormat::Text, &limits);
        assert_eq!(parse("  \u{9a6}\u{9be}\u{1f600} ").unwrap().text(), "\u{9a6}\u{9be}\u{1f600}");
        assert_eq!(parse("abcd").unwrap_err().sentence(), "must have at most 3 characters");
        assert_eq!(parse(" \n\t ").unwrap_err().sentence(), "must not be empty");
        assert_eq!(parse("\u{200b}\u{feff}").unwrap_err().sentence(), "must not be empty");
    }

    #[test]
    fn content_does_not_print() {
        let printed = format!(
            "{:?} {:?} {:?}",
            text("hidden words").unwrap(),
            Subject::parse("hidden words", &Limits::default()).unwrap(),
            text("hidden words").unwrap().preview()
        );
        assert!(!printed.contains("hidden"), "{printed}");
    }

    #[test]
    fn subject_and_preview_open_no_markup() {
        let subject = Subject::parse("<img src=x onerror=alert(1)>\nI <3 it", &Limits::default()).unwrap();
        assert!(!subject.as_str().contains("<i"), "{}", subject.as_str());
        assert!(subject.as_str().ends_with(" I <3 it"), "{}", subject.as_str());
        let long = text(&format!("{}<b>", "x".repeat(118))).unwrap().preview();
        assert_eq!(long.as_str().chars().count(), Preview::MAX_CHARS);
        assert!(!long.as_str().contains("<b"));
    }
}

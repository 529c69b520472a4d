//! The name of a file: what is left of what a client calls it once it is safe to show, to insert as HTML and to save
//! under. Never a path, never a client's word for what the file is, never a reason to turn a file away.

use std::fmt;

use super::masking::{self, MaskedKinds};
use super::{characters, plain, unprintable};
use crate::MediaType;

/// A file's name, with the extension that fits its content. One line of plain text that stays harmless where it is inserted
/// as HTML, even inside an attribute.
#[derive(Clone, PartialEq, Eq)]
pub struct FileName(String);

unprintable!(FileName, 0);

/// What is looked at of a client's name; more than that is no name.
const MOST_CHARS_READ: usize = 1_024;

/// How often a name is read at most, until nothing changes any more.
const MAX_READINGS: usize = 4;

/// Names that are devices on Windows, whatever their extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul", "com", "lpt", "conin$", "conout$"];

impl FileName {
    /// Most characters of a name, the extension included.
    pub const MAX_CHARS: usize = 120;
    /// Most bytes of a name: file systems take 255.
    pub const MAX_BYTES: usize = 240;

    /// Makes what a client calls a file of that type its name. A name of which nothing is left becomes `file`.
    pub fn parse(input: &str, media_type: MediaType) -> Self {
        Self::parse_noting(input, media_type, &mut MaskedKinds::new())
    }

    /// The same, and adds to `masked` what was masked.
    pub fn parse_noting(input: &str, media_type: MediaType, masked: &mut MaskedKinds) -> Self {
        let mut name = read_once(input, media_type, masked);
        // What was replaced, trimmed or cut may read as a secret only now, as a card's number with colons does.
        for _ in 1..MAX_READINGS {
            let again = read_once(&name, media_type, masked);
            if again == name {
                break;
            }
            name = again;
        }
        Self(name)
    }

    /// What was stored before.
    pub fn from_stored(name: String) -> Self {
        Self(name)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn read_once(input: &str, media_type: MediaType, masked: &mut MaskedKinds) -> String {
    let read = input.char_indices().nth(MOST_CHARS_READ).map_or(input, |(end, _)| &input[..end]);
    let line = plain::one_line(&characters::normalize(read), usize::MAX);
    // A secret may hold a slash: it is looked for before and after the path is gone.
    let whole = without_secrets(&line, masked);
    let last = whole.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let (stem, extension) = split(last.trim(), media_type);
    let stem = without_secrets(stem, masked);
    let stem: String = stem.chars().filter_map(safe).collect();
    let stem = plain::one_line(stem.trim_matches(['.', ' ', '~']), usize::MAX);
    let stem = match stem.as_str() {
        "" => "file".to_owned(),
        stem if is_device(stem) => format!("file-{stem}"),
        _ => stem,
    };
    let room = FileName::MAX_CHARS - extension.len() - 1;
    let bytes = FileName::MAX_BYTES - extension.len() - 1;
    let end = stem
        .char_indices()
        .enumerate()
        .find(|(count, (at, character))| *count >= room || at + character.len_utf8() > bytes)
        .map_or(stem.len(), |(_, (at, _))| at);
    let stem = stem[..end].trim_end_matches(['.', ' ', '\u{200c}', '\u{200d}']);
    format!("{stem}.{extension}")
}

/// Masked to the letter first, as a token with underscores is one; then as it reads, since names have underscores where
/// sentences have blanks. A token behind an underscore is read before its own underscores are blanks.
fn without_secrets(name: &str, masked: &mut MaskedKinds) -> String {
    let joins = |character: char| matches!(character, '_' | '+');
    let clean = masking::mask_noting(name, masked).into_owned();
    let parted: String = clean
        .char_indices()
        .map(|(at, c)| if joins(c) && masking::begins_with_token(&clean[at + 1..]) { ' ' } else { c })
        .collect();
    let clean = masking::mask_noting(&parted, masked).into_owned();
    let as_read = clean.replace(joins, " ");
    let mut found = MaskedKinds::new();
    let readable = masking::mask_noting(&as_read, &mut found).into_owned();
    if found.is_empty() {
        return clean;
    }
    masked.extend(found);
    readable
}

/// The name without its extension, and the extension, if it is one of the type; otherwise all of it, and the usual one.
fn split(name: &str, media_type: MediaType) -> (&str, &'static str) {
    let extensions = media_type.extensions();
    let usual = extensions.first().copied().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((stem, end)) => match extensions.iter().find(|known| known.eq_ignore_ascii_case(end)) {
            Some(known) => (stem, known),
            None => (name, usual),
        },
        None => (name, usual),
    }
}

/// A character that means nothing to HTML, a shell or a file system, in place of one that does; none for marks of direction,
/// which make an extension look like another.
fn safe(character: char) -> Option<char> {
    Some(match character {
        '<' => '\u{2039}',
        '>' => '\u{203a}',
        '"' => '\u{201d}',
        '\'' | '`' => '\u{2019}',
        '&' => '\u{ff06}',
        '/' | '\\' | ':' | '|' | '?' | ';' | '$' => '_',
        '\u{200e}' | '\u{200f}' | '\u{61c}' => return None,
        other => other,
    })
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let base = first.trim_end_matches(|character: char| character.is_ascii_digit());
    DEVICES.contains(&first.as_str()) || (["com", "lpt"].contains(&base) && first.len() == base.len() + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(input: &str) -> String {
        FileName::parse(input, MediaType::Png).0
    }

    #[test]
    fn honest_names_stay_as_they_are() {
        for name in [
            "receipt.png",
            "Screenshot 2026-11-22 at 19.04.57.png",
            "IMG_20261122_190457.png",
            "trip (2) - copy, final.png",
            "\u{9b0}\u{9b8}\u{9bf}\u{9a6}.png",
            "\u{1f600} ok.png",
        ] {
            assert_eq!(named(name), name);
        }
        assert_eq!(FileName::parse("IMG_0001.JPEG", MediaType::Jpeg).as_str(), "IMG_0001.jpeg");
    }

    #[test]
    fn the_extension_is_the_contents() {
        assert_eq!(named("invoice.pdf"), "invoice.pdf.png");
        assert_eq!(named("page.html"), "page.html.png");
        assert_eq!(named("photo"), "photo.png");
        assert_eq!(named("photo."), "photo.png");
        assert_eq!(FileName::parse("a.png", MediaType::Pdf).as_str(), "a.png.pdf");
    }

    #[test]
    fn paths_and_what_confuses_are_dropped() {
        for (input, expected) in [
            ("../../etc/passwd", "passwd.png"),
            ("C:\\Users\\rahim\\photo.png", "photo.png"),
            ("/", "file.png"),
            ("", "file.png"),
            (" .png", "file.png"),
            ("....png", "file.png"),
            (".htaccess", "htaccess.png"),
            ("a\u{0}b\r\nc.png", "ab c.png"),
            ("photo\u{202e}gnp.exe", "photognp.exe.png"),
            ("photo\u{200f}.png", "photo.png"),
            ("CON.png", "file-CON.png"),
            ("com1.txt", "file-com1.txt.png"),
            ("company.png", "company.png"),
        ] {
            assert_eq!(named(input), expected, "{input:?}");
        }
    }

    #[test]
    fn markup_is_harmless_even_inside_an_attribute() {
        let name = named("<img src=x onerror=\"alert('1')\">&amp;`.png");
        assert!(!name.contains(['<', '>', '"', '\'', '&', '`', '/']), "{name}");
        assert!(name.starts_with("\u{2039}img src=x onerror="), "{name}");
    }

    #[test]
    fn secrets_are_masked_and_told() {
        let card = ["4111", "1111", "1111", "1111"];
        let token = ["ghp", "_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
        let web_token =
            ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJkcml2ZXItMSJ9", "a_Zm9vYmFy-k3N0_cXV4cXV4cXV4cXV4cXV4cXV4"].join(".");
        for (name, secret) in [
            (format!("card {}.png", card.join(" ")), card.join(" ")),
            (format!("card_{}.png", card.join("_")), card.join("_")),
            (format!("{}.png", card.concat()), card.concat()),
            ("my ssn 219-45-3301.png".to_owned(), "219-45".to_owned()),
            ("my_password_is_hunter2.png".to_owned(), "hunter2".to_owned()),
            ("my password is hunter2/x.png".to_owned(), "hunter2".to_owned()),
            (format!("{token}.png"), token.clone()),
            (format!("a/{token}/b_c {token}.png"), token.clone()),
            (format!("my ssn 219-45-3301 {token}.png"), token.clone()),
            (format!("my_ssn_219-45-3301_{token}.png"), token.clone()),
            (format!("my_ssn_219-45-3301_{token}.png"), "219-45".to_owned()),
            (format!("{web_token}.png"), web_token.clone()),
            (format!("my_ssn_219-45-3301_{web_token}.png"), "Zm9vYmFy-k3N0".to_owned()),
            (format!("my_password_is_hunter2 {web_token}.png"), web_token.clone()),
            (format!("{}.png", card.join(":")), card.join(":")),
            (format!("{}.png", card.join("+")), card.join("+")),
            (format!("~{}.png", card.join("|")), card.join("|")),
        ] {
            let mut masked = MaskedKinds::new();
            let found = FileName::parse_noting(&name, MediaType::Png, &mut masked);
            let read = |text: &str| text.replace(['_', '+', ':', '|'], " ");
            assert!(!read(found.as_str()).contains(&read(&secret)) && !masked.is_empty(), "{name}: {}", found.as_str());
        }
    }

    #[test]
    fn a_name_is_short_and_does_not_print() {
        for long in
            ["x".repeat(10_000), "\u{9a6}".repeat(10_000), "\u{1f600}".repeat(500), format!("{}.png", "y".repeat(300))]
        {
            let name = FileName::parse(&long, MediaType::Webp);
            assert!(name.as_str().chars().count() <= FileName::MAX_CHARS, "{}", name.as_str());
            assert!(name.as_str().len() <= FileName::MAX_BYTES && name.as_str().ends_with(".webp"));
        }
        assert!(!format!("{:?}", FileName::parse("hidden", MediaType::Pdf)).contains("hidden"));
    }

    proptest! {
        #[test]
        fn every_name_is_one_safe_line(
            input in "\\PC{0,200}|[./\\\\<>\"'&: \u{0}\u{202e}a-c0-9]{0,60}|[0-9]{1,4}([-_+:|;. ][0-9]{1,4}){0,40}|(ssn|pin|code|nid|is|[0-9]{3}|[-_+:|;.])([ _+:|;.-]?(ssn|pin|code|is|nid|[0-9]{2,9})){0,20}",
        ) {
            for media_type in [MediaType::Jpeg, MediaType::Pdf] {
                let name = FileName::parse(&input, media_type);
                let text = name.as_str();
                prop_assert!(text.chars().count() <= FileName::MAX_CHARS && text.len() <= FileName::MAX_BYTES);
                prop_assert!(!text.contains(['<', '>', '"', '\'', '&', '`', '/', '\\', '\n', '\0']), "{}", text);
                prop_assert!(!text.starts_with('.') && text.contains('.'));
                prop_assert_eq!(FileName::parse(text, media_type), name);
            }
        }
    }
}

//! How a source file looks, and which characters a text may hold.

use super::hold;
use super::tree::{File, Tree};

const MAX_LINES: usize = 500;

/// Macros of work that is not done. Without their exclamation mark, or this file would offend.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];

fn without_a_head(tree: &Tree) -> Vec<String> {
    tree.rust().filter(|file| !file.text.starts_with("//!")).map(|file| file.path.clone()).collect()
}

fn too_long(tree: &Tree) -> Vec<String> {
    let lengths = tree.rust().map(|file| (&file.path, file.text.lines().count()));
    lengths.filter(|(_, lines)| *lines > MAX_LINES).map(|(path, lines)| format!("{path}: {lines} lines")).collect()
}

fn unfinished(tree: &Tree) -> Vec<String> {
    let uses = |line: &str, name: &str| {
        let call = format!("{name}!");
        line.match_indices(&call).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let offences = |file: &File| lines_where(file, |line| UNFINISHED.iter().any(|name| uses(line, name)));
    tree.rust().flat_map(offences).collect()
}

/// Emoji, pictographs and the marks that turn a letter into one. Arrows, mathematics, box drawing and the joiners that
/// Bangla needs are none.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        // Watches, keyboards, buttons of a player, keycaps.
        '\u{231A}' | '\u{231B}' | '\u{2328}' | '\u{23CF}' | '\u{23E9}'..='\u{23F3}' | '\u{23F8}'..='\u{23FA}' | '\u{20E3}'
        // Squares and triangles that are drawn as emoji, weather, chess, dingbats, stars.
        | '\u{25AA}' | '\u{25AB}' | '\u{25B6}' | '\u{25C0}' | '\u{25FB}'..='\u{25FE}' | '\u{2600}'..='\u{27BF}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{203C}' | '\u{2049}' | '\u{2934}' | '\u{2935}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}'
        // "Draw the letter before as an emoji", flags, and the planes of emoji.
        | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}' | '\u{1F000}'..='\u{1FAFF}')
}

fn pictographs(tree: &Tree) -> Vec<String> {
    tree.files.iter().flat_map(|file| lines_where(file, |line| line.contains(is_pictograph))).collect()
}

/// The places of the lines that offend, with the start of what stands there.
fn lines_where(file: &File, offends: impl Fn(&str) -> bool) -> Vec<String> {
    let numbered = file.text.lines().enumerate().filter(|(_, line)| offends(line));
    let place = |(index, line): (usize, &str)| {
        format!("{}:{}: {}", file.path, index + 1, line.trim().chars().take(60).collect::<String>().escape_default())
    };
    numbered.map(place).collect()
}

#[test]
fn every_rust_file_opens_by_saying_what_it_is() {
    hold("the first line of a file begins with //!", &without_a_head(&Tree::of_the_project()));
}

#[test]
fn no_rust_file_is_too_long_to_read() {
    hold(&format!("a file has at most {MAX_LINES} lines"), &too_long(&Tree::of_the_project()));
}

#[test]
fn no_work_is_left_for_later() {
    hold("no macro of unfinished work, nor of debugging, in a crate", &unfinished(&Tree::of_the_project()));
}

#[test]
fn no_text_holds_an_emoji() {
    let rule = r"no emoji or pictograph in any text file; a test that needs one writes it as \u{...}";
    hold(rule, &pictographs(&Tree::of_the_project()));
}

#[test]
fn a_file_without_a_head_is_noticed() {
    let tree = Tree::of(&[
        ("crates/a/src/lib.rs", "//! Good.\n"),
        ("crates/a/src/empty.rs", ""),
        ("crates/a/src/late_tests.rs", "\n//! Late.\n"),
        ("crates/a/tests/it/x.rs", "// Not a head.\n"),
        ("crates/a/README.md", "Not Rust."),
    ]);
    assert_eq!(
        without_a_head(&tree),
        ["crates/a/src/empty.rs", "crates/a/src/late_tests.rs", "crates/a/tests/it/x.rs"]
    );
}

#[test]
fn a_file_of_one_line_too_many_is_noticed() {
    let longest = "\n".repeat(MAX_LINES);
    let longer = format!("{longest}\n");
    let tree = Tree::of(&[("crates/a/src/ok.rs", &longest), ("crates/a/src/long.rs", &longer)]);
    assert_eq!(too_long(&tree), [format!("crates/a/src/long.rs: {} lines", MAX_LINES + 1)]);
}

#[test]
fn every_macro_of_unfinished_work_is_noticed() {
    for name in UNFINISHED {
        let text = format!("//! Head.\nfn f() {{\n    std::{name}!();\n    my_{name}!();\n}}\n");
        assert_eq!(
            unfinished(&Tree::of(&[("crates/a/src/lib.rs", &text)])),
            [format!("crates/a/src/lib.rs:3: std::{name}!();")]
        );
    }
}

#[test]
fn emoji_are_noticed_and_other_scripts_are_not() {
    let offending =
        ["\u{1F600}", "done \u{2705}", "\u{2728}", "\u{2764}\u{FE0F}", "1\u{20E3}", "\u{1F1E7}\u{1F1E9}", "\u{2B50}"];
    for text in offending {
        assert_eq!(pictographs(&Tree::of(&[("docs/a.md", text)])).len(), 1, "{}", text.escape_unicode());
    }
    let innocent = "a -> b \u{2192} c, \u{A7}, \u{A9}, \u{2026}, \u{2264}, \u{2500}, \u{20AC}, \u{995}\u{9CD}\u{200D}\u{9B7}, \u{6F22}";
    assert!(pictographs(&Tree::of(&[("docs/a.md", innocent)])).is_empty());
}

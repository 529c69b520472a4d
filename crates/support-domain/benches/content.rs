//! What a message costs before it is stored: `cargo bench -p support-domain`. The medians stand in docs/masking.md, with
//! the targets that they have to meet: masking 200 bytes without digits 10 us, plain text as a message 2 us without the
//! masking.

use divan::{Bencher, black_box};
use support_domain::content::html::{escape, sanitize};
use support_domain::content::masking::mask;
use support_domain::{ContentFormat, Limits, MessageContent, content::characters};

fn main() {
    divan::main();
}

/// 200 bytes each, as people write.
const ENGLISH: &str = "Hello, I was waiting at the corner of the main road for a long time and the driver never came. He did \
    not answer my calls either, and now the app says that I cancelled the trip. Please look into it soon.";
const ENGLISH_DIGITS: &str = "Hello, I was charged 350.50 BDT for trip 88213405 on 2026-01-31 at 18:45, but the app showed \
    280. My number is +8801712345678, order 1234567890, please call me or send back the 70.50 to bKash.";
const BANGLA: &str = "\u{986}\u{9ae}\u{9bf} \u{985}\u{9a8}\u{9c7}\u{995}\u{995}\u{9cd}\u{9b7}\u{9a3} \u{9a7}\u{9b0}\u{9c7} \
    \u{9b0}\u{9be}\u{9b8}\u{9cd}\u{9a4}\u{9be}\u{9df} \u{9a6}\u{9be}\u{981}\u{9dc}\u{9bf}\u{9df}\u{9c7} \u{986}\u{99b}\u{9bf}, \
    \u{995}\u{9bf}\u{9a8}\u{9cd}\u{9a4}\u{9c1} \u{997}\u{9be}\u{9dc}\u{9bf} \u{98f}\u{996}\u{9a8}\u{993} \u{986}\u{9b8}\u{9c7}\u{9a8}\u{9bf}, \
    \u{9a6}\u{9af}\u{9bc}\u{9be} \u{995}\u{9b0}\u{9c7} \u{9a6}\u{9c7}\u{996}\u{9c1}\u{9a8}";
const BANGLA_DIGITS: &str = "\u{986}\u{9ae}\u{9be}\u{9b0} \u{9ab}\u{9cb}\u{9a8} \u{9e6}\u{9e7}\u{9ed}\u{9e7}\u{9e8}\u{9e9}\u{9ea}\u{9eb}\u{9ec}\u{9ed}\u{9ee}, \
    \u{985}\u{9b0}\u{9cd}\u{9a1}\u{9be}\u{9b0} \u{9e7}\u{9e8}\u{9e9}\u{9ea}\u{9eb}\u{9ec}\u{9ed}\u{9ee}\u{9ef}\u{9e6}, \
    \u{9ad}\u{9be}\u{9dc}\u{9be} \u{9ea}\u{9eb}\u{9e6} \u{99f}\u{9be}\u{995}\u{9be} \u{99b}\u{9bf}\u{9b2}, \
    \u{9a6}\u{9af}\u{9bc}\u{9be} \u{995}\u{9b0}\u{9c7} \u{9a6}\u{9c7}\u{996}\u{9c1}\u{9a8} \u{9ad}\u{9be}\u{987}";
const SECRETS: &str = "my nid is 7345912086, the card 4111 1111 1111 1111 with cvv 737, my password is hunter2horse and the \
    otp that came was 482913, so please do something about it as soon as you can, thank you very much.";
const MARKUP: &str = "<p>Hello, <b>the driver</b> never came, see <a href=\"https://x.example/?a=1&amp;b=2\">this</a>.</p><ul>\
    <li>waited</li><li>called <i>twice</i></li></ul><script>alert(1)</script> if (a < b && c > d) thank you";

/// The text of that name.
fn text(name: &str) -> &'static str {
    match name {
        "english" => ENGLISH,
        "english, digits" => ENGLISH_DIGITS,
        "bangla" => BANGLA,
        "bangla, digits" => BANGLA_DIGITS,
        "secrets" => SECRETS,
        _ => MARKUP,
    }
}

#[divan::bench(args = ["english", "english, digits", "bangla", "bangla, digits", "secrets"])]
fn masking(bencher: Bencher<'_, '_>, name: &str) {
    bencher.bench(|| mask(black_box(text(name))));
}

/// Characters and escaping: what a message of the format text is put through besides the masking.
#[divan::bench(args = ["english", "bangla"])]
fn plain_text(bencher: Bencher<'_, '_>, name: &str) {
    bencher.bench(|| escape(&characters::normalize(black_box(text(name)))));
}

/// The sanitizer of HTML, for text without markup and with it.
#[divan::bench(args = ["english", "markup"])]
fn html(bencher: Bencher<'_, '_>, name: &str) {
    bencher.bench(|| sanitize(black_box(text(name))));
}

/// All of it, as a message comes in.
#[divan::bench(args = ["english", "bangla, digits", "markup"])]
fn message(bencher: Bencher<'_, '_>, name: &str) {
    let format = if name == "markup" { ContentFormat::Html } else { ContentFormat::Text };
    let limits = Limits::default();
    bencher.bench(|| MessageContent::parse(black_box(text(name)), format, &limits));
}

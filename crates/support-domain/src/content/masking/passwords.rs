//! Passwords, said in words or written as fields.
//!
//! A password can be any word, so much hangs on how it is said: what looks like none (`hunter2`, `Dh@ka2024!`) is taken
//! readily, a plain word only where a sentence or a field names it, and never one of the words that people use to
//! complain about passwords.

use std::ops::Range;

use super::Find;
use super::labels::{Found, Label};
use super::reading::Reading;
use super::values::{self, Connector, Shape, Value};
use super::words::{self, List};

const REDACTED: &str = "[redacted]";
/// Most bytes of a pass phrase.
const MOST_PHRASE: usize = 512;
/// Most words of a pass phrase.
const MOST_WORDS: usize = 24;

/// Words that follow "password is" or "password:" and are no password.
static NO_PASSWORD: List = List::of(
    "|a|able|about|above|absent|accepted|account|active|again|all|already|also|always|an|and|\
    another|any|anymore|anything|app|are|as|ask|asks|at|available|back|bad|be|because|been|before|being|best|better|\
    blank|both|broken|but|by|can|cannot|case|change|changed|clear|complex|compromised|confidential|confusing|correct|\
    could|dead|defective|did|didn|different|difficult|do|does|doesn|don|done|down|due|easy|either|else|empty|enough|\
    even|ever|every|exact|expired|false|field|fine|first|for|forget|forgot|forgotten|found|from|fully|given|gone|\
    good|got|had|happening|hard|has|have|he|help|her|here|hidden|his|how|i|idk|if|impossible|in|incorrect|insecure|\
    instead|into|invalid|invisible|issue|it|its|just|kept|known|last|late|less|let|like|link|lock|locked|long|lost|\
    mandatory|matched|matching|maybe|me|mine|mismatch|missing|more|much|must|my|myself|n|na|necessary|need|needed|\
    needs|never|new|next|nil|no|none|not|nothing|now|null|of|off|ok|okay|old|on|once|one|only|optional|or|other|our|\
    out|over|own|page|perfect|please|plz|pls|possible|private|problem|protected|public|quite|random|rather|ready|\
    really|recovery|reset|required|ridiculous|right|safe|same|saved|screen|secret|secure|see|sent|she|short|should|\
    shown|simple|since|so|some|somehow|someone|something|soon|still|strange|strong|stuck|stupid|such|super|sure|\
    taken|temporary|than|thanks|that|the|their|them|then|there|these|they|thing|this|those|though|to|today|too|\
    totally|true|tricky|unable|unavailable|unclear|under|unknown|unsafe|until|up|updated|upper|us|useless|valid|very|\
    via|visible|was|we|weak|weird|well|were|what|when|where|whether|which|while|who|why|will|with|without|won|\
    working|worse|worst|would|wrong|yes|yet|you|your|yours|nowhere|somewhere|everywhere|anywhere|somebody|nobody|\
    everybody|anybody|everyone|stolen|written|chosen|frozen|driven|longer|shorter|stronger|weaker|older|newer|easier|\
    harder|simpler|bigger|smaller|sometimes|often|usually|identical|similar|unique|common|numeric|alphanumeric|plain|\
    fake|legit|nice|great|awful|terrible|horrible|dumb|silly|crazy|funny|important|urgent|offline|online|open|shut|\
    full|grey|gray|two|three|four|five|six|seven|eight|nine|ten|big|small|between|through|during|behind|outside|\
    inside|bhul|bhule|vul|vule|vhul|thik|kaj|kaaj|hoy|hoi|hoyni|nai|nei|ki|keno|kivabe|kibhabe|mone|jani|dorkar|\
    lagbe|bolun|bolen|chai|hariye|hoyna|hocche|hochhe|korte|korbo|koreche|dibo|diye|den|din|bodlano|email|mail|sms|\
    phone|number|login|user|username|admin|support|team|manager|letters|characters|numbers|digits|capital|lowercase|\
    uppercase|special|",
);

/// Nouns and questions that stand before "is my password" and are no password.
static NO_SUBJECT: List = List::of(
    "|here|there|this|that|these|those|it|what|where|which|who|how|why|when|problem|issue|\
    question|trouble|concern|thing|matter|only|below|above|following|nothing|something|everything|name|email|\
    username|neither|safety|security|mine|attached|so|and|but|",
);

/// Passes that are tickets.
static TICKETS: List = List::of(
    "|day|bus|boarding|gate|monthly|weekly|hall|season|free|guest|metro|train|parking|week|month|\
    visitor|travel|ferry|toll|event|entry|vip|hourly|annual|yearly|student|tunnel|",
);

/// Words that may stand between "is" and the label: "hunter2 is my new login password".
static OWNERS: List = List::of(
    "|my|the|our|your|his|her|this|new|old|current|account|login|app|wifi|email|gmail|facebook|\
    bkash|temporary|a|s|main|default|correct|actual|",
);

/// Passwords and pass phrases behind or before their label.
pub(super) fn password(reading: &Reading, finds: &mut Vec<Find>) {
    let mut done = 0;
    for (index, found) in reading.labels.iter().enumerate() {
        if found.range.start < done {
            continue;
        }
        // Part of a longer run (`pw9x`), or of a link, whose parameters have a rule of their own.
        let next = reading.view.at(found.range.end);
        if next.is_some_and(|next| next.is_ascii_digit() || next == '@') || reading.in_link(found.range.start) {
            continue;
        }
        let is_one: fn(&Reading, &Found, &Value) -> bool = match found.label {
            Label::Password => is_password,
            Label::Pass => is_pass,
            Label::Phrase => is_phrase,
            _ => continue,
        };
        match values::after(reading, found) {
            Some(value) if is_one(reading, found, &value) => {
                let range = if found.label == Label::Phrase { phrase(reading, value.range) } else { value.range };
                let range = values::whole(&reading.view.lower, range);
                done = range.end;
                finds.push(Find::new(range, REDACTED.to_owned()));
                alternatives(reading, done, finds);
            }
            Some(value) => {
                finds.extend(after_name(reading, found, &value).map(|range| Find::new(range, REDACTED.to_owned())));
            }
            None => {}
        }
        if found.label == Label::Password {
            finds.extend(before(reading, index).map(|range| Find::new(range, REDACTED.to_owned())));
        }
    }
}

fn is_password(reading: &Reading, found: &Found, value: &Value) -> bool {
    let (text, lower) = (&reading.view.text[value.range.clone()], reading.lower(value.range.clone()));
    let shape = Shape::of(text);
    if values::is_elsewise(lower) && !(value.connector == Connector::Sign && is_own_mail(reading, found, lower)) {
        return false;
    }
    if value.quoted {
        return shape.is_mixed() || shape.is_number() || (value.connector >= Connector::To && !is_complaint(lower));
    }
    if shape.is_number() {
        let enough = if value.connector == Connector::Bare { 6 } else { 3 };
        return shape.digits >= enough
            && !is_counted(reading, value)
            && !(value.connector == Connector::Bare && shape.digits > 10);
    }
    if shape.is_mixed() {
        let short = text.len() < 3 || (value.connector <= Connector::Dash && text.len() < 6);
        return !short && !is_small_talk(lower);
    }
    let named = match value.connector {
        Connector::Sign | Connector::Is => !value.denied,
        Connector::To => lower != "login" && !value.denied,
        _ => false,
    };
    named && shape.foreign == 0 && shape.letters >= 3 && !is_complaint(lower)
}

/// `Password: rahim@example.com` without a name before it.
fn is_own_mail(reading: &Reading, found: &Found, lower: &str) -> bool {
    lower.contains('@') && !lower.contains("://") && !names_before(reading, found)
}

/// Whether the label is the second of two: "email and password:".
fn names_before(reading: &Reading, found: &Found) -> bool {
    words::words_of(reading.lower(0..found.range.start))
        .rev()
        .take(2)
        .any(|word| matches!(word, "email" | "mail" | "user" | "username" | "login" | "id" | "name" | "gmail"))
}

/// "email and password: rahim@example.com hunter2": the second of two values.
fn after_name(reading: &Reading, found: &Found, value: &Value) -> Option<Range<usize>> {
    if value.connector < Connector::Is
        || !names_before(reading, found)
        || !reading.lower(value.range.clone()).contains('@')
    {
        return None;
    }
    let text = &reading.view.lower;
    let gap = text[value.range.end..].trim_start_matches([' ', ',', '/', '|', '\n']);
    let gap = gap.strip_prefix("and ").unwrap_or(gap);
    let (range, _) = values::at(text, text.len() - gap.len(), Connector::Bare)?;
    let (shape, lower) = (Shape::of(&reading.view.text[range.clone()]), reading.lower(range.clone()));
    ((shape.is_mixed() || shape.digits >= 4) && !values::is_elsewise(lower)).then_some(range)
}

fn is_pass(reading: &Reading, found: &Found, value: &Value) -> bool {
    let text = &reading.view.text[value.range.clone()];
    let shape = Shape::of(text);
    let before = words::words_of(reading.lower(0..found.range.start)).next_back().unwrap_or_default();
    let least = if value.connector == Connector::Sign { 4 } else { 6 };
    let is_ticket = TICKETS.has(before) || shape.upper == shape.letters && value.connector != Connector::Sign;
    shape.is_mixed() && text.len() >= least && !is_ticket && !values::is_elsewise(reading.lower(value.range.clone()))
}

fn is_phrase(reading: &Reading, _: &Found, value: &Value) -> bool {
    let lower = reading.lower(value.range.clone());
    let whole = reading.lower(phrase(reading, value.range.clone()));
    let usual = words::words_of(whole).filter(|word| is_complaint(word)).count();
    let is_talk =
        words::words_of(whole).next().is_some_and(is_complaint) && (usual > 1 || words::words_of(whole).count() < 3);
    let named = value.connector >= Connector::Is || value.quoted;
    let is_talk = is_talk && Shape::of(lower).is_word();
    named && !value.denied && !lower.starts_with("[redacted") && !is_talk
}

/// All the words of a pass phrase that begins at `first`.
fn phrase(reading: &Reading, first: Range<usize>) -> Range<usize> {
    let rest = values::bounded(&reading.view.lower[first.start..], MOST_PHRASE);
    let line = &rest[..rest.find(['\n', '.', ';', '"']).unwrap_or(rest.len())];
    let last = words::chunks(line).take(MOST_WORDS).last().map_or(0, |chunk| chunk.end);
    first.start..first.end.max(first.start + last)
}

/// "hunter2 or hunter3", "from hunter2 to hunter3".
fn alternatives(reading: &Reading, from: usize, finds: &mut Vec<Find>) {
    let text = &reading.view.lower;
    let mut place = from;
    for _ in 0..3 {
        let rest = text[place..].trim_start_matches(['"', '\'', ' ', ',']);
        let Some(rest) = ["or ", "and ", "to ", "then ", "/ ", "not "].iter().find_map(|word| rest.strip_prefix(word))
        else {
            return;
        };
        let Some((range, _)) = values::at(text, text.len() - rest.len(), Connector::Bare) else { return };
        let (shape, lower) = (Shape::of(&reading.view.text[range.clone()]), reading.lower(range.clone()));
        if !shape.is_mixed() || lower.len() < 5 || values::is_elsewise(lower) || is_small_talk(lower) {
            return;
        }
        place = range.end;
        finds.push(Find::new(range, REDACTED.to_owned()));
    }
}

/// "hunter2 is my password", "use hunter2 as password".
fn before(reading: &Reading, index: usize) -> Option<Range<usize>> {
    let found = &reading.labels[index];
    let text = &reading.view.lower;
    let mut rest = text[..found.range.start].trim_end_matches([' ', '\'', '"']);
    let mut connected = false;
    // Whether a sentence says so: then even a plain word is meant.
    let mut said = true;
    for _ in 0..5 {
        let start = rest
            .rfind(|c| !words::is_letter(c))
            .map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
        let word = &rest[start..];
        if word.is_empty() && rest.ends_with("<-") {
            rest = rest.trim_end_matches(['<', '-', ' ']);
            connected = true;
            said = false;
            break;
        }
        if matches!(word, "is" | "was" | "as" | "hocche" | "holo" | "amar" | "for") {
            connected = true;
            said = !matches!(word, "amar" | "for");
        } else if !OWNERS.has(word) {
            break;
        }
        rest = rest[..start].trim_end_matches([' ', '\'']);
        if connected {
            break;
        }
    }
    if !connected {
        return None;
    }
    let end = rest.trim_end_matches(['"', '\'', '`', ',']).len();
    let start = rest[..end].rfind([' ', '\n', '\t', '"', '`', '(']).map_or(0, |at| at + 1);
    let (value, lower) = (&reading.view.text[start..end], &text[start..end]);
    let shape = Shape::of(value);
    let alone = text[..start].trim_end_matches([' ', '"', '\'']).is_empty()
        || text[..start].trim_end().ends_with(['.', '!', '\n', ':']);
    let ends = text[found.range.end..].trim_start_matches(' ').chars().next().is_none_or(|c| !words::is_letter(c));
    let is_one = shape.is_mixed() && value.len() >= 4 && !is_small_talk(lower)
        || shape.is_number() && shape.digits >= 4
        || shape.is_word()
            && said
            && alone
            && ends
            && shape.letters >= 4
            && !NO_SUBJECT.has(lower)
            && !is_complaint(lower);
    (is_one && !values::is_elsewise(lower)).then_some(start..end)
}

/// Whether a plain word, or the first of some, is how people speak of passwords.
fn is_complaint(lower: &str) -> bool {
    const ENDINGS: [&str; 10] = ["ing", "ed", "able", "ible", "less", "ously", "ally", "tely", "ntly", "n't"];
    let first = lower.split([' ', '\'', '/', '-']).next().unwrap_or_default().trim_end_matches(['!', '.', ',']);
    NO_PASSWORD.has(first) || (first.len() > 4 && ENDINGS.iter().any(|ending| first.ends_with(ending)))
}

/// `can't`, `3rd`, `2fa`, `a/c` and other things that mix letters with signs or digits.
fn is_small_talk(lower: &str) -> bool {
    let digits = lower.bytes().take_while(u8::is_ascii_digit).count();
    let tail = &lower[digits..];
    let counts = digits > 0 && tail.len() <= 3 && tail.bytes().all(|b| b.is_ascii_alphabetic());
    let words_only =
        lower.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '\'' | '/' | '-' | '&' | '+' | '!' | '?' | '_'));
    counts || (words_only && !lower.contains(['_', '+', '!', '&']) && lower.contains(['\'', '/']))
}

/// "password is 8 characters".
fn is_counted(reading: &Reading, value: &Value) -> bool {
    static UNITS: List = List::of(
        "|characters|character|chars|char|digits|digit|letters|letter|numbers|times|time|minutes|\
        minute|mins|min|hours|hour|days|day|weeks|week|months|month|years|attempts|tries|words|symbols|seconds|sec|\
        bar|din|ta|taka|or|to|",
    );
    let next = words::words_of(reading.lower(value.range.end..reading.view.lower.len())).next().unwrap_or_default();
    reading.lower(value.range.clone()).len() <= 3 && UNITS.has(next)
}

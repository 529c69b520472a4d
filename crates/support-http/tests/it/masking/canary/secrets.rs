//! The canaries: invented secrets of every kind that is masked, each with a part that stands nowhere else.

/// A secret as people send it.
pub(super) struct Canary {
    /// A sentence that holds it.
    pub(super) words: String,
    /// The same in visible ASCII without blanks, where no sentence can stand; empty where there is no such form.
    pub(super) key: String,
    /// What must be found nowhere, in every form in which it could be.
    pub(super) needles: Vec<String>,
}

fn canary(words: &str, key: &str, needles: &[&str]) -> Canary {
    let mut all: Vec<String> = needles.iter().map(|needle| (*needle).to_owned()).collect();
    // As it stands in a URL, and in JSON that escapes what is not ASCII.
    for needle in needles {
        all.push(percent(needle));
        all.push(
            needle.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) }).collect(),
        );
    }
    all.sort();
    all.dedup();
    Canary { words: words.to_owned(), key: key.to_owned(), needles: all }
}

/// As it stands in a path or a query.
pub(super) fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// All of them.
pub(super) fn canaries() -> Vec<Canary> {
    let card = ["4539", "1488", "0343", "6467"];
    let (card_spaced, card_dashed, card_bare) = (card.join(" "), card.join("-"), card.concat());
    let ssn = ["457", "55", "5462"].join("-");
    let nid = ["\u{9ed}\u{9e9}\u{9ea}\u{9eb}\u{9ef}", "\u{9e7}\u{9e8}\u{9e6}\u{9ee}\u{9ec}"].concat();
    let nid_ascii = ["73459", "12086"].concat();
    let passport = ["EF", "0917", "245"].concat();
    let password = ["Rupsha", "-", "canary71"].concat();
    // Longer than any run of digits in the times of the log.
    let otp = ["48", "29", "17", "36"].concat();
    let jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJjYW5hcnkifQ", "Y2FuYXJ5LXNpZ25hdHVyZQ"].join(".");
    let forge = ["ghp", "_", "16C7e42F292c6912E7710c838347Ae178B4a"].concat();
    let cloud = ["AKIA", "Q3EGZT5N", "WPK2CNRY"].concat();
    let payment = ["sk", "_live_", "9aB8cD7eF6gH5iJ4kL3mCanary"].concat();
    let key_body = "MIIBOgIBAAJBAKcanary0privatekey";
    let (begin, end) =
        (["-----BEGIN RSA", " PRIVATE KEY-----"].concat(), ["-----END RSA", " PRIVATE KEY-----"].concat());
    let url_password = ["quick", "silver", "44"].concat();
    let signature = ["7f3a9ce1b2d4", "canary"].concat();
    vec![
        canary(&format!("my card is {card_spaced}"), &card_dashed, &[&card_spaced, &card_dashed, &card_bare]),
        canary(&format!("card {card_bare} was declined"), &card_bare, &[&card_bare]),
        canary(&format!("my ssn is {ssn}"), &ssn, &[&ssn]),
        canary(&format!("\u{986}\u{9ae}\u{9be}\u{9b0} NID {nid}"), &format!("nid:{nid_ascii}"), &[&nid, &nid_ascii]),
        canary(&format!("passport no {passport}"), &format!("passport:{passport}"), &[&passport]),
        canary(&format!("my password is {password}"), &format!("password:{password}"), &[&password]),
        canary(&format!("{otp} is your login code"), &format!("otp:{otp}"), &[&otp]),
        canary(&format!("the token is {jwt}"), &jwt, &[&jwt, "Y2FuYXJ5LXNpZ25hdHVyZQ"]),
        canary(&format!("use {forge} to clone"), &forge, &[&forge]),
        canary(&format!("key {cloud} leaked"), &cloud, &[&cloud]),
        canary(&format!("pay with {payment}"), &payment, &[&payment]),
        canary(&format!("{begin}\n{key_body}\n{end}"), "", &[key_body]),
        canary(
            &format!("see redis://app:{url_password}@cache.example:6379/1"),
            &format!("redis://app:{url_password}@cache"),
            &[&url_password],
        ),
        canary(
            &format!("see https://x.example/?a=1&signature={signature}"),
            &format!("https://x.example/?signature={signature}"),
            &[&signature],
        ),
    ]
}

//! The words that say what a number or a word beside them is, in English, in Bangla and in Bangla with Latin letters.
//!
//! To add one: a word in [`LABELS`], small letters, as it is written; blanks between words stand for blanks, hyphens,
//! underscores and dots alike. A word that must keep numbers as they are goes under [`Label::Benign`].

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use super::view;

/// What a label says of what stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Ssn,
    Nid,
    Passport,
    Licence,
    Card,
    Cvv,
    Pin,
    Otp,
    /// "code", which says little alone.
    Code,
    Password,
    /// A phrase of many words that is a password.
    Phrase,
    /// "pass", which is also a ticket and a verb.
    Pass,
    /// A key or a secret that only machines use.
    Token,
    /// "token", "secret", "key", which people use for other things too.
    MaybeToken,
    /// An account or an id of any kind: its number is no secret, but what looks like a card or a national id is one.
    Account,
    /// A number that stays as it is.
    Benign,
    /// Goods and their parts, whose numbers may look like an SSN with dashes.
    Item,
}

impl Label {
    /// Whether it says that what stands beside it is none of our business.
    pub(super) const fn is_benign(self) -> bool {
        matches!(self, Self::Account | Self::Benign | Self::Item)
    }
}

/// Every label. A longer phrase wins over a shorter one inside it.
const LABELS: [(Label, &str); 17] = [
    (
        Label::Ssn,
        "ssn|ssns|s s n|social|social security|social security number|soc sec|social no|social number|\
         social insurance|itin|i t i n|tin|tax id|taxpayer id|tax identification|taxpayer identification",
    ),
    (
        Label::Nid,
        "nid|n i d|nid card|nidcard|national id|nationalid|national identity|national id card|national identity card|\
         national identification|voter id|voterid|voter id card|voter card|voter no|voter number|smart card|\
         smartcard|smart nid|identity card|identity number|identity no|id card|idcard|id card no|birth registration|\
         birth reg|birth certificate|birth cert|brn|jonmo nibondhon|jonmonibondhon|jatio porichoypotro|\
         jatiyo porichoypotro|porichoypotro|porichoy potro|bhoter id|এনআইডি|এন আই ডি|এনআইডি কার্ড|জাতীয় পরিচয়পত্র|\
         জাতীয় পরিচয় পত্র|জাতীয় আইডি|ন্যাশনাল আইডি|ভোটার আইডি|ভোটার আইডি কার্ড|ভোটার কার্ড|ভোটার নম্বর|\
         স্মার্ট কার্ড|স্মার্টকার্ড|পরিচয়পত্র|পরিচয় পত্র|আইডি কার্ড|জন্ম নিবন্ধন|জন্মনিবন্ধন|জন্ম সনদ|জন্মসনদ",
    ),
    (Label::Passport, "passport|passport no|passport number|pasport|passpot|pass port|পাসপোর্ট|পাসপোর্ট নম্বর"),
    (
        Label::Licence,
        "license|licence|driving license|driving licence|drivers license|drivers licence|driver license|\
         driver licence|driver s license|driver s licence|dl|dl no|dl number|লাইসেন্স|ড্রাইভিং লাইসেন্স",
    ),
    (
        Label::Card,
        "card|cards|card no|card number|card num|cardnumber|credit card|debit card|bank card|atm card|visa|visa card|\
         mastercard|master card|amex|american express|discover|diners|jcb|unionpay|credit|debit|কার্ড|কার্ড নম্বর|\
         ক্রেডিট কার্ড|ডেবিট কার্ড|ভিসা|ভিসা কার্ড|মাস্টারকার্ড|মাস্টার কার্ড",
    ),
    (
        Label::Cvv,
        "cvv|cvc|csc|cvn|cvv number|cvv code|cvc code|card verification|card verification value|card security code|\
         card code|সিভিভি|সিভিসি",
    ),
    (
        Label::Pin,
        "pin|pins|pin no|pin number|pin code|pincode|pinnumber|pin num|atm pin|bkash pin|nagad pin|wallet pin|\
         card pin|mpin|upi pin|পিন|পিন নম্বর|পিন কোড|পিনকোড|বিকাশ পিন|নগদ পিন",
    ),
    (
        Label::Otp,
        "otp|o t p|otp code|otp number|otp pin|one time password|one time passcode|one time pin|one time code|\
         onetime password|onetime code|time password|verification code|verify code|verification pin|\
         verification number|verification otp|confirmation code|confirm code|auth code|authentication code|\
         authenticator code|authorization code|login code|log in code|signin code|sign in code|security code|\
         access code|fa|fa code|factor code|fa otp|tfa|mfa|mfa code|sms code|activation code|reset code|\
         recovery code|backup code|passkey code|temporary code|ওটিপি|ওটিপি কোড|ও টি পি|ভেরিফিকেশন কোড|যাচাই কোড|\
         যাচাইকরণ কোড|নিরাপত্তা কোড|সিকিউরিটি কোড|লগইন কোড|গোপন কোড",
    ),
    (Label::Code, "code|codes|kod|কোড"),
    (
        Label::Password,
        "password|passwords|passwd|passwrd|pasword|passward|passwor|psw|pswd|pwd|pw|pword|passcode|pass code|\
         pass word|login password|wifi password|passkey|userpassword|dbpassword|পাসওয়ার্ড|পাসওয়ার্ড|পাসোয়ার্ড|\
         পাসওয়াড|পাশওয়ার্ড|পাস ওয়ার্ড|গোপন নম্বর|পাসকোড",
    ),
    (
        Label::Phrase,
        "passphrase|pass phrase|seed phrase|recovery phrase|secret phrase|mnemonic|mnemonic phrase|backup phrase",
    ),
    (Label::Pass, "pass|paas|পাস"),
    (
        Label::Token,
        "api key|apikey|api token|apitoken|api secret|apisecret|secret key|secretkey|client secret|clientsecret|\
         app secret|appsecret|access token|accesstoken|access key|accesskey|secret access key|secretaccesskey|\
         auth token|authtoken|authentication token|bearer token|refresh token|refreshtoken|id token|idtoken|\
         session token|sessiontoken|session id|sessionid|session key|session cookie|csrf token|private token|\
         private key|privatekey|personal access token|bot token|device token|security token|secret token|signing key|\
         signing secret|signature key|webhook secret|encryption key|shared secret|master key|account key|license key|\
         jwt|jwt token|biscuit token|oauth token|এপিআই কী|এপিআই কি|সিক্রেট কী",
    ),
    (Label::MaybeToken, "token|tokens|secret|key|টোকেন|সিক্রেট"),
    (
        Label::Account,
        "id|ids|আইডি|account|account no|account number|acc|acct|a c|a c no|ac no|acc no|bank account|আকাউন্ট|\
         অ্যাকাউন্ট|একাউন্ট|হিসাব|হিসাব নম্বর",
    ),
    (
        Label::Benign,
        "order|orders|order id|order no|order number|orderid|ord|trip|trips|trip id|tripid|ride|rides|ride id|\
         tracking|tracking id|tracking no|tracking number|parcel|parcel id|parcels|consignment|awb|shipment|delivery|\
         delivery code|delivery id|invoice|invoices|inv|receipt|bill|bills|txn|txns|trx|trxid|trx id|txnid|txn id|\
         transaction|transactions|transaction id|transaction no|payment id|payment no|payment ref|phone|phones|\
         phone no|phone number|mobile|mobile no|mobile number|cell|telephone|tel|call|called|contact|contact no|\
         whatsapp|imo|viber|sms|bkash|bikash|nagad|rocket|upay|bkash no|bkash number|nagad number|fare|amount|total|\
         sum|balance|taka|tk|bdt|usd|rs|price|cost|fee|refund id|ticket|ticket no|case|case no|booking|booking id|\
         booking ref|ref|ref no|reference|reference no|reference number|customer|customer id|customer no|user|\
         user id|userid|username|driver|driver id|rider id|rider|captain|merchant|merchant id|restaurant id|\
         restaurant|shop id|employee id|employee id card|student id|student id card|staff id|staff id card|\
         office id card|driver id card|member id|membership|timestamp|epoch|unix time|error|error code|errors|err|\
         version|ver|build|sdk|room|flat|house|apt|apartment|road|street|sector|block|floor|house no|flat no|zip|\
         zip code|zipcode|postal code|postcode|post code|area code|country code|city code|gate|gate code|door code|\
         plate|plate no|license plate|licence plate|number plate|registration|reg no|vehicle|car|bike|cng|bus|flight|\
         train|seat|seats|width|height|length|size|weight|lat|lng|lon|latitude|longitude|coordinates|location|gps|\
         promo|promo code|coupon|coupon code|voucher|voucher code|discount code|discount|referral code|referral|\
         invite code|gift card|gift code|pickup code|drop code|qr code|bar code|barcode code|dress code|swift code|\
         branch code|sort code|routing|routing number|hotel|wifi code|status code|response code|color code|\
         colour code|product code|drop pin|map pin|pickup pin|dropped pin|pinned|location pin|drop off pin|\
         dropoff pin|pin location|pin point|pin drop|dialed|dial|imei|mac|ip|distance|quantity|qty|count|points|\
         score|step|page|line|level|social media|social media link|social distance|sim card|memory card|sd card|\
         report card|business card|id card photo|scratch card|score card|token number|token no|অর্ডার|অর্ডার নম্বর|\
         অর্ডার আইডি|ট্রিপ|ট্রিপ আইডি|রাইড|ট্র্যাকিং|ট্র্যাকিং নম্বর|পার্সেল|ইনভয়েস|রসিদ|বিল|লেনদেন|লেনদেন আইডি|\
         ট্রানজেকশন|ফোন|ফোন নম্বর|মোবাইল|মোবাইল নম্বর|মোবাইল নাম্বার|কল|যোগাযোগ|বিকাশ|বিকাশ নম্বর|নগদ|নগদ নম্বর|রকেট|\
         ভাড়া|টাকা|মোট|ব্যালেন্স|দাম|টিকেট|টিকিট|রেফারেন্স|বুকিং|কাস্টমার|গ্রাহক|ড্রাইভার|ইউজার|বাড়ি|রোড|সেক্টর|\
         ফ্ল্যাট|গাড়ি|নম্বর প্লেট|সিট|প্রোমো কোড|কুপন|কুপন কোড|পোস্ট কোড|পোস্টাল কোড|এরর|তারিখ|সময়|লোকেশন পিন|\
         ম্যাপ পিন|পেমেন্ট আইডি|ডেলিভারি",
    ),
    (
        Label::Item,
        "item|items|part|part no|part number|sku|model|model no|product|serial|serial no|serial number|ean|upc|barcode|isbn|route",
    ),
];

/// Where a label stands in the view.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) label: Label,
    pub(super) range: Range<usize>,
}

type Phrases = HashMap<String, Vec<(Vec<String>, Label)>>;

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases::new();
    for (label, list) in LABELS {
        for phrase in list.split('|') {
            let mut words = phrase.split_whitespace().map(view::folded);
            if let Some(first) = words.next() {
                phrases.entry(first).or_default().push((words.collect(), label));
            }
        }
    }
    for list in phrases.values_mut() {
        list.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }
    phrases
});

/// Every label in a text. `words` are the runs of letters in `lower`.
pub(super) fn find(lower: &str, words: &[Range<usize>]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut next = 0;
    while next < words.len() {
        next = match longest(lower, words, next) {
            Some((label, after)) => {
                let range = words[next].start..words[after - 1].end;
                found.push(Found { label, range });
                after
            }
            None => next + 1,
        };
    }
    found
}

/// The longest phrase that begins with the word at `first`, and the word behind it.
fn longest(lower: &str, words: &[Range<usize>], first: usize) -> Option<(Label, usize)> {
    let follows = |index: usize, expected: &str| {
        let gap = &lower[words[index - 1].end..words.get(index)?.start];
        let joined = gap.len() <= 2 && gap.chars().all(|c| matches!(c, ' ' | '-' | '_' | '.' | '\'' | '/'));
        (joined && forms(&lower[words[index].clone()]).any(|form| form == expected)).then_some(())
    };
    forms(&lower[words[first].clone()]).find_map(|form| {
        PHRASES.get(form)?.iter().find_map(|(rest, label)| {
            let whole = rest.iter().enumerate().all(|(at, word)| follows(first + 1 + at, word).is_some());
            whole.then_some((*label, first + 1 + rest.len()))
        })
    })
}

/// A word, and the same without the endings that a noun takes.
fn forms(word: &str) -> impl Iterator<Item = &str> {
    const ENDINGS: [&str; 12] = ["টির", "টার", "গুলো", "টি", "টা", "ের", "এর", "েরটা", "কে", "তে", "র", "ে"];
    let stem = if word.is_ascii() { None } else { stem(word, &ENDINGS) };
    std::iter::once(word).chain(stem)
}

fn stem<'w>(word: &'w str, endings: &[&str]) -> Option<&'w str> {
    let stem = endings.iter().find_map(|ending| word.strip_suffix(ending));
    stem.filter(|stem| stem.chars().count() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_stands_under_two_labels() {
        let mut seen = HashMap::new();
        for (label, list) in LABELS {
            for phrase in list.split('|') {
                let words: Vec<String> = phrase.split_whitespace().map(view::folded).collect();
                let before = seen.insert(words, label);
                assert!(before.is_none_or(|before| before == label), "{phrase}");
            }
        }
    }
}

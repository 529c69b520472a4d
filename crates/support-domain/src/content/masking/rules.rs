//! The table of everything that is masked: one row a rule, with what it looks for, what is put there, and an example.
//!
//! To add a rule: a row here and a function that pushes a [`Find`]. The tests hold every row to its example and to its
//! mask, and docs/masking.md to the whole table.

use super::reading::Reading;
use super::{Find, MaskedKind, codes, documents, identity, passwords, tokens, urls};

/// One kind of thing that is looked for.
pub struct Rule {
    /// What the sender is told that it was.
    pub kind: MaskedKind,
    /// What is looked for, in words.
    pub what: &'static str,
    /// What is put there; `9` stands for a digit that stays.
    pub mask: &'static str,
    /// A message that holds one. `+` stands for nothing: it keeps the examples from looking like the real thing to
    /// whoever scans this file.
    pub before: &'static str,
    /// The same message masked.
    pub after: &'static str,
    /// Pushes what it finds.
    pub(super) find: fn(&Reading, &mut Vec<Find>),
}

/// Everything that is looked for. Where two finds overlap, the upper rule's mask is taken.
pub const RULES: [Rule; 16] = [
    Rule {
        kind: MaskedKind::PrivateKey,
        what: "a private key in PEM, from BEGIN to END, or to the end of the text",
        mask: "[redacted private key]",
        before: "see -----BEGIN RSA+ PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- ok",
        after: "see [redacted private key] ok",
        find: tokens::private_key,
    },
    Rule {
        kind: MaskedKind::UrlSecret,
        what: "the name and password before a link's host",
        mask: "[redacted]",
        before: "postgres://app:s3c+ret@db:5432",
        after: "postgres://[redacted]@db:5432",
        find: urls::userinfo,
    },
    Rule {
        kind: MaskedKind::UrlSecret,
        what: "the values of a link's parameters that grant something: token, secret, signature, ...",
        mask: "[redacted]",
        before: "https://x.example/?token=9f8e&a=1",
        after: "https://x.example/?token=[redacted]&a=1",
        find: urls::parameters,
    },
    Rule {
        kind: MaskedKind::Token,
        what: "a token that says itself what it is: JWT, and the prefixes of clouds, payments, forges, chats",
        mask: "[redacted token]",
        before: "use gh+p_0123456789abcdefABCDEF now",
        after: "use [redacted token] now",
        find: tokens::known_token,
    },
    Rule {
        kind: MaskedKind::Token,
        what: "what stands behind Bearer, Basic, Cookie and their like",
        mask: "[redacted token]",
        before: "Authorization: Bearer abc+def123",
        after: "Authorization: Bearer [redacted token]",
        find: tokens::header,
    },
    Rule {
        kind: MaskedKind::Token,
        what: "what a label calls a key, a token or a secret",
        mask: "[redacted token]",
        before: "my api key is a1b2+c3d4e5",
        after: "my api key is [redacted token]",
        find: tokens::labelled_token,
    },
    Rule {
        kind: MaskedKind::Card,
        what: "a payment card: a brand's prefix and length, a right check digit, regular groups",
        mask: "**** **** **** 9999",
        before: "card 4111 1111 1111 1111",
        after: "card **** **** **** 1111",
        find: identity::card,
    },
    Rule {
        kind: MaskedKind::Ssn,
        what: "an American social security or taxpayer number: 3-2-4 with dashes always, else by its label",
        mask: "***-**-9999",
        before: "my ssn is 219-45-3301",
        after: "my ssn is ***-**-3301",
        find: identity::ssn,
    },
    Rule {
        kind: MaskedKind::Nid,
        what: "a national id or birth registration of Bangladesh: 10, 13 or 17 digits with a label, in any script",
        mask: "******9999",
        before: "NID 7345912086",
        after: "NID ******2086",
        find: identity::nid,
    },
    Rule {
        kind: MaskedKind::Passport,
        what: "the number of a passport, by its label",
        mask: "******999",
        before: "passport no EF0123456",
        after: "passport no ******456",
        find: documents::passport,
    },
    Rule {
        kind: MaskedKind::Licence,
        what: "the number of a driving licence, by its label",
        mask: "******999",
        before: "driving licence D1234567",
        after: "driving licence ******567",
        find: documents::licence,
    },
    Rule {
        kind: MaskedKind::Password,
        what: "a password or pass phrase that is said to be one",
        mask: "[redacted]",
        before: "my password is hunter2",
        after: "my password is [redacted]",
        find: passwords::password,
    },
    Rule {
        kind: MaskedKind::Cvv,
        what: "the security code of a card, by its label",
        mask: "[redacted]",
        before: "cvv 737",
        after: "cvv [redacted]",
        find: codes::cvv,
    },
    Rule {
        kind: MaskedKind::Pin,
        what: "a PIN, by its label; no map pin and no pickup pin",
        mask: "[redacted]",
        before: "my pin is 4321",
        after: "my pin is [redacted]",
        find: codes::pin,
    },
    Rule {
        kind: MaskedKind::Otp,
        what: "a one-time code, by its label on either side",
        mask: "[redacted]",
        before: "482913 is your login code",
        after: "[redacted] is your login code",
        find: codes::otp,
    },
    // The last one: it asks all the others.
    Rule {
        kind: MaskedKind::UrlSecret,
        what: "any of the above in a link that is percent-encoded; all of the link goes",
        mask: "[redacted]",
        before: "see https://x.example/?q=my%20pin%20is%204321 now",
        after: "see [redacted] now",
        find: urls::encoded,
    },
];

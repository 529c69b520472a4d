//! HTML that is safe as element content.

/// Every character of `text` as itself.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(character),
        }
    }
    out
}

/// TEMPORARY until the sanitizer stands.
pub fn sanitize(text: &str) -> String {
    escape(text)
}

/// TEMPORARY until the sanitizer stands.
pub fn to_text(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

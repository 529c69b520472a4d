//! What a browser is told to do with a file.

use support_domain::{FileName, MediaType};

/// The value of `Content-Disposition` (RFC 6266): pictures may be shown in place, all else is saved, under that name. Only
/// visible ASCII.
pub fn content_disposition(media_type: MediaType, name: &FileName) -> String {
    let how = if media_type.is_image() { "inline" } else { "attachment" };
    let plain: String = name
        .as_str()
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    // RFC 8187: all but these is escaped.
    let escaped: String = name
        .as_str()
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("{how}; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_shown_and_all_else_is_saved() {
        let photo = FileName::parse("\u{9b0}\u{9b8} 50%.png", MediaType::Png);
        assert_eq!(
            content_disposition(MediaType::Png, &photo),
            "inline; filename=\"__ 50_.png\"; filename*=UTF-8''%E0%A6%B0%E0%A6%B8%2050%25.png"
        );
        let paper = FileName::from_stored("a\"b\\c\r\n.pdf".to_owned());
        let value = content_disposition(MediaType::Pdf, &paper);
        assert_eq!(value, "attachment; filename=\"a_b_c__.pdf\"; filename*=UTF-8''a%22b%5Cc%0D%0A.pdf");
    }
}

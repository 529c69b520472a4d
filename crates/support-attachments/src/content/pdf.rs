//! PDF (ISO 32000-1, 7.5): a header at the very beginning, the place of the cross-reference and an end. A document is kept as
//! it is, with its metadata, but nothing behind its end.

/// What the file has to begin with.
pub(super) const BEGINNING: &[u8] = b"%PDF-";
const PLACE: &[u8] = b"startxref";
const END: &[u8] = b"%%EOF";

/// The document up to its end; none if it is not whole.
pub(super) fn keep_document(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let version = bytes.strip_prefix(BEGINNING)?.first()?;
    let end = rfind(&bytes, END)?;
    let place = rfind(&bytes[..end], PLACE)?;
    if !version.is_ascii_digit() || place < BEGINNING.len() {
        return None;
    }
    let behind = end + END.len();
    let line_end = match bytes.get(behind..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    bytes.truncate(behind + line_end);
    Some(bytes)
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}

//! Frames of the WebSocket protocol by hand (RFC 6455, section 5.2), for what no proper client sends.

/// A whole text.
pub(crate) const TEXT: u8 = 0x81;
/// A whole binary message.
pub(crate) const BINARY: u8 = 0x82;
/// The last part of a message that came in parts.
pub(crate) const CONTINUATION: u8 = 0x80;
/// A ping.
pub(crate) const PING: u8 = 0x89;
/// A close.
pub(crate) const CLOSE: u8 = 0x88;

const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// The head of a frame that declares so many bytes, with the key of the mask, and none of the bytes.
pub(crate) fn header_of(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => head.push(0x80 | short),
        (_, Ok(middle)) => {
            head.push(0x80 | 126);
            head.extend(middle.to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend(MASK);
    head
}

/// A frame with that first byte (flags and opcode), masked as a client has to.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header_of(first, payload.len() as u64);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

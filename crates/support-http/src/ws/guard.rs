//! Judges a client's bytes before anything is made of them.
//!
//! Frames are refused at their header, before the payload has arrived: what stands behind this looks at a frame's size
//! only when all of it lies in memory. Nothing is kept of a payload but an unfinished character; nothing here knows what
//! a message means, and nothing here writes to the client.
//!
//! The rules are those of RFC 6455, sections 5 (frames), 7.4 (close codes) and 8.1 (UTF-8).

use super::utf8::Utf8;
use super::violation::Violation;

/// What a client may send at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameLimits {
    /// Bytes of one frame's payload.
    pub max_frame_bytes: u64,
    /// Bytes of one message, over all its fragments.
    pub max_message_bytes: u64,
    /// Fragments of one message.
    pub max_fragments: u32,
}

impl Default for FrameLimits {
    fn default() -> Self {
        Self { max_frame_bytes: 64 * 1024, max_message_bytes: 64 * 1024, max_fragments: 256 }
    }
}

/// The kinds of frames that there are, by their numbers on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl Opcode {
    fn parse(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

/// Which byte comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Kind,
    Length,
    /// Of a length in so many bytes, so many are still missing.
    LongLength {
        bytes: u8,
        missing: u8,
    },
    Mask {
        at: usize,
    },
    Payload,
    /// The client has closed; whatever follows means nothing.
    Over,
}

const MAX_CONTROL_BYTES: u64 = 125;

/// Checks one client's bytes, in whatever pieces they come.
pub struct FrameGuard {
    limits: FrameLimits,
    refused: Option<Violation>,
    part: Part,
    // Of the frame that is being read.
    opcode: Opcode,
    is_last: bool,
    length: u64,
    mask: [u8; 4],
    seen: u64,
    // Of the message that is being read, whose frames may have others between them.
    fragments: u32,
    is_text: bool,
    message_bytes: u64,
    text: Utf8,
    // Of the close frame.
    close_code: u16,
    reason: Utf8,
}

impl FrameGuard {
    /// For a connection that has just begun.
    pub fn new(limits: FrameLimits) -> Self {
        Self {
            limits,
            refused: None,
            part: Part::Kind,
            opcode: Opcode::Continuation,
            is_last: true,
            length: 0,
            mask: [0; 4],
            seen: 0,
            fragments: 0,
            is_text: false,
            message_bytes: 0,
            text: Utf8::default(),
            close_code: 0,
            reason: Utf8::default(),
        }
    }

    /// Looks at the bytes that come next. After a violation the answer stays the same.
    ///
    /// # Errors
    /// The first violation. It does not depend on how the bytes are cut.
    pub fn inspect(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        self.scan(bytes).1
    }

    /// The same, and how many of the bytes may be passed on. Before a violation these are whole frames, so that nobody
    /// gets to see the frame that is refused.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> (usize, Result<(), Violation>) {
        if let Some(violation) = self.refused {
            return (0, Err(violation));
        }
        let (mut at, mut whole_frames) = (0, 0);
        while at < bytes.len() && self.part != Part::Over {
            match self.step(&bytes[at..]) {
                Ok(read) => at += read,
                Err(violation) => {
                    self.refused = Some(violation);
                    return (whole_frames, Err(violation));
                }
            }
            if matches!(self.part, Part::Kind | Part::Over) {
                whole_frames = at;
            }
        }
        (at, Ok(()))
    }

    /// Reads at least one byte of these, which are not none.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        let byte = bytes[0];
        match self.part {
            Part::Kind => self.read_kind(byte)?,
            Part::Length => self.read_length(byte)?,
            Part::LongLength { bytes, missing } => {
                self.length = (self.length << 8) | u64::from(byte);
                if missing > 1 {
                    self.part = Part::LongLength { bytes, missing: missing - 1 };
                } else {
                    self.check_long_length(bytes)?;
                }
            }
            Part::Mask { at } => {
                self.mask[at] = byte;
                if at + 1 < self.mask.len() {
                    self.part = Part::Mask { at: at + 1 };
                } else {
                    self.seen = 0;
                    self.part = Part::Payload;
                    self.end_frame_if_over()?;
                }
            }
            Part::Payload => return self.read_payload(bytes),
            Part::Over => return Ok(bytes.len()),
        }
        Ok(1)
    }

    fn read_kind(&mut self, byte: u8) -> Result<(), Violation> {
        if byte & 0x70 != 0 {
            return Err(Violation::ReservedBits);
        }
        self.opcode = Opcode::parse(byte & 0x0F).ok_or(Violation::ReservedOpcode)?;
        self.is_last = byte & 0x80 != 0;
        let inside = self.fragments > 0;
        match self.opcode {
            Opcode::Close | Opcode::Ping | Opcode::Pong if !self.is_last => return Err(Violation::FragmentedControl),
            Opcode::Continuation if !inside => return Err(Violation::UnexpectedContinuation),
            Opcode::Text | Opcode::Binary if inside => return Err(Violation::ExpectedContinuation),
            Opcode::Text | Opcode::Binary => {
                self.is_text = self.opcode == Opcode::Text;
                self.message_bytes = 0;
            }
            _ => {}
        }
        if !self.opcode.is_control() {
            self.fragments = self.fragments.saturating_add(1);
            if self.fragments > self.limits.max_fragments {
                return Err(Violation::TooManyFragments);
            }
        }
        self.part = Part::Length;
        Ok(())
    }

    fn read_length(&mut self, byte: u8) -> Result<(), Violation> {
        if byte & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        let short = byte & 0x7F;
        if self.opcode.is_control() && u64::from(short) > MAX_CONTROL_BYTES {
            return Err(Violation::OversizedControl);
        }
        self.length = 0;
        match short {
            126 => self.part = Part::LongLength { bytes: 2, missing: 2 },
            127 => self.part = Part::LongLength { bytes: 8, missing: 8 },
            short => {
                self.length = u64::from(short);
                self.check_size()?;
            }
        }
        Ok(())
    }

    fn check_long_length(&mut self, bytes: u8) -> Result<(), Violation> {
        // What fits into fewer bytes has to be written in fewer, and the first bit of eight is a sign.
        let valid = if bytes == 2 { 126..=u64::from(u16::MAX) } else { 0x1_0000..=i64::MAX.unsigned_abs() };
        if !valid.contains(&self.length) {
            return Err(Violation::InvalidLength);
        }
        self.check_size()
    }

    /// The frame's length is known; its payload has not come yet.
    fn check_size(&mut self) -> Result<(), Violation> {
        if self.opcode.is_control() {
            if self.opcode == Opcode::Close && self.length == 1 {
                return Err(Violation::InvalidClose);
            }
        } else {
            self.message_bytes = self.message_bytes.saturating_add(self.length);
            if self.length > self.limits.max_frame_bytes {
                return Err(Violation::FrameTooLarge);
            }
            if self.message_bytes > self.limits.max_message_bytes {
                return Err(Violation::MessageTooLarge);
            }
        }
        self.part = Part::Mask { at: 0 };
        Ok(())
    }

    fn read_payload(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        let missing = usize::try_from(self.length - self.seen).unwrap_or(usize::MAX);
        let piece = &bytes[..bytes.len().min(missing)];
        if self.opcode == Opcode::Close || (self.is_text && !self.opcode.is_control()) {
            // Unmasked a bit at a time on the stack, so that a large payload needs no memory.
            let mut plain = [0; 512];
            for masked in piece.chunks(plain.len()) {
                let plain = &mut plain[..masked.len()];
                for (plain, byte) in plain.iter_mut().zip(masked) {
                    *plain = byte ^ self.mask[(self.seen % 4) as usize];
                    self.seen += 1;
                }
                self.check_text(plain)?;
            }
        } else {
            self.seen += piece.len() as u64;
        }
        self.end_frame_if_over()?;
        Ok(piece.len())
    }

    /// The bytes are the last that were seen.
    fn check_text(&mut self, plain: &[u8]) -> Result<(), Violation> {
        if self.opcode != Opcode::Close {
            return if self.text.accepts(plain) { Ok(()) } else { Err(Violation::InvalidText) };
        }
        let mut at = self.seen - plain.len() as u64;
        let mut reason = plain;
        while let Some((byte, rest)) = reason.split_first()
            && at < 2
        {
            self.close_code = (self.close_code << 8) | u16::from(*byte);
            (at, reason) = (at + 1, rest);
            if at == 2 && !matches!(self.close_code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(Violation::InvalidClose);
            }
        }
        if self.reason.accepts(reason) { Ok(()) } else { Err(Violation::InvalidReason) }
    }

    fn end_frame_if_over(&mut self) -> Result<(), Violation> {
        if self.seen < self.length {
            return Ok(());
        }
        self.part = Part::Kind;
        match self.opcode {
            Opcode::Close if !self.reason.is_whole() => return Err(Violation::InvalidReason),
            Opcode::Close => self.part = Part::Over,
            Opcode::Ping | Opcode::Pong => {}
            Opcode::Continuation | Opcode::Text | Opcode::Binary if self.is_last => {
                self.fragments = 0;
                if self.is_text && !self.text.is_whole() {
                    return Err(Violation::InvalidText);
                }
            }
            Opcode::Continuation | Opcode::Text | Opcode::Binary => {}
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
pub(super) mod tests;

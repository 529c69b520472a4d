//! The ways in which a client breaks the rules of the wire, each with its close code and its sentence. What a session
//! refuses for reasons of its own is none of them.

use std::fmt;

/// Why a client's bytes are refused. The connection cannot go on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A frame declares more bytes than a frame may have.
    FrameTooLarge,
    /// The fragments of a message add up to more bytes than a message may have.
    MessageTooLarge,
    /// A message comes in more pieces than it may.
    TooManyFragments,
    /// A bit is set that means something only in extensions, of which none was agreed on.
    ReservedBits,
    /// A frame of a kind that does not exist.
    ReservedOpcode,
    /// A client's frames must be masked.
    Unmasked,
    /// A ping, pong or close in pieces.
    FragmentedControl,
    /// A ping, pong or close of more than 125 bytes.
    OversizedControl,
    /// A continuation of nothing.
    UnexpectedContinuation,
    /// A new message before the last one has ended.
    ExpectedContinuation,
    /// A length that is not written in the fewest bytes, or that is negative.
    InvalidLength,
    /// A close frame of one byte, or with a code that must not be sent.
    InvalidClose,
    /// Text that is no UTF-8.
    InvalidText,
    /// The reason of a close frame is no UTF-8.
    InvalidReason,
}

impl Violation {
    /// The code to close the connection with.
    pub fn close_code(self) -> u16 {
        match self {
            Self::FrameTooLarge | Self::MessageTooLarge => 1009,
            Self::TooManyFragments => 1008,
            Self::InvalidText | Self::InvalidReason => 1007,
            Self::ReservedBits
            | Self::ReservedOpcode
            | Self::Unmasked
            | Self::FragmentedControl
            | Self::OversizedControl
            | Self::UnexpectedContinuation
            | Self::ExpectedContinuation
            | Self::InvalidLength
            | Self::InvalidClose => 1002,
        }
    }

    /// What to tell the client: short enough for a close frame.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::FrameTooLarge => "the frame is too large",
            Self::MessageTooLarge => "the message is too large",
            Self::TooManyFragments => "the message has too many fragments",
            Self::ReservedBits => "a reserved bit is set",
            Self::ReservedOpcode => "the opcode is reserved",
            Self::Unmasked => "the frame is not masked",
            Self::FragmentedControl => "a control frame is fragmented",
            Self::OversizedControl => "a control frame is too large",
            Self::UnexpectedContinuation => "a continuation without a start",
            Self::ExpectedContinuation => "a message begins within another",
            Self::InvalidLength => "the length is not valid",
            Self::InvalidClose => "the close frame is not valid",
            Self::InvalidText => "the text is not UTF-8",
            Self::InvalidReason => "the close reason is not UTF-8",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Violation {}

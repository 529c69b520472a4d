//! What a session has its connection do.

use actix_web::web::Bytes;
use bytestring::ByteString;

use super::Violation;
use crate::error::ClosingCode;

/// What the connection has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Send this text.
    Send(ByteString),
    /// Ask for a sign of life.
    Ping,
    /// Give one.
    Pong(Bytes),
    /// Close, and do nothing more.
    Close(Closing),
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// By this side.
    Because(ClosingCode),
    /// By the client's breach of the protocol.
    Violated(Violation),
    /// By the client, which is answered.
    Answered(Option<u16>),
    /// There is nobody left to close it for.
    Gone,
}

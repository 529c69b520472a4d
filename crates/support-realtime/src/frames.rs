//! The frames of one event: made when the first socket of a side needs one, and shared by all of that side.

use std::cell::OnceCell;

use bytestring::ByteString;
use support_domain::Side;

use crate::{Encode, Event};

/// The frames of one event.
pub(crate) struct Frames<'a> {
    event: Event<'a>,
    encoder: &'a dyn Encode,
    for_user: OnceCell<ByteString>,
    for_admin: OnceCell<ByteString>,
}

impl<'a> Frames<'a> {
    pub(crate) fn of(event: Event<'a>, encoder: &'a dyn Encode) -> Self {
        Self { event, encoder, for_user: OnceCell::new(), for_admin: OnceCell::new() }
    }

    /// What that side sees of it.
    pub(crate) fn seen_by(&self, viewer: Side) -> ByteString {
        let frame = match viewer {
            Side::User => &self.for_user,
            Side::Admin => &self.for_admin,
        };
        frame.get_or_init(|| self.encoder.encode(&self.event, viewer)).clone()
    }
}

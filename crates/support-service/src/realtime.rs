//! How those who follow conversations live are told.

use std::sync::Arc;

use bytestring::ByteString;
use support_domain::Side;
use support_realtime::fan_out::{FanOut, InProcess};
use support_realtime::queue::QueueLimits;
use support_realtime::{Encode, Event, Hub};

/// The way to the sockets of this node and to other nodes.
#[derive(Debug, Clone)]
pub struct Realtime {
    /// The sockets of this node.
    pub hub: Hub,
    /// The other nodes.
    pub fan_out: Arc<dyn FanOut>,
}

impl Realtime {
    /// For a desk that has neither sockets nor other nodes.
    pub fn none() -> Self {
        Self { hub: Hub::new(Arc::new(Mute), QueueLimits::default()), fan_out: Arc::new(InProcess) }
    }
}

#[derive(Debug)]
struct Mute;

impl Encode for Mute {
    fn encode(&self, _: &Event<'_>, _: Side) -> ByteString {
        ByteString::new()
    }
}

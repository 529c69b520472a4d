//! What is counted of rooms and of the way between nodes. Nothing is counted for each socket that is told something.

use support_metrics::{Counter, Counters, Gauge, label_values, table};

label_values! {
    /// What became of a hint.
    pub(crate) enum HintFate {
        /// It was sent to other nodes.
        Sent = "sent",
        /// It took the place of another one that waited, or another one said more.
        Coalesced = "coalesced",
        /// It was to be sent and was not: there is no connection, or too many wait.
        Dropped = "dropped",
        /// It came from another node.
        Received = "received",
        /// It came, and those who take hints had no room for it. A sweep takes its place.
        Overrun = "overrun",
    }
}

table! {
    /// What is counted of rooms.
    pub(crate) static ROOMS: RoomMetrics {
        /// Conversations that sockets of this node follow.
        rooms: Gauge = "support_realtime_rooms" in Count;
        /// Places of sockets in rooms.
        members: Gauge = "support_realtime_room_members" in Count;
        /// Sockets that watch an inbox.
        watchers: Gauge = "support_realtime_inbox_watchers" in Count;
    }
}

table! {
    /// What is counted of the way between nodes.
    pub(crate) static FAN_OUT: FanOutMetrics {
        /// Hints between nodes, by what became of them.
        hints: Counters<HintFate> = "support_realtime_hints_total" by ["fate"] in Count;
        /// Hints that wait to be sent.
        waiting: Gauge = "support_realtime_hints_waiting" in Count;
        /// Connections to NATS that were made; one where it never broke.
        connections: Counter = "support_realtime_nats_connections_total" in Count;
    }
}

/// A count as a gauge takes it.
#[expect(clippy::cast_precision_loss, reason = "counts of this process are far below 2^52")]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

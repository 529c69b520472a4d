//! Real time: sockets, rooms and inboxes, and what must hold when connections, servers and clients fail.

mod abuse;
mod arbitrary;
mod connecting;
mod envelope;
mod hoarding;
mod hostile;
mod inbox;
mod isolation;
mod limits;
mod nodes;
mod resume;
mod rooms;
mod sending;
mod storm;
mod tickets;
mod token_life;

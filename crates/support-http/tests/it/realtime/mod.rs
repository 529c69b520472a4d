//! Real time: sockets, rooms and inboxes, and what must hold when connections, servers and clients fail.

mod connecting;
mod envelope;
mod limits;
mod sending;
mod tickets;

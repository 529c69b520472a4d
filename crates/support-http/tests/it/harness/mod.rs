//! What every scenario stands on: a desk (a running server with a database of its own) and the people who use it.
//!
//! Nothing here judges the product beyond what holds for every answer; the scenarios do that. Processes are ended by
//! their own handle only, also when a test panics.

mod answer;
mod browser;
mod call;
mod command;
mod database;
mod desk;
mod dice;
mod follower;
mod forwarder;
mod frames;
mod handshake;
mod host;
mod nats;
mod nginx;
mod patience;
mod person;
mod raw;
mod server;
mod socket;
mod socket_tests;
mod together;

pub(crate) use answer::{Answer, column, keys, keys_but_masked, numbers};
pub(crate) use browser::{Browser, key};
pub(crate) use call::{Address, Call};
pub(crate) use command::{Key, Outcome, bare_command, binary, keys as signing_key, narrow};
pub(crate) use database::{Backend, Database, ROLE as OWN_ROLE, scratch_folder};
pub(crate) use desk::{Desk, Node, Plan};
pub(crate) use dice::Dice;
pub(crate) use follower::Follower;
pub(crate) use forwarder::Forwarder;
pub(crate) use frames::{BINARY, CLOSE, CONTINUATION, PING, TEXT, frame, header_of};
pub(crate) use handshake::{Handshake, TICKETS};
pub(crate) use host::{
    OWNER, ROLE, SECRET, claims, host_alone, host_database, make_roles, migrate_as_owner, now, roles_script, sign,
    token_for, token_of,
};
pub(crate) use nats::{Nats, free_port};
pub(crate) use nginx::{HOSTS_ANSWER, Nginx};
pub(crate) use patience::eventually;
pub(crate) use person::{Conversation, DESK, Person, USER};
pub(crate) use raw::Raw;
pub(crate) use server::Server;
pub(crate) use socket::{Reply, Socket, about};
pub(crate) use together::{Over, all_at_once};

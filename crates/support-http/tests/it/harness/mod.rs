//! What every scenario stands on: a desk (a running server with a database of its own) and the people who use it.
//!
//! Nothing here judges the product beyond what holds for every answer; the scenarios do that. Processes are ended by
//! their own handle only, also when a test panics.

mod answer;
mod call;
mod command;
mod database;
mod desk;
mod forwarder;
mod patience;
mod person;
mod raw;
mod server;
mod together;

pub(crate) use answer::{Answer, column, keys, numbers};
pub(crate) use call::Address;
pub(crate) use command::{Key, Outcome, binary, keys as signing_key, narrow};
pub(crate) use database::{Backend, Database, scratch_folder};
pub(crate) use desk::{Desk, Plan};
pub(crate) use forwarder::Forwarder;
pub(crate) use patience::eventually;
pub(crate) use person::{Conversation, DESK, Person, USER};
pub(crate) use raw::Raw;
pub(crate) use server::Server;
pub(crate) use together::all_at_once;

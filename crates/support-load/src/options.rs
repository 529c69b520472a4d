//! What can be asked of the program, and the help that teaches it. What is said here goes into the report, but for the
//! key and the tokens.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

/// Loads a support desk, and checks that every message comes once and in order.
///
/// It speaks the public interface, opens its own conversations, counts every message that the server acknowledges, and
/// reads all of them back at the end. Exit code 0: all is well; 1: a check failed, or the server could not be reached;
/// 2: told wrongly.
///
/// The limits that protect a desk from one person protect it from this program as well. For a test of capacity start the
/// server with SUPPORT_SENDS_PER_MINUTE=1000000, and with more SUPPORT_MAX_SOCKETS if need be.
#[derive(Debug, Parser)]
#[command(name = "support-load", version)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub scenario: Scenario,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Scenario {
    /// Send messages over REST
    ///
    /// Each sender waits for the answer before it sends again. Example, as fast as it goes:
    ///   support-load sends --senders 16 --seconds 10
    /// and at a fixed rate, where latencies count from the moment at which each message was due:
    ///   support-load sends --senders 64 --rate 500 --seconds 60 --warm-up 5
    #[command(verbatim_doc_comment)]
    Sends(Sends),
    /// Send messages over WebSockets
    ///
    /// As `sends`; each sender has a socket, has joined its conversations, and checks the order of what comes there.
    ///   support-load socket-sends --senders 16 --seconds 10
    #[command(verbatim_doc_comment)]
    SocketSends(Sends),
    /// Let many sockets follow conversations, and time each delivery
    ///
    /// Each message carries when it was due; a delivery is timed when it has arrived at a subscriber.
    ///   support-load fan-out --rooms 10 --subscribers 50 --senders 10 --rate 100 --server-pid PID
    #[command(verbatim_doc_comment)]
    FanOut(FanOut),
    /// Keep sockets open that do nothing, and see what they cost
    ///
    ///   support-load idle --sockets 10000 --seconds 30 --server-pid PID
    #[command(verbatim_doc_comment)]
    Idle(Idle),
    /// Walk through the pages of the desk's list of conversations
    ///
    ///   support-load lists --conversations 1000 --walkers 4 --limit 50
    #[command(verbatim_doc_comment)]
    Lists(Lists),
    /// Cut all sockets at once while messages are sent, and let them come back
    ///
    /// They come back after a random wait of at most --jitter seconds and resume behind the last message that they have.
    /// A resume is timed from the cut, the wait included. Messages are sent at --rate, by default 50 a second.
    ///   support-load storm --sockets 1000 --cuts 2 --seconds 30
    #[command(verbatim_doc_comment)]
    Storm(Storm),
}

/// What all scenarios share.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Common {
    /// A server, `http://HOST[:PORT]`; repeat it for several nodes, which take turns
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: Vec<String>,
    /// The key that signs tokens, in hex; better given as SUPPORT_BISCUIT_PRIVATE_KEY, where others do not see it
    #[arg(long, conflicts_with = "tokens")]
    #[serde(skip)]
    pub key: Option<Secret>,
    /// Instead of the key: a file with a line for each person, `user TOKEN` or `admin TOKEN`
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub tokens: Option<PathBuf>,
    /// Write the whole report there, as JSON
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub json: Option<PathBuf>,
    /// What chance depends on: what is written, and how long is waited before connecting again
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// So many seconds at the beginning are not measured (but checked)
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, value_parser = seconds)]
    pub warm_up: f64,
    /// A request or handshake that takes longer has failed
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, value_parser = seconds)]
    pub timeout: f64,
    /// How long to wait for what is still missing at the end, as long as nothing comes
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub settle: f64,
    /// Read every conversation back at the end, and check it
    #[arg(long, default_value_t = true, action = ArgAction::Set)]
    pub verify: bool,
    /// A process of the server on this machine, to measure its CPU and memory; may be repeated
    #[arg(long, value_name = "PID")]
    pub server_pid: Vec<u32>,
    /// A database's first process on this machine, to measure the CPU of it and its children; may be repeated
    #[arg(long, value_name = "PID")]
    pub database_pid: Vec<u32>,
    /// A local address to connect from; repeat it when one has too few ports. On loopback they are found by themselves
    #[arg(long, value_name = "ADDRESS")]
    pub source: Vec<IpAddr>,
    /// Threads of this program; one is enough unless the report says that it was busy all the time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub threads: u32,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

/// How messages are sent.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sending {
    /// Senders, each of which has one message under way
    #[arg(long, default_value_t = 16, value_parser = count)]
    pub senders: usize,
    /// How long to send
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    pub seconds: f64,
    /// End earlier, after so many messages
    #[arg(long)]
    pub messages: Option<u64>,
    /// Messages a second over all senders (open loop); without it, as fast as answers come (closed loop)
    #[arg(long, value_name = "PER_SECOND", value_parser = rate)]
    pub rate: Option<f64>,
    /// Characters of a message
    #[arg(long, default_value_t = 60, value_parser = count)]
    pub chars: usize,
}

/// `sends` and `socket-sends`.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sends {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) sending: Sending,
    /// Conversations to send to; by default one a sender. With fewer, the desk's staff send to them as well
    #[arg(long, value_parser = count)]
    pub(crate) conversations: Option<usize>,
}

/// `fan-out`.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FanOut {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) sending: Sending,
    /// Conversations
    #[arg(long, default_value_t = 10, value_parser = count)]
    pub(crate) rooms: usize,
    /// Sockets in each of them
    #[arg(long, default_value_t = 10, value_parser = count)]
    pub(crate) subscribers: usize,
    /// How messages are sent
    #[arg(long, value_enum, default_value_t = Over::Rest)]
    pub(crate) over: Over,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) crowd: Crowding,
}

/// `idle`.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Idle {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) common: Common,
    /// Sockets, each of which has joined a conversation
    #[arg(long, default_value_t = 1_000, value_parser = count)]
    pub(crate) sockets: usize,
    /// Conversations that they are in; by default as many as their users need to be enough for all sockets
    #[arg(long, value_parser = count)]
    pub(crate) conversations: Option<usize>,
    /// How long to keep them
    #[arg(long, default_value_t = 10.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) crowd: Crowding,
}

/// `lists`.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lists {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) common: Common,
    /// Conversations to open first, all of which a whole walk has to meet
    #[arg(long, default_value_t = 100)]
    pub(crate) conversations: usize,
    /// A walk ends after so many pages; by default at the end of the list
    #[arg(long)]
    pub(crate) pages: Option<u64>,
    /// Conversations on a page, 1 to 100
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) limit: u64,
    /// How many walk at the same time
    #[arg(long, default_value_t = 1, value_parser = count)]
    pub(crate) walkers: usize,
    /// How often each of them walks
    #[arg(long, default_value_t = 1, value_parser = count)]
    pub(crate) walks: usize,
    /// What to ask for besides, as in the URL: `status=open&countryCode=BD`
    #[arg(long, value_name = "QUERY")]
    pub(crate) filter: Option<String>,
}

/// `storm`.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Storm {
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) common: Common,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) sending: Sending,
    /// Sockets, each of which has joined a conversation
    #[arg(long, default_value_t = 1_000, value_parser = count)]
    pub(crate) sockets: usize,
    /// Conversations that they are in; by default as many as their users need to be enough for all sockets
    #[arg(long, value_parser = count)]
    pub(crate) conversations: Option<usize>,
    /// How often all are cut, evenly spread over the time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) cuts: u32,
    /// The longest wait before connecting again
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    pub(crate) jitter: f64,
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) crowd: Crowding,
}

/// How sockets are opened.
#[derive(Debug, Clone, Args, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Crowding {
    /// Sockets of one person: the server's SUPPORT_MAX_SOCKETS_PER_PRINCIPAL. One is kept for sending
    #[arg(long, default_value_t = 10, value_parser = count)]
    pub sockets_per_person: usize,
    /// Sockets that connect at the same time at the beginning
    #[arg(long, default_value_t = 64, value_parser = count)]
    pub connecting: usize,
    /// Do not fail when sockets are lost that were not cut: for whoever ends servers meanwhile
    #[arg(long)]
    pub losses_allowed: bool,
}

/// The way of a message to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Over {
    /// REST.
    Rest,
    /// A WebSocket.
    Socket,
}

/// A text that does not print.
#[derive(Clone)]
pub struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Scenario {
    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sends(_) => "sends",
            Self::SocketSends(_) => "socket-sends",
            Self::FanOut(_) => "fan-out",
            Self::Idle(_) => "idle",
            Self::Lists(_) => "lists",
            Self::Storm(_) => "storm",
        }
    }

    /// What it shares with the others.
    pub fn common(&self) -> &Common {
        match self {
            Self::Sends(options) | Self::SocketSends(options) => &options.common,
            Self::FanOut(options) => &options.common,
            Self::Idle(options) => &options.common,
            Self::Lists(options) => &options.common,
            Self::Storm(options) => &options.common,
        }
    }

    /// All of it, for the report.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let options = match self {
            Self::Sends(options) | Self::SocketSends(options) => serde_json::to_value(options),
            Self::FanOut(options) => serde_json::to_value(options),
            Self::Idle(options) => serde_json::to_value(options),
            Self::Lists(options) => serde_json::to_value(options),
            Self::Storm(options) => serde_json::to_value(options),
        };
        options.unwrap_or_default()
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=604_800.0).contains(number));
    number.ok_or_else(|| "must be a number of seconds, at most a week".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.001..=10_000_000.0).contains(number));
    number.ok_or_else(|| "must be a number of messages a second".to_owned())
}

fn count(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000).contains(number));
    number.ok_or_else(|| "must be a number from 1 to 1000000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_command_teaches() {
        let mut command = CommandLine::command();
        command.clone().debug_assert();
        command.build();
        for scenario in command.get_subcommands().filter(|scenario| scenario.get_name() != "help") {
            let help = scenario.clone().render_long_help().to_string();
            assert!(help.contains(&format!("support-load {} --", scenario.get_name())), "an example: {help}");
        }
    }

    #[test]
    fn numbers_have_borders() {
        assert!(count("0").is_err() && count("1").is_ok() && count("x").is_err());
        assert!(seconds("-1").is_err() && seconds("NaN").is_err() && seconds("0.5").is_ok());
        assert!(rate("0").is_err() && rate("inf").is_err() && rate("0.5").is_ok());
    }

    #[test]
    fn no_report_holds_the_key() {
        let line = ["support-load", "idle", "--key", "c0ffee"];
        let line = CommandLine::try_parse_from(line).unwrap();
        assert!(!line.scenario.to_json().to_string().contains("c0ffee"));
        assert!(!format!("{line:?}").contains("c0ffee"));
    }
}

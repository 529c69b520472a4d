//! Hints over NATS core. Nothing is kept for later, neither here nor there: what cannot be sent now is dropped, and the
//! sweep of heads heals it. Never waits for NATS on the path of a request.
//!
//! One task connects, sends and receives. It has a client of the library for each connection and drops it with the
//! connection: the library's own way to reconnect would send what was still in its queue, stale, and would go on trying
//! after everybody had dropped the client (async-nats 0.51).
//!
//! Everything is below `support.`: a node has to be allowed to publish and subscribe `support.>`, no more.

mod address;
mod outbox;
mod trial;
mod wire;

use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, Message, ReconnectToServer, RequestErrorKind, Subscriber};
use futures_util::{Stream, StreamExt};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use self::address::Servers;
use self::outbox::Outbox;
use super::{FanOut, Hint, Signal, Signals};
use crate::metrics::{FAN_OUT, HintFate};

pub use self::trial::TriedServer;

/// Within this a server has to be found, reached and logged in to.
const CONNECTING: Duration = Duration::from_secs(5);
/// Within this one of its host's addresses has to answer; the next is tried then.
const REACHING: Duration = Duration::from_secs(2);
/// Within this the server has to answer that it knows our subscription.
const SUBSCRIBING: Duration = Duration::from_secs(2);
/// Within this the library has to take a hint.
const PUBLISHING: Duration = Duration::from_secs(2);
/// A server that is silent for three times this is gone.
const PING_EVERY: Duration = Duration::from_secs(10);
/// So many hints may be in the library's hands. Few: they are past recall and no longer coalesce.
const IN_FLIGHT: usize = 64;
/// So many hints may have come in and not been looked at.
const INCOMING: usize = 8_192;
/// Between attempts to connect: at first this long, then twice as long each time, up to the longest.
const FIRST_DELAY: Duration = Duration::from_millis(50);
const LONGEST_DELAY: Duration = Duration::from_secs(1);
/// A connection that held for this long was a good one, and the next delay is the first again.
const HELD: Duration = Duration::from_secs(10);

/// The library asks for answers below this.
const INBOX: &str = "support.inbox";
/// Nobody listens here, which the server says at once.
const NOBODY: &str = "support.nobody";

/// A URL that names no NATS server. Does not repeat it: there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be nats://HOST[:PORT] or tls://HOST[:PORT], comma separated")]
pub struct InvalidNatsUrl;

/// The connection to NATS. When it is dropped, so is the connection.
pub struct Nats {
    outbox: Arc<Outbox>,
    task: AbortHandle,
}

impl Nats {
    /// Connects in the background, now and whenever the connection is lost. To be called within a tokio runtime.
    /// `USER:PASSWORD@` before the host logs in, percent-encoded where a URL asks for it. All servers have to be named,
    /// comma separated: others of their cluster are not used.
    ///
    /// # Errors
    /// When the URL is none of NATS; that no server answers is no error.
    pub fn start(url: &str, signals: Signals) -> Result<Self, InvalidNatsUrl> {
        let servers = Servers::parse(url)?;
        let outbox = Arc::new(Outbox::default());
        let task = tokio::spawn(run(servers, Arc::clone(&outbox), signals)).abort_handle();
        Ok(Self { outbox, task })
    }
}

impl FanOut for Nats {
    fn announce(&self, hint: Hint) {
        self.outbox.put(hint);
    }

    fn is_connected(&self) -> bool {
        self.outbox.is_open()
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nats").field("outbox", &self.outbox).finish_non_exhaustive()
    }
}

/// Connects for ever. The log has one line for each time the connection comes and goes, and never an address.
async fn run(servers: Servers, outbox: Arc<Outbox>, signals: Signals) {
    // Nodes that start together do not all go to the first server of the list.
    let mut turn = random();
    let mut attempts = 0;
    let mut is_first_failure = true;
    loop {
        match connect(&servers, turn).await {
            Ok(connection) => {
                tracing::info!("connected to NATS");
                let since = Instant::now();
                outbox.open();
                FAN_OUT.connections.increment(1);
                serve(connection, &outbox, &signals).await;
                outbox.close();
                tracing::warn!("the connection to NATS is lost: no hints to other nodes until it is back");
                is_first_failure = false;
                if since.elapsed() > HELD {
                    attempts = 0;
                }
            }
            Err(reason) if std::mem::take(&mut is_first_failure) => {
                tracing::warn!(reason, "NATS cannot be reached yet: no hints to other nodes until it can");
            }
            Err(reason) => tracing::debug!(reason, "NATS cannot be reached"),
        }
        sleep(delay(attempts, random())).await;
        attempts = attempts.saturating_add(1);
        turn = turn.wrapping_add(1);
    }
}

/// Between half of the delay and all of it, so that nodes that lost a server together do not come back together.
fn delay(attempts: u32, random: usize) -> Duration {
    let whole = FIRST_DELAY.saturating_mul(2_u32.saturating_pow(attempts)).min(LONGEST_DELAY);
    let thousandths = u32::try_from(random % 501).unwrap_or(0) + 500;
    whole * thousandths / 1_000
}

/// Spreads nodes over servers and moments; no outcome hangs on it, so it needs no source that a test could set.
fn random() -> usize {
    let hash = std::hash::RandomState::new().hash_one(());
    usize::try_from(hash >> 33).unwrap_or(0)
}

/// A client that is connected and whose subscription is in place.
struct Connection {
    client: Client,
    hints: Subscriber,
    /// Told when the library had to drop hints that came in.
    overrun: Arc<Notify>,
}

/// Connects to the server whose turn it is, or says why not.
async fn connect(servers: &Servers, turn: usize) -> Result<Connection, String> {
    let overrun = Arc::new(Notify::new());
    let addresses = [servers.at(turn).clone(), servers.nowhere().clone()];
    let options = servers.log_in(options(Arc::clone(&overrun)));
    let client = timeout(CONNECTING, options.connect(&addresses[..]))
        .await
        .map_err(|_| "timed out".to_owned())?
        .map_err(|error| error.to_string())?;
    let hints = client.subscribe(wire::ALL_SUBJECTS).await.map_err(|error| error.to_string())?;
    confirm(&client).await?;
    Ok(Connection { client, hints, overrun })
}

fn options(overrun: Arc<Notify>) -> ConnectOptions {
    ConnectOptions::new()
        .name("support")
        .no_echo()
        .custom_inbox_prefix(INBOX)
        .request_timeout(Some(SUBSCRIBING))
        .connection_timeout(REACHING)
        .ping_interval(PING_EVERY)
        .client_capacity(IN_FLIGHT)
        .subscription_capacity(INCOMING)
        .ignore_discovered_servers()
        // The library can be told to reconnect for ever or so many times, but not never. So it gets one try, at the
        // address that it has not been to: the one where nobody answers. After it the client is at its end, and what
        // was in its queue is gone.
        .max_reconnects(1)
        .reconnect_to_server_callback(|servers, _| {
            let next = servers.into_iter().find(|server| !server.did_connect);
            std::future::ready(next.map(|server| ReconnectToServer { addr: server.addr, delay: Some(Duration::ZERO) }))
        })
        .event_callback(on_event(overrun))
}

fn on_event(overrun: Arc<Notify>) -> impl Fn(Event) -> std::future::Ready<()> {
    let has_complained = AtomicBool::new(false);
    move |event| {
        match event {
            Event::SlowConsumer(_) => overrun.notify_one(),
            // Above all that a subject is not allowed, which would come with every hint.
            Event::ServerError(error) if !has_complained.swap(true, Ordering::Relaxed) => {
                tracing::warn!(%error, "NATS refuses what it was asked for");
            }
            _ => {}
        }
        std::future::ready(())
    }
}

/// Waits until the server has taken what was sent so far. It takes a client's requests in order, so its answer to one
/// says that it knows the subscription before it. Where it may not be asked, the time is taken for the answer.
async fn confirm(client: &Client) -> Result<(), String> {
    match client.request(NOBODY, Vec::new().into()).await {
        Err(error) if error.kind() == RequestErrorKind::TimedOut && is_up(client) => Ok(()),
        Err(error) if error.kind() != RequestErrorKind::NoResponders => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn is_up(client: &Client) -> bool {
    client.connection_state() == State::Connected
}

/// Sends and receives until the connection is lost.
async fn serve(connection: Connection, outbox: &Outbox, signals: &Signals) {
    let Connection { client, hints, overrun } = connection;
    tokio::select! {
        () = send(&client, outbox) => {}
        () = receive(hints, &overrun, signals) => {}
    }
}

async fn send(client: &Client, outbox: &Outbox) {
    loop {
        let hint = outbox.next().await;
        // Without a connection `publish` would take what it has room for and then wait.
        if !is_up(client) {
            return;
        }
        let subject = wire::subject(hint.conversation_id);
        let payload = match wire::encode(hint) {
            Ok(payload) => payload,
            Err(error) => {
                tracing::error!(%error, "a hint cannot be written as JSON");
                continue;
            }
        };
        match timeout(PUBLISHING, client.publish(subject, payload.into())).await {
            Ok(Ok(())) => FAN_OUT.hints.of(HintFate::Sent).increment(1),
            Ok(Err(error)) => {
                FAN_OUT.hints.of(HintFate::Dropped).increment(1);
                tracing::debug!(%error, "a hint was not sent");
            }
            // The server does not read. What waits is about the past by now, and the library finds out by pings
            // whether the server is gone.
            Err(_) => {
                FAN_OUT.hints.of(HintFate::Dropped).increment(1);
                outbox.clear();
            }
        }
    }
}

/// Hands on what comes in, after a first `Restored`. Returns when nothing will come any more.
async fn receive(mut hints: impl Stream<Item = Message> + Unpin, overrun: &Notify, signals: &Signals) {
    // Hints were lost, and whoever takes signals has to hear of it. Until they have, other hints need not reach them:
    // they will look everything up afterwards.
    let mut owes_restored = true;
    loop {
        tokio::select! {
            place = signals.reserve(), if owes_restored => {
                if let Ok(place) = place {
                    place.send(Signal::Restored);
                }
                owes_restored = false;
            }
            () = overrun.notified() => owes_restored = true,
            message = hints.next() => match message {
                None => return,
                Some(_) if owes_restored => FAN_OUT.hints.of(HintFate::Overrun).increment(1),
                Some(message) => owes_restored = is_lost(&message, signals),
            }
        }
    }
}

/// Hands a message on, if it is a hint. Says whether it was one and found no room.
fn is_lost(message: &Message, signals: &Signals) -> bool {
    match wire::decode(&message.subject, &message.payload) {
        Ok(hint) => {
            let is_lost = matches!(signals.try_send(Signal::Hint(hint)), Err(TrySendError::Full(_)));
            FAN_OUT.hints.of(if is_lost { HintFate::Overrun } else { HintFate::Received }).increment(1);
            is_lost
        }
        Err(reason) => {
            tracing::debug!(%reason, "a message on NATS is no hint");
            false
        }
    }
}

#[cfg(test)]
mod tests;

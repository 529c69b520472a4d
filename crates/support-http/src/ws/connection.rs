//! The loop of one connection: it carries what comes to the session, and does what the session says. It decides nothing.

use std::sync::Arc;
use std::time::Duration;

use actix_web::rt;
use support_realtime::Subscriber;
use tokio::sync::watch;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tracing::Instrument;

use super::session::Session;
use super::step::{Closing, Step};
use super::tcp::TcpHandle;
use super::work::{Outcome, Work};
use super::{FrameReader, FrameWriter, Stuck};
use crate::Desk;
use crate::error::ClosingCode;
use crate::metrics::{ClosedWith, SOCKETS};

/// How long a client may take to read why it was closed, before its connection is cut.
const GRACE: Duration = Duration::from_secs(5);
/// The same where it must not get any more of what was on its way.
const SHORT_GRACE: Duration = Duration::from_secs(1);

/// What a connection is made of.
pub(super) struct Connection {
    pub(super) desk: Desk,
    pub(super) session: Session,
    pub(super) subscriber: Arc<Subscriber>,
    pub(super) reader: FrameReader,
    pub(super) writer: FrameWriter,
    /// None where the server was started without; see [`tcp::prepare`](super::tcp::prepare).
    pub(super) tcp: Option<Arc<TcpHandle>>,
}

/// Work on its way, as a task: a client that does not read must not keep what the work holds. Given up when dropped.
struct Running(JoinHandle<Outcome>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Runs until the connection ends. In a box: a task would keep a connection of its own for each function that it is
    /// handed on to.
    pub(super) async fn run(mut self: Box<Self>) {
        let mut revoked = self.desk.service.watch_revocations();
        let mut stop = self.desk.sockets.watch_stop();
        let mut running: Option<Running> = None;
        let mut stop_at: Option<Instant> = None;
        let closing = loop {
            match self.flush(&mut revoked).await {
                Ok(None) => {}
                Ok(Some(closing)) => break Some(closing),
                Err(Stuck) => break None,
            }
            let is_due = stop_at.is_some_and(|at| Instant::now() >= at);
            if running.is_none() {
                if self.session.has_more_to_read() && self.session.is_ready() && !is_due {
                    // What the client wants goes before the past, of which there may be much.
                    tokio::select! {
                        biased;
                        incoming = self.reader.next() => {
                            self.session.receive(incoming);
                            continue;
                        }
                        () = std::future::ready(()) => {}
                    }
                }
                running = self.session.next_work(!is_due).map(|work| self.begin(work));
            }
            if is_due && running.is_none() {
                // What was under way has been answered.
                self.session.close(ClosingCode::Restart);
                continue;
            }
            tokio::select! {
                outcome = finished(&mut running) => {
                    running = None;
                    match outcome {
                        Ok(outcome) => self.session.finish(outcome),
                        Err(error) => {
                            let socket = self.subscriber.id().number();
                            tracing::error!(socket, error = %error, "the work of a socket ended early");
                            break None;
                        }
                    }
                }
                incoming = self.reader.next(), if self.session.is_ready() && !is_due => self.session.receive(incoming),
                delivery = self.subscriber.queue().next() => self.session.deliver(delivery),
                () = tokio::time::sleep(self.session.until_next_tick()) => self.session.tick(),
                // The session looks by itself before each step, so it is enough to wake it.
                _ = revoked.changed() => {}
                spread = told_to_stop(&mut stop), if stop_at.is_none() => {
                    stop_at = Some(Instant::now() + spread.mul_f64(self.subscriber.id().fraction()));
                }
                () = until(stop_at), if !is_due => {}
            }
        };
        drop(running);
        // Needed once, at the end: until then no task keeps room for it.
        Box::pin(self.end(closing)).await;
    }

    fn begin(&self, work: Work) -> Running {
        let (desk, subscriber) = (self.desk.clone(), Arc::clone(&self.subscriber));
        // For the time of the work only: one that lasts as long as the socket would cost each of them some hundred bytes.
        let span = tracing::info_span!("frame", socket = self.subscriber.id().number(), event = work.event());
        Running(rt::spawn(async move { work.run(&desk, &subscriber).await }.instrument(span)))
    }

    /// Does all steps that there are; the last one may be a close. A write that waits is given up when the access ends.
    async fn flush(&mut self, revoked: &mut watch::Receiver<()>) -> Result<Option<Closing>, Stuck> {
        while let Some(step) = self.session.next_step() {
            let (session, writer) = (&self.session, &mut self.writer);
            let write = async {
                match step {
                    Step::Send(text) => {
                        writer.text(text).await.map(|()| SOCKETS.frames_sent.increment(1)).map(|()| None)
                    }
                    Step::Ping => writer.ping(b"").await.map(|()| None),
                    Step::Pong(bytes) => writer.pong(&bytes).await.map(|()| None),
                    Step::Close(closing) => Ok(Some(closing)),
                }
            };
            let closing = tokio::select! {
                biased;
                written = write => written?,
                code = withdrawn(session, revoked) => Some(Closing::Because(code)),
            };
            if closing.is_some() {
                return Ok(closing);
            }
        }
        Ok(None)
    }

    /// Closes; none when nothing can be written any more.
    async fn end(self: Box<Self>, closing: Option<Closing>) {
        let Self { writer, subscriber, session, tcp, .. } = *self;
        // Nothing more is to be put into a queue that nobody empties.
        drop((session, subscriber));
        let (result, grace) = match closing {
            Some(Closing::Because(code)) => {
                count_close(ClosedWith::code(code.code()));
                let grace = match code {
                    ClosingCode::TokenOver | ClosingCode::AccessWithdrawn => Some(SHORT_GRACE),
                    ClosingCode::TooSlow | ClosingCode::TooMany => Some(GRACE),
                    ClosingCode::Restart => None,
                };
                let writer = writer.with_timeout(grace.unwrap_or(GRACE));
                (writer.close(code.code(), code.sentence()).await, grace)
            }
            Some(Closing::Violated(violation)) => {
                count_close(ClosedWith::code(violation.close_code()));
                (writer.close(violation.close_code(), violation.sentence()).await, Some(GRACE))
            }
            Some(Closing::Answered(code)) => {
                count_close(ClosedWith::Client);
                (writer.answer_close(code).await, None)
            }
            Some(Closing::Gone) => {
                count_close(ClosedWith::Gone);
                (Ok(()), None)
            }
            None => {
                count_close(ClosedWith::Stuck);
                (Err(Stuck), Some(Duration::ZERO))
            }
        };
        let grace = if result.is_err() { Some(Duration::ZERO) } else { grace };
        if let (Some(tcp), Some(grace)) = (tcp, grace) {
            tokio::time::sleep(grace).await;
            tcp.cut();
        }
    }
}

fn count_close(with: ClosedWith) {
    SOCKETS.closed.of(with).increment(1);
}

async fn finished(running: &mut Option<Running>) -> Result<Outcome, JoinError> {
    match running {
        Some(Running(task)) => task.await,
        None => std::future::pending().await,
    }
}

/// Waits until the access ends, and says why.
async fn withdrawn(session: &Session, revoked: &mut watch::Receiver<()>) -> ClosingCode {
    loop {
        if let Some(code) = session.withdrawn() {
            return code;
        }
        tokio::select! {
            () = tokio::time::sleep(session.until_token_ends()) => {}
            changed = revoked.changed() => if changed.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

/// Waits until the node stops; over so long its sockets are closed.
async fn told_to_stop(stop: &mut watch::Receiver<Option<Duration>>) -> Duration {
    match stop.wait_for(Option::is_some).await {
        Ok(spread) => spread.unwrap_or_default(),
        Err(_) => std::future::pending().await,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

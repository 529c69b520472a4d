//! The loop of one connection: it carries what comes to the session, and does what the session says. It decides nothing.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use support_realtime::Subscriber;
use tokio::sync::watch;
use tokio::time::Instant;

use super::session::Session;
use super::sockets::TakenPlace;
use super::step::{Closing, Step};
use super::work::Outcome;
use super::{FrameReader, FrameWriter, Stuck};
use crate::Desk;
use crate::error::ClosingCode;

/// What a connection is made of.
pub(super) struct Connection {
    pub(super) desk: Desk,
    pub(super) session: Session,
    pub(super) subscriber: Arc<Subscriber>,
    pub(super) reader: FrameReader,
    pub(super) writer: FrameWriter,
    pub(super) place: TakenPlace,
}

type Running = Pin<Box<dyn Future<Output = Outcome>>>;

impl Connection {
    /// Runs until the connection ends.
    pub(super) async fn run(mut self) {
        let mut revoked = self.desk.service.watch_revocations();
        let mut stop = self.desk.sockets.watch_stop();
        let mut running: Option<Running> = None;
        let mut stop_at: Option<Instant> = None;
        loop {
            match self.flush().await {
                Ok(None) => {}
                Ok(Some(closing)) => break self.close(closing).await,
                Err(Stuck) => break count_close("stuck"),
            }
            if running.is_none()
                && let Some(work) = self.session.next_work()
            {
                let (desk, subscriber) = (self.desk.clone(), Arc::clone(&self.subscriber));
                running = Some(Box::pin(async move { work.run(&desk, &subscriber).await }));
            }
            let is_due = stop_at.is_some_and(|at| Instant::now() >= at);
            if is_due && running.is_none() {
                // What was under way has been answered.
                self.session.close(ClosingCode::Restart);
                continue;
            }
            tokio::select! {
                outcome = finished(&mut running) => {
                    running = None;
                    self.session.finish(outcome);
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
        }
    }

    /// Does all steps that there are; the last one may be a close.
    async fn flush(&mut self) -> Result<Option<Closing>, Stuck> {
        while let Some(step) = self.session.next_step() {
            match step {
                Step::Send(text) => self.writer.text(text).await?,
                Step::Ping => self.writer.ping(b"").await?,
                Step::Pong(bytes) => self.writer.pong(&bytes).await?,
                Step::Close(closing) => return Ok(Some(closing)),
            }
        }
        Ok(None)
    }

    async fn close(self, closing: Closing) {
        let Self { writer, place, subscriber, session, .. } = self;
        // Nothing more is to be put into a queue that nobody empties.
        drop((session, subscriber));
        let result = match closing {
            Closing::Because(code) => {
                count_close(&code.code().to_string());
                writer.close(code.code(), code.sentence()).await
            }
            Closing::Violated(violation) => {
                count_close(&violation.close_code().to_string());
                writer.close(violation.close_code(), violation.sentence()).await
            }
            Closing::Answered(code) => {
                count_close("client");
                writer.answer_close(code).await
            }
            Closing::Gone => {
                count_close("gone");
                Ok(())
            }
        };
        if let Err(Stuck) = result {
            tracing::debug!("a client did not take its close frame");
        }
        drop(place);
    }
}

fn count_close(why: &str) {
    metrics::counter!("support_http_sockets_closed_total", "code" => why.to_owned()).increment(1);
}

async fn finished(running: &mut Option<Running>) -> Outcome {
    match running {
        Some(running) => running.await,
        None => std::future::pending().await,
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

//! The threads that keep posts: each takes what waits, decides it, and keeps it in one statement. Alone, a post waits
//! for nobody.
//!
//! A conversation's posts all go to the same thread, so that within a node none waits for another's lock.

mod statement;

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use support_domain::{ConversationId, SupportConversation};
use tokio::sync::oneshot;

use self::statement::{Change, Kept, keep_posts, read_heads};
use super::{Conn, PgManager};
use crate::StoreError;
use crate::heads::Heads;
use crate::post::{Post, PostAddress, PostAnswer, PostJob, Posting};
use crate::sql_types::Id;
use crate::store::GivenUp;

/// Most posts that share a statement.
const MOST_SHARED: usize = 128;
/// How often a post is decided anew because its conversation had moved on.
const MOST_ROUNDS: usize = 4;
/// How long a statement may wait for somebody else's lock: all that share it wait. What takes longer goes another way.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

type Job = Box<dyn PostJob>;

/// The way to the threads.
pub(crate) struct Posts {
    queues: Vec<SyncSender<Job>>,
    heads: Arc<Heads>,
}

impl Posts {
    /// Starts that many threads. They connect when they first have something to do, and end when this is dropped and
    /// their queues are empty.
    pub(crate) fn start(
        url: &str,
        writers: u32,
        queue_length: usize,
        statement_timeout: Duration,
    ) -> std::io::Result<Self> {
        let heads = Arc::new(Heads::new());
        let start = |number| {
            let (queue, jobs) = sync_channel(queue_length);
            let manager = PgManager::new(url, statement_timeout);
            let mut writer = Writer { manager, conn: None, heads: Arc::clone(&heads) };
            thread::Builder::new().name(format!("post-writer-{number}")).spawn(move || writer.serve(&jobs))?;
            Ok(queue)
        };
        let queues = (0..writers.max(1)).map(start).collect::<std::io::Result<_>>()?;
        Ok(Self { queues, heads })
    }

    /// What was last seen of conversations.
    pub(crate) fn heads(&self) -> &Heads {
        &self.heads
    }

    /// Hands in a post. Refuses it when the queue is full.
    pub(crate) async fn post<T, F>(&self, address: PostAddress, given_up: GivenUp, decide: F) -> PostAnswer<T>
    where
        F: FnMut(&SupportConversation) -> Option<(Post, T)> + Send + 'static,
        T: Send + 'static,
    {
        let ended = || StoreError::Unavailable("the thread that keeps posts has ended".to_owned());
        // The last bytes of an id are random.
        let number = usize::from(address.conversation_id.0.as_bytes()[15]) % self.queues.len();
        let (answer, answered) = oneshot::channel();
        let posting = Posting { address, decide, given_up, decided: None, answer };
        self.queues[number].try_send(Box::new(posting)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Unavailable("the queue of posts is full".to_owned()),
            TrySendError::Disconnected(_) => ended(),
        })?;
        answered.await.unwrap_or_else(|_| Err(ended()))
    }
}

/// One thread.
struct Writer {
    manager: PgManager,
    conn: Option<Conn>,
    heads: Arc<Heads>,
}

/// What is posted to one conversation in one statement.
struct Chain {
    before: Arc<SupportConversation>,
    after: SupportConversation,
    posts: Vec<(Job, Post)>,
}

impl Writer {
    fn serve(&mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut waiting = vec![first];
            while waiting.len() < MOST_SHARED
                && let Ok(job) = jobs.try_recv()
            {
                waiting.push(job);
            }
            for _ in 0..MOST_ROUNDS {
                if waiting.is_empty() {
                    break;
                }
                waiting = self.round(waiting);
            }
            waiting.into_iter().for_each(PostJob::decline);
        }
    }

    /// Decides and keeps; returns those that have to be decided anew.
    fn round(&mut self, mut jobs: Vec<Job>) -> Vec<Job> {
        jobs.retain(|job| job.is_wanted());
        if let Err(error) = self.see(&jobs) {
            fail(jobs, &error);
            return Vec::new();
        }
        let (chains, doubles) = self.decide(jobs);
        let mut again = Vec::new();
        if !chains.is_empty() {
            self.keep(chains, &mut again);
        }
        // Behind a message that was kept, or had been before, there is nothing left to do for one with the same key.
        for double in doubles {
            let waits = again.iter().any(|job| is_same_message(job.address(), double.address()));
            if waits { again.push(double) } else { double.decline() }
        }
        again
    }

    /// Reads how those conversations stand of which nothing is known.
    fn see(&mut self, jobs: &[Job]) -> Result<(), StoreError> {
        let unseen = jobs.iter().map(|job| job.address().conversation_id).filter(|id| self.heads.get(*id).is_none());
        let unseen: Vec<Id> = unseen.map(|id| Id(id.0)).collect::<HashSet<_>>().into_iter().collect();
        if unseen.is_empty() {
            return Ok(());
        }
        let heads = self.on_connection(|conn| read_heads(conn, &unseen))?;
        heads.into_iter().for_each(|head| self.heads.remember(head));
        Ok(())
    }

    /// What is to be kept, by conversation and so in the order in which rows are locked; and those before which another
    /// one with the same key stands.
    fn decide(&self, jobs: Vec<Job>) -> (Vec<Chain>, Vec<Job>) {
        let (mut chains, mut doubles) = (BTreeMap::<ConversationId, Chain>::new(), Vec::new());
        let mut keys = HashSet::new();
        for mut job in jobs {
            let PostAddress { conversation_id, visibility, key } = job.address();
            let id = *conversation_id;
            let stands = match chains.get(&id) {
                Some(chain) => Some(chain.after.clone()),
                None => self.heads.get(id).map(|head| head.as_ref().clone()),
            };
            let Some(stands) = stands.filter(|stands| visibility.includes(stands)) else {
                job.decline();
                continue;
            };
            if let Some((author, key)) = key
                && !keys.insert((id, author.clone(), key.clone()))
            {
                doubles.push(job);
                continue;
            }
            let decided = catch_unwind(AssertUnwindSafe(|| job.decide(&stands)));
            match decided.ok().flatten().filter(|post| is_only_posted_to(&stands, &post.conversation)) {
                Some(post) => {
                    let after = post.conversation.clone();
                    let chain = chains.entry(id).or_insert_with(|| Chain {
                        before: Arc::new(stands),
                        after: after.clone(),
                        posts: Vec::new(),
                    });
                    chain.after = after;
                    chain.posts.push((job, post));
                }
                None => job.decline(),
            }
        }
        (chains.into_values().collect(), doubles)
    }

    /// Keeps the chains in one statement, or each in its own if one of them spoils it for the others.
    fn keep(&mut self, mut chains: Vec<Chain>, again: &mut Vec<Job>) {
        let changes: Vec<Change<'_>> = chains.iter().map(Chain::change).collect();
        let result = self.on_connection(|conn| Ok(keep_posts(conn, &changes)?));
        drop(changes);
        match result {
            Ok(kept) => chains.into_iter().for_each(|chain| self.finish(chain, &kept, again)),
            Err(StoreError::Unavailable(text)) if !text.contains("lock timeout") => {
                // Nobody knows what became of them.
                for chain in chains {
                    self.heads.forget(chain.after.id);
                    fail(chain.posts.into_iter().map(|(job, _)| job), &StoreError::Unavailable(text.clone()));
                }
            }
            Err(_) if chains.len() > 1 => {
                let half = chains.split_off(chains.len() / 2);
                self.keep(chains, again);
                self.keep(half, again);
            }
            Err(error) => {
                tracing::debug!(error = %error, "a post is left to a transaction");
                for chain in chains {
                    self.heads.forget(chain.after.id);
                    chain.posts.into_iter().for_each(|(job, _)| job.decline());
                }
            }
        }
    }

    fn finish(&self, chain: Chain, kept: &Kept, again: &mut Vec<Job>) {
        let id = chain.after.id;
        if kept.conversations.contains(&Id(id.0)) {
            self.heads.remember(Arc::new(chain.after));
            chain.posts.into_iter().for_each(|(job, _)| job.keep());
            return;
        }
        let is_known = |post: &Post| post.messages.iter().any(|message| kept.known.contains(&Id(message.id.0)));
        let (known, others): (Vec<_>, Vec<_>) = chain.posts.into_iter().partition(|(_, post)| is_known(post));
        if known.is_empty() {
            // It does not stand as it was seen.
            self.heads.forget(id);
        }
        known.into_iter().for_each(|(job, _)| job.decline());
        again.extend(others.into_iter().map(|(job, _)| job));
    }

    /// Does work on the thread's connection. A connection that had been good and turns out to be gone is replaced, and the
    /// work done again: what was kept the first time is not kept twice, since the conversation no longer stands as it did.
    fn on_connection<T>(&mut self, work: impl Fn(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut was_good = true;
        loop {
            let mut conn = match self.conn.take() {
                Some(conn) => conn,
                None => {
                    was_good = false;
                    self.connect()?
                }
            };
            match work(&mut conn) {
                Err(StoreError::Unavailable(text)) if !text.contains("canceling statement") => {
                    if !was_good {
                        return Err(StoreError::Unavailable(text));
                    }
                }
                result => {
                    self.conn = Some(conn);
                    return result;
                }
            }
        }
    }

    /// A plan that was made while the tables were small would stay, so those that read whole tables are forbidden.
    fn connect(&self) -> Result<Conn, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let mut session = r2d2::ManageConnection::connect(&self.manager).map_err(|error| unavailable(&error))?;
        let setup = format!(
            "SET lock_timeout = {}; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan",
            LOCK_TIMEOUT.as_millis()
        );
        session.conn.batch_execute(&setup).map_err(|error| unavailable(&error))?;
        Ok(session.conn)
    }
}

impl Chain {
    fn change(&self) -> Change<'_> {
        Change { before: &self.before, after: &self.after, posts: self.posts.iter().map(|(_, post)| post).collect() }
    }
}

/// Whether nothing else about the conversation differs than what the statement keeps.
fn is_only_posted_to(before: &SupportConversation, after: &SupportConversation) -> bool {
    let kept = SupportConversation {
        updated_at: after.updated_at,
        status: after.status,
        last_message_at: after.last_message_at,
        last_message_preview: after.last_message_preview.clone(),
        last_seq: after.last_seq,
        user_side_count: after.user_side_count,
        version: after.version,
        ..before.clone()
    };
    kept == *after
}

/// Whether both have the same key, and so would be the same message.
fn is_same_message(one: &PostAddress, other: &PostAddress) -> bool {
    one.conversation_id == other.conversation_id && one.key.is_some() && one.key == other.key
}

fn fail(jobs: impl IntoIterator<Item = Job>, error: &StoreError) {
    for job in jobs {
        job.fail(StoreError::Unavailable(error.to_string()));
    }
}

//! The threads that keep posts: each takes what waits, decides it, and keeps it in one statement. Alone, a post waits
//! for nobody.
//!
//! A conversation's posts all go to the same thread, so that within a node none misses because of another.

mod one;
mod statement;
mod threads;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::TrySendError;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use support_domain::{ConversationId, SupportConversation};
use tokio::sync::oneshot;
use tokio::time::Instant;

use self::statement::{Change, Kept, find_kept, keep_posts, read_heads};
use self::threads::{AtWork, Jobs, Threads, Work};
use super::{Conn, PgManager};
use crate::StoreError;
use crate::heads::Heads;
use crate::metrics::{QueueName, STORE, count};
use crate::post::{Post, PostAddress, PostAnswer, PostJob, Posting};
use crate::sql_types::Id;
use crate::store::GivenUp;

/// Most posts that share a statement.
const MOST_SHARED: usize = 128;
/// How often a post is decided anew because its conversation had moved on.
const MOST_ROUNDS: usize = 4;
/// How long a statement may wait for a lock of somebody who changes the tables themselves: all that share it wait. (For a
/// row it does not wait at all.) What takes longer goes another way.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

type Job = Box<dyn PostJob>;

/// The way to the threads.
pub(crate) struct Posts {
    threads: Threads<Job>,
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
        let (url, of_writers) = (url.to_owned(), Arc::clone(&heads));
        let serve = move |jobs: &Jobs<Job>, work: &Work| {
            let manager = PgManager::new(&url, statement_timeout);
            Writer { manager, conn: None, heads: Arc::clone(&of_writers) }.serve(jobs, work);
        };
        Ok(Self { threads: Threads::start(writers, queue_length, serve)?, heads })
    }

    fn seat(&self, conversation: ConversationId) -> usize {
        // The last bytes of an id are random.
        usize::from(conversation.0.as_bytes()[15]) % self.threads.count()
    }

    /// What the thread is at that keeps the posts of a conversation; none if it waits for some.
    pub(crate) fn at_work(&self, conversation: ConversationId) -> Option<AtWork> {
        self.threads.at_work(self.seat(conversation))
    }

    /// Has another thread, with a connection of its own, take the place of one that is still at the same work: what it has
    /// asked is not answered, and no statement takes as long as that. A connection may be open at this side only.
    pub(crate) fn replace(&self, at_work: &AtWork) {
        match self.threads.replace(at_work) {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!("a connection to the database answers nothing; messages are kept over a new one");
            }
            Err(error) => tracing::error!(error = %error, "no thread could be started to keep messages"),
        }
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
        let seat = self.seat(address.conversation_id);
        let (answer, answered) = oneshot::channel();
        let posting = Posting { address, decide, given_up, decided: None, answer };
        STORE.queue_depth.of(QueueName::Posts).increment(1.0);
        match self.threads.try_send(seat, Box::new(posting)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                STORE.queue_depth.of(QueueName::Posts).decrement(1.0);
                STORE.queue_full.of(QueueName::Posts).increment(1);
                return Err(StoreError::Unavailable("the queue of posts is full".to_owned()));
            }
            Err(TrySendError::Disconnected(_)) => {
                STORE.queue_depth.of(QueueName::Posts).decrement(1.0);
                return Ok(None);
            }
        }
        let dropped = || StoreError::Internal("the thread that keeps posts has dropped one".to_owned());
        answered.await.unwrap_or_else(|_| Err(dropped()))
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
    fn serve(&mut self, jobs: &Jobs<Job>, work: &Work) {
        while let Some(first) = jobs.next() {
            let mut batch = vec![first];
            while batch.len() < MOST_SHARED
                && let Some(job) = jobs.next_of_those_that_wait()
            {
                batch.push(job);
            }
            STORE.queue_depth.of(QueueName::Posts).decrement(count(batch.len()));
            work.turns();
            if catch_unwind(AssertUnwindSafe(|| self.post(batch))).is_err() {
                tracing::error!("the thread that keeps posts has dropped some");
                self.conn = None;
            }
            work.turns();
        }
    }

    fn post(&mut self, mut jobs: Vec<Job>) {
        for _ in 0..MOST_ROUNDS {
            jobs.retain(|job| job.is_wanted());
            if jobs.is_empty() {
                return;
            }
            jobs = self.round(jobs);
        }
        jobs.into_iter().for_each(PostJob::decline);
    }

    /// Decides and keeps; returns those that have to be decided anew.
    fn round(&mut self, mut jobs: Vec<Job>) -> Vec<Job> {
        let heads = match self.see(&jobs) {
            Ok(heads) => heads,
            Err(error) => {
                end(jobs, &error);
                return Vec::new();
            }
        };
        // That may have taken long. Whoever was told meanwhile that it took too long must not be kept after all; from here
        // on there is only the statement.
        jobs.retain(|job| job.is_wanted());
        let (chains, doubles) = decide(jobs, &heads);
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

    /// How the conversations stand, as far as it is known or can be read. After it there is a connection.
    fn see(&mut self, jobs: &[Job]) -> Result<Seen, StoreError> {
        // First, since what was known over another one is forgotten with it.
        self.on_connection(|_| Ok(()))?;
        let mut seen = Seen::new();
        let mut unseen = HashSet::new();
        for id in jobs.iter().map(|job| job.address().conversation_id) {
            match self.heads.get(id) {
                Some(head) => {
                    seen.insert(id, head);
                }
                None => {
                    unseen.insert(id);
                }
            }
        }
        if unseen.is_empty() {
            return Ok(seen);
        }
        let unseen: Vec<ConversationId> = unseen.into_iter().collect();
        let read = match self.on_connection(|conn| read_heads(conn, &unseen)) {
            // Nothing is lost by reading twice.
            Err(StoreError::Unavailable(_)) if self.conn.is_none() => {
                self.on_connection(|conn| read_heads(conn, &unseen))?
            }
            read => read?,
        };
        for head in read.into_iter().map(Arc::new) {
            self.heads.remember(Arc::clone(&head));
            seen.insert(head.id, head);
        }
        Ok(seen)
    }

    /// Keeps the chains in one statement. If the database refuses one of them, it is found by halves, and left to a
    /// transaction that says what is wrong with it.
    fn keep(&mut self, mut chains: Vec<Chain>, again: &mut Vec<Job>) {
        let changes: Vec<Change<'_>> = chains.iter().map(Chain::change).collect();
        let was_connected = self.conn.is_some();
        let began = Instant::now();
        let posts = chains.iter().map(|chain| chain.posts.len()).sum();
        let span = tracing::debug_span!("keep_posts", posts).entered();
        let result = self.on_connection(|conn| Ok(keep_posts(conn, &changes)?));
        drop(span);
        STORE.batch_size.of(QueueName::Posts).record(count(posts));
        STORE.batch_duration.of(QueueName::Posts).record(began.elapsed());
        drop(changes);
        match result {
            Ok(kept) => chains.into_iter().for_each(|chain| self.finish(chain, &kept, again)),
            Err(StoreError::Unavailable(_)) if was_connected && self.conn.is_none() => self.recover(chains, again),
            Err(error @ StoreError::Unavailable(_)) => end(self.forget(chains), &error),
            Err(_) if chains.len() > 1 => {
                let half = chains.split_off(chains.len() / 2);
                self.keep(chains, again);
                self.keep(half, again);
            }
            Err(error) => {
                tracing::debug!(error = %error, "a post is left to a transaction");
                self.forget(chains).for_each(PostJob::decline);
            }
        }
    }

    /// The connection is gone, and with it the word whether the statement was kept: looks. What was not is decided anew,
    /// for those who still wait.
    fn recover(&mut self, chains: Vec<Chain>, again: &mut Vec<Job>) {
        let messages = chains.iter().flat_map(Chain::message_ids).collect::<Vec<_>>();
        match self.on_connection(|conn| Ok(find_kept(conn, messages.clone())?)) {
            Ok(kept) => {
                for chain in chains {
                    self.heads.forget(chain.after.id);
                    let is_kept = chain.message_ids().all(|id| kept.contains(&id));
                    let jobs = chain.posts.into_iter().map(|(job, _)| job);
                    if is_kept { jobs.for_each(PostJob::keep) } else { again.extend(jobs) }
                }
            }
            Err(error) => end(self.forget(chains), &error),
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

    fn forget(&self, chains: Vec<Chain>) -> impl Iterator<Item = Job> + use<> {
        chains.iter().for_each(|chain| self.heads.forget(chain.after.id));
        chains.into_iter().flat_map(|chain| chain.posts.into_iter().map(|(job, _)| job))
    }

    /// Does work on the thread's connection, and has none afterwards if it turns out to be gone. A statement that the server
    /// has cancelled has left nothing, and its connection is as good as before.
    fn on_connection<T>(&mut self, work: impl FnOnce(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => self.connect()?,
        };
        let result = work(&mut conn);
        let is_gone = matches!(&result, Err(StoreError::Unavailable(text)) if !text.contains("canceling statement"));
        if !is_gone {
            self.conn = Some(conn);
        }
        result
    }

    /// A plan that was made while the tables were small would stay, so those that read whole tables are forbidden. What was
    /// seen over another connection is forgotten: behind this one may be a server that took over and lacks the last of it.
    fn connect(&self) -> Result<Conn, StoreError> {
        let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(error.to_string());
        let mut session = r2d2::ManageConnection::connect(&self.manager).map_err(|error| unavailable(&error))?;
        let setup = format!(
            "SET lock_timeout = {}; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan",
            LOCK_TIMEOUT.as_millis()
        );
        session.conn.batch_execute(&setup).map_err(|error| unavailable(&error))?;
        self.heads.clear();
        Ok(session.conn)
    }
}

/// How conversations stand.
type Seen = HashMap<ConversationId, Arc<SupportConversation>>;

/// What is to be kept, by conversation; and those before which another one with the same key stands.
fn decide(jobs: Vec<Job>, heads: &Seen) -> (Vec<Chain>, Vec<Job>) {
    let (mut chains, mut doubles) = (BTreeMap::<ConversationId, Chain>::new(), Vec::new());
    let mut keys = HashSet::new();
    for mut job in jobs {
        let PostAddress { conversation_id, visibility, key } = job.address();
        let id = *conversation_id;
        let stands = chains.get(&id).map(|chain| &chain.after).or_else(|| heads.get(&id).map(Arc::as_ref));
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
        let decided = catch_unwind(AssertUnwindSafe(|| job.decide(stands)));
        let Some(post) = decided.ok().flatten().filter(|post| is_only_posted_to(stands, post)) else {
            job.decline();
            continue;
        };
        let after = post.conversation.clone();
        match chains.entry(id) {
            Entry::Occupied(mut chain) => {
                chain.get_mut().after = after;
                chain.get_mut().posts.push((job, post));
            }
            Entry::Vacant(chain) => {
                if let Some(before) = heads.get(&id).cloned() {
                    chain.insert(Chain { before, after, posts: vec![(job, post)] });
                }
            }
        }
    }
    (chains.into_values().collect(), doubles)
}

impl Chain {
    fn message_ids(&self) -> impl Iterator<Item = Id> {
        self.posts.iter().flat_map(|(_, post)| post.messages.iter().map(|message| Id(message.id.0)))
    }

    fn change(&self) -> Change<'_> {
        Change { before: &self.before, after: &self.after, posts: self.posts.iter().map(|(_, post)| post).collect() }
    }
}

/// Whether the statement keeps all of what is to be: the conversation's new messages, each with its number, and nothing
/// else about it.
fn is_only_posted_to(before: &SupportConversation, post: &Post) -> bool {
    let after = &post.conversation;
    let numbers = post.messages.iter().map(|message| (message.conversation_id, message.seq));
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
    kept == *after && numbers.eq((before.last_seq + 1..=after.last_seq).map(|seq| (before.id, seq)))
}

/// Whether both have the same key, and so would be the same message.
fn is_same_message(one: &PostAddress, other: &PostAddress) -> bool {
    one.conversation_id == other.conversation_id && one.key.is_some() && one.key == other.key
}

/// Ends those that could not be kept for that reason: where the database is away nobody else will do better.
fn end(jobs: impl IntoIterator<Item = Job>, error: &StoreError) {
    let is_away = matches!(error, StoreError::Unavailable(text) if !text.contains("lock timeout"));
    for job in jobs {
        if is_away { job.fail(StoreError::Unavailable(error.to_string())) } else { job.decline() }
    }
}

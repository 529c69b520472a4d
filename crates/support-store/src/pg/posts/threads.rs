//! The threads that keep posts, each with its queue. One that is stuck is left to its fate, and another takes its place and
//! its queue.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Most threads that were replaced and still wait for an answer that never comes.
const MOST_STUCK: usize = 8;

/// Does the work of a thread until its queue has ended.
type Serve<J> = Arc<dyn Fn(&Jobs<J>, &Work) + Send + Sync>;

/// The threads.
pub(super) struct Threads<J> {
    seats: Vec<Mutex<Seat<J>>>,
    serve: Serve<J>,
    stuck: Arc<AtomicUsize>,
}

/// The place of one thread, and the way to it.
struct Seat<J> {
    queue: SyncSender<J>,
    waiting: Arc<Mutex<Receiver<J>>>,
    work: Work,
    /// Set when another thread has its place.
    is_replaced: Arc<AtomicBool>,
}

/// What a thread is given to do. The queue belongs to the seat, so that it goes on where the thread does not.
pub(super) struct Jobs<J> {
    queue: Arc<Mutex<Receiver<J>>>,
    is_replaced: Arc<AtomicBool>,
}

impl<J> Jobs<J> {
    /// The next job; waits for one. None when there will be none, for this thread at least.
    pub(super) fn next(&self) -> Option<J> {
        if self.is_replaced.load(Ordering::Acquire) {
            return None;
        }
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }

    /// The next job, if one waits.
    pub(super) fn next_of_those_that_wait(&self) -> Option<J> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }
}

/// What a thread is at: an odd number while it works, another one for each work.
#[derive(Clone, Default)]
pub(super) struct Work(Arc<AtomicU64>);

/// What a thread was at when somebody looked.
pub(crate) struct AtWork {
    number: usize,
    work: Work,
    seen: u64,
}

impl Work {
    /// The thread begins, or is done.
    pub(super) fn turns(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

impl<J: Send + 'static> Threads<J> {
    /// Starts that many threads, with queues of that length. They end when this is dropped and their queues are empty.
    pub(super) fn start(
        count: u32,
        queue_length: usize,
        serve: impl Fn(&Jobs<J>, &Work) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let mut threads = Self { seats: Vec::new(), serve: Arc::new(serve), stuck: Arc::default() };
        let started = (0..count.max(1)).map(|_| {
            let (queue, waiting) = sync_channel(queue_length);
            threads.start_one(queue, Arc::new(Mutex::new(waiting))).map(Mutex::new)
        });
        threads.seats = started.collect::<io::Result<_>>()?;
        Ok(threads)
    }

    fn start_one(&self, queue: SyncSender<J>, waiting: Arc<Mutex<Receiver<J>>>) -> io::Result<Seat<J>> {
        let (work, is_replaced) = (Work::default(), Arc::new(AtomicBool::new(false)));
        let jobs = Jobs { queue: Arc::clone(&waiting), is_replaced: Arc::clone(&is_replaced) };
        let seat = Seat { queue, waiting, work: work.clone(), is_replaced };
        let (serve, stuck) = (Arc::clone(&self.serve), Arc::clone(&self.stuck));
        thread::Builder::new().name("post-writer".to_owned()).spawn(move || {
            serve(&jobs, &work);
            if jobs.is_replaced.load(Ordering::Acquire) {
                stuck.fetch_sub(1, Ordering::AcqRel);
            }
        })?;
        Ok(seat)
    }

    /// How many threads there are.
    pub(super) fn count(&self) -> usize {
        self.seats.len()
    }

    fn seat(&self, number: usize) -> MutexGuard<'_, Seat<J>> {
        self.seats[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job into the queue of a thread, if there is room.
    pub(super) fn try_send(&self, number: usize, job: J) -> Result<(), TrySendError<J>> {
        self.seat(number).queue.try_send(job)
    }

    /// What a thread is at; none if it waits for work.
    pub(super) fn at_work(&self, number: usize) -> Option<AtWork> {
        let work = self.seat(number).work.clone();
        let seen = work.now();
        (!seen.is_multiple_of(2)).then_some(AtWork { number, work, seen })
    }

    /// Puts another thread in the place of one that is still at the same work, and says whether it did.
    pub(super) fn replace(&self, at_work: &AtWork) -> io::Result<bool> {
        let mut seat = self.seat(at_work.number);
        let is_the_one = Arc::ptr_eq(&seat.work.0, &at_work.work.0) && at_work.work.now() == at_work.seen;
        if !is_the_one || self.stuck.load(Ordering::Acquire) >= MOST_STUCK {
            return Ok(false);
        }
        let new = self.start_one(seat.queue.clone(), Arc::clone(&seat.waiting))?;
        self.stuck.fetch_add(1, Ordering::AcqRel);
        seat.is_replaced.store(true, Ordering::Release);
        *seat = new;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// A job: what the thread says when it begins, and what it waits for before it is done.
    type Job = (Sender<()>, Receiver<()>);

    fn threads() -> Threads<Job> {
        let serve = |jobs: &Jobs<Job>, work: &Work| {
            while let Some((begins, may_end)) = jobs.next() {
                work.turns();
                let _ = begins.send(());
                let _ = may_end.recv();
                work.turns();
            }
        };
        Threads::start(1, 16, serve).unwrap()
    }

    /// Hands in a job that begins at once, and returns what lets it end.
    fn begin(threads: &Threads<Job>) -> Sender<()> {
        let ((begins, begun), (end, may_end)) = (channel(), channel());
        threads.try_send(0, (begins, may_end)).unwrap();
        begun.recv().unwrap();
        end
    }

    #[test]
    fn a_thread_that_is_stuck_is_replaced_once() {
        let threads = threads();
        assert!(threads.at_work(0).is_none());
        let end = begin(&threads);
        let at_work = threads.at_work(0).unwrap();
        assert!(threads.replace(&at_work).unwrap());
        assert!(!threads.replace(&at_work).unwrap(), "the new one has done nothing wrong");
        // Another one serves, though the first never ended.
        drop(begin(&threads));
        drop(end);
    }

    #[test]
    fn what_waits_behind_a_stuck_thread_is_done_by_the_next_one() {
        let threads = threads();
        let end = begin(&threads);
        let ((begins, begun), (_end_of_second, may_end)) = (channel(), channel());
        threads.try_send(0, (begins, may_end)).unwrap();
        assert!(begun.try_recv().is_err());
        assert!(threads.replace(&threads.at_work(0).unwrap()).unwrap());
        begun.recv().unwrap();
        drop(end);
    }

    #[test]
    fn a_thread_that_goes_on_is_left_alone() {
        let threads = threads();
        let first = begin(&threads);
        let at_work = threads.at_work(0).unwrap();
        drop(first);
        let second = begin(&threads);
        assert!(!threads.replace(&at_work).unwrap());
        drop(second);
    }

    #[test]
    fn only_so_many_are_replaced_until_some_have_ended() {
        let threads = threads();
        let mut stuck: Vec<Sender<()>> = Vec::new();
        for _ in 0..MOST_STUCK {
            stuck.push(begin(&threads));
            assert!(threads.replace(&threads.at_work(0).unwrap()).unwrap());
        }
        stuck.push(begin(&threads));
        assert!(!threads.replace(&threads.at_work(0).unwrap()).unwrap());
        drop(stuck.remove(0));
        while threads.stuck.load(Ordering::Acquire) == MOST_STUCK {
            thread::yield_now();
        }
        assert!(threads.replace(&threads.at_work(0).unwrap()).unwrap());
    }
}

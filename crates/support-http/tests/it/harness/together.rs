//! Many people at the same moment.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Runs `work` on so many threads, which start together, and returns what each of them found, in their order.
pub(crate) fn all_at_once<T: Send>(how_many: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(how_many);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..how_many)
            .map(|number| {
                let (start, work) = (&start, &work);
                scope.spawn(move || {
                    start.wait();
                    work(number)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of the test failed")).collect()
    })
}

/// Says that it is over when it is dropped, also by a test that fails: or whoever works until then would do so for ever.
#[derive(Debug)]
pub(crate) struct Over<'a>(pub(crate) &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

//! Runs file operations on separate threads with a time limit, so that a hanging file system delays nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The maximum number of threads at a time, including those that a hanging file system blocks.
const MOST_THREADS: usize = 16;

/// The threads, and the number of them that are overdue.
#[derive(Debug, Clone)]
pub(crate) struct FileThreads {
    places: Arc<Semaphore>,
    overdue: Arc<AtomicUsize>,
}

/// The work did not end in time. Its thread is abandoned and continues to wait for the file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Overdue;

const AT_WORK: u8 = 0;
const ABANDONED: u8 = 1;
const DONE: u8 = 2;

/// One piece of work. It frees its slot when it really ends.
struct Job {
    state: AtomicU8,
    overdue: Arc<AtomicUsize>,
}

impl FileThreads {
    pub(crate) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST_THREADS)),
            overdue: Arc::default(),
        }
    }

    /// Returns whether any work is hanging.
    pub(crate) fn are_blocked(&self) -> bool {
        self.overdue.load(Ordering::Acquire) > 0
    }

    /// Runs some work, and waits for it no longer than `limit` of real time, because a hanging file system follows no
    /// other clock.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Overdue> {
        let all = async {
            let place = self.places.clone().acquire_owned().await.map_err(|_| Overdue)?;
            self.run_in(place, limit, work).await
        };
        // The time spent waiting for a slot counts too.
        timeout(limit * 2, all).await.unwrap_or(Err(Overdue))
    }

    async fn run_in<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Overdue> {
        let job = Arc::new(Job {
            state: AtomicU8::new(AT_WORK),
            overdue: self.overdue.clone(),
        });
        let ending = EndOfJob(job.clone(), place);
        let thread = tokio::task::spawn_blocking(move || {
            let _ending = ending;
            work()
        });
        match timeout(limit, thread).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down.
                Err(_) => Err(Overdue),
            },
            Err(_) => {
                job.abandon();
                Err(Overdue)
            }
        }
    }
}

impl Job {
    fn abandon(&self) {
        self.overdue.fetch_add(1, Ordering::AcqRel);
        if self.state.swap(ABANDONED, Ordering::AcqRel) == DONE {
            self.overdue.fetch_sub(1, Ordering::AcqRel);
        }
    }

    fn end(&self) {
        if self.state.swap(DONE, Ordering::AcqRel) == ABANDONED {
            self.overdue.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// Ends a job when the thread drops it, also after a panic. Its slot is free afterward.
struct EndOfJob(
    Arc<Job>,
    #[expect(dead_code, reason = "held until the work ends")] OwnedSemaphorePermit,
);

impl Drop for EndOfJob {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Short enough for a test. No test depends on work that ends within it.
    const LIMIT: Duration = Duration::from_millis(20);
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn work_that_hangs_is_abandoned_and_other_work_goes_on() {
        let threads = FileThreads::new();
        let (release, hangs) = mpsc::channel::<()>();
        let (ended, end) = mpsc::channel();
        let work = move || {
            let _ = hangs.recv();
            let _ = ended.send(());
        };
        assert_eq!(threads.run(LIMIT, work).await, Err(Overdue));
        assert!(threads.are_blocked());
        assert_eq!(threads.run(PATIENCE, || 7).await, Ok(7));
        drop(release);
        end.recv_timeout(PATIENCE).unwrap();
        // The thread frees its slot a moment after its work counts as ended.
        while threads.are_blocked() || threads.places.available_permits() < MOST_THREADS {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn no_more_threads_hang_than_there_are_places() {
        let threads = FileThreads::new();
        let (release, hangs) = mpsc::channel::<()>();
        let hangs = Arc::new(std::sync::Mutex::new(hangs));
        for _ in 0..MOST_THREADS {
            let hangs = hangs.clone();
            let work = move || drop(hangs.lock().map(|hangs| hangs.recv()));
            assert_eq!(threads.run(LIMIT, work).await, Err(Overdue));
        }
        assert_eq!(threads.run(LIMIT, || 7).await, Err(Overdue), "no place is free");
        drop(release);
        assert_eq!(
            threads.run(PATIENCE, || 7).await,
            Ok(7),
            "the places are free again"
        );
    }

    #[tokio::test]
    async fn work_that_ends_as_it_is_abandoned_is_not_counted_for_ever() {
        let overdue: Arc<AtomicUsize> = Arc::default();
        let job = |overdue: &Arc<AtomicUsize>| Job {
            state: AtomicU8::new(AT_WORK),
            overdue: overdue.clone(),
        };
        let (first, second) = (job(&overdue), job(&overdue));
        first.end();
        first.abandon();
        second.abandon();
        second.end();
        assert_eq!(overdue.load(Ordering::Acquire), 0);
    }
}

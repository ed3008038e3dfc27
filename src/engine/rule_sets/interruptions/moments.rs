//! A change that is dropped at any of its await points. The files and the database agree after the next recovery.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use sqlx::PgPool;

use super::*;

/// More than the await points of any change.
const MOST_MOMENTS: usize = 1_000;

/// Polls a future until it has been pending some times, then drops it. Returns its output if it ends before that.
async fn dropped_after<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Recovers, and checks that the files are changed if and only if the change is recorded. Returns whether it is.
async fn is_recorded_and_written(
    files: &RuleFolder,
    before: usize,
    unchanged: [&str; 2],
    changed: [&str; 2],
) -> bool {
    files.recover().await;
    let is_recorded = files.actions().await.len() > before;
    let (rules, list) = files.texts();
    let expected = if is_recorded { changed } else { unchanged };
    assert_eq!(
        [rules.as_str(), list.as_str()],
        expected,
        "recorded: {is_recorded}"
    );
    assert_eq!(files.leftovers(), Vec::<PathBuf>::new());
    is_recorded
}

/// What was seen of the dropped changes.
#[derive(Default)]
struct Dropped {
    before_the_commit: bool,
    after_the_commit: bool,
}

impl Dropped {
    fn note(&mut self, is_recorded: bool) {
        self.before_the_commit |= !is_recorded;
        self.after_the_commit |= is_recorded;
    }

    fn is_complete(&self) -> bool {
        self.before_the_commit && self.after_the_commit
    }
}

/// How often all moments are tried. How many there are varies, because a thread can finish before it is waited for, so one
/// pass can miss the few moments after the commit.
const MOST_PASSES: usize = 200;

/// Drops the change at each of its moments, and checks each time that files and database agree after recovery.
async fn check_every_moment(pool: &PgPool, changed: [&str; 2], change: impl AsyncFn(&RuleFolder)) {
    let mut dropped = Dropped::default();
    for _ in 0..MOST_PASSES {
        for moment in 0..MOST_MOMENTS {
            let files = RuleFolder::new(pool);
            let before = files.actions().await.len();
            let ended = dropped_after(moment, change(&files)).await;
            let is_recorded = is_recorded_and_written(&files, before, [RULES, CSV], changed).await;
            if ended.is_some() {
                assert!(is_recorded);
                break;
            }
            dropped.note(is_recorded);
        }
        if dropped.is_complete() {
            return;
        }
    }
    panic!("no change was dropped on one side of its commit");
}

#[sqlx::test]
async fn a_list_edit_that_is_dropped_at_any_moment_is_completed_or_reverted(pool: PgPool) {
    let edit = async |files: &RuleFolder| {
        files.edit(files.edit_request()).await.unwrap();
    };
    check_every_moment(&pool, [RULES, EDITED], edit).await;
}

#[sqlx::test]
async fn a_rollback_that_is_dropped_at_any_moment_is_completed_or_reverted(pool: PgPool) {
    let roll_back = async |files: &RuleFolder| {
        let rolled_back = files.roll_back().await.unwrap();
        assert_eq!(rolled_back.written, [files.list(), files.rules.clone()]);
    };
    check_every_moment(&pool, [OLD_RULES, OLD_CSV], roll_back).await;
}

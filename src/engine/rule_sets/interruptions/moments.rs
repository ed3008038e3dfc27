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

#[sqlx::test]
async fn a_list_edit_that_is_dropped_at_any_moment_is_completed_or_reverted(pool: PgPool) {
    let mut recorded = Vec::new();
    for moment in 0..MOST_MOMENTS {
        let files = RuleFolder::new(&pool);
        let before = files.actions().await.len();
        let ended = dropped_after(moment, files.edit(files.edit_request())).await;
        recorded.push(is_recorded_and_written(&files, before, [RULES, CSV], [RULES, EDITED]).await);
        if let Some(edited) = ended {
            edited.unwrap();
            break;
        }
    }
    assert_was_dropped_before_and_after_the_commit(&recorded);
}

#[sqlx::test]
async fn a_rollback_that_is_dropped_at_any_moment_is_completed_or_reverted(pool: PgPool) {
    let mut recorded = Vec::new();
    for moment in 0..MOST_MOMENTS {
        let files = RuleFolder::new(&pool);
        let before = files.actions().await.len();
        let ended = dropped_after(moment, files.roll_back()).await;
        recorded.push(is_recorded_and_written(&files, before, [RULES, CSV], [OLD_RULES, OLD_CSV]).await);
        if let Some(rolled_back) = ended {
            assert_eq!(rolled_back.unwrap().written, [files.list(), files.rules.clone()]);
            break;
        }
    }
    assert_was_dropped_before_and_after_the_commit(&recorded);
}

/// By whether the change was recorded, for each moment; the last change was not dropped.
fn assert_was_dropped_before_and_after_the_commit(recorded: &[bool]) {
    let (ended, dropped) = recorded.split_last().unwrap();
    assert!(ended, "the last change was made");
    assert!(dropped.contains(&false), "{recorded:?}");
    assert!(dropped.contains(&true), "{recorded:?}");
}

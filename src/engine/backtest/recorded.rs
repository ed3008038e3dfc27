//! Evaluates a candidate over the facts recorded with each decision. No PIN is needed to replay a rule about PINs.

use futures_util::TryStreamExt;
use jiff::Timestamp;
use sqlx::PgPool;

use super::judging::Judging;
use super::{BacktestFailed, CaseObserver, Progress};
use crate::rules::RuleSet;
use crate::rules::backtest::{Backtest, Report};
use crate::store::reports;

/// The number of cases in one batch.
const BATCH: usize = 256;

/// Evaluates, with another rule set, every episode that the rules evaluated at or after `since`.
///
/// # Errors
/// The database could not be read.
pub async fn recorded(
    pool: &PgPool,
    candidate: &RuleSet,
    since: Timestamp,
    on_progress: impl FnMut(Progress),
) -> Result<Report, BacktestFailed> {
    recorded_by(pool, Backtest::new(candidate), since, on_progress, |_, _| Ok(())).await
}

/// Like [`recorded`], for a prepared [`Backtest`]. Shows every case to an observer, newest first.
///
/// # Errors
/// The database could not be read, or the observer failed.
pub async fn recorded_by(
    pool: &PgPool,
    backtest: Backtest,
    since: Timestamp,
    mut on_progress: impl FnMut(Progress),
    witness: impl CaseObserver + Send + 'static,
) -> Result<Report, BacktestFailed> {
    let total = reports::count_judged(pool, since).await?;
    let judging = Judging::start(backtest, witness);
    let mut batches = reports::judged(pool, since).try_chunks(BATCH);
    let mut done = 0;
    while let Some(batch) = batches.try_next().await.map_err(|error| error.1)? {
        done += batch.len() as u64;
        if !judging.take(batch).await {
            break;
        }
        on_progress(Progress::Judging { done, total });
    }
    judging.finish().await
}

//! Evaluates the cases of a backtest on another thread.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{BacktestFailed, CaseObserver};
use crate::rules::Facts;
use crate::rules::backtest::{Backtest, Baseline, Became, Case, Report};
use crate::store::reports::Judged;

/// How many batches may wait for evaluation: enough that neither side waits for the other, and bounded.
const BATCHES_WAITING: usize = 4;

/// Evaluates recorded cases on another core while more cases are read.
pub(super) struct Judging {
    batches: mpsc::Sender<Vec<Judged>>,
    end: JoinHandle<Result<Report, BacktestFailed>>,
}

impl Judging {
    pub(super) fn start(backtest: Backtest, witness: impl CaseObserver + Send + 'static) -> Self {
        let (batches, waiting) = mpsc::channel(BATCHES_WAITING);
        let end = tokio::task::spawn_blocking(move || judge_all(backtest, waiting, witness));
        Self { batches, end }
    }

    /// Hands over a batch. Returns whether the evaluation continues; [`Self::finish`] returns the reason if it does
    /// not.
    pub(super) async fn take(&self, batch: Vec<Judged>) -> bool {
        self.batches.send(batch).await.is_ok()
    }

    pub(super) async fn finish(self) -> Result<Report, BacktestFailed> {
        drop(self.batches);
        self.end.await.map_err(|_| BacktestFailed::CutOff)?
    }
}

fn judge_all(
    mut backtest: Backtest,
    mut waiting: mpsc::Receiver<Vec<Judged>>,
    mut witness: impl CaseObserver,
) -> Result<Report, BacktestFailed> {
    while let Some(batch) = waiting.blocking_recv() {
        for judged in batch {
            let Some(case) = case(judged) else {
                backtest.skip();
                continue;
            };
            let outcome = backtest.evaluate(&case);
            witness(&case, &outcome).map_err(BacktestFailed::Write)?;
        }
    }
    Ok(backtest.finish())
}

/// Returns `None` if the facts cannot be read, such as a fact that only a newer portoutd knows.
fn case(judged: Judged) -> Option<Case> {
    let facts = serde_json::from_str(&judged.facts).ok()?;
    Some(Case {
        account: judged.account,
        order_id: judged.order_id,
        support_key: judged.support_key,
        episode: judged.episode,
        decided_at: judged.decided_at,
        facts: Facts::from_json(&facts).ok()?,
        old: Baseline::ByRules {
            action: judged.action,
            rule: judged.rule,
            cause: judged.cause,
        },
        became: Became {
            bounced: judged.bounced,
            overridden: judged.overridden,
            by_silence: judged.by_silence,
        },
    })
}

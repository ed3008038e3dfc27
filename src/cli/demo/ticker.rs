//! Prints each decision of the demo as it is made.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::pin::Pin;
use std::time::Duration;

use sqlx::PgPool;
use uuid::Uuid;

use super::files::DemoFiles;
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::cli::terminal::output::print_text;
use crate::cli::terminal::safe_text::SafeText;
use crate::clock::{Clock, SystemClock};
use crate::domain::folding::shown;
use crate::store::reports::{self, DecisionFilter, DecisionReport};

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// The number of decisions after which the next commands are suggested.
const SUGGEST_AFTER: usize = 3;

/// Prints decisions until stopped, or until enough were printed.
pub(super) async fn run(
    pool: &PgPool,
    enough: Option<usize>,
    mut stopped: Pin<&mut impl Future<Output = ()>>,
    files: &DemoFiles,
) -> Result<(), Failure> {
    let mut seen: HashSet<Uuid> = HashSet::new();
    loop {
        let mut found = reports::list_decisions(pool, &DecisionFilter::default(), 200)
            .await
            .map_err(database::failed)?;
        found.reverse();
        for report in found
            .iter()
            .filter(|report| !seen.contains(&report.decision.id))
            .collect::<Vec<_>>()
        {
            print_text(line(report))?;
            seen.insert(report.decision.id);
            if seen.len() == SUGGEST_AFTER {
                files.suggest(report.support_key.as_deref().unwrap_or("ORDER"));
            }
            if enough.is_some_and(|enough| seen.len() >= enough) {
                return Ok(());
            }
        }
        tokio::select! {
            () = stopped.as_mut() => return Ok(()),
            () = SystemClock.sleep(POLL_INTERVAL) => {}
        }
    }
}

fn line(report: &DecisionReport) -> SafeText {
    let decision = &report.decision;
    let order = report
        .support_key
        .clone()
        .unwrap_or_else(|| decision.order_id.to_string());
    let rule = decision.rule.as_deref().unwrap_or("no rule");
    let reason = decision.reason.as_deref().unwrap_or("the port-out is allowed");
    let mut text = SafeText::from(format!("{:<12} ", shown(&order)));
    let action = decision.action.to_string();
    text.push_outcome(&action);
    let padding = 10_usize.saturating_sub(action.len());
    let _ = writeln!(text, "{:padding$} {rule:<22} {}", "", shown(reason));
    text
}

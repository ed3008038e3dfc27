//! What `authorize`, `reject` and `hold` share: find the order, record the person's answer, wait for Telnyx to show it.

pub(super) mod authorize;
pub(super) mod hold;
pub(super) mod reject;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use sqlx::PgPool;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::session::{actor, database};
use super::terminal::free_text;
use crate::clock::{Clock, SystemClock};
use crate::domain::{AccountName, Action, AnswerState, Cause, DecidedBy, Grounds};
use crate::engine::orders::person;
use crate::engine::orders::person::{AnswerRefused, PersonsAnswer};
use crate::store::decisions::Decision;
use crate::store::reports::{self, DecisionFilter, KnownOrder};

/// How long to wait for the service to send the answer before saying that it is on its way.
const PATIENCE: u32 = 40;
const GLANCE: Duration = Duration::from_millis(500);

/// Which order, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Common {
    /// The order, by its ID or its `PO_…` key.
    #[arg(value_name = "ORDER")]
    order: String,
    /// The reason. It is recorded with the decision, and a rejection sends it to the gaining carrier.
    #[arg(long)]
    reason: String,
    /// The account, if several accounts have this order.
    #[arg(long)]
    account: Option<AccountName>,
    /// Exit without waiting for Telnyx to confirm the answer.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Records the answer and tells what became of it.
pub(crate) fn answer(common: &Common, action: Action, cause: Option<Cause>, host_messaging: bool) -> Ending {
    if common.reason.trim().is_empty() {
        return Err(Failure::usage(anyhow!(
            "`--reason` is empty: say why, for whoever audits this later"
        )));
    }
    let settings = common.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let order = find(&pool, common).await?;
        let saw = show(&order)?;
        let wanted = PersonsAnswer {
            account: order.account.clone(),
            order_id: order.order_id.clone(),
            action,
            person: actor::actor(),
            reason: free_text::without_pin(&common.reason, "reason"),
            cause,
            host_messaging,
            saw: saw.digest(),
        };
        let decision = person::answer(&pool, &wanted, SystemClock.now())
            .await
            .map_err(not_taken)?;
        eprintln!("Recorded as decision {} by {}.", decision.id, wanted.person);
        if action == Action::Hold || common.no_wait {
            return Ok(ExitCode::SUCCESS);
        }
        wait(&pool, &decision).await
    })
}

/// Prints the order as the answer takes it, and gives that. The answer is refused if the order is different by the time
/// it is recorded, and not sent if it is different by the time it would be.
fn show(order: &KnownOrder) -> Result<Grounds, Failure> {
    let shown = order.body.as_deref().and_then(person::grounds_shown);
    let saw = shown.ok_or_else(|| Failure::not_good(AnswerRefused::NotPending))?;
    let name = order
        .support_key
        .clone()
        .unwrap_or_else(|| order.order_id.to_string());
    let carrier = [saw.values("carrier_name"), saw.values("spid")]
        .concat()
        .join(", ");
    let one_of = |field: &str, other: &str| match saw.values(field) {
        [] => saw.values(other).join(", "),
        values => values.join(", "),
    };
    eprintln!("{name} as last read from Telnyx:");
    for (label, value) in [
        ("numbers", saw.values("phone_numbers").join(", ")),
        ("carrier", carrier),
        ("FOC", one_of("foc_date", "requested_foc_date")),
    ] {
        let value = if value.is_empty() { "none given" } else { &value };
        eprintln!("  {label:<8} {value}");
    }
    Ok(saw)
}

async fn find(pool: &PgPool, common: &Common) -> Result<KnownOrder, Failure> {
    let found = reports::find_orders(pool, &common.order)
        .await
        .map_err(database::failed)?;
    let mut fitting: Vec<KnownOrder> = found
        .into_iter()
        .filter(|order| common.account.as_ref().is_none_or(|name| *name == order.account))
        .collect();
    if fitting.len() > 1 {
        let accounts: Vec<String> = fitting
            .iter()
            .map(|order| format!("`{}`", order.account))
            .collect();
        let told = format!(
            "`{}` stands in several accounts: add `--account` with {}",
            common.order,
            accounts.join(" or ")
        );
        return Err(Failure::usage(anyhow!(told)));
    }
    fitting.pop().ok_or_else(|| {
        let told = "no such order is known: `portoutd pending` shows what waits, `portoutd orders list --live` asks Telnyx";
        Failure::not_good(anyhow!("`{}`: {told}", common.order))
    })
}

fn not_taken(error: AnswerRefused) -> Failure {
    match error {
        AnswerRefused::Store(error) => database::failed(error),
        other => Failure::not_good(other),
    }
}

/// Why the answer was not sent, if the service has withdrawn it.
async fn withdrawn(pool: &PgPool, decision: &Decision) -> Result<Option<String>, Failure> {
    let filter = DecisionFilter {
        order: Some(decision.order_id.to_string()),
        by: Some(DecidedBy::Service.to_string()),
        ..DecisionFilter::default()
    };
    let found = reports::list_decisions(pool, &filter, 10)
        .await
        .map_err(database::failed)?;
    let of_this = found
        .into_iter()
        .find(|report| report.decision.supersedes == Some(decision.id));
    Ok(of_this
        .and_then(|report| report.decision.reason)
        .map(|reason| format!("the answer was not sent: {reason}. Look at the order again and answer then")))
}

/// The service sends; this only watches the record.
async fn wait(pool: &PgPool, decision: &Decision) -> Ending {
    for _ in 0..PATIENCE {
        let report = reports::decision_report(pool, decision.id)
            .await
            .map_err(database::failed)?;
        if let Some(withdrawn) = withdrawn(pool, decision).await? {
            return Err(Failure::not_good(anyhow!(withdrawn)));
        }
        match report.map(|report| report.answer) {
            Some(AnswerState::Confirmed) => {
                eprintln!("Telnyx has confirmed it.");
                return Ok(ExitCode::SUCCESS);
            }
            Some(state @ (AnswerState::Refused | AnswerState::Conflict)) => {
                let told = format!(
                    "the answer ended as `{state}`: see `portoutd decisions show {}`",
                    decision.order_id
                );
                return Err(Failure::not_good(anyhow!(told)));
            }
            _ => SystemClock.sleep(GLANCE).await,
        }
    }
    eprintln!(
        "It is recorded, but Telnyx has not confirmed it yet: the running service sends it (is `portoutd serve` up?)."
    );
    eprintln!("See `portoutd decisions show {}`.", decision.order_id);
    Ok(ExitCode::SUCCESS)
}

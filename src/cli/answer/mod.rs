//! The common part of `authorize`, `reject` and `hold`: find the order, record the person's answer, and wait until Telnyx
//! confirms it.

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
use super::terminal::confirm::ConfirmArgs;
use super::terminal::free_text;
use super::terminal::output::message;
use crate::clock::{Clock, SystemClock};
use crate::domain::folding::shown;
use crate::domain::{AccountName, Action, AnswerState, Cause, DecidedBy, Grounds};
use crate::engine::orders::person;
use crate::engine::orders::person::{NotTaken, PersonsAnswer};
use crate::store::decisions::Decision;
use crate::store::reports::{self, DecisionFilter, KnownOrder};

/// How often to check whether Telnyx has confirmed the answer.
const PATIENCE: u32 = 40;
/// The number of phone numbers that a confirmation names.
const NUMBERS_NAMED: usize = 20;
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The order, and the reason.
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

/// Records the answer and prints the result.
///
/// `confirm` is absent for a hold, which can be undone.
pub(crate) fn answer(
    common: &Common,
    confirm: Option<ConfirmArgs>,
    (action, cause): (Action, Option<Cause>),
    host_messaging: bool,
) -> Ending {
    if common.reason.trim().is_empty() {
        return Err(Failure::usage(anyhow!(
            "`--reason` is empty. Write a reason for the person who audits this later"
        )));
    }
    if let Some(confirm) = confirm {
        confirm.expect_possible()?;
    }
    let settings = common.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let order = find(&pool, common).await?;
        let saw = show(&order)?;
        if let Some(confirm) = confirm {
            confirm.confirm(&effect(&order, &saw, action))?;
        }
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
        message!("Recorded as decision {} by {}.", decision.id, wanted.person);
        if action == Action::Hold || common.no_wait {
            return Ok(ExitCode::SUCCESS);
        }
        wait(&pool, &decision).await
    })
}

/// Prints the order on which the answer is based, and returns its grounds. The answer is refused if the order has changed
/// when it is recorded, and is not sent if the order has changed when it would be sent.
fn show(order: &KnownOrder) -> Result<Grounds, Failure> {
    let grounds = order.body.as_deref().and_then(person::grounds_shown);
    let saw = grounds.ok_or_else(|| Failure::not_good(NotTaken::NotPending))?;
    let name = order
        .support_key
        .clone()
        .unwrap_or_else(|| order.order_id.to_string());
    let carrier = [saw.values("carrier_name"), saw.values("spid")]
        .concat()
        .join(", ");
    message!("{name} as last read from Telnyx:");
    for (label, value) in [
        ("numbers", saw.values("phone_numbers").join(", ")),
        ("carrier", carrier),
        ("FOC", one_of(&saw, "foc_date", "requested_foc_date").join(", ")),
    ] {
        let value = if value.is_empty() { "none given" } else { &value };
        message!("  {label:<8} {}", shown(value));
    }
    Ok(saw)
}

/// The effect of an answer in words.
fn effect(order: &KnownOrder, saw: &Grounds, action: Action) -> String {
    let numbers = saw.values("phone_numbers");
    let named: Vec<&str> = numbers.iter().take(NUMBERS_NAMED).map(String::as_str).collect();
    let more = match numbers.len().saturating_sub(NUMBERS_NAMED) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let (count, named) = (database::counted(numbers.len(), "number"), named.join(", "));
    let name = saw.values("carrier_name").join(", ");
    let carrier = match (name.as_str(), saw.values("spid").join(", ")) {
        ("", spid) if spid.is_empty() => "another carrier".to_owned(),
        ("", spid) => format!("the carrier with SPID {spid}"),
        (name, spid) if spid.is_empty() => name.to_owned(),
        (name, spid) => format!("{name} (SPID {spid})"),
    };
    let key = order.support_key.as_deref().unwrap_or(order.order_id.as_str());
    let text = match action {
        Action::Authorize => {
            let when = match one_of(saw, "foc_date", "requested_foc_date").join(", ") {
                date if date.is_empty() => String::new(),
                date => format!(" The port is on {date}."),
            };
            format!(
                "Authorize {key}: let {count} leave for {carrier}: {named}{more}.{when} This cannot be undone."
            )
        }
        _ => format!(
            "Reject {key}: do not let {count} leave for {carrier}: {named}{more}. Telnyx sends the reason to the carrier. This \
             cannot be undone."
        ),
    };
    shown(&text).into_owned()
}

/// The values of a field, or of another one if it has none.
fn one_of<'a>(saw: &'a Grounds, field: &str, other: &str) -> &'a [String] {
    match saw.values(field) {
        [] => saw.values(other),
        values => values,
    }
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
            "`{}` is in several accounts. Add `--account` with {}",
            common.order,
            accounts.join(" or ")
        );
        return Err(Failure::usage(anyhow!(told)));
    }
    fitting.pop().ok_or_else(|| {
        let told = "order not found in the database. `portoutd pending` lists the orders that wait, and `portoutd orders list --live` reads from Telnyx";
        Failure::not_good(anyhow!("`{}`: {told}", common.order))
    })
}

fn not_taken(error: NotTaken) -> Failure {
    match error {
        NotTaken::Store(error) => database::failed(error),
        other => Failure::not_good(other),
    }
}

/// Why the answer was not sent, if the service withdrew it.
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
        .map(|reason| format!("the answer was not sent: {reason}. Review the order and answer it again")))
}

/// Waits for the result. The service sends the answer; this only reads the database.
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
                message!("Telnyx confirmed the answer.");
                return Ok(ExitCode::SUCCESS);
            }
            Some(state @ (AnswerState::Refused | AnswerState::Conflict)) => {
                let told = format!(
                    "the answer was not confirmed: it is `{state}`. For details, run `portoutd decisions show {}`",
                    decision.order_id
                );
                return Err(Failure::not_good(anyhow!(told)));
            }
            _ => SystemClock.sleep(POLL_INTERVAL).await,
        }
    }
    message!(
        "The answer is recorded, but Telnyx has not confirmed it yet. The running service sends it: check that `portoutd serve` is running."
    );
    message!(
        "For its state, run `portoutd decisions show {}`.",
        decision.order_id
    );
    Ok(ExitCode::SUCCESS)
}

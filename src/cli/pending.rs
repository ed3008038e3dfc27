//! `portoutd pending`.

use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::config::SettingsArgs;
use super::failure::Ending;
use super::session::database;
use super::terminal::output::message;
use super::terminal::rows::{Field, Format, ListArgs, Row};
use super::terminal::table::Cell;
use super::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::{AccountName, AnswerState, EpisodeState, OrderId};
use crate::store::reports::{self, Waiting, WaitingDecision};

/// List the orders that wait for an answer, most urgent first
///
/// Lists every unanswered order that is not known to have left pending at Telnyx: held by a rule, undecided, bounced,
/// evaluated only in shadow mode, stuck, about to be answered, or never read. Orders whose arrival time is uncertain
/// come first, because they may be older than they appear. Then the earliest deadline comes first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> Ending {
    let selection = args.list.selection::<WaitingRow>()?;
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let waiting = reports::list_waiting(&pool).await.map_err(database::failed)?;
        let now = SystemClock.now();
        let rows: Vec<WaitingRow> = waiting.iter().map(|one| WaitingRow::of(one, now)).collect();
        selection.print(&rows, "No orders wait for an answer.")?;
        if selection.format() == Format::Table && !rows.is_empty() {
            message!(
                "\nTo answer, run `portoutd authorize|reject ORDER --reason \"…\"`. For the reasons, run `portoutd decisions show ORDER`."
            );
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// An order that waits for an answer.
#[derive(Serialize)]
struct WaitingRow<'a> {
    support_key: Option<&'a str>,
    phone_numbers: &'a [String],
    spid: Option<&'a str>,
    decide_by: Option<Timestamp>,
    state: EpisodeState,
    decision: Option<DecisionSummary<'a>>,
    account: &'a AccountName,
    order_id: &'a OrderId,
    carrier_name: Option<&'a str>,
    episode: i32,
    answer: AnswerState,
    inserted_at: Option<Timestamp>,
    arrival_uncertain: bool,
    deadline_passed_at: Option<Timestamp>,
    trouble: Option<&'a str>,
    #[serde(skip)]
    order: &'a Waiting,
    #[serde(skip)]
    now: Timestamp,
}

#[derive(Serialize)]
struct DecisionSummary<'a> {
    id: Uuid,
    action: &'a str,
    rule: Option<&'a str>,
    mode: &'a str,
    reason: Option<&'a str>,
}

impl<'a> WaitingRow<'a> {
    fn of(one: &'a Waiting, now: Timestamp) -> Self {
        Self {
            support_key: one.support_key.as_deref(),
            phone_numbers: &one.phone_numbers,
            spid: one.spid.as_deref(),
            decide_by: one.decide_by,
            state: one.state,
            decision: one.decision.as_ref().map(DecisionSummary::of),
            account: &one.account,
            order_id: &one.order_id,
            carrier_name: one.carrier_name.as_deref(),
            episode: one.episode,
            answer: one.answer,
            inserted_at: one.inserted_at,
            arrival_uncertain: one.arrival_uncertain,
            deadline_passed_at: one.deadline_passed_at,
            trouble: one.trouble.as_deref(),
            order: one,
            now,
        }
    }
}

impl<'a> DecisionSummary<'a> {
    fn of(decision: &'a WaitingDecision) -> Self {
        Self {
            id: decision.id,
            action: &decision.action,
            rule: decision.rule.as_deref(),
            mode: &decision.mode,
            reason: decision.reason.as_deref(),
        }
    }
}

impl Row for WaitingRow<'_> {
    const FIELDS: &'static [Field] = &[
        Field::column("support_key", "order"),
        Field::column("phone_numbers", "numbers"),
        Field::column("spid", "carrier"),
        Field::column("decide_by", "decide by"),
        Field::column("state", "state"),
        Field::summarized("decision", "why"),
        Field::detail("account"),
        Field::detail("order_id"),
        Field::detail("carrier_name"),
        Field::detail("episode"),
        Field::detail("answer"),
        Field::detail("inserted_at"),
        Field::detail("arrival_uncertain"),
        Field::detail("deadline_passed_at"),
        Field::detail("trouble"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        let one = self.order;
        match field {
            "support_key" => Some(self.support_key.unwrap_or(one.order_id.as_str()).into()),
            "phone_numbers" => Some(numbers(self.phone_numbers).into()),
            "spid" => Some(self.spid.or(self.carrier_name).unwrap_or_default().into()),
            "decide_by" => Some(deadline(one, self.now).into()),
            "state" => Some(Cell::outcome(state(one, self.now))),
            "decision" => Some(why(one).into()),
            "inserted_at" => self.inserted_at.map(|at| time::local(at).into()),
            "deadline_passed_at" => self.deadline_passed_at.map(|at| time::local(at).into()),
            _ => None,
        }
    }
}

/// The first number, and how many more there are.
fn numbers(numbers: &[String]) -> String {
    match numbers {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    }
}

/// The deadline relative to now. An order whose arrival time is uncertain may be due earlier.
fn deadline(one: &Waiting, now: Timestamp) -> String {
    match one.decide_by {
        None => "unknown".to_owned(),
        Some(at) if one.arrival_uncertain => format!("{} or earlier", time::from_now(at, now)),
        Some(at) => time::from_now(at, now),
    }
}

fn state(one: &Waiting, now: Timestamp) -> String {
    let state = match (one.state, one.answer) {
        (EpisodeState::Answering, AnswerState::Confirmed) => "answered, not verified".to_owned(),
        (EpisodeState::Answering, answer) => format!("answer {answer}"),
        (EpisodeState::Open, _) if one.decision.is_some() => "shadow".to_owned(),
        (EpisodeState::Open, _) => "not evaluated".to_owned(),
        (state, _) => state.to_string(),
    };
    if one.decide_by.is_some_and(|at| at <= now) {
        format!("OVERDUE, {state}")
    } else {
        state
    }
}

fn why(one: &Waiting) -> String {
    if let Some(trouble) = &one.trouble {
        return trouble.clone();
    }
    let Some(decision) = &one.decision else {
        let read = if one.read_at.is_some() {
            "not evaluated yet"
        } else {
            "not read from Telnyx yet"
        };
        return read.to_owned();
    };
    let rule = decision
        .rule
        .as_ref()
        .map(|rule| format!("{rule}: "))
        .unwrap_or_default();
    match (&decision.reason, decision.mode.as_str()) {
        (Some(reason), "shadow") => format!("{rule}would {}: {reason}", decision.action),
        (None, "shadow") => format!("{rule}would {}", decision.action),
        (Some(reason), _) => format!("{rule}{reason}"),
        (None, _) => format!("{rule}{}", decision.action),
    }
}

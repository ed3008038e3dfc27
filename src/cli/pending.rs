//! `portoutd pending`.

use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::config::SettingsArgs;
use super::failure::Ending;
use super::session::database;
use super::terminal::output::{Output, print_json, print_text};
use super::terminal::table::table;
use super::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::{AnswerState, EpisodeState};
use crate::store::reports::{self, Waiting};

/// List the orders that wait for an answer, most urgent first
///
/// Lists every unanswered order that is not known to have left pending at Telnyx: held by a rule, undecided, bounced,
/// evaluated only in shadow mode, stuck, about to be answered, or never read. Orders whose arrival time is uncertain
/// come first, because they may be older than they appear. Then the earliest deadline comes first.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    settings: SettingsArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let waiting = reports::list_waiting(&pool).await.map_err(database::failed)?;
        let now = SystemClock.now();
        match args.output {
            Output::Json => print_json(&waiting.iter().map(document).collect::<Vec<_>>())?,
            Output::Text if waiting.is_empty() => eprintln!("No orders wait for an answer."),
            Output::Text => {
                print_text(&table(
                    ["order", "numbers", "carrier", "decide by", "state", "why"],
                    waiting.iter().map(|one| row(one, now)),
                ))?;
                eprintln!("\nTo answer, run `portoutd authorize|reject ORDER --reason \"…\"`. For the reasons, run `portoutd decisions show ORDER`.");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn row(one: &Waiting, now: Timestamp) -> [String; 6] {
    let numbers = match one.phone_numbers.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
    };
    [
        one.support_key
            .clone()
            .unwrap_or_else(|| one.order_id.to_string()),
        numbers,
        one.spid
            .clone()
            .or_else(|| one.carrier_name.clone())
            .unwrap_or_default(),
        deadline(one, now),
        state(one, now),
        why(one),
    ]
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

fn document(one: &Waiting) -> Value {
    json!({
        "account": one.account,
        "order_id": one.order_id,
        "support_key": one.support_key,
        "phone_numbers": one.phone_numbers,
        "spid": one.spid,
        "carrier_name": one.carrier_name,
        "episode": one.episode,
        "state": one.state,
        "answer": one.answer,
        "inserted_at": one.inserted_at,
        "decide_by": one.decide_by,
        "arrival_uncertain": one.arrival_uncertain,
        "deadline_passed_at": one.deadline_passed_at,
        "decision": one.decision.as_ref().map(|decision| json!({
            "id": decision.id,
            "action": decision.action,
            "rule": decision.rule,
            "mode": decision.mode,
            "reason": decision.reason,
        })),
        "trouble": one.trouble,
    })
}

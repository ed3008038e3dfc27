//! `portoutd orders show`.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::anyhow;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{list, live};
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{Output, print_json, print_text};
use crate::cli::terminal::time;
use crate::domain::Episode;
use crate::domain::folding::shown;
use crate::store::reports::{self, KeptEvent, KnownOrder};

/// Show an order with its episodes and events.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The order, by its ID or its `PO_…` key.
    #[arg(value_name = "ORDER")]
    order: String,
    /// Read the order from Telnyx instead of the database.
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    settings: SettingsArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    if args.live {
        return live::show(&settings, &args.order);
    }
    database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let found = reports::find_orders(&pool, &args.order)
            .await
            .map_err(database::failed)?;
        if found.is_empty() {
            let told = format!(
                "order `{}` not found in the database. `portoutd orders show --live` reads it from Telnyx",
                args.order
            );
            return Err(Failure::not_good(anyhow!(told)));
        }
        let mut documents = Vec::new();
        for order in &found {
            let (episodes, events) = history(&pool, order).await?;
            match args.output {
                Output::Text => print_text(&text_of(order, &episodes, &events))?,
                Output::Json => documents.push(document(order, &episodes, &events)),
            }
        }
        if args.output == Output::Json {
            print_json(&documents)?;
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn history(pool: &PgPool, order: &KnownOrder) -> Result<(Vec<Episode>, Vec<KeptEvent>), Failure> {
    let episodes = reports::episodes_of(pool, &order.account, &order.order_id)
        .await
        .map_err(database::failed)?;
    let events = reports::events_of(pool, &order.account, &order.order_id)
        .await
        .map_err(database::failed)?;
    Ok((episodes, events))
}

fn text_of(order: &KnownOrder, episodes: &[Episode], events: &[KeptEvent]) -> String {
    let mut text = String::new();
    order_text(&mut text, order);
    for episode in episodes {
        episode_text(&mut text, episode);
    }
    let _ = writeln!(text, "\nEvents");
    for event in events {
        event_text(&mut text, event);
    }
    text
}

fn order_text(text: &mut String, order: &KnownOrder) {
    let name = order
        .support_key
        .clone()
        .unwrap_or_else(|| order.order_id.to_string());
    let status = order.status.as_deref().unwrap_or("not read yet");
    let _ = writeln!(
        text,
        "{}: {} (order {}, account {})",
        shown(&name),
        shown(status),
        shown(order.order_id.as_str()),
        order.account
    );
    let _ = writeln!(text, "  numbers    {}", shown(&order.phone_numbers.join(", ")));
    let carrier = [order.spid.as_deref(), order.carrier_name.as_deref()];
    let carrier: Vec<&str> = carrier.into_iter().flatten().collect();
    let _ = writeln!(text, "  carrier    {}", shown(&carrier.join(" ")));
    let times = [
        ("at Telnyx", order.inserted_at),
        ("decide by", order.decide_by),
        ("last read", order.read_at),
    ];
    for (name, at) in times {
        let _ = writeln!(
            text,
            "  {name:<10} {}",
            at.map_or("unknown".to_owned(), time::local)
        );
    }
    if let Some(trouble) = &order.trouble {
        let _ = writeln!(text, "  trouble    {}", shown(trouble));
    }
}

fn episode_text(text: &mut String, episode: &Episode) {
    let Episode {
        number,
        state,
        answer,
        ..
    } = episode;
    let ended = episode
        .ended_as
        .as_ref()
        .map(|status| format!(", ended as {status}"))
        .unwrap_or_default();
    let _ = writeln!(text, "\nEpisode {number}: {state}, answer {answer}{ended}");
    let _ = writeln!(text, "  from       {}", time::local(episode.opened_at));
    if let Some(closed) = episode.closed_at {
        let _ = writeln!(text, "  to         {}", time::local(closed));
    }
    if let Some(trouble) = &episode.trouble {
        let _ = writeln!(text, "  trouble    {}", shown(trouble));
    }
}

fn event_text(text: &mut String, event: &KeptEvent) {
    let (at, source) = (time::local(event.received_at), &event.source);
    let kind = shown(event.event_type.as_deref().unwrap_or(&event.parsed));
    let pin = event
        .pin_check
        .as_ref()
        .map(|check| format!(", PIN {check}"))
        .unwrap_or_default();
    let late = if event.late { ", late" } else { "" };
    let _ = writeln!(text, "  {at} {kind} by {source}{pin}{late}");
}

fn document(order: &KnownOrder, episodes: &[Episode], events: &[KeptEvent]) -> Value {
    let mut document = json!(list::OrderRow::of(order));
    let episode = |one: &Episode| {
        json!({
            "number": one.number, "state": one.state, "answer": one.answer, "opened_at": one.opened_at,
            "decide_by": one.decide_by, "deadline_passed_at": one.deadline_passed_at, "closed_at": one.closed_at,
            "ended_as": one.ended_as, "decision_id": one.decision_id, "sent_target": one.sent_target, "may_be_applied": one.may_be_applied(),
            "attempts": one.attempts, "trouble": one.trouble,
        })
    };
    let event = |one: &KeptEvent| {
        json!({
            "id": one.id, "source": one.source, "event_type": one.event_type, "parsed": one.parsed,
            "occurred_at": one.occurred_at, "received_at": one.received_at, "pin_check": one.pin_check, "late": one.late,
        })
    };
    if let Some(fields) = document.as_object_mut() {
        fields.insert("episodes".to_owned(), episodes.iter().map(episode).collect());
        fields.insert("events".to_owned(), events.iter().map(event).collect());
        let order: Option<Value> = order
            .body
            .as_deref()
            .and_then(|body| serde_json::from_slice(body).ok());
        fields.insert("telnyx".to_owned(), order.into());
    }
    document
}

//! `portoutd backtest`: the past decisions that a candidate rule file would change.

mod printed;
mod progress;
mod rows;

use std::io;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use sqlx::PgPool;

use super::config::SettingsArgs;
use super::failure::{Ending, Failure};
use super::rules::version_ref;
use super::serve;
use super::session::database;
use super::terminal::output::print_text;
use super::terminal::rows::{Format, ListArgs, forgiving};
use super::terminal::{pin_key, time};
use crate::clock::{Clock, SharedClock, SystemClock};
use crate::engine::Accounts;
use crate::engine::backtest::{self, BacktestFailed, History};
use crate::engine::intake::pin_key::expect_same;
use crate::rules::RuleSet;
use crate::rules::backtest::{Backtest, Case, CaseOutcome, Report};
use crate::settings::Settings;
use progress::Bar;
use rows::{Heading, Rows};

/// Show which past decisions a rule file would change
///
/// With `--from decisions`, the backtest uses every episode (a period of an order in pending) that rules have evaluated
/// since `--since`, including shadow mode. It uses the facts recorded with the last decision by rules, so rules about
/// PINs need no PIN. The time is the time of the decision, and the lists are those in the file now. The old action is
/// the recorded one. Orders that bounced are held, both then and now.
///
/// With `--from telnyx`, the backtest uses every port-out that the accounts received since `--since`. Each order is
/// evaluated once, at the time of its arrival, with its current data at Telnyx and the current register. The old action
/// is the outcome: authorized and ported count as authorize, rejected counts as reject, pending and canceled as none.
/// Facts that Telnyx does not provide are unknown: whether an answer was sent or the order was authorized by silence,
/// the port-ins of that time, and earlier orders.
///
/// A different action, or a rejection for a different cause, counts as a change. A different rule with the same answer
/// does not; it is shown in the table of rules. Overridden: a person decided against the rules' authorize or reject.
/// Bounced: Telnyx returned a rejection to pending. By silence: the order was authorized without an answer from this
/// service.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The candidate: a rule file, or a recorded version by the first digits of its hash.
    #[arg(long, value_name = "FILE", default_value = "rules.toml")]
    rules: String,
    /// The start of the period: a duration such as `90d`, a date such as `2026-01-31`, or a time.
    #[arg(long, default_value = "90d")]
    since: String,
    /// The source of the orders.
    #[arg(long, value_enum, default_value_t)]
    from: From,
    /// List every order in the report, not only a few of each kind.
    #[arg(long)]
    all: bool,
    /// Exit with 1 if anything changes.
    #[arg(long)]
    expect_no_change: bool,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The source of the orders of a backtest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum From {
    /// The recorded decisions.
    #[default]
    Decisions,
    /// The accounts' port-outs at Telnyx.
    Telnyx,
}

pub(crate) fn run(args: &Args) -> Ending {
    let selection = args.list.selection()?;
    let now = SystemClock.now();
    let since = time::since(&args.since, now).map_err(|wrong| Failure::usage(anyhow!(wrong)))?;
    let candidate = version_ref::read(&args.rules, &args.settings, now)?.rules;
    let settings = args.settings.load()?;
    let heading = Heading {
        candidate: args.rules.clone(),
        rule_set: hex::encode(candidate.hash()),
        from: if args.from == From::Decisions {
            "decisions"
        } else {
            "telnyx"
        },
        since,
    };
    let rows = Arc::new(Mutex::new(Rows::to_stdout(selection)));
    let outcome = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        match args.from {
            From::Decisions => recorded(args, &pool, &candidate, since, &rows).await,
            From::Telnyx => at_telnyx(args, &settings, &pool, &candidate, since, &rows).await,
        }
    })?;
    let Some(report) = outcome else {
        return Ok(ExitCode::SUCCESS);
    };
    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
    if args.list.format() == Format::Table {
        let table = rows.table()?;
        print_text(table.unwrap_or_else(|| printed::text(&report, &heading, shown(args))))?;
    } else {
        forgiving(rows.finish(&heading, &report)).context("writing the report")?;
    }
    expect(args, &report)
}

fn ready(args: &Args, candidate: &RuleSet) -> Backtest {
    let backtest = Backtest::new(candidate);
    if args.all && args.list.format() == Format::Table {
        return backtest.with_every_name();
    }
    backtest
}

fn shown(args: &Args) -> usize {
    if args.all {
        usize::MAX
    } else {
        printed::NAMES_SHOWN
    }
}

type SharedRows = Arc<Mutex<Rows>>;

fn witness(rows: &SharedRows) -> impl FnMut(&Case, &CaseOutcome) -> io::Result<()> + Send + use<> {
    let rows = rows.clone();
    move |case, outcome| {
        let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.add(case, outcome)
    }
}

async fn recorded(
    args: &Args,
    pool: &PgPool,
    candidate: &RuleSet,
    since: Timestamp,
    rows: &SharedRows,
) -> Result<Option<Report>, Failure> {
    let (bar, backtest) = (Bar::new(), ready(args, candidate));
    let tell = |progress| bar.show(&progress);
    ended(backtest::recorded_by(pool, backtest, since, tell, witness(rows)).await)
}

async fn at_telnyx(
    args: &Args,
    settings: &Settings,
    pool: &PgPool,
    candidate: &RuleSet,
    since: Timestamp,
    rows: &SharedRows,
) -> Result<Option<Report>, Failure> {
    let clock: SharedClock = Arc::new(SystemClock);
    let configured = settings.accounts().map_err(Failure::config)?;
    let clients = configured
        .iter()
        .map(|account| Ok((account.name.clone(), serve::client(settings, account, &clock)?)));
    let accounts = clients.collect::<Result<Accounts, Failure>>()?;
    let pin_key = settings.pin_key().map_err(Failure::config)?;
    if let Some(key) = &pin_key {
        expect_same(pool, key)
            .await
            .map_err(|error| pin_key::refused(settings, error))?;
    }
    let history = History {
        pool,
        accounts: &accounts,
        pin_key: pin_key.as_deref(),
        since,
    };
    let (bar, backtest) = (Bar::new(), ready(args, candidate));
    ended(backtest::telnyx_history(&history, backtest, |progress| bar.show(&progress), witness(rows)).await)
}

/// `None` if the reader of the output, such as `head`, has closed it.
fn ended(outcome: Result<Report, BacktestFailed>) -> Result<Option<Report>, Failure> {
    match outcome {
        Ok(report) => Ok(Some(report)),
        Err(BacktestFailed::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        Err(BacktestFailed::Store(error)) => Err(database::failed(error)),
        Err(error @ BacktestFailed::Read { .. }) => Err(Failure::away(error)),
        Err(error @ (BacktestFailed::Write(_) | BacktestFailed::CutOff)) => Err(Failure::not_good(error)),
    }
}

fn expect(args: &Args, report: &Report) -> Ending {
    if args.expect_no_change && report.changed > 0 {
        let told = format!("expected no change: {}", report.headline());
        return Err(Failure::not_good(anyhow!(told)));
    }
    Ok(ExitCode::SUCCESS)
}

//! `portoutd numbers lock` and `portoutd numbers unlock`.

use std::process::ExitCode;

use super::list::not_on_file;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::{actor, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::free_text;
use crate::cli::terminal::output::print_text;
use crate::clock::{Clock, SystemClock};
use crate::domain::{AccountName, PhoneNumber};
use crate::engine::intake::number_lock::{
    NumberLockError, NumberLockOutcome, NumberLockRequest, set_number_lock,
};
use crate::store::numbers::Frozen;

/// Lock a number against port-outs: the fact `numbers.frozen` changes immediately.
#[derive(Debug, clap::Args)]
pub(crate) struct LockArgs {
    #[command(flatten)]
    number: NumberArgs,
    /// The reason, which is recorded.
    #[arg(long)]
    reason: String,
}

/// Unlock a number.
#[derive(Debug, clap::Args)]
pub(crate) struct UnlockArgs {
    #[command(flatten)]
    number: NumberArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
    /// The reason, which is recorded.
    #[arg(long)]
    reason: Option<String>,
}

#[derive(Debug, clap::Args)]
struct NumberArgs {
    /// The number, in E.164 or as ten North American digits.
    number: PhoneNumber,
    /// Only in this account [default: every account with this number]
    #[arg(long)]
    account: Option<AccountName>,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn lock(args: &LockArgs) -> Ending {
    run(&args.number, Frozen::Yes, Some(&args.reason))
}

pub(super) fn unlock(args: &UnlockArgs) -> Ending {
    let accounts = match &args.number.account {
        Some(account) => format!("in account {account}"),
        None => "in every account".to_owned(),
    };
    args.confirm.confirm(&format!(
        "Unlock {} {accounts}: the lock no longer keeps it from leaving.",
        args.number.number
    ))?;
    run(&args.number, Frozen::No, args.reason.as_deref())
}

fn run(args: &NumberArgs, frozen: Frozen, reason: Option<&str>) -> Ending {
    let settings = args.settings.load()?;
    let request = NumberLockRequest {
        number: args.number,
        account: args.account.clone(),
        frozen,
        actor: actor::actor(),
        reason: reason.map(|reason| free_text::without_pin(reason, "reason")),
    };
    let outcome = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let outcome = set_number_lock(&pool, &request, SystemClock.now()).await;
        outcome.map_err(failed)
    })?;
    print_text(&sentence(&request, &outcome))?;
    Ok(ExitCode::SUCCESS)
}

fn failed(error: NumberLockError) -> Failure {
    match error {
        NumberLockError::NotOnFile { number, account } => not_on_file(number, account.as_ref()),
        NumberLockError::Store(error) => database::failed(error),
    }
}

fn sentence(request: &NumberLockRequest, outcome: &NumberLockOutcome) -> String {
    let number = request.number;
    let word = match request.frozen {
        Frozen::Yes => "locked",
        Frozen::No => "unlocked",
    };
    match outcome {
        NumberLockOutcome::Unchanged => format!("{number} is already {word}.\n"),
        NumberLockOutcome::Changed(accounts) => {
            let accounts: Vec<&str> = accounts.iter().map(AccountName::as_str).collect();
            format!("{number} is now {word} (account {}).\n", accounts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        number: NumberArgs,
    }

    #[test]
    fn the_outcome_names_the_number_and_the_accounts() {
        let typed = Typed::parse_from(["lock", "312-555-0123", "--account", "east"]).number;
        let request = |frozen| NumberLockRequest {
            number: typed.number,
            account: typed.account.clone(),
            frozen,
            actor: "ann".to_owned(),
            reason: None,
        };
        let changed = NumberLockOutcome::Changed(vec!["default".parse().unwrap(), "east".parse().unwrap()]);
        for (frozen, outcome, expected) in [
            (
                Frozen::Yes,
                &changed,
                "+13125550123 is now locked (account default, east).\n",
            ),
            (
                Frozen::No,
                &NumberLockOutcome::Unchanged,
                "+13125550123 is already unlocked.\n",
            ),
        ] {
            assert_eq!(sentence(&request(frozen), outcome), expected);
        }
    }

    #[test]
    fn a_number_that_is_not_in_the_register_is_refused_with_a_fix() {
        let refused = failed(NumberLockError::NotOnFile {
            number: "3125550124".parse().unwrap(),
            account: Some("west".parse().unwrap()),
        });
        let refused = format!("{refused:?}");
        assert!(
            refused.contains("code: 1,") && refused.contains("for account `west`"),
            "{refused}"
        );
    }
}

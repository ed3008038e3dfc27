//! `portoutd numbers lock` and `portoutd numbers unlock`.

use std::process::ExitCode;

use serde_json::json;
use sqlx::PgPool;

use super::list::not_on_file;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::admin_actions::note_admin_action;
use crate::cli::session::{actor, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::free_text;
use crate::cli::terminal::output::print_text;
use crate::clock::{Clock, SystemClock};
use crate::domain::{AccountName, PhoneNumber};
use crate::store::numbers::{self, Frozen};
use crate::store::orders;

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
    let actor = actor::actor();
    let reason = reason.map(|reason| free_text::without_pin(reason, "reason"));
    let told = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        set(&pool, args, frozen, &actor, reason.as_deref()).await
    })?;
    print_text(&told)?;
    Ok(ExitCode::SUCCESS)
}

/// Sets or takes off the lock and records it; what stood so already is not recorded.
async fn set(
    pool: &PgPool,
    args: &NumberArgs,
    frozen: Frozen,
    actor: &str,
    reason: Option<&str>,
) -> Result<String, Failure> {
    let NumberArgs { number, account, .. } = args;
    let (action, word) = match frozen {
        Frozen::Yes => ("numbers.lock", "locked"),
        Frozen::No => ("numbers.unlock", "unlocked"),
    };
    let lost = |error: sqlx::Error| database::failed(error.into());
    let mut transaction = pool.begin().await.map_err(lost)?;
    let on_file = numbers::number_on_file(&mut *transaction, *number)
        .await
        .map_err(database::failed)?;
    let in_account =
        |row: &numbers::RegisterRow| account.as_ref().is_none_or(|wanted| *wanted == row.account);
    if !on_file.iter().any(in_account) {
        return Err(not_on_file(*number, account.as_ref()));
    }
    let changed = numbers::set_frozen(
        &mut *transaction,
        *number,
        account.as_ref(),
        frozen,
        SystemClock.now(),
    )
    .await
    .map_err(database::failed)?;
    if changed.is_empty() {
        return Ok(format!("{number} is already {word}.\n"));
    }
    // A lock is a fact of every order that nobody has decided.
    orders::wake_undecided(&mut *transaction, SystemClock.now())
        .await
        .map_err(database::failed)?;
    let detail = json!({ "number": number, "accounts": changed, "reason": reason });
    note_admin_action(&mut transaction, actor, action, &detail).await?;
    transaction.commit().await.map_err(lost)?;
    let accounts: Vec<String> = changed.iter().map(ToString::to_string).collect();
    Ok(format!(
        "{number} is now {word} (account {}).\n",
        accounts.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::engine::intake::register_import::under_key;
    use crate::register::read_csv;
    use crate::store::numbers::keep_numbers;
    use crate::store::{AdminAction, admin_actions};

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        number: NumberArgs,
    }

    fn typed(words: &[&str]) -> NumberArgs {
        Typed::parse_from([&["lock"], words].concat()).number
    }

    async fn fill(pool: &PgPool) {
        let file =
            "number,account,pin,zip,name,address,frozen,tags\n3125550123,,,,,,,\n3125550123,east,,,,,,\n";
        let batch = under_key(read_csv(file.as_bytes()).unwrap(), None).unwrap();
        keep_numbers(pool, batch.rows(), SystemClock.now()).await.unwrap();
    }

    async fn recorded(pool: &PgPool) -> Vec<AdminAction> {
        let rows = admin_actions(pool).await.unwrap();
        rows.into_iter().map(|(action, _)| action).collect()
    }

    #[sqlx::test]
    async fn a_lock_and_its_reason_are_recorded_once(pool: PgPool) {
        fill(&pool).await;
        let args = typed(&["312-555-0123"]);
        let told = set(&pool, &args, Frozen::Yes, "ann", Some("T-1")).await.unwrap();
        assert_eq!(told, "+13125550123 is now locked (account default, east).\n");
        let told = set(&pool, &args, Frozen::Yes, "ann", Some("T-2")).await.unwrap();
        assert_eq!(told, "+13125550123 is already locked.\n");
        let recorded = recorded(&pool).await;
        assert_eq!(recorded.len(), 1);
        assert_eq!(
            (recorded[0].actor.as_str(), recorded[0].action.as_str()),
            ("ann", "numbers.lock")
        );
        assert_eq!(
            recorded[0].detail,
            r#"{"accounts":["default","east"],"number":"+13125550123","reason":"T-1"}"#
        );
    }

    #[sqlx::test]
    async fn a_lock_can_be_taken_off_in_one_account_alone(pool: PgPool) {
        fill(&pool).await;
        set(&pool, &typed(&["3125550123"]), Frozen::Yes, "ann", Some("T-1"))
            .await
            .unwrap();
        let args = typed(&["3125550123", "--account", "east"]);
        let told = set(&pool, &args, Frozen::No, "ann", None).await.unwrap();
        assert_eq!(told, "+13125550123 is now unlocked (account east).\n");
        let rows = numbers::number_on_file(&pool, args.number).await.unwrap();
        assert_eq!(
            rows.iter().map(|row| row.frozen).collect::<Vec<_>>(),
            [true, false]
        );
        assert_eq!(recorded(&pool).await[1].action, "numbers.unlock");
    }

    #[sqlx::test]
    async fn a_number_that_is_not_on_file_cannot_be_locked(pool: PgPool) {
        fill(&pool).await;
        for words in [&["3125550124"][..], &["3125550123", "--account", "west"]] {
            let refused = set(&pool, &typed(words), Frozen::Yes, "ann", Some("T-1")).await;
            assert!(format!("{:?}", refused.unwrap_err()).contains("is not in the register"));
        }
        assert!(recorded(&pool).await.is_empty());
    }
}

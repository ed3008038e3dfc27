use std::collections::BTreeSet;
use std::io::{self, Read};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use super::super::output::print_text;
use super::{Ending, Failure, SettingsArgs, actor, database};
use crate::clock::{Clock, SystemClock};
use crate::domain::AccountName;
use crate::engine::register_import::{self, ImportSource};
use crate::register::{self, Entry};
use crate::settings::Settings;
use crate::store::numbers::{Kept, NumberToKeep};

/// Bring the register up to date from a CSV file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file, or `-` for standard input.
    #[arg(value_name = "FILE.csv")]
    file: String,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &Args) -> Ending {
    let settings = args.settings.load()?;
    let bytes = read(&args.file)?;
    let entries = register::read_csv(&bytes)
        .map_err(|problems| Failure::not_good(anyhow!("{}: {problems}", args.file)))?;
    if let Some(note) = foreign_accounts(&settings, &entries) {
        eprintln!("{note}");
    }
    let batch = under_key(&settings, entries)?;
    let source = ImportSource {
        name: match args.file.as_str() {
            "-" => "standard input".to_owned(),
            file => file.to_owned(),
        },
        sha256: hex::encode(Sha256::digest(&bytes)),
        actor: actor::actor(),
    };
    let kept = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        keep(&pool, &batch, &source).await
    })?;
    print_text(&summary(&source.name, &kept))?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &str) -> Result<Vec<u8>, Failure> {
    if file != "-" {
        return Ok(std::fs::read(file).with_context(|| format!("`{file}` cannot be read"))?);
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("standard input cannot be read")?;
    Ok(bytes)
}

/// A hint at a mistyped account: numbers of an account that is not configured match no order.
fn foreign_accounts(settings: &Settings, entries: &[Entry]) -> Option<String> {
    let known: BTreeSet<&AccountName> = settings.account_names().collect();
    let foreign: BTreeSet<&AccountName> = entries
        .iter()
        .map(|entry| &entry.account)
        .filter(|account| !known.contains(account))
        .collect();
    let names: Vec<String> = foreign.iter().map(|account| format!("`{account}`")).collect();
    (!names.is_empty()).then(|| format!("Note: no Telnyx account is configured as {}.", names.join(", ")))
}

fn under_key(settings: &Settings, entries: Vec<Entry>) -> Result<Vec<NumberToKeep>, Failure> {
    let key = if entries.iter().any(|entry| entry.pin.is_some()) {
        settings.pin_key().map_err(Failure::config)?
    } else {
        None
    };
    register_import::under_key(entries, key.as_deref()).map_err(|missing| no_key(missing.line))
}

fn no_key(line: u64) -> Failure {
    Failure::config(anyhow!(
        "line {line} has a PIN, and PINs are kept only under a key: make one once with \
         `(umask 077; portoutd keygen > pin.key)`, let the service read it too, and name it in `pin_key_file` or in \
         PORTOUTD__PIN_KEY_FILE"
    ))
}

/// All or nothing, with a bar for whoever waits.
async fn keep(pool: &PgPool, rows: &[NumberToKeep], source: &ImportSource) -> Result<Kept, Failure> {
    let progress = progress(rows.len());
    register_import::keep(pool, rows, source, SystemClock.now(), |count| {
        progress.inc(count as u64);
    })
    .await
    .map_err(database::failed)
}

/// A bar on standard error, if that is a terminal.
fn progress(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} numbers, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    // Cleared when dropped, so that a failure is told on a line of its own.
    ProgressBar::new(rows as u64)
        .with_style(style)
        .with_finish(ProgressFinish::AndClear)
}

fn summary(file: &str, kept: &Kept) -> String {
    let total = kept.added + kept.changed + kept.unchanged;
    let Kept {
        added,
        changed,
        unchanged,
    } = kept;
    let numbers = database::counted(total, "number");
    format!("{file}: {numbers} read: {added} added, {changed} changed, {unchanged} unchanged.\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{admin_actions, chain};

    fn settings(environment: &[(&str, &str)]) -> Settings {
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::from_layers(None, environment, &|_| Ok("ab".repeat(32))).unwrap()
    }

    fn entries(rows: &str) -> Vec<Entry> {
        let header = "number,account,pin,zip,name,address,frozen,tags\n";
        register::read_csv(format!("{header}{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn a_pin_needs_a_key_and_a_file_without_pins_does_not() {
        let with_pin = || entries("3125550123,,,,,,,\n3125550124,,4711,,,,,\n");
        let refused = under_key(&settings(&[]), with_pin()).unwrap_err();
        let told = format!("{refused:?}");
        assert!(
            told.contains("code: 78") && told.contains("portoutd keygen"),
            "{told}"
        );
        assert!(told.contains("line 3") && !told.contains("4711"), "{told}");

        let with_key = settings(&[("PORTOUTD__PIN_KEY_FILE", "pin.key")]);
        let rows = under_key(&with_key, with_pin()).unwrap();
        assert!(rows[0].pin.is_none() && rows[1].pin.is_some());

        assert!(under_key(&settings(&[]), entries("3125550123,,,,,,,\n")).is_ok());
    }

    #[test]
    fn a_mistyped_account_is_hinted_at() {
        let settings = settings(&[
            ("TELNYX_API_KEY", "KEY0"),
            ("PORTOUTD__ACCOUNTS__EAST__API_KEY", "KEY1"),
        ]);
        let note = |rows| foreign_accounts(&settings, &entries(rows));
        assert_eq!(note("3125550123,,,,,,,\n3125550124,east,,,,,,\n"), None);
        assert_eq!(
            note("3125550123,eats,,,,,,\n3125550124,eats,,,,,,\n").as_deref(),
            Some("Note: no Telnyx account is configured as `eats`.")
        );
    }

    #[sqlx::test]
    async fn an_import_is_recorded_in_the_chain(pool: PgPool) {
        let rows = under_key(&settings(&[]), entries("3125550123,,,,,,,\n3125550124,,,,,,,\n")).unwrap();
        let source = ImportSource {
            name: "customers.csv".to_owned(),
            sha256: "00".to_owned(),
            actor: "ann".to_owned(),
        };
        let kept = keep(&pool, &rows, &source).await.unwrap();
        assert_eq!(
            summary("a.csv", &kept),
            "a.csv: 2 numbers read: 2 added, 0 changed, 0 unchanged.\n"
        );
        let recorded = admin_actions(&pool).await.unwrap();
        let (action, link) = &recorded[0];
        assert_eq!(
            (action.actor.as_str(), action.action.as_str()),
            ("ann", "numbers.import")
        );
        assert_eq!(
            action.detail,
            r#"{"added":2,"changed":0,"file":"customers.csv","sha256":"00","unchanged":0}"#
        );
        assert!(chain::verify([*link]).is_ok());
    }
}

//! `portoutd numbers import`.

mod report;

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use strum::VariantNames;

use super::import_failed::import_failed;
use crate::cli::config::SettingsArgs;
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::{actor, database};
use crate::cli::terminal::confirm::ConfirmArgs;
use crate::cli::terminal::output::{Output, message, print_json, print_text};
use crate::clock::{Clock, SystemClock};
use crate::domain::AccountName;
use crate::engine::intake::register_import;
use crate::engine::intake::register_import::{ImportFailed, ImportSource, KeyedNumbers, PinKeyChange};
use crate::register::{self, Entry, TextColumn};
use crate::settings::Settings;
use crate::store::numbers::Difference;
use report::{Report, Written, refused_json, warn_of_losses};

/// Bring the register up to date from a CSV file.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The file, or `-` for standard input.
    #[arg(value_name = "FILE.csv")]
    file: String,
    /// Check the file and compare it with the register, and write nothing
    ///
    /// Prints how many numbers the import would add, change and lock, and all warnings. The exit code is that of the
    /// real import.
    #[arg(long)]
    dry_run: bool,
    /// Accept every value in this column
    ///
    /// Cells such as `NULL`, `n/a` or a ZIP code of four digits are refused because exports write them when there is no
    /// value. This option accepts them in the named column, for example for a subscriber whose name is Null.
    #[arg(long, value_name = "COLUMN", value_parser = text_column())]
    as_written: Vec<TextColumn>,
    /// Replace the key of the PINs on file with the one in the settings
    ///
    /// Use it if the old key is lost or compromised. The file must contain every number that has a PIN on file,
    /// otherwise nothing is imported. The command asks for confirmation. Then restart every portoutd process with the new
    /// key: until then, the running processes compare no PIN.
    #[arg(long)]
    replace_pin_key: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    settings: SettingsArgs,
}

fn text_column() -> impl TypedValueParser<Value = TextColumn> {
    PossibleValuesParser::new(<TextColumn as VariantNames>::VARIANTS)
        .try_map(|name| name.parse::<TextColumn>())
}

pub(super) fn run(args: &Args) -> Ending {
    if args.replace_pin_key && !args.dry_run {
        args.confirm.confirm(&format!(
            "Replace the key of the PINs on file: every PIN is replaced with that in {}, and running processes compare no \
             PIN until they are restarted with the new key. This cannot be undone.",
            args.file
        ))?;
    }
    let settings = args.settings.load()?;
    let bytes = read(&args.file)?;
    let entries = register::read_csv_as_written(&bytes, &args.as_written);
    let entries = match entries {
        Ok(entries) => entries,
        Err(problems) => {
            if args.output == Output::Json {
                print_json(&refused_json(&args.file, &problems))?;
            }
            return Err(Failure::not_good(anyhow!("{}: {problems}", args.file)));
        }
    };
    let mut warnings = register::warn_of_pin_lengths(&entries);
    warnings.extend(register::warn_of_removed_pins(&entries));
    warnings.extend(foreign_accounts(&settings, &entries));
    let numbers = under_key(&settings, entries)?;
    let source = source(args, &bytes);
    let written = if args.dry_run { Written::No } else { Written::Yes };
    let difference = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let imported = import(&pool, &numbers, &source, written).await;
        imported.map_err(|error| import_failed(&settings, error))
    })?;
    warnings.extend(warn_of_losses(&difference, written));
    let report = Report {
        file: &source.name,
        written,
        difference,
        warnings,
    };
    for warning in &report.warnings {
        message!("Warning: {warning}");
    }
    match args.output {
        Output::Json => print_json(&report.to_json())?,
        Output::Text => print_text(&report.to_text())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn source(args: &Args, bytes: &[u8]) -> ImportSource {
    ImportSource {
        name: match args.file.as_str() {
            "-" => "standard input".to_owned(),
            file => file.to_owned(),
        },
        sha256: hex::encode(Sha256::digest(bytes)),
        actor: actor::actor(),
        pin_key_change: if args.replace_pin_key {
            PinKeyChange::Replace
        } else {
            PinKeyChange::Keep
        },
    }
}

fn read(file: &str) -> Result<Vec<u8>, Failure> {
    if file != "-" {
        return Ok(std::fs::read(file).with_context(|| format!("cannot read `{file}`"))?);
    }
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .context("cannot read standard input")?;
    Ok(bytes)
}

/// A warning about accounts that are not configured, because their numbers match no order.
fn foreign_accounts(settings: &Settings, entries: &[Entry]) -> Option<String> {
    let known: BTreeSet<&AccountName> = settings.account_names().collect();
    let foreign: BTreeSet<&AccountName> = entries
        .iter()
        .map(|entry| &entry.account)
        .filter(|account| !known.contains(account))
        .collect();
    let names: Vec<String> = foreign.iter().map(|account| format!("`{account}`")).collect();
    (!names.is_empty()).then(|| format!("No Telnyx account is configured as {}.", names.join(", ")))
}

fn under_key(settings: &Settings, entries: Vec<Entry>) -> Result<KeyedNumbers, Failure> {
    let key = if entries.iter().any(|entry| entry.pin.is_some()) {
        settings.pin_key().map_err(Failure::config)?
    } else {
        None
    };
    register_import::under_key(entries, key.as_deref()).map_err(|missing| no_key(missing.line))
}

fn no_key(line: u64) -> Failure {
    Failure::config(anyhow!(
        "line {line} has a PIN, and PINs are stored only under a key. Create one with \
         `(umask 077; portoutd keygen > pin.key)`, make it readable for the service, and set `pin_key_file` or \
         PORTOUTD__PIN_KEY_FILE to it"
    ))
}

/// Imports all numbers or none, with a progress bar.
async fn import(
    pool: &PgPool,
    numbers: &KeyedNumbers,
    source: &ImportSource,
    written: Written,
) -> Result<Difference, ImportFailed> {
    let progress = progress(numbers.rows().len());
    let on_progress = |count| progress.inc(count as u64);
    match written {
        Written::Yes => register_import::keep(pool, numbers, source, SystemClock.now(), on_progress).await,
        Written::No => register_import::rehearse(pool, numbers, source, on_progress).await,
    }
}

/// A progress bar on standard error, if that is a terminal.
fn progress(rows: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} numbers, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    // Cleared when dropped, so that an error message starts on a new line.
    ProgressBar::new(rows as u64)
        .with_style(style)
        .with_finish(ProgressFinish::AndClear)
}

#[cfg(test)]
mod tests;

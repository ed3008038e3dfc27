//! `portoutd config`, and the argument of every command for its settings file.

use std::path::PathBuf;
use std::process::ExitCode;

use super::failure::{Ending, Failure};
use super::terminal::output::{Output, print_json, print_text};
use crate::rules::ReadLimits;
use crate::settings::{Entry, Problems, Settings};

/// Show the settings.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Show the effective settings
    ///
    /// All sources are merged, and secrets are masked.
    Show(ShowArgs),
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Show where each setting comes from.
    #[arg(long)]
    origin: bool,
    /// The output format.
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// The settings file of a verb.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SettingsArgs {
    /// The settings file [default: ./portoutd.toml, else /etc/portoutd/portoutd.toml]
    #[arg(id = "config", long, value_name = "FILE")]
    file: Option<PathBuf>,
}

impl SettingsArgs {
    /// Reads the settings; a problem is a configuration failure.
    pub(crate) fn load(&self) -> Result<Settings, Failure> {
        self.read().map_err(Failure::config)
    }

    /// Reads the settings.
    ///
    /// # Errors
    /// Every problem in them.
    pub(crate) fn read(&self) -> Result<Settings, Problems> {
        Settings::load(self.file.as_deref())
    }

    /// The size limit of list files: from the settings if a file was named on the command line, else the default.
    pub(crate) fn read_limits(&self) -> Result<ReadLimits, Failure> {
        if self.names_a_file() {
            Ok(read_limits(&self.load()?))
        } else {
            Ok(ReadLimits::default())
        }
    }

    /// Whether a file was named on the command line.
    pub(crate) fn names_a_file(&self) -> bool {
        self.file.is_some()
    }
}

/// The size limit of list files.
pub(crate) fn read_limits(settings: &Settings) -> ReadLimits {
    ReadLimits {
        list_bytes: settings.lists.max_size,
    }
}

pub(crate) fn run(args: &Args) -> Ending {
    let Verb::Show(args) = &args.verb;
    let settings = args.settings.load()?;
    match args.output {
        Output::Json => print_json(&settings.entries())?,
        Output::Text if args.origin => print_text(&with_origins(settings.entries()))?,
        Output::Text => print_text(&settings.to_string())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn with_origins(entries: &[Entry]) -> String {
    let lines: Vec<String> = entries.iter().map(ToString::to_string).collect();
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let told = lines
        .iter()
        .zip(entries)
        .map(|(line, entry)| match &entry.origin {
            Some(origin) => format!("{line:<width$}  # {origin}\n"),
            None => format!("{line}\n"),
        });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_shown_with_its_origin_and_no_secret() {
        let file = "mode = \"enforce\"\npin_key_file = \"pin.key\"\n[telnyx]\ntimeout = \"5s\"\n";
        let environment = [
            ("TELNYX_API_KEY", "KEY0123"),
            ("PORTOUTD__ACCOUNTS__EAST__API_KEY", "KEY4567"),
            ("DATABASE_URL_FILE", "/run/secrets/url"),
        ];
        let settings = Settings::from_layers(
            Some((PathBuf::from("/etc/portoutd/portoutd.toml"), file.to_owned())),
            environment.map(|(name, value)| (name.to_owned(), value.to_owned())),
            &|_| Ok("postgres://ann:hunter2@localhost/ports".to_owned()),
        )
        .unwrap();
        insta::assert_snapshot!(with_origins(settings.entries()));
    }
}

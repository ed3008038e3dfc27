//! The environment of the rules: the facts that are never known here, and the recorded history of each rule.

use jiff::{SignedDuration, Timestamp};

use crate::cli::config::SettingsArgs;
use crate::cli::failure::Failure;
use crate::cli::session::database;
use crate::domain::AccountName;
use crate::engine;
use crate::rules::{AbsentFact, Findings, Loaded, RuleHistory};

/// The period of recorded decisions that is used.
const WINDOW: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Information from outside the rule files.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    absent: Vec<AbsentFact>,
    record: Option<RuleHistory>,
}

impl Surroundings {
    /// From the settings only.
    pub(super) fn of_settings(args: &SettingsArgs) -> Result<Self, Failure> {
        let pin_key = args.load()?.pin_key().map_err(Failure::config)?;
        Ok(Self {
            absent: engine::facts_absent_by_settings(pin_key.as_deref()),
            record: None,
        })
    }

    /// From the settings, the register and the recorded decisions.
    pub(super) fn online(args: &SettingsArgs, now: Timestamp) -> Result<Self, Failure> {
        let settings = args.load()?;
        let pin_key = settings.pin_key().map_err(Failure::config)?;
        let accounts: Vec<AccountName> = settings.account_names().cloned().collect();
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        database::runtime()?.block_on(async {
            let pool = database::open(&settings).await?;
            let absent = engine::absent_facts(&pool, &accounts, pin_key.as_deref()).await;
            let record = engine::rule_history(&pool, since).await;
            Ok(Self {
                absent: absent.map_err(database::failed)?,
                record: Some(record.map_err(database::failed)?),
            })
        })
    }

    /// The findings for a rule file.
    pub(super) fn findings(&self, loaded: &Loaded, now: Timestamp) -> Findings {
        let of_sources = loaded.lint_sources(&self.absent);
        match &self.record {
            Some(record) => of_sources.merged(loaded.lint_record(record, now)),
            None => of_sources,
        }
    }
}

//! What the rules are used with: the facts that can never be known here, and what the record tells of each rule.

use jiff::{SignedDuration, Timestamp};
use sqlx::PgPool;

use crate::cli::config::SettingsArgs;
use crate::cli::{Failure, database};
use crate::domain::AccountName;
use crate::rules::{AbsentFact, Fact, Findings, Loaded, RuleHistory};
use crate::settings::Settings;
use crate::store::{StoreError, numbers, reports};

/// How far back the record is asked.
const WINDOW: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What comes from the register of numbers.
const OF_REGISTER: [Fact; 7] = [
    Fact::NumbersOurs,
    Fact::NumbersFrozen,
    Fact::NumbersTags,
    Fact::Pin,
    Fact::Zip,
    Fact::Name,
    Fact::Address,
];

/// What is known beside the files.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    absent: Vec<AbsentFact>,
    record: Option<RuleHistory>,
}

impl Surroundings {
    /// From the settings alone.
    pub(super) fn of_settings(args: &SettingsArgs) -> Result<Self, Failure> {
        Ok(Self {
            absent: absent_by_settings(&args.load()?)?,
            record: None,
        })
    }

    /// From the settings, the register and the record.
    pub(super) fn online(args: &SettingsArgs, now: Timestamp) -> Result<Self, Failure> {
        let settings = args.load()?;
        let mut absent = absent_by_settings(&settings)?;
        let since = now.saturating_sub(WINDOW).unwrap_or(Timestamp::MIN);
        let accounts: Vec<AccountName> = settings.account_names().cloned().collect();
        let record = database::runtime()?.block_on(async {
            let pool = database::open(&settings).await?;
            if has_no_register(&pool, &accounts)
                .await
                .map_err(database::failed)?
            {
                absent.extend(OF_REGISTER.map(without_register));
            }
            reports::rule_history(&pool, since)
                .await
                .map_err(database::failed)
        })?;
        Ok(Self {
            absent,
            record: Some(record),
        })
    }

    /// What they tell of a rule file.
    pub(super) fn findings(&self, loaded: &Loaded, now: Timestamp) -> Findings {
        let of_sources = loaded.lint_sources(&self.absent);
        match &self.record {
            Some(record) => of_sources.merged(loaded.lint_record(record, now)),
            None => of_sources,
        }
    }
}

fn absent_by_settings(settings: &Settings) -> Result<Vec<AbsentFact>, Failure> {
    let key = settings.pin_key().map_err(Failure::config)?;
    let without_key = AbsentFact {
        fact: Fact::Pin,
        why: "no `pin_key_file` is set, so no PIN is compared".to_owned(),
    };
    Ok(if key.is_none() {
        vec![without_key]
    } else {
        Vec::new()
    })
}

fn without_register(fact: Fact) -> AbsentFact {
    AbsentFact {
        fact,
        why: "the register has no numbers (`portoutd numbers import`)".to_owned(),
    }
}

async fn has_no_register(pool: &PgPool, accounts: &[AccountName]) -> Result<bool, StoreError> {
    for account in accounts {
        if !numbers::register_is_empty(pool, account).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

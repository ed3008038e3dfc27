use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::defaults::Defaults;
use super::places::Places;
use super::rule::Rule;
use crate::rules::diagnostics::finding::Findings;
use crate::rules::facts::context::Question;
use crate::rules::facts::known::Facts;
use crate::rules::lists::list::List;
use crate::rules::parse;
use crate::rules::source::regular_file::ReadLimits;
use crate::rules::source::rule_file;
use crate::rules::source::sources;
use crate::rules::source::sources::Shelf;
use crate::rules::source::sources::Sources;
use crate::rules::testing::runner::Trial;
use crate::rules::testing::runner::TrialReport;

/// A checked rule file with its lists. Cheap to clone; never changes.
#[derive(Debug, Clone)]
pub struct RuleSet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: String,
    hash: [u8; 32],
    defaults: Defaults,
    timezone: String,
    zone: TimeZone,
    rules: Vec<Rule>,
    trials: Vec<Trial>,
    lists: BTreeMap<String, List>,
    places: Places,
}

/// A rule set that can be put in force, and what came with it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The rules.
    pub rules: RuleSet,
    /// What somebody should look at all the same.
    pub warnings: Findings,
    /// The texts, for the record.
    pub sources: Sources,
}

/// A list of a rule set, told.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ListInWords {
    /// Its name.
    pub name: String,
    /// What its entries are.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many different entries it has, those past their day included.
    pub entries: usize,
}

/// Why a rule file is not put in force.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has errors.
    #[error("the rule file has {0}")]
    Findings(Findings),
    /// Its own tests fail.
    #[error("{} of the rule file's own tests fail; the first is \"{}\"", .0.len(), .0.first().map_or("", |test| test.name.as_str()))]
    FailedTests(Vec<TrialReport>),
}

impl RuleSet {
    /// Reads a rule file, and the list files it names beside it, within the default limits.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub fn load(path: &Path, now: Timestamp) -> Result<Loaded, Findings> {
        Self::load_within(path, ReadLimits::default(), now)
    }

    /// As [`Self::load`], within limits of your own.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub fn load_within(path: &Path, limits: ReadLimits, now: Timestamp) -> Result<Loaded, Findings> {
        let name = path.display().to_string();
        let text = rule_file::read(path, &name)?;
        Self::read(&name, &text, Shelf::Beside(path, limits), now)
    }

    /// Reads a rule file whose text and lists are at hand, such as one from the record.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub fn from_sources(sources: &Sources, now: Timestamp) -> Result<Loaded, Findings> {
        Self::read(&sources.path, &sources.text, Shelf::Among(&sources.lists), now)
    }

    fn read(path: &str, text: &str, shelf: Shelf<'_>, now: Timestamp) -> Result<Loaded, Findings> {
        let (document, findings) = parse::read(path, text, shelf, now);
        let Some(document) = document.filter(|_| !findings.has_errors()) else {
            return Err(findings);
        };
        let rules = Self(Arc::new(Inner {
            path: path.to_owned(),
            hash: sources::hash(text, &document.list_sources),
            defaults: document.defaults,
            timezone: document.timezone,
            zone: document.zone,
            rules: document.rules,
            trials: document.trials,
            lists: document.lists,
            places: document.places,
        }));
        let sources = Sources {
            path: path.to_owned(),
            text: text.to_owned(),
            lists: document.list_sources,
        };
        Ok(Loaded {
            rules,
            warnings: findings,
            sources,
        })
    }

    /// The version of the rules: SHA-256 over the file and its lists.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        self.0.hash
    }

    /// The file as it was named.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What holds where no rule says otherwise.
    #[must_use]
    pub fn defaults(&self) -> Defaults {
        self.0.defaults
    }

    /// The time zone's name.
    #[must_use]
    pub fn timezone(&self) -> &str {
        &self.0.timezone
    }

    /// The rules from top to bottom.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.0.rules
    }

    /// How many tests stand in the file.
    #[must_use]
    pub fn test_count(&self) -> usize {
        self.0.trials.len()
    }

    pub(crate) fn zone(&self) -> &TimeZone {
        &self.0.zone
    }

    pub(crate) fn trials(&self) -> &[Trial] {
        &self.0.trials
    }

    /// The day that it is where the rules are.
    #[must_use]
    pub fn day_of(&self, now: Timestamp) -> Date {
        now.to_zoned(self.0.zone.clone()).date()
    }

    /// The lists by name, what they hold, and how many entries they have.
    #[must_use]
    pub fn lists_in_words(&self) -> Vec<ListInWords> {
        let lists = self.0.lists.iter();
        lists
            .map(|(name, list)| ListInWords {
                name: name.clone(),
                kind: list.kind().to_string(),
                entries: list.counts(Timestamp::UNIX_EPOCH).0,
            })
            .collect()
    }

    /// The lists, by name.
    pub(crate) fn lists(&self) -> &BTreeMap<String, List> {
        &self.0.lists
    }

    /// Where all this stands in the file.
    pub(crate) fn places(&self) -> &Places {
        &self.0.places
    }

    pub(crate) fn question<'a>(&'a self, facts: &'a Facts, now: Timestamp) -> Question<'a> {
        Question::new(facts, now, &self.0.zone)
    }
}

/// Reads a rule file as it would be put in force: without errors, and with its own tests passing.
///
/// # Errors
/// Its findings, or its failing tests.
pub fn load_and_test(path: &Path, limits: ReadLimits, now: Timestamp) -> Result<Loaded, Refusal> {
    RuleSet::load_within(path, limits, now)
        .map_err(Refusal::Findings)?
        .tested(now)
}

/// As [`load_and_test`], for a rule file whose text and lists are at hand.
///
/// # Errors
/// Its findings, or its failing tests.
pub fn load_and_test_sources(sources: &Sources, now: Timestamp) -> Result<Loaded, Refusal> {
    RuleSet::from_sources(sources, now)
        .map_err(Refusal::Findings)?
        .tested(now)
}

impl Loaded {
    /// The same, if its own tests pass.
    ///
    /// # Errors
    /// Its failing tests.
    pub fn tested(self, now: Timestamp) -> Result<Self, Refusal> {
        let reports = self.rules.run_tests(now).into_iter();
        let failed: Vec<TrialReport> = reports.filter(|test| !test.passed).collect();
        if failed.is_empty() {
            Ok(self)
        } else {
            Err(Refusal::FailedTests(failed))
        }
    }
}

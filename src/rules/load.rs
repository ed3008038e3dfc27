//! Loads files or texts into a checked rule set.

use std::path::Path;

use jiff::Timestamp;

use super::diagnostics::finding::Findings;
use super::model::rule_set::{Parts, RuleSet};
use super::parse;
use super::source::regular_file::ReadLimits;
use super::source::rule_file;
use super::source::sources::{self, ListResolver, Sources};
use super::testing::runner::TestReport;

/// A rule set that can become active, with its warnings and sources.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The rules.
    pub rules: RuleSet,
    /// Warnings about the valid file.
    pub warnings: Findings,
    /// The texts, which are recorded with the rule set.
    pub sources: Sources,
}

/// Why a rule file does not become active.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It has errors.
    #[error("the rule file has {0}")]
    Findings(Findings),
    /// Its own tests fail.
    #[error("{} of the rule file's own tests fail; the first is \"{}\"", .0.len(), .0.first().map_or("", |test| test.name.as_str()))]
    FailedTests(Vec<TestReport>),
}

impl RuleSet {
    /// Reads a rule file, and the list files it names beside it, within the default limits.
    ///
    /// # Errors
    /// All problems of the files together.
    pub fn load(path: &Path, now: Timestamp) -> Result<Loaded, Findings> {
        Self::load_within(path, ReadLimits::default(), now)
    }

    /// As [`Self::load`], with other limits.
    ///
    /// # Errors
    /// All problems of the files together.
    pub fn load_within(path: &Path, limits: ReadLimits, now: Timestamp) -> Result<Loaded, Findings> {
        let name = path.display().to_string();
        let text = rule_file::read(path, &name)?;
        Self::read(&name, &text, ListResolver::Beside(path, limits), now)
    }

    /// Reads a rule file whose text and lists are in memory, for example from the database.
    ///
    /// # Errors
    /// All problems of the files together.
    pub fn from_sources(sources: &Sources, now: Timestamp) -> Result<Loaded, Findings> {
        Self::read(
            &sources.path,
            &sources.text,
            ListResolver::Among(&sources.lists),
            now,
        )
    }

    fn read(path: &str, text: &str, resolver: ListResolver<'_>, now: Timestamp) -> Result<Loaded, Findings> {
        let (document, findings) = parse::read(path, text, resolver, now);
        let Some(document) = document.filter(|_| !findings.has_errors()) else {
            return Err(findings);
        };
        let rules = Self::new(Parts {
            path: path.to_owned(),
            hash: sources::hash(text, &document.list_sources),
            defaults: document.defaults,
            timezone: document.timezone,
            zone: document.zone,
            rules: document.rules,
            test_cases: document.test_cases,
            lists: document.lists,
            places: document.places,
        });
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
}

/// Reads a rule file and checks that it can become active: without errors, and with its own tests passing.
///
/// # Errors
/// Its findings, or its failing tests.
pub fn load_and_test(path: &Path, limits: ReadLimits, now: Timestamp) -> Result<Loaded, Refusal> {
    RuleSet::load_within(path, limits, now)
        .map_err(Refusal::Findings)?
        .tested(now)
}

/// As [`load_and_test`], for a rule file whose text and lists are in memory.
///
/// # Errors
/// Its findings, or its failing tests.
pub fn load_and_test_sources(sources: &Sources, now: Timestamp) -> Result<Loaded, Refusal> {
    RuleSet::from_sources(sources, now)
        .map_err(Refusal::Findings)?
        .tested(now)
}

impl Loaded {
    /// Runs the tests of the file, and returns the rule set if they pass.
    ///
    /// # Errors
    /// Its failing tests.
    pub fn tested(self, now: Timestamp) -> Result<Self, Refusal> {
        let reports = self.rules.run_tests(now).into_iter();
        let failed: Vec<TestReport> = reports.filter(|test| !test.passed).collect();
        if failed.is_empty() {
            Ok(self)
        } else {
            Err(Refusal::FailedTests(failed))
        }
    }
}

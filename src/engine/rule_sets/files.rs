//! The configured rule files, and the outcome of reading them.

use std::path::PathBuf;

use super::record::NotRecorded;
use super::settled_read::NotRead;
use super::shrink_guard::Shrunk;
use crate::rules::{MaxShrink, ReadLimits, Refusal};
use crate::store::StoreError;

/// Where the rules are read from, and what is required to activate others.
#[derive(Debug, Clone)]
pub struct RuleFiles {
    /// The rule file.
    pub rules: PathBuf,
    /// A complete rule file that is evaluated in shadow mode and never acted on.
    pub candidate: Option<PathBuf>,
    /// Whether one person is enough to activate rules.
    pub approval: Approval,
    /// The bounds of list files.
    pub lists: ListBounds,
}

/// The bounds of list files.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListBounds {
    /// The maximum size of a list file, in bytes; 512 MiB by default.
    pub max_bytes: Option<u64>,
    /// How much of a list may be lost without a person's confirmation.
    pub max_shrink: MaxShrink,
}

impl ListBounds {
    pub(crate) fn read_limits(&self) -> ReadLimits {
        self.max_bytes
            .map_or_else(ReadLimits::default, |list_bytes| ReadLimits { list_bytes })
    }
}

/// How many people are required to activate rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// One person, who saves the file.
    NotNeeded,
    /// Two: one who proposes the rules, and another who approves them.
    Needed,
}

/// What was found on disk at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The rules that were last in effect, or nothing that may replace them.
    LastInEffect,
    /// Other rules, which are in effect now.
    Other,
}

/// Why the rules that were last in effect stay, and not those in the file.
#[derive(Debug)]
pub enum KeptBecause {
    /// The file has errors, or its own tests fail.
    Refused(Refusal),
    /// The file could not be read, or is being written.
    NotRead(NotRead),
    /// Lists lost too many entries.
    Shrunk(Shrunk),
    /// The rule set in the file is not approved.
    NotApproved([u8; 32]),
}

/// Why there are no rules to evaluate.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// The file has errors, or its own tests fail, and no rule set was in effect before.
    #[error("{0}")]
    NotGood(Refusal),
    /// The file could not be read, and no rule set was in effect before.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// The rule set in the file is not approved, and this program cannot read the one that was last in effect.
    #[error(
        "rule set {} is not approved, and this version of portoutd cannot read the one that was last in effect. Restore \
         its file, or start once with `rules_need_approval = false`", hex::encode(.0)
    )]
    NotApproved([u8; 32]),
    /// The rule set could not be recorded, and a rule set that is not recorded is never evaluated.
    #[error("cannot record the rule set")]
    Record(#[from] NotRecorded),
}

impl From<StoreError> for NoRules {
    fn from(error: StoreError) -> Self {
        Self::Record(error.into())
    }
}

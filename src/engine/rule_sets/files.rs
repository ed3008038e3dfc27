//! The rule files that the service is set up with, and what came of reading them.

use std::path::PathBuf;

use super::record::NotRecorded;
use super::settled_read::NotRead;
use super::shrink_guard::Shrunk;
use crate::rules::{MaxShrink, ReadLimits, Refusal};
use crate::store::StoreError;

/// Where the rules are read, and what it takes to put others in force.
#[derive(Debug, Clone)]
pub struct RuleFiles {
    /// The rule file.
    pub rules: PathBuf,
    /// A whole rule file that judges beside it and is never acted on.
    pub candidate: Option<PathBuf>,
    /// Whether one person is enough to put rules in force.
    pub approval: Approval,
    /// The bounds of list files.
    pub lists: ListBounds,
}

/// The bounds of list files.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListBounds {
    /// The most bytes that one list file may have; 512 MiB where nothing else is set.
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

/// How many people it takes to put rules in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// Whoever saves the file.
    NotNeeded,
    /// One who proposes them, and another who approves.
    Needed,
}

/// What a start found on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The rules that were in effect last, or nothing that may take their place.
    LastInEffect,
    /// Other rules, which are in effect now.
    Other,
}

/// Why the rules that were in force last go on, and not those of the file.
#[derive(Debug)]
pub enum KeptBecause {
    /// The file has errors, or its own tests fail.
    Refused(Refusal),
    /// The file could not be read, or is being written.
    NotRead(NotRead),
    /// Lists lost too many entries.
    Shrunk(Shrunk),
    /// Nobody has approved the rule set that the file holds.
    NotApproved([u8; 32]),
}

/// Why there are no rules to judge by.
#[derive(Debug, thiserror::Error)]
pub enum NoRules {
    /// The file has errors, or its own tests fail, and no rule set was in force before.
    #[error("{0}")]
    NotGood(Refusal),
    /// The file could not be read, and no rule set was in effect before.
    #[error(transparent)]
    NotRead(#[from] NotRead),
    /// The file's rule set is not approved, and this program cannot read the one that was in force last.
    #[error(
        "rule set {} is not approved, and this version of portoutd cannot read the one that was last in effect. Restore \
         its file, or start once with `rules_need_approval = false`", hex::encode(.0)
    )]
    NotApproved([u8; 32]),
    /// The rule set could not be recorded, and what is not on record does not judge.
    #[error("cannot record the rule set")]
    Record(#[from] NotRecorded),
}

impl From<StoreError> for NoRules {
    fn from(error: StoreError) -> Self {
        Self::Record(error.into())
    }
}

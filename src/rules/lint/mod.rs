//! Warnings about a valid rule file: rules that can never decide, lists without effect, and rules that perform badly
//! according to the recorded decisions.

mod absent_fact;
mod claim;
mod entries;
mod fallback;
mod history;
mod identity;
mod impossible;
mod interval_set;
mod list_clash;
mod lists;
mod members;
mod other_pending;
mod record;
mod requirements;
mod respelled;
mod run;
mod subsumption;
mod unreachable;
mod untested;

pub use absent_fact::AbsentFact;
pub use history::{RuleHistory, RuleTally};

use jiff::Timestamp;

use super::diagnostics::code::Code;
use super::diagnostics::finding::Findings;
use crate::rules::load::Loaded;
use run::Lint;

/// The warnings that need only the file: those found while loading it and those of [`Loaded::lint`].
const JUDGED: [Code; 18] = [
    Code::SoftCause,
    Code::NeverCause,
    Code::EvidenceNeeded,
    Code::ExpiredEntry,
    Code::ExpiredRule,
    Code::UnreachableRule,
    Code::DuplicateRule,
    Code::ImpossibleCondition,
    Code::EmptyList,
    Code::UnusedList,
    Code::ExpiredList,
    Code::ContradictoryList,
    Code::NoIdentity,
    Code::UntestedRule,
    Code::AuthorizesByDefault,
    Code::HoldTooLong,
    Code::OtherPending,
    Code::Respelled,
];

impl Loaded {
    /// Finds problems in a valid file, using only the file. Warnings from loading are not repeated, and warnings
    /// silenced by an `allow` are left out.
    #[must_use]
    pub fn lint(&self, now: Timestamp) -> Findings {
        let mut lint = Lint::new(self, now);
        unreachable::lint(&mut lint);
        impossible::lint(&mut lint);
        identity::lint(&mut lint);
        other_pending::lint(&mut lint);
        lists::lint(&mut lint);
        respelled::lint(&mut lint);
        untested::lint(&mut lint);
        fallback::lint(&mut lint);
        lint.warn_unused_allows(&JUDGED);
        lint.finish()
    }
}

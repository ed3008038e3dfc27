//! What somebody should look at in a file that works: rules that can never decide, lists that say nothing, and what
//! the records say of rules that looked good.

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

/// What is told of a file alone, by loading it and by [`Loaded::lint`].
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
    /// What somebody should look at although the file works, told from the file alone. Warnings of loading are not
    /// told again; what an `allow` silences is left out.
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

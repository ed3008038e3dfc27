//! One run of lints, and how a lint reports.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::Timestamp;

use super::entries::{self, EntryPlace};
use crate::rules::diagnostics::code::Code;
use crate::rules::diagnostics::finding::{Finding, Findings, Severity};
use crate::rules::lists::list::ListType;
use crate::rules::load::Loaded;
use crate::rules::model::places::{Allow, ListPlace, RulePlace};
use crate::rules::model::rule::{Rule, RuleMode};
use crate::rules::model::rule_set::RuleSet;
use crate::rules::parse::Report;

/// One run of the lints over a rule set.
pub(super) struct Lint<'l> {
    loaded: &'l Loaded,
    pub(super) now: Timestamp,
    report: Report<'l>,
    /// Everything that was found, whether it was reported or silenced by an `allow`.
    found: BTreeSet<(Subject, Code)>,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// The rule with this index.
    Rule(usize),
    /// The list with this index in the file.
    List(usize),
    Defaults,
}

/// A rule with its position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'l> {
    pub(super) at: usize,
    pub(super) rule: &'l Rule,
    pub(super) place: &'l RulePlace,
}

impl<'l> Lint<'l> {
    pub(super) fn new(loaded: &'l Loaded, now: Timestamp) -> Self {
        Self {
            loaded,
            now,
            report: Report::new(&loaded.sources.path, &loaded.sources.text),
            found: BTreeSet::new(),
        }
    }

    pub(super) fn rules(&self) -> &'l RuleSet {
        &self.loaded.rules
    }

    /// The rules that are evaluated: neither off nor expired.
    pub(super) fn live_rules(&self) -> impl Iterator<Item = Placed<'l>> + use<'l> {
        let now = self.now;
        let rules = self.loaded.rules.rules().iter();
        let placed = rules.zip(&self.loaded.rules.places().rules).enumerate();
        placed
            .map(|(at, (rule, place))| Placed { at, rule, place })
            .filter(move |placed| placed.rule.mode != RuleMode::Off && placed.rule.until.includes(now))
    }

    /// The line of the rule file that holds a byte.
    pub(super) fn line_of(&self, span: &Range<usize>) -> usize {
        self.report.line_of(span.start)
    }

    /// Reports a warning, unless its subject silences it.
    pub(super) fn warn(
        &mut self,
        (subject, code): (Subject, Code),
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if !self.is_allowed(subject, code) {
            self.report.warning(code, span, message, help);
        }
    }

    /// Reports a warning about an entry of a list, at its last position.
    pub(super) fn warn_entry(
        &mut self,
        kind: (Subject, Code),
        (list, list_type): (&ListPlace, ListType),
        value: &str,
        words: (&str, &str),
    ) {
        let place = entries::places(self.loaded, list, list_type, value).pop();
        self.warn_at(kind, list, place, words);
    }

    /// Calls `see` for every entry of a list as it is written, with a function that returns its position.
    pub(super) fn for_each_entry(&self, list: &ListPlace, see: impl FnMut(&str, &dyn Fn() -> EntryPlace)) {
        entries::for_each(self.loaded, list, see);
    }

    /// Reports a warning at an entry of a list, or at the list if the position is unknown.
    pub(super) fn warn_at(
        &mut self,
        (subject, code): (Subject, Code),
        list: &ListPlace,
        place: Option<EntryPlace>,
        (message, help): (&str, &str),
    ) {
        if self.is_allowed(subject, code) {
            return;
        }
        match place {
            Some(EntryPlace::List { line, text, span }) => {
                let file = self
                    .loaded
                    .sources
                    .shown_list(list.file.as_deref().unwrap_or_default());
                let kind = (code, Severity::Warning);
                let finding = Finding::in_line(kind, (&file, line), &text, span, message);
                self.report.add(finding.with_help(help));
            }
            Some(EntryPlace::Rules(span)) => self.report.warning(code, &span, message, help),
            None => self.report.warning(code, &list.span, message, help),
        }
    }

    /// Whether the subject silences the warning. Also records that the warning was found.
    fn is_allowed(&mut self, subject: Subject, code: Code) -> bool {
        self.found.insert((subject, code));
        self.allows(subject).iter().any(|allow| allow.code == code)
    }

    /// Whether an earlier lint found that this rule can never decide.
    pub(super) fn never_decides(&self, at: usize) -> bool {
        const NEVER: [Code; 3] = [
            Code::UnreachableRule,
            Code::DuplicateRule,
            Code::ImpossibleCondition,
        ];
        let is_found = |code: &Code| self.found.contains(&(Subject::Rule(at), *code));
        NEVER.iter().any(is_found)
    }

    fn allows(&self, subject: Subject) -> &'l [Allow] {
        let places = self.loaded.rules.places();
        match subject {
            Subject::Rule(at) => places.rules.get(at).map(|place| place.allows.as_slice()),
            Subject::List(at) => places.lists.get(at).map(|place| place.allows.as_slice()),
            Subject::Defaults => Some(places.defaults.allows.as_slice()),
        }
        .unwrap_or_default()
    }

    /// Reports every `allow` for a code in `checked` that was not found. Warnings that depend on the orders or the
    /// settings are not in `checked`, because they come and go.
    pub(super) fn warn_unused_allows(&mut self, checked: &[Code]) {
        for (subject, allow) in self.asked() {
            let code = allow.code;
            let is_unused = !allow.silenced && !self.found.contains(&(subject, code));
            if is_unused && checked.contains(&code) {
                self.report.warning(
                    Code::UnusedAllow,
                    &allow.span,
                    format!("there is no warning `{code}` here to silence"),
                    "remove it, because it would hide the next one",
                );
            }
        }
    }

    /// All reported warnings.
    pub(super) fn finish(self) -> Findings {
        self.report.finish()
    }

    /// Every `allow` except those of rules that are off or expired, for which few warnings exist.
    fn asked(&self) -> impl Iterator<Item = (Subject, &'l Allow)> {
        let places = self.loaded.rules.places();
        let of_rules = self.live_rules().flat_map(|placed| {
            placed
                .place
                .allows
                .iter()
                .map(move |allow| (Subject::Rule(placed.at), allow))
        });
        let lists = places.lists.iter().enumerate();
        let of_lists =
            lists.flat_map(|(at, list)| list.allows.iter().map(move |allow| (Subject::List(at), allow)));
        let of_defaults = places
            .defaults
            .allows
            .iter()
            .map(|allow| (Subject::Defaults, allow));
        of_rules.chain(of_lists).chain(of_defaults)
    }
}

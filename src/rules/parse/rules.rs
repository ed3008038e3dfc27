//! Reads rules.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::words::Word;
use toml::de::DeValue;

use super::section::{Entry, Section};
use super::table_kind::TableKind;
use super::{Reading, allows, places};
use crate::domain::{Action, Cause};
use crate::rules::diagnostics::code::Code;
use crate::rules::lists::expiry::Expiry;
use crate::rules::model::rule::{Consequence, Rule, RuleMode};
use crate::rules::values::suggestion::listed;

/// Telnyx's limit on the text of a rejection.
const LONGEST_REASON: usize = 255;
const LONGEST_ID: usize = 64;

impl Reading<'_, '_> {
    /// Reads the `[[rule]]` tables in order. A rule with an error is returned as far as it can be read, so that tests
    /// that name it are not reported as naming an unknown rule.
    pub(super) fn read_rules(&mut self, tables: &[Entry<'_>]) -> Vec<Rule> {
        let mut seen = BTreeMap::new();
        let mut rules = Vec::new();
        for table in tables {
            let Some(section) = table.section(TableKind::Rule, self.report) else {
                continue;
            };
            self.report
                .open_allows(allows::read(&section, TableKind::Rule, self.report));
            let rule = self.read_rule(&section);
            let allows = self.report.close_allows();
            self.places.rules.push(places::of_rule(&section, allows));
            if let Some(entry) = section.get("id") {
                self.note_id(&rule.id, &entry, &mut seen);
            }
            rules.push(rule);
        }
        rules
    }

    fn note_id(&self, id: &str, entry: &Entry<'_>, seen: &mut BTreeMap<String, usize>) {
        if id.is_empty() {
            return;
        }
        let line = self.report.line_of(entry.span.start);
        if let Some(first) = seen.insert(id.to_owned(), line) {
            self.report.error(
                Code::DuplicateName,
                &entry.span,
                format!("the rule in line {first} has the same id `{id}`"),
                "give each rule its own id: decisions, traces and tests identify the rule by it",
            );
        }
    }

    fn read_rule(&self, section: &Section<'_>) -> Rule {
        let report = self.report;
        let about = section.get("about").and_then(|entry| entry.words(report));
        let mode = section
            .get("mode")
            .and_then(|entry| entry.word::<RuleMode>(report));
        let help = format!("write `action = …`, one of {}", listed(Action::WORDS));
        let action = section
            .need("action", TableKind::Rule, &help, report)
            .and_then(|entry| entry.word::<Action>(report));
        let matching = section.get("match");
        let conditions = matching.as_ref().map(|entry| self.read_conditions(entry));
        if conditions.as_ref().is_none_or(Option::is_none) && !section.means("match") {
            self.report_missing_match(section, matching.as_ref());
        }
        let unless = section
            .get("unless")
            .and_then(|entry| self.read_conditions(&entry));
        Rule {
            id: self.read_id(section),
            about: about.map(str::to_owned),
            mode: mode.unwrap_or_default(),
            until: self.rule_until(section),
            matching: conditions.flatten().unwrap_or_default(),
            unless: unless.unwrap_or_default(),
            consequence: self.read_consequence(section, action),
        }
    }

    fn report_missing_match(&self, section: &Section<'_>, entry: Option<&Entry<'_>>) {
        self.report.error(
            Code::MatchMissing,
            entry.map_or(&section.header, |entry| &entry.key_span),
            "a rule without a `match` would decide every order",
            "add a condition such as `match.pin = \"wrong\"`; for the orders that no rule decides, set `no_match` in `[defaults]`",
        );
    }

    fn read_id(&self, section: &Section<'_>) -> String {
        let help =
            "write an id such as `id = \"wrong-pin\"`: decisions, traces and tests identify the rule by it";
        let id = section
            .need("id", TableKind::Rule, help, self.report)
            .and_then(|entry| Some((entry.text(self.report)?, entry.span)));
        let Some((id, span)) = id else {
            return String::new();
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(allowed) {
            self.report.error(
                Code::InvalidText,
                &span,
                format!("`{id}` is not a valid rule id"),
                "use 1 to 64 letters, digits, `-`, `_` and `.`, such as \"wrong-pin\"",
            );
        }
        id.to_owned()
    }

    fn rule_until(&self, section: &Section<'_>) -> Expiry {
        let Some(entry) = section.get("expires") else {
            return Expiry::Forever;
        };
        let until = self.until(&entry).unwrap_or(Expiry::Forever);
        if !until.includes(self.now) {
            self.report.warning(
                Code::ExpiredRule,
                &entry.span,
                "this rule has expired and is off",
                "remove it, or set a later `expires`",
            );
        }
        until
    }

    fn read_consequence(&self, section: &Section<'_>, action: Option<Action>) -> Consequence {
        let reject = section.get("reject");
        let (cause, reason) = match (&reject, action) {
            (Some(entry), Some(Action::Authorize | Action::Hold)) => {
                self.report.error(
                    Code::Contradiction,
                    &entry.key_span,
                    "`reject` is set on a rule that does not reject",
                    "write `action = \"reject\"`, or remove `reject`",
                );
                (None, None)
            }
            (Some(entry), _) => self.read_rejection(entry),
            (None, Some(Action::Reject)) => {
                if !section.means("reject") {
                    self.report_missing_cause(&section.header);
                }
                (None, None)
            }
            (None, _) => (None, None),
        };
        Consequence {
            // It does not matter what an invalid action was meant to be, because the file is refused.
            action: action.unwrap_or(Action::Hold),
            cause,
            reason,
            host_messaging: self.read_host_messaging(section, action),
            notify: section
                .get("notify")
                .map(|entry| self.read_names(&entry))
                .unwrap_or_default(),
        }
    }

    fn report_missing_cause(&self, span: &Range<usize>) {
        self.report.error(
            Code::CauseMissing,
            span,
            "a rule that rejects has no cause",
            "write `reject.because = \"…\"`, such as \"pin-invalid\" or \"number-locked\"",
        );
    }

    fn read_rejection(&self, entry: &Entry<'_>) -> (Option<Cause>, Option<String>) {
        let Some(section) = entry.section(TableKind::Reject, self.report) else {
            return (None, None);
        };
        let reason = section.get("reason").and_then(|entry| self.read_reason(&entry));
        let Some(because) = section.get("because") else {
            if !section.means("because") {
                self.report_missing_cause(&entry.key_span);
            }
            return (None, reason);
        };
        let cause = self.read_cause(&because);
        if let Some(cause) = cause {
            self.warn_about_cause(cause, &because);
            if cause == Cause::Other && section.get("reason").is_none() {
                self.report.error(
                    Code::CauseMissing,
                    &because.span,
                    "the cause `other` requires a reason",
                    "write the reason in `reject.reason = \"…\"`",
                );
            }
        }
        (cause, reason)
    }

    fn read_reason(&self, entry: &Entry<'_>) -> Option<String> {
        let text = entry.words(self.report)?;
        let length = text.chars().count();
        if length > LONGEST_REASON {
            let message = format!("the reason has {length} characters, and Telnyx accepts at most 255");
            self.report
                .error(Code::InvalidText, &entry.span, message, "shorten the reason");
        }
        Some(text.to_owned())
    }

    fn read_host_messaging(&self, section: &Section<'_>, action: Option<Action>) -> Option<bool> {
        let entry = section.get("host_messaging")?;
        if action == Some(Action::Hold) {
            self.report.error(
                Code::Contradiction,
                &entry.key_span,
                "`host_messaging` is sent with an authorization or a rejection, and this rule holds",
                "remove it, or move it to the rule that authorizes",
            );
        }
        entry.flag(self.report)
    }

    fn read_names(&self, entry: &Entry<'_>) -> Vec<String> {
        if let DeValue::Table(_) = entry.value {
            self.report
                .wrong_type(entry, "names", "write `notify = [\"fraud-desk\"]`");
            return Vec::new();
        }
        let items = entry.items();
        items
            .iter()
            .filter_map(|item| item.words(self.report))
            .map(str::to_owned)
            .collect()
    }
}

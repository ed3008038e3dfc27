//! Traces as lines for people.

use crate::domain::folding::shown;
use crate::rules::evaluate::trace::{Outcome, TraceEntry};
use crate::rules::evaluate::verdict::Verdict;
use crate::rules::testing::runner::TestReport;

/// Longer values are truncated, because a line that wraps three times is not read. The JSON output has the complete
/// values.
const LONGEST: usize = 60;
/// The maximum number of rules that are shown for a failed test, except those that could have decided it.
const MOST_LINES: usize = 12;

/// A trace for people, one line per rule, in columns: the outcome, the id, and the condition that determined it, with
/// the expected values (`wanted`) and the actual value (`was`).
#[must_use]
pub fn trace_lines(entries: &[TraceEntry]) -> Vec<String> {
    let rows: Vec<[String; 5]> = entries.iter().map(cells).collect();
    // What follows the rule's id in a line without a condition may be longer than any condition.
    let has_condition = |row: &&[String; 5]| row.iter().skip(3).any(|cell| !cell.is_empty());
    let width = |column: usize| {
        let rows = rows.iter().filter(|row| column < 2 || has_condition(row));
        let widths = rows
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

impl Verdict {
    /// The trace for people, one line per rule.
    #[must_use]
    pub fn trace_lines(&self) -> Vec<String> {
        trace_lines(&self.entries().collect::<Vec<_>>())
    }
}

impl TestReport {
    /// The rules that probably explain a failed test: those that match or are unknown, the one that the test expects,
    /// and the first of those that do not match.
    #[must_use]
    pub fn trace_lines(&self) -> Vec<String> {
        let walked = |entry: &TraceEntry| {
            matches!(
                entry.outcome,
                Outcome::Yes | Outcome::No | Outcome::Unless | Outcome::Unknown
            )
        };
        let is_relevant = |entry: &TraceEntry| {
            let says_no = matches!(entry.outcome, Outcome::No | Outcome::Unless);
            self.by.as_ref() == Some(&entry.rule) || (walked(entry) && !says_no)
        };
        let entries: Vec<TraceEntry> = self.verdict.entries().collect();
        let mut room = MOST_LINES.saturating_sub(entries.iter().filter(|entry| is_relevant(entry)).count());
        let (mut shown, mut left_out) = (Vec::new(), 0);
        for entry in entries {
            if is_relevant(&entry) {
                shown.push(entry);
            } else if walked(&entry) && room > 0 {
                room -= 1;
                shown.push(entry);
            } else if walked(&entry) {
                left_out += 1;
            }
        }
        let mut lines = trace_lines(&shown);
        if left_out > 0 {
            lines.push(format!("and {left_out} more rules that do not match"));
        }
        lines
    }
}

fn cells(entry: &TraceEntry) -> [String; 5] {
    let (condition, wanted, was) = match (entry.outcome, &entry.condition) {
        (Outcome::Yes, _) => (entry.action.to_string(), String::new(), String::new()),
        (Outcome::ShadowYes, _) => (format!("would {}", entry.action), String::new(), String::new()),
        (_, Some(condition)) => (condition.clone(), wanted(entry), was(entry)),
        (_, None) => Default::default(),
    };
    let outcome = entry.outcome.to_string().replace('-', " ");
    [outcome, entry.rule.clone(), condition, wanted, was]
}

fn wanted(entry: &TraceEntry) -> String {
    let word = if entry.unless { "unless" } else { "wanted" };
    let wanted = entry.wanted.as_ref().map(ToString::to_string);
    format!("{word} {}", cut(&wanted.unwrap_or_default()))
}

fn was(entry: &TraceEntry) -> String {
    match &entry.was {
        Some(was) => format!("was {}", cut(&shown(was))),
        None => "is not known".to_owned(),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Action;
    use crate::rules::model::expected::Wanted;
    use crate::rules::model::rule::RuleMode;

    fn entry(rule: &str, outcome: Outcome, condition: Option<(&str, &str, Option<&str>)>) -> TraceEntry {
        TraceEntry {
            rule: rule.to_owned(),
            mode: RuleMode::Enforce,
            action: Action::Hold,
            outcome,
            condition: condition.map(|(key, ..)| key.to_owned()),
            unless: outcome == Outcome::Unless,
            wanted: condition.map(|(_, wanted, _)| Wanted::Written(wanted.to_owned())),
            was: condition.and_then(|(.., was)| was.map(str::to_owned)),
        }
    }

    #[test]
    fn every_outcome_is_shown_in_columns() {
        let entries = [
            entry(
                "wrong-pin",
                Outcome::No,
                Some(("pin", "\"wrong\"", Some("right"))),
            ),
            entry(
                "vip",
                Outcome::Unless,
                Some(("numbers.tags", "\"vip\"", Some("vip"))),
            ),
            entry("zip", Outcome::Unknown, Some(("zip", "\"right\"", None))),
            entry("trial", Outcome::ShadowYes, None),
            entry(
                "trial-2",
                Outcome::ShadowNo,
                Some(("pin", "\"wrong\"", Some("right"))),
            ),
            entry("old", Outcome::Expired, None),
            entry("resting", Outcome::Off, None),
            entry("rest", Outcome::Yes, None),
            entry("below", Outcome::NotReached, None),
        ];
        insta::assert_snapshot!(trace_lines(&entries).join("\n"), @r#"
        no           wrong-pin  pin           wanted "wrong"  was right
        unless       vip        numbers.tags  unless "vip"    was vip
        unknown      zip        zip           wanted "right"  is not known
        shadow yes   trial      would hold
        shadow no    trial-2    pin           wanted "wrong"  was right
        expired      old
        off          resting
        yes          rest       hold
        not reached  below
        "#);
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "\"@a\", ".repeat(20);
        let entries = [entry(
            "r",
            Outcome::No,
            Some(("carrier.spid", &long, Some("073H"))),
        )];
        let lines = trace_lines(&entries);
        assert!(lines[0].contains("…  was 073H"), "{}", lines[0]);
        assert!(lines[0].chars().count() < 110, "{}", lines[0]);
    }

    #[test]
    fn a_recorded_trace_reads_back() {
        let entries = vec![entry(
            "vip",
            Outcome::Unless,
            Some(("numbers.tags", "\"vip\"", Some("vip"))),
        )];
        let text = serde_json::to_string(&entries).unwrap();
        assert_eq!(serde_json::from_str::<Vec<TraceEntry>>(&text).unwrap(), entries);
        // As it was recorded before the trace contained `unless`.
        let old = text.replace("\"unless\":true,", "");
        assert!(!serde_json::from_str::<Vec<TraceEntry>>(&old).unwrap()[0].unless);
    }
}

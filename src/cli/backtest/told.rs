//! The report for people.

use std::fmt::Write as _;

use super::rows::Heading;
use crate::cli::{moment, table::table};
use crate::rules::backtest::{Bucket, BucketReport, Move, Report, RuleDifference};

/// Names shown of each kind of difference, unless all are asked for.
pub(super) const NAMES_SHOWN: usize = 3;

/// What changes, what is worth a look, and what each rule has to do with it.
pub(super) fn text(report: &Report, heading: &Heading, shown: usize) -> String {
    let mut parts = vec![opening(report, heading)];
    if report.judged > 0 {
        parts.push(moves(report, heading, shown));
    }
    parts.extend(buckets(report, shown));
    parts.extend(rules(report, heading, shown));
    parts.join("\n")
}

fn opening(report: &Report, heading: &Heading) -> String {
    let (since, file) = (moment::local(heading.since), &heading.candidate);
    let over = match heading.from {
        "telnyx" => format!("what came to Telnyx since {since}"),
        _ => format!("what rules decided since {since}"),
    };
    let mut text = format!("{file} over {over}: {}\n", report.headline());
    if report.unreadable > 0 {
        let _ = writeln!(
            text,
            "not judged, because it cannot be read: {}",
            report.unreadable
        );
    }
    text
}

/// Changes first.
fn moves(report: &Report, heading: &Heading, shown: usize) -> String {
    let row = |one: &Move, mark: &str, new: String| {
        let old = one.from.map_or("none".to_owned(), |action| action.to_string());
        let (count, names) = (one.orders.count.to_string(), one.orders.listed(shown));
        [mark.to_owned(), old, new, count, names]
    };
    let changes = report.moves.iter().filter(|one| one.is_change());
    let mut rows: Vec<[String; 5]> = changes
        .map(|one| row(one, "change", one.to.to_string()))
        .collect();
    if report.other_cause.count > 0 {
        let (count, names) = (
            report.other_cause.count.to_string(),
            report.other_cause.listed(shown),
        );
        let (old, new) = ("reject".to_owned(), "reject, other cause".to_owned());
        rows.push(["change".to_owned(), old, new, count, names]);
    }
    let same = report.moves.iter().filter(|one| !one.is_change());
    rows.extend(same.map(|one| row(one, "", one.to.to_string())));
    let old = if heading.from == "telnyx" {
        "at Telnyx"
    } else {
        "was"
    };
    table(["", old, "would be", "orders", "which"], rows)
}

/// What is worth a look, if anything is.
fn buckets(report: &Report, shown: usize) -> Option<String> {
    let found = report.buckets.iter().filter(|bucket| bucket.orders.count > 0);
    let row = |bucket: &BucketReport| {
        [
            bucket.bucket.words().to_owned(),
            bucket.orders.count.to_string(),
            how(report, bucket),
            bucket.orders.listed(shown),
        ]
    };
    let rows: Vec<[String; 4]> = found.map(row).collect();
    (!rows.is_empty()).then(|| table(["worth a look", "orders", "how", "which"], rows))
}

fn how(report: &Report, bucket: &BucketReport) -> String {
    if bucket.bucket == Bucket::NeedsFact {
        let facts = report.missing_facts.iter();
        return joined(facts.map(|(fact, count)| format!("{fact} {count}")));
    }
    joined(
        bucket
            .moves
            .iter()
            .map(|one| format!("{} {}", one.arrow(), one.orders.count)),
    )
}

/// The rules that decide other orders than they did; without an old rule, all that decide any.
fn rules(report: &Report, heading: &Heading, shown: usize) -> Option<String> {
    let name = |rule: &RuleDifference| match (&rule.rule, rule.in_candidate) {
        (None, _) => "no rule".to_owned(),
        (Some(rule), true) => rule.clone(),
        (Some(rule), false) => format!("{rule} (not in the file)"),
    };
    if heading.from == "telnyx" {
        let deciding = report.rules.iter().filter(|rule| rule.new_hits > 0);
        let rows: Vec<[String; 2]> = deciding
            .map(|rule| [name(rule), rule.new_hits.to_string()])
            .collect();
        return (!rows.is_empty()).then(|| table(["rule", "would decide"], rows));
    }
    let changed = report.rules.iter().filter(|rule| rule.is_change());
    let row = |rule: &RuleDifference| {
        [
            name(rule),
            rule.old_hits.to_string(),
            rule.new_hits.to_string(),
            rule.gained.listed(shown),
            rule.lost.listed(shown),
        ]
    };
    let rows: Vec<[String; 5]> = changed.map(row).collect();
    (!rows.is_empty()).then(|| table(["rule", "decided", "would decide", "gains", "loses"], rows))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

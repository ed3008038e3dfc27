//! The report for people.

use std::fmt::Write as _;

use super::rows::Heading;
use crate::cli::terminal::safe_text::SafeText;
use crate::cli::terminal::table::{Cell, table};
use crate::cli::terminal::time;
use crate::rules::backtest::{Bucket, BucketReport, Move, Report, RuleDifference};

/// The number of names shown for each kind of difference, without `--all`.
pub(super) const NAMES_SHOWN: usize = 3;

/// The changes, the orders to review, and the rules involved.
pub(super) fn text(report: &Report, heading: &Heading, shown: usize) -> SafeText {
    let mut text = SafeText::from(opening(report, heading));
    let moves = (report.judged > 0).then(|| moves(report, heading, shown));
    let parts = [moves, buckets(report, shown), rules(report, heading, shown)];
    for part in parts.into_iter().flatten() {
        text.push(&"\n".into());
        text.push(&part);
    }
    text
}

fn opening(report: &Report, heading: &Heading) -> String {
    let (since, file) = (time::local(heading.since), &heading.candidate);
    let over = match heading.from {
        "telnyx" => format!("the port-outs at Telnyx since {since}"),
        _ => format!("the decisions by rules since {since}"),
    };
    let mut text = format!("{file} with {over}: {}\n", report.headline());
    if report.unreadable > 0 {
        let _ = writeln!(text, "not evaluated, because unreadable: {}", report.unreadable);
    }
    text
}

/// Changes first.
fn moves(report: &Report, heading: &Heading, shown: usize) -> SafeText {
    let row = |one: &Move| {
        [
            if one.is_change() { "change" } else { "" }.into(),
            Cell::outcome(one.old()),
            Cell::outcome(one.new_answer()),
            one.orders.count.to_string().into(),
            one.orders.listed(shown).into(),
        ]
    };
    let (changes, same): (Vec<&Move>, Vec<&Move>) = report.moves.iter().partition(|one| one.is_change());
    let rows = changes.into_iter().chain(same).map(row);
    let old = if heading.from == "telnyx" {
        "at Telnyx"
    } else {
        "was"
    };
    table(["", old, "would be", "orders", "which"], rows)
}

/// The orders to review, if there are any.
fn buckets(report: &Report, shown: usize) -> Option<SafeText> {
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
    (!rows.is_empty()).then(|| table(["to review", "orders", "how", "which"], rows))
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

/// The rules that decide different orders than before. At Telnyx there are no old rules: all rules that decide any order.
fn rules(report: &Report, heading: &Heading, shown: usize) -> Option<SafeText> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AccountName, Action, Cause};
    use crate::rules::backtest::{Backtest, Baseline, Became, Case};
    use crate::rules::{Facts, RuleSet, Sources};
    use jiff::Timestamp;
    use serde_json::{Value, json};

    const CANDIDATE: &str = r#"
version = 1
[[rule]]
id = "pin"
match.pin = "wrong"
action = "reject"
reject.because = "account-invalid"
[[rule]]
id = "clean"
match.pin = "right"
match.own_port_in = false
action = "authorize"
"#;

    fn heading(from: &'static str) -> Heading {
        Heading {
            candidate: "candidate.toml".to_owned(),
            rule_set: String::new(),
            from,
            since: Timestamp::UNIX_EPOCH,
        }
    }

    fn report(cases: impl IntoIterator<Item = (Value, Baseline)>) -> Report {
        let sources = Sources::in_memory("candidate.toml", CANDIDATE, []);
        let rules = RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH)
            .unwrap()
            .rules;
        let mut backtest = Backtest::new(&rules);
        for (number, (facts, old)) in cases.into_iter().enumerate() {
            backtest.evaluate(&Case {
                account: AccountName::default_account(),
                order_id: number.to_string().parse().unwrap(),
                support_key: Some(format!("PO_{number}")),
                episode: 1,
                decided_at: Timestamp::UNIX_EPOCH,
                facts: Facts::from_json(&facts).unwrap(),
                old,
                became: Became {
                    bounced: number == 0,
                    ..Became::default()
                },
            });
        }
        backtest.skip();
        backtest.finish()
    }

    fn judged(action: Action, rule: &str) -> Baseline {
        Baseline::ByRules {
            action,
            rule: Some(rule.to_owned()),
            cause: (action == Action::Reject).then_some(Cause::PinInvalid),
        }
    }

    /// All lines except the first, which contains a time in the reader's time zone.
    fn tables(report: &Report, from: &'static str, shown: usize) -> String {
        let text = text(report, &heading(from), shown).without_styles();
        text.split_once('\n').unwrap().1.to_owned()
    }

    #[test]
    fn a_report_on_decisions_shows_changes_then_orders_to_review_then_rules() {
        let wrong = (0..4).map(|_| (json!({"pin": "wrong"}), judged(Action::Reject, "pin")));
        let clean = (0..2).map(|_| (json!({"pin": "right"}), judged(Action::Authorize, "clean-port")));
        let held = [(json!({"pin": "not-given"}), judged(Action::Hold, "clean-port"))];
        let report = report(wrong.chain(clean).chain(held));
        insta::assert_snapshot!(tables(&report, "decisions", NAMES_SHOWN), @r"
        not evaluated, because unreadable: 1

                 was        would be                   orders  which
         change  authorize  hold                       2       PO_4, PO_5
         change  reject     reject with another cause  4       PO_0, PO_1, PO_2 … and 1 more
                 hold       hold                       1       PO_6

         to review                           orders  how                                   which
         bounced                             1       reject → reject with another cause 1  PO_0
         needs a fact that was not recorded  2       own_port_in 2                         PO_4, PO_5

         rule                          decided  would decide  gains             loses
         clean-port (not in the file)  3        0                               PO_4, PO_5, PO_6
         no rule                       0        3             PO_4, PO_5, PO_6
        ");
        assert!(tables(&report, "decisions", usize::MAX).contains("PO_0, PO_1, PO_2, PO_3"));
    }

    #[test]
    fn a_report_on_telnyx_has_no_old_rules() {
        let seen = |facts: Value, action| (facts, Baseline::AtTelnyx(action));
        let report = report([
            seen(json!({"pin": "wrong"}), Some(Action::Authorize)),
            seen(json!({"pin": "wrong"}), None),
        ]);
        insta::assert_snapshot!(tables(&report, "telnyx", NAMES_SHOWN), @r"
        not evaluated, because unreadable: 1

                 at Telnyx  would be  orders  which
         change  authorize  reject    1       PO_0
                 none       reject    1       PO_1

         to review  orders  how                   which
         bounced    1       authorize → reject 1  PO_0

         rule  would decide
         pin   2
        ");
    }
}

//! Warnings that are based on recorded decisions.

use jiff::ToSpan;

use super::{Code, Findings, loaded, now, rendered_with, rules_of};
use crate::rules::lint::{RuleHistory, RuleTally};

const REJECT: &str = "match.pin = \"wrong\"\naction = \"reject\"\nreject.because = \"pin-invalid\"";

/// A history of 90 days in which Telnyx offered a code, with these counts for the rule `a`.
fn history(tally: RuleTally) -> RuleHistory {
    let since = now() - (90 * 24).hours();
    RuleHistory {
        since,
        first_decision: Some(since - 24.hours()),
        rules: [("a".to_owned(), tally)].into(),
        offered_codes: [1001, 1003].into(),
    }
}

fn hits(hits: u64) -> RuleTally {
    RuleTally {
        hits,
        ..RuleTally::default()
    }
}

fn record_lints(rule: &str, record: &RuleHistory) -> Findings {
    loaded(&rules_of(&[rule])).lint_record(record, now())
}

#[test]
fn a_cause_whose_code_was_never_offered_is_reported() {
    let record = history(hits(1));
    let rendered =
        |rule: &str, record: &RuleHistory| rendered_with(Code::CodeNeverOffered, &record_lints(rule, record));
    insta::assert_snapshot!(rendered(REJECT, &record), @"R118 6:18 Telnyx has never offered the code 1002, which `pin-invalid` is translated to | use a cause whose code Telnyx offers, or hold; otherwise the rejection is sent with another code");
    let locked = REJECT.replace("pin-invalid", "number-locked");
    assert_eq!(rendered(&locked, &record), "", "its code is not known");
    let nothing_on_record = RuleHistory {
        offered_codes: [].into(),
        ..record.clone()
    };
    assert_eq!(rendered(REJECT, &nothing_on_record), "");
    let offered = RuleHistory {
        offered_codes: [1002].into(),
        ..record
    };
    assert_eq!(rendered(REJECT, &offered), "");
}

#[test]
fn a_rule_that_never_matched_is_reported_if_the_history_is_long_enough() {
    let rendered =
        |rule: &str, record: &RuleHistory| rendered_with(Code::NeverMatched, &record_lints(rule, record));
    let never = history(hits(0));
    insta::assert_snapshot!(rendered("match.pin = \"wrong\"", &never), @"R119 3:6 `a` matched no order in the last 90 days | compare its conditions with real orders, and remove the rule if it is no longer needed");
    let unmet = RuleHistory {
        rules: [].into(),
        ..never.clone()
    };
    assert_ne!(rendered("mode = \"shadow\"\nmatch.pin = \"wrong\"", &unmet), "");
    assert_eq!(rendered("match.pin = \"wrong\"", &history(hits(1))), "");
    assert_eq!(rendered("mode = \"off\"\nmatch.pin = \"wrong\"", &never), "");
    assert_eq!(
        rendered("expires = 2026-01-01\nmatch.pin = \"wrong\"", &never),
        ""
    );
    let young = RuleHistory {
        first_decision: Some(now() - 24.hours()),
        ..never.clone()
    };
    let silent = RuleHistory {
        first_decision: None,
        ..never.clone()
    };
    let short = RuleHistory {
        since: now() - 24.hours(),
        ..never.clone()
    };
    let new = history(RuleTally {
        first_evaluated: Some(now() - 24.hours()),
        ..RuleTally::default()
    });
    for record in [young, silent, short, new] {
        assert_eq!(rendered("match.pin = \"wrong\"", &record), "", "{record:?}");
    }
}

#[test]
fn a_rule_that_people_override_is_reported_from_five_cases_on() {
    let rendered = |hits, overridden| {
        let record = history(RuleTally {
            hits,
            overridden,
            ..RuleTally::default()
        });
        rendered_with(Code::OftenOverridden, &record_lints(REJECT, &record))
    };
    insta::assert_snapshot!(rendered(9, 2), @"R120 3:6 people decided differently in 2 of the 9 cases that `a` decided | let it hold the order, or add a condition for what people check");
    assert_eq!(rendered(10, 2), "", "a fifth is not more than a fifth");
    assert_eq!(rendered(4, 4), "", "too few to tell");
    assert_ne!(rendered(5, 2), "");
}

#[test]
fn a_rule_whose_rejections_bounce_is_reported() {
    let rendered = |bounced| {
        let record = history(RuleTally {
            hits: 40,
            bounced,
            ..RuleTally::default()
        });
        rendered_with(Code::OftenBounced, &record_lints(REJECT, &record))
    };
    insta::assert_snapshot!(rendered(3), @"R121 3:6 3 of the 40 rejections by `a` bounced | check Telnyx's answers, then use another cause, give more details in `reject.reason`, or hold");
    assert_eq!(rendered(0), "");
}

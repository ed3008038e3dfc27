//! Warnings about rules, defaults and missing facts.

use super::{Code, lints, loaded, rendered_with, rules_of};
use crate::rules::facts::fact::Fact;
use crate::rules::lint::AbsentFact;

#[test]
fn a_rule_that_authorizes_without_verifying_the_subscriber_is_reported() {
    let of_one = |lines: &str| {
        lints(
            Code::NoIdentity,
            &rules_of(&[&format!("{lines}\naction = \"authorize\"")]),
        )
    };
    insta::assert_snapshot!(of_one("match.carrier.spid = \"A\""), @r#"R113 5:10 `a` authorizes without verifying the subscriber: anyone who knows the number can take it | require something that only the subscriber knows, such as `match.pin = ["right", "none-on-file"]` or `match.zip = "right"`"#);
    for lines in [
        "match.pin = [\"wrong\", \"right\"]",
        "match.pin = \"not-given\"",
        "match.pin = \"none-on-file\"",
        "match.pin = [\"right\", \"not-given\"]",
        "match.carrier.spid = \"A\"\nunless.pin = \"wrong\"",
        "mode = \"shadow\"\nmatch.carrier.spid = \"A\"",
    ] {
        assert_ne!(of_one(lines), "", "{lines}");
    }
    for lines in [
        "match.pin = [\"right\", \"none-on-file\"]",
        "match.address = \"right\"",
        "match.carrier.spid = \"A\"\nmatch.name = \"right\"",
        "match.carrier.spid = \"A\"\nunless.zip = [\"wrong\", \"not-given\"]",
        "match.pin = [\"right\", \"wrong\"]\nunless.pin = \"wrong\"",
        "mode = \"off\"\nmatch.carrier.spid = \"A\"",
    ] {
        assert_eq!(of_one(lines), "", "{lines}");
    }
    assert_eq!(
        lints(Code::NoIdentity, &rules_of(&["match.carrier.spid = \"A\""])),
        ""
    );
}

#[test]
fn a_rule_that_authorizes_beside_another_carriers_order_is_reported() {
    let authorize = |lines: &str| format!("{lines}\naction = \"authorize\"");
    let of = |rules: &[&str]| lints(Code::OtherPending, &rules_of(rules));
    let clean = authorize("match.pin = \"right\"");
    insta::assert_snapshot!(of(&[&clean]), @r#"R123 5:10 `a` authorizes numbers without checking for another carrier's open order | add `unless.numbers.other_pending = true`, or add a rule above it with `match.numbers.other_pending = true` and `action = "hold"`"#);
    for above in [
        "match.numbers.other_pending = true\nmode = \"shadow\"",
        "match.numbers.other_pending = true\nmode = \"off\"",
        "match.numbers.other_pending = true\nmatch.carrier.seen = false",
        "match.numbers.other_pending = true\nexpires = 2031-01-01",
        "match.numbers.other_pending = false",
    ] {
        assert_ne!(of(&[above, &clean]), "", "{above}");
    }
    assert_ne!(
        of(&[&clean, "match.numbers.other_pending = true"]),
        "",
        "below it"
    );
    for above in [
        "match.numbers.other_pending = true",
        "match.numbers.other_pending = [true, false]",
        "match.pin = [\"right\", \"wrong\"]\nmatch.numbers.other_pending = true",
    ] {
        assert_eq!(of(&[above, &clean]), "", "{above}");
    }
    for own in [
        "match.pin = \"right\"\nunless.numbers.other_pending = true",
        "match.pin = \"right\"\nmatch.numbers.other_pending = false",
    ] {
        assert_eq!(of(&[&authorize(own)]), "", "{own}");
    }
    assert_eq!(of(&["match.pin = \"right\""]), "", "it only holds");
}

#[test]
fn a_rule_that_no_test_covers_is_reported() {
    let rules = rules_of(&[
        "match.pin = \"wrong\"",
        "mode = \"shadow\"\nmatch.zip = \"wrong\"",
        "match.pin = \"right\"",
    ]);
    insta::assert_snapshot!(lints(Code::UntestedRule, &rules), @"
    R114 3:6 no test covers the rule `a` | write a `[[test]]` with an order that `a` matches
    R114 7:6 no test covers the shadow rule `b` | write a `[[test]]` with an order that `b` matches
    R114 12:6 no test covers the rule `c` | write a `[[test]]` with an order that `c` matches
    ");
    let with_test = |given: &str| {
        lints(
            Code::UntestedRule,
            &format!("{rules}[[test]]\nname = \"t\"\nexpect = \"hold\"\n{given}\n"),
        )
    };
    let untested = |given: &str| with_test(given).lines().count();
    assert_eq!(untested("given.pin = \"wrong\""), 2);
    assert_eq!(untested("given.pin = \"right\"\ngiven.zip = \"wrong\""), 1);
    // A rule that a missing fact keeps open has not decided.
    assert_eq!(untested("given.zip = \"right\""), 3);
    let never = rules_of(&["match.times_rejected = \"< 0\""]);
    assert_eq!(lints(Code::UntestedRule, &never), "", "no test could");
    let off = rules_of(&[
        "mode = \"off\"\nmatch.pin = \"wrong\"",
        "expires = 2026-01-01\nmatch.pin = \"wrong\"",
    ]);
    assert_eq!(lints(Code::UntestedRule, &off), "");
}

#[test]
fn defaults_that_release_numbers_automatically_are_reported() {
    insta::assert_snapshot!(lints(Code::AuthorizesByDefault, "defaults.no_match = \"authorize\""), @r#"R115 2:21 an order that no rule decides is authorized, which releases its numbers | write `no_match = "hold"`, and add a rule for orders that may be authorized automatically"#);
    assert_eq!(
        lints(Code::AuthorizesByDefault, "defaults.no_match = \"reject\""),
        ""
    );
    insta::assert_snapshot!(lints(Code::HoldTooLong, "[defaults]\ndecide_within = \"24h\"\n"), @r#"R116 3:17 a hold may last 24h, and Telnyx may authorize after 24h without an answer: nobody is notified before that | write less than "24h", such as "20h", so that people have time to answer"#);
    insta::assert_snapshot!(lints(Code::HoldTooLong, "[defaults]\ndecide_within = \"2d\"\nat_decide_by = \"reject\""), @r#"R116 3:17 a hold may last 48h, and Telnyx may authorize after 24h without an answer: the rejection may come too late | write less than "24h", such as "20h", so that people have time to answer"#);
    for good in [
        "decide_within = \"23h59m\"",
        "at_decide_by = \"notify\"",
        "decide_within = \"40h\"\nat_decide_by = \"authorize\"",
        "decide_within = \"40h\"\nno_match = \"reject\"\non_unknown = \"reject\"",
    ] {
        assert_eq!(
            lints(Code::HoldTooLong, &format!("[defaults]\n{good}")),
            "",
            "{good}"
        );
    }
    let held = "[defaults]\ndecide_within = \"40h\"\nno_match = \"reject\"\non_unknown = \"reject\"\n";
    assert_ne!(
        lints(
            Code::HoldTooLong,
            &format!("{held}{}", rules_of(&["match.pin = \"wrong\""]))
        ),
        ""
    );
}

#[test]
fn a_condition_on_a_fact_without_a_source_is_reported_with_the_reason() {
    let absent = |fact| AbsentFact {
        fact,
        why: "no register of numbers is configured".to_owned(),
    };
    let text = rules_of(&[
        "match.pin = \"wrong\"\nunless.numbers.tags = \"vip\"",
        "match.numbers.count = \"> 9\"",
    ]);
    let of = |facts: &[AbsentFact]| rendered_with(Code::UnknowableFact, &loaded(&text).lint_sources(facts));
    insta::assert_snapshot!(of(&[absent(Fact::Pin), absent(Fact::NumbersTags), absent(Fact::Zip)]), @"
    R117 5:7 `pin` is never known in this installation, so `a` can never be fully evaluated: no register of numbers is configured | configure the source of `pin`, or remove the condition
    R117 6:16 `numbers.tags` is never known in this installation, so `a` can never be fully evaluated: no register of numbers is configured | configure the source of `numbers.tags`, or remove the condition
    ");
    assert_ne!(
        of(&[absent(Fact::PhoneNumbers)]),
        "",
        "the count follows from the numbers"
    );
    assert_eq!(of(&[absent(Fact::Zip)]), "");
}

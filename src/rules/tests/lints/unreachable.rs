//! Warnings about rules that can never decide.

use super::{Code, lints, rules_of};

/// The findings about the second of two rules: whether the first one makes it unreachable.
fn is_taken(first: &str, second: &str) -> bool {
    let text = format!("{LISTS}{}", rules_of(&[first, second]));
    !lints(Code::UnreachableRule, &text).is_empty()
}

const LISTS: &str = r#"
[lists.two]
type = "spid"
values = ["A", { value = "B", expires = 2026-12-31 }]
[lists.past]
type = "spid"
values = ["A", { value = "C", expires = 2026-01-01 }]
[lists.area]
type = "number"
values = ["+1312*", "+14165550001"]
[lists.names]
type = "text"
values = ["onv*", "tel one"]
"#;

#[test]
fn an_unreachable_rule_is_reported_with_the_rule_above_it() {
    let text = rules_of(&[
        "match.pin = [\"wrong\", \"not-given\"]",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"\naction = \"authorize\"",
    ]);
    insta::assert_snapshot!(lints(Code::UnreachableRule, &text), @"R106 7:6 `a` in line 3 makes the rule `b` unreachable | move `b` above `a`, add conditions to `a`, or remove `b`");
    let shadow = rules_of(&[
        "match.pin = \"wrong\"",
        "mode = \"shadow\"\nmatch.pin = \"wrong\"\nmatch.zip = \"right\"",
    ]);
    insta::assert_snapshot!(lints(Code::UnreachableRule, &shadow), @"R106 7:6 `a` in line 3 makes the shadow rule `b` unreachable | move `b` above `a`, add conditions to `a`, or remove `b`");
}

/// Pairs of rules of which the first makes the second unreachable.
const UNREACHABLE: [(&str, &str); 25] = [
    (
        "match.pin = \"wrong\"",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    (
        "match.pin = [\"wrong\", \"right\"]",
        "match.pin = \"right\"\nunless.name = \"right\"",
    ),
    (
        "match.times_rejected = \">= 1\"",
        "match.times_rejected = \"3..5\"\nmatch.pin = \"wrong\"",
    ),
    (
        "match.times_rejected = [\"< 3\", \">= 3\"]",
        "match.times_rejected = \"!= 7\"",
    ),
    ("match.foc_in = \"< 48h\"", "match.foc_in = \"< 1d\""),
    (
        "match.carrier.spid = [\"a\", \"b\"]",
        "match.carrier.spid = \"A\"",
    ),
    (
        "match.carrier.spid = \"@two\"",
        "match.carrier.spid = \"@two\"\nmatch.pin = \"right\"",
    ),
    (
        "match.carrier.spid = [\"A\", \"B\"]",
        "match.carrier.spid = \"@two\"",
    ),
    (
        "match.carrier.spid = \"@two\"",
        "match.carrier.spid = \"A\"\nexpires = 2026-12-01",
    ),
    (
        "match.carrier.spid = \"@two\"",
        "match.carrier.spid = \"B\"\nexpires = 2026-12-01",
    ),
    (
        "match.carrier.spid = \"A\"",
        "match.carrier.spid = \"@past\"\nmatch.pin = \"right\"",
    ),
    (
        "match.carrier.name = \"onv*\"",
        "match.carrier.name = [\"Onvoy\", \"onvo*\"]",
    ),
    ("match.city = \"/a|b/\"", "match.city = \"B\""),
    (
        "match.carrier.name = \"@names\"",
        "match.carrier.name = \"Tel One\"",
    ),
    (
        "match.numbers.any_in = \"+1312*\"",
        "match.numbers.any_in = \"+13125550001\"",
    ),
    (
        "match.numbers.any_in = \"@area\"",
        "match.numbers.all_in = \"+131255*\"",
    ),
    (
        "match.numbers.none_in = \"+13125550001\"",
        "match.numbers.none_in = \"+1312*\"",
    ),
    (
        "match.numbers.none_in = \"+1416*\"",
        "match.numbers.all_in = \"+1312*\"",
    ),
    (
        "match.numbers.tags = [\"vip\", \"gold\"]",
        "match.numbers.tags = \"VIP\"",
    ),
    (
        "match.numbers.country = [\"US\", \"CA\"]",
        "match.numbers.country = \"US\"",
    ),
    (
        "match.pin = [\"right\", \"none-on-file\"]",
        "match.zip = \"right\"\nunless.pin = [\"wrong\", \"not-given\"]",
    ),
    (
        "match.pin = \"right\"\nunless.city = \"x\"",
        "match.pin = \"right\"\nmatch.city = \"y\"",
    ),
    (
        "match.pin = \"right\"\nunless.city = \"x\"",
        "match.pin = \"right\"\nunless.city = [\"x\", \"y\"]",
    ),
    (
        "match.pin = \"right\"\nunless.carrier.seen = true",
        "match.pin = \"right\"\nmatch.carrier.seen = false\nmatch.zip = \"right\"",
    ),
    (
        "match.pin = \"right\"\nunless.numbers.any_in = \"+1312*\"",
        "match.pin = \"right\"\nmatch.numbers.none_in = [\"+1312*\", \"+1416*\"]",
    ),
];

#[test]
fn a_rule_is_unreachable_below_one_with_the_same_or_broader_conditions() {
    for (first, second) in UNREACHABLE {
        assert!(is_taken(first, second), "{first}\nmakes unreachable\n{second}");
    }
}

/// Pairs of rules of which the second can still decide.
const REACHABLE: [(&str, &str); 23] = [
    ("match.pin = \"wrong\"", "match.pin = [\"wrong\", \"not-given\"]"),
    (
        "match.pin = \"wrong\"\nmatch.zip = \"wrong\"",
        "match.pin = \"wrong\"\nmatch.city = \"x\"",
    ),
    (
        "match.pin = \"wrong\"\nunless.city = \"x\"",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    (
        "match.pin = \"wrong\"\nunless.city = [\"x\", \"y\"]",
        "match.pin = \"wrong\"\nunless.city = \"x\"\nmatch.zip = \"right\"",
    ),
    (
        "match.times_rejected = \">= 2\"",
        "match.times_rejected = \">= 1\"",
    ),
    ("match.foc_in = \"< 24h\"", "match.foc_in = \"<= 24h\""),
    (
        "match.carrier.spid = \"@two\"",
        "match.carrier.spid = [\"A\", \"C\"]",
    ),
    // An entry or a rule that is gone earlier leaves the later rule something to decide.
    ("match.carrier.spid = \"@two\"", "match.carrier.spid = \"B\""),
    ("match.carrier.spid = \"@past\"", "match.carrier.spid = \"C\""),
    (
        "expires = 2026-12-31\nmatch.pin = \"wrong\"",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    (
        "expires = 2026-01-01\nmatch.pin = \"wrong\"",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    (
        "mode = \"off\"\nmatch.pin = \"wrong\"",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    (
        "mode = \"shadow\"\nmatch.pin = \"wrong\"",
        "match.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    (
        "match.pin = \"wrong\"",
        "mode = \"off\"\nmatch.pin = \"wrong\"\nmatch.zip = \"right\"",
    ),
    ("match.carrier.name = \"onvo*\"", "match.carrier.name = \"onv*\""),
    ("match.city = \"x*\"", "match.city = \"/x.*/\""),
    (
        "match.numbers.all_in = \"+1312*\"",
        "match.numbers.any_in = \"+13125550001\"",
    ),
    (
        "match.numbers.none_in = \"+1312*\"",
        "match.numbers.any_in = \"+1416*\"",
    ),
    (
        "match.numbers.any_in = \"+13125550001\"",
        "match.numbers.any_in = \"+1312*\"",
    ),
    (
        "match.numbers.tags = \"vip\"",
        "match.numbers.tags = [\"vip\", \"gold\"]",
    ),
    (
        "match.pin = \"right\"\nunless.numbers.tags = \"a\"",
        "match.pin = \"right\"\nmatch.numbers.tags = \"b\"",
    ),
    // Whether a PIN is known is part of the question.
    (
        "match.pin = [\"right\", \"wrong\", \"not-given\", \"none-on-file\"]",
        "match.zip = \"right\"",
    ),
    (
        "match.numbers.count = \">= 1\"",
        "match.numbers.count = \">= 0\"\nmatch.zip = \"right\"",
    ),
];

#[test]
fn a_rule_that_can_still_decide_is_not_reported() {
    for (first, second) in REACHABLE {
        assert!(
            !is_taken(first, second),
            "{first}\ndoes not make unreachable\n{second}"
        );
    }
}

#[test]
fn a_duplicate_rule_is_reported_once() {
    let text = rules_of(&[
        "match.carrier.spid = [\"A\", \"B\"]\nmatch.pin = \"wrong\"",
        "match.zip = \"right\"",
        "match.pin = \"wrong\"\nmatch.carrier.spid = [\"b\", \"a\"]",
    ]);
    insta::assert_snapshot!(lints(Code::DuplicateRule, &text), @"R107 12:6 `c` has the same conditions and action as `a` in line 3 | remove one of them, or change the conditions of `c`");
    assert_eq!(lints(Code::UnreachableRule, &text), "");
    for (first, second) in [
        (
            "match.pin = \"wrong\"",
            "match.pin = \"wrong\"\naction = \"authorize\"",
        ),
        (
            "match.pin = \"wrong\"",
            "match.pin = \"wrong\"\nmatch.zip = \"right\"",
        ),
        ("match.pin = \"wrong\"", "match.pin = \"wrong\"\nmode = \"off\""),
        (
            "match.pin = \"wrong\"",
            "unless.pin = \"wrong\"\nmatch.zip = \"right\"",
        ),
    ] {
        assert_eq!(
            lints(Code::DuplicateRule, &rules_of(&[first, second])),
            "",
            "{second}"
        );
    }
    let in_shadow = rules_of(&[
        "mode = \"shadow\"\nmatch.pin = \"wrong\"",
        "match.pin = \"wrong\"",
    ]);
    assert_ne!(lints(Code::DuplicateRule, &in_shadow), "");
}

#[test]
fn impossible_conditions_are_reported_at_the_last_one() {
    let of_one = |lines: &str| {
        lints(
            Code::ImpossibleCondition,
            &format!("{LISTS}{}", rules_of(&[lines])),
        )
    };
    insta::assert_snapshot!(of_one("match.carrier.requests_24h = \"< 0\""), @r#"R108 18:15 no order can meet `match.carrier.requests_24h = "< 0"` | `a` can never decide: fix the condition, or remove the rule"#);
    insta::assert_snapshot!(of_one("match.numbers.count = \"< 1\"\nmatch.pin = \"wrong\""), @r#"R108 18:15 no order can meet `match.numbers.count = "< 1"` | `a` can never decide: fix the condition, or remove the rule"#);
    insta::assert_snapshot!(of_one("match.times_rejected = \">= 5\"\nunless.times_rejected = \">= 3\""), @r#"R108 19:8 this turns the rule off for every order that meets `match.times_rejected = ">= 5"` in line 18 | `a` can never decide: fix the condition, or remove the rule"#);
    insta::assert_snapshot!(of_one("match.pin = \"wrong\"\nunless.numbers.frozen = [true, false]"), @"R108 19:16 every order meets `unless.numbers.frozen = [true, false]`, so the rule is always off | `a` can never decide: fix the condition, or remove the rule");
    insta::assert_snapshot!(of_one("match.numbers.any_in = \"@area\"\nmatch.numbers.none_in = [\"@area\", \"+1*\"]"), @r#"R108 19:15 no order can meet both this and `match.numbers.any_in = "@area"` in line 18 | `a` can never decide: fix the condition, or remove the rule"#);
    insta::assert_snapshot!(of_one("match.pin = \"wrong\"\nunless.numbers.any_in = \"@area\"\nunless.numbers.none_in = \"@area\""), @r#"R108 20:16 every order meets this or `unless.numbers.any_in = "@area"` in line 19, so the rule is always off | `a` can never decide: fix the condition, or remove the rule"#);
    for lines in [
        "match.numbers.count = \"0\"",
        "match.pin = \"right\"\nunless.pin = [\"right\", \"wrong\"]",
        "match.carrier.seen = true\nunless.carrier.seen = true",
        "match.numbers.ours = \"all\"\nunless.numbers.ours = [\"all\", \"some\"]",
        "match.foc_in = \"< 24h\"\nunless.foc_in = \"<= 48h\"",
        "match.carrier.spid = \"@two\"\nunless.carrier.spid = \"@two\"",
        "match.carrier.spid = \"A\"\nunless.carrier.spid = \"@two\"",
        "match.city = \"Chicago\"\nunless.city = \"chi*\"",
        "match.numbers.tags = \"vip\"\nunless.numbers.tags = [\"vip\", \"gold\"]",
        "match.numbers.country = \"US\"\nunless.numbers.country = [\"US\", \"CA\"]",
        "match.numbers.all_in = \"+1312*\"\nmatch.numbers.none_in = \"+13*\"",
        "match.numbers.any_in = \"+1416*\"\nmatch.numbers.all_in = \"+1312*\"",
        "match.numbers.any_in = \"+13125550001\"\nunless.numbers.any_in = \"@area\"",
        "match.numbers.all_in = \"@area\"\nunless.numbers.all_in = \"@area\"",
    ] {
        assert_ne!(of_one(lines), "", "{lines}");
    }
}

#[test]
fn conditions_that_some_order_meets_are_not_reported() {
    let of_one = |lines: &str| {
        lints(
            Code::ImpossibleCondition,
            &format!("{LISTS}{}", rules_of(&[lines])),
        )
    };
    for lines in [
        "match.times_rejected = [\">= 5\", \"< 3\"]",
        "match.times_rejected = \"0\"",
        "match.numbers.count = \"< 2\"",
        "match.numbers.frozen = [true, false]",
        "match.pin = [\"right\", \"wrong\"]\nunless.pin = \"wrong\"",
        "match.carrier.spid = [\"A\", \"C\"]\nunless.carrier.spid = \"@two\"",
        // Until the entry expires the rule is off, and after that it is not.
        "match.carrier.spid = \"B\"\nunless.carrier.spid = \"@two\"",
        "match.carrier.spid = \"C\"\nunless.carrier.spid = \"@past\"",
        "match.city = \"chi*\"\nunless.city = \"Chicago\"",
        "match.numbers.tags = [\"vip\", \"gold\"]\nunless.numbers.tags = \"vip\"",
        "match.numbers.any_in = \"+1312*\"\nmatch.numbers.none_in = \"+13125550001\"",
        "match.numbers.any_in = \"+1312*\"\nunless.numbers.all_in = \"+1312*\"",
        "match.numbers.any_in = \"+13125550001\"\nmatch.numbers.all_in = \"+1312*\"",
        "match.numbers.none_in = \"+1312*\"\nunless.numbers.none_in = \"+1416*\"",
    ] {
        assert_eq!(of_one(lines), "", "{lines}");
    }
}

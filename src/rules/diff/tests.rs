//! Tests of the differences between two rule sets.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::rules::format;
use crate::rules::load::Loaded;
use crate::rules::source::sources::Sources;

const SHIPPED: &str = include_str!("../../../rules.toml");
const CSV: &str = include_str!("../../../lists/frozen-numbers.csv");
const TXT: &str = include_str!("../../../lists/known-attackers.txt");

fn load(text: &str, csv: &str) -> RuleSet {
    let lists = [
        ("lists/frozen-numbers.csv", csv),
        ("lists/known-attackers.txt", TXT),
    ];
    let lists = lists.map(|(file, text)| (file.to_owned(), text.to_owned()));
    let sources = Sources::in_memory("rules.toml", text, lists);
    let loaded: Loaded = RuleSet::from_sources(&sources, "2026-11-21T18:00:00Z".parse().unwrap()).unwrap();
    loaded.rules
}

/// What differs between the shipped rules and an edit of them.
fn edited(edit: impl Fn(&str) -> String) -> String {
    let new = edit(SHIPPED);
    assert_ne!(new, SHIPPED);
    diff(&load(SHIPPED, CSV), &load(&new, CSV)).lines().join("\n")
}

/// The text with a block of it somewhere else.
fn with_block_moved(text: &str, from: &str, above: &str) -> String {
    let start = text.find(from).unwrap();
    let end = start + text[start..].find("\n\n").unwrap() + 2;
    let block = &text[start..end];
    text.replacen(block, "", 1)
        .replacen(above, &format!("{block}{above}"), 1)
}

#[test]
fn comments_layout_and_spelling_do_not_change_the_meaning() {
    let untidy = SHIPPED
        .replace(
            "\"right\", \"none-on-file\"",
            "'none-on-file', # either\n  'right',\n",
        )
        .replace("\">= 3\"", "\">=3\"")
        .replace("match.pin = \"wrong\"", "match.pin = ['wrong']")
        .replace("\"< 24h\"", "\"< 1d\"")
        .replace("\"vip\"", "\"VIP\"")
        .replace("host_messaging = false", "mode = \"enforce\"")
        .replace("match.foc_in ", "# in a hurry\nmatch.foc_in ");
    let tidy = format("rules.toml", &untidy).unwrap();
    for text in [&untidy, &tidy] {
        let found = diff(&load(SHIPPED, CSV), &load(text, CSV));
        assert_eq!(found, RuleDiff::default());
        assert!(found.is_empty() && found.lines().is_empty());
    }
}

#[test]
fn a_changed_rule_is_shown_key_by_key() {
    insta::assert_snapshot!(edited(|text| text
        .replace("match.pin = \"wrong\"\naction = \"reject\"", "match.pin = [\"wrong\", \"not-given\"]\nunless.carrier.spid = \"@trusted-carriers\"\nexpires = 2031-05-31\nmode = \"shadow\"\naction = \"reject\"")
        .replace("because = \"pin-invalid\"", "because = \"pin-missing\"\nreject.reason = \"No.\"")
        .replace("match.business_hours = false\n", "")
        .replace("cause  = \"pin-invalid\"", "cause  = \"pin-missing\"")
        .replace("by     = \"wrong-pin\"\n", "")
        .replace("notify = [\"fraud-desk\"]\n\n[[rule]]\nid     = \"locked-in", "\n[[rule]]\nid     = \"locked-in")
        .replace("host_messaging = false", "host_messaging = true")), @r#"
    rule frozen-number: notify: fraud-desk, removed
    rule wrong-pin: expires: 2031-05-31, added
    rule wrong-pin: match.pin: "wrong" → ["wrong", "not-given"]
    rule wrong-pin: mode: enforce → shadow
    rule wrong-pin: reject.because: pin-invalid → pin-missing
    rule wrong-pin: reject.reason: "No.", added
    rule wrong-pin: unless.carrier.spid: "@trusted-carriers", added
    rule rush-out-of-hours: match.business_hours: false, removed
    rule clean-port: host_messaging: true, added
    test "a wrong PIN is rejected even from a trusted carrier": by: wrong-pin, removed
    test "a wrong PIN is rejected even from a trusted carrier": cause: pin-invalid → pin-missing
    "#);
}

#[test]
fn added_removed_moved_and_renamed_rules_are_shown_as_such() {
    insta::assert_snapshot!(edited(|text| {
        let moved = with_block_moved(text, "[[rule]]\nid     = \"bounced-rejection\"", "[[rule]]\nid     = \"clean-port\"");
        let added = "[[rule]]\nid = \"no-pin\"\nabout = \"Ask.\"\nmatch.pin = \"not-given\"\nmatch.zip = \"wrong\"\naction = \"reject\"\nreject.because = \"pin-missing\"\n\n";
        moved
            .replace("[[rule]]\nid     = \"not-ours\"", &format!("{added}[[rule]]\nid     = \"not-ours\""))
            .replace("\"wrong-pin\"", "\"wrong-pins\"")
            .replace("[[rule]]\nid     = \"suspicious-carrier-name\"", "[[rule]]\nid     = \"suspicious-carrier-name\"\nmode = \"off\"")
    }), @r#"
    rule no-pin: added at position 3: action reject, match.pin "not-given", match.zip "wrong", mode enforce, reject.because pin-missing
    rule wrong-pins: renamed from wrong-pin
    rule suspicious-carrier-name: mode: enforce → off
    rule bounced-rejection: moved from position 3 to position 11, now directly below rush-out-of-hours
    "#);
    insta::assert_snapshot!(edited(|text| {
        let gone = with_block_moved(text, "[[rule]]\nid     = \"not-ours\"", "[[rule]]\nid     = \"frozen-number\"");
        gone.replace("id     = \"pin-guessing\"", "id     = \"guessing\"\nexpires = 2031-01-01").replace("by     = \"pin-guessing\"", "")
    }), @r#"
    rule pin-guessing: removed from position 7
    rule not-ours: moved from position 4 to position 1, now the first
    rule guessing: added at position 7: action hold, expires 2031-01-01, match.numbers.wrong_pins_24h ">= 3", mode enforce, notify fraud-desk
    test "the right PIN after three wrong ones is not trusted": by: pin-guessing, removed
    "#);
}

#[test]
fn defaults_time_zone_and_tests_are_compared() {
    insta::assert_snapshot!(edited(|text| text
        .replace("America/Chicago", "America/New_York")
        .replace("no_match      = \"hold\"", "no_match      = \"reject\"")
        .replace("\"20h\"", "\"1200m\"")
        .replace("name = \"a VIP's numbers are never authorized automatically\"", "name = \"VIPs\"")
        .replace("given.pin            = \"wrong\"\ngiven.numbers.ours   = \"all\"", "given.pin = \"wrong\"\ngiven.zip = \"right\"\ngiven.numbers.ours = \"some\"")
    ), @r#"
    defaults.no_match: hold → reject
    timezone: America/Chicago → America/New_York
    test "a VIP's numbers are never authorized automatically": removed
    test "a wrong PIN is rejected even from a trusted carrier": given.numbers.ours: "all" → "some"
    test "a wrong PIN is rejected even from a trusted carrier": given.zip: "right", added
    test "an expired lock does not apply": given.now: 2031-02-01T18:00:00Z → 2031-02-01T17:00:00Z
    test "an unknown carrier with a near FOC date at night waits for a person": given.now: 2027-01-16T04:00:00Z → 2027-01-16T03:00:00Z
    test "VIPs": added
    test "a trusted carrier with a near FOC date at night is authorized": given.now: 2027-01-16T04:00:00Z → 2027-01-16T03:00:00Z
    test "an unknown carrier with a near FOC date by day waits for a person": given.now: 2027-01-15T18:00:00Z → 2027-01-15T17:00:00Z
    test "an unknown carrier with a distant FOC date at night waits for a person": given.now: 2027-01-16T04:00:00Z → 2027-01-16T03:00:00Z
    "#);
}

#[test]
fn the_entries_of_a_list_are_compared_wherever_they_are_stored() {
    let moved_to_file = edited(|text| {
        text.replace(
            "values = [{ value = \"+13125550123\", note = \"T-4411 customer lock\", expires = 2031-01-31 }]\n",
            "values = [\"312-555-0171\", \"+1 (415)*\"]\n",
        )
        .replace("[\"073H\", \"6529\", \"4036\"]", "[\"073h\", \"6529\", \"QQ01\"]")
        .replace("[lists.known-attackers]", "[lists.more]\ntype = \"text\"\nvalues = [\"b*\", \"a\"]\n[lists.known-attackers]")
    });
    insta::assert_snapshot!(moved_to_file, @"
    list frozen-numbers: added 1 entry: +1415*
    list frozen-numbers: removed 1 entry: +13125550123
    list more: added, with 2 entries: a, b*
    list trusted-carriers: added 1 entry: QQ01
    list trusted-carriers: removed 1 entry: 4036
    ");
    let csv = CSV
        .replace("2031-12-31", "2032-12-31")
        .replace("by phone,", "by phone,2030-01-01");
    let in_file = diff(&load(SHIPPED, CSV), &load(SHIPPED, &csv)).lines().join("\n");
    insta::assert_snapshot!(in_file, @"list frozen-numbers: changed expiry of 2 entries: +13125550171 no expiry → 2030-01-01, +13125550172 2031-12-31 → 2032-12-31");
    // From the file into `values`: the list is the same.
    let inside = SHIPPED.replace(
        "expires = 2031-01-31 }]",
        "expires = 2031-01-31 }, \"+13125550171\"]",
    );
    let without = CSV.replace("+13125550171,T-4402 lock asked for by phone,\n", "");
    assert_eq!(
        diff(&load(SHIPPED, CSV), &load(&inside, &without)),
        RuleDiff::default()
    );
    let list = edited(|text| {
        text.replace("type = \"text\"\nfile", "type = \"spid\"\nvalues = []\n#")
            .replace(
                "match.carrier.name = \"@known-attackers\"",
                "match.carrier.spid = \"@known-attackers\"",
            )
    });
    insta::assert_snapshot!(list, @r#"
    list known-attackers: type text → spid, with new entries
    rule suspicious-carrier-name: match.carrier.name: "@known-attackers", removed
    rule suspicious-carrier-name: match.carrier.spid: "@known-attackers", added
    "#);
}

#[test]
fn of_a_long_list_the_first_few_entries_are_named() {
    let list = |count: u32| {
        let mut csv = "value,note,expires\n".to_owned();
        for number in (0..count).rev() {
            let _ = writeln!(csv, "+1312556{number:04},,");
        }
        load(SHIPPED, &csv)
    };
    let found = diff(&list(10), &list(5_000));
    insta::assert_snapshot!(found.lines().join("\n"), @"list frozen-numbers: added 4990 entries: +13125560010, +13125560011, +13125560012, +13125560013, +13125560014 and 4985 more");
    insta::assert_json_snapshot!(found, @r#"
    {
      "settings": [],
      "lists": [
        {
          "change": "changed",
          "list": "frozen-numbers",
          "entries": {
            "added": {
              "count": 4990,
              "first": [
                "+13125560010",
                "+13125560011",
                "+13125560012",
                "+13125560013",
                "+13125560014"
              ]
            },
            "removed": {
              "count": 0,
              "first": []
            },
            "expires": {
              "count": 0,
              "first": []
            }
          }
        }
      ],
      "rules": [],
      "tests": []
    }
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn formatting_never_shows_as_a_change(at in prop::collection::vec(any::<Index>(), 1..10)) {
        let mut lines: Vec<String> = SHIPPED.lines().map(str::to_owned).collect();
        for index in at {
            let place = index.index(lines.len());
            lines[place] = std::format!("\n  {}   \n  # a comment", lines[place]);
        }
        let text = lines.join("\r\n");
        let new = format("rules.toml", &text).unwrap();
        prop_assert!(diff(&load(&text, CSV), &load(&new, CSV)).is_empty());
        prop_assert!(diff(&load(SHIPPED, CSV), &load(&new, CSV)).is_empty());
    }

    #[test]
    fn the_other_way_round_as_much_changes(order in Just((0..11).collect::<Vec<usize>>()).prop_shuffle(), gone in any::<u8>()) {
        let (head, rest) = SHIPPED.split_once("[[rule]]").unwrap();
        let (rules, _) = rest.split_once("\n\n\n").unwrap();
        let rules: Vec<&str> = rules.split("[[rule]]").collect();
        let kept = order.iter().filter(|place| gone >> (**place % 8) & 1 == 0 || **place == 0);
        let texts: Vec<String> = kept.map(|place| std::format!("[[rule]]{}", rules[*place])).collect();
        let all: Vec<String> = rules.iter().map(|rule| std::format!("[[rule]]{rule}")).collect();
        let old = load(&std::format!("{head}{}", all.join("\n")), CSV);
        let new = load(&std::format!("{head}{}", texts.join("\n")), CSV);
        let tally = |found: &RuleDiff| {
            let count = |is: fn(&RuleChange) -> bool| found.rules.iter().filter(|change| is(change)).count();
            (
                count(|change| matches!(change, RuleChange::Added { .. })),
                count(|change| matches!(change, RuleChange::Removed { .. })),
                count(|change| matches!(change, RuleChange::Moved { .. })),
                found.rules.len(),
            )
        };
        let (there, back) = (tally(&diff(&old, &new)), tally(&diff(&new, &old)));
        prop_assert_eq!(there, (back.1, back.0, back.2, back.3));
        prop_assert_eq!(there.1, 11 - texts.len());
    }
}

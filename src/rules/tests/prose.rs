//! Tests of rules as English sentences.

use super::{now, rules};
use crate::rules::model::rule_set::RuleSet;

fn lines(rules: &RuleSet) -> String {
    let rules_in_words = rules.prose();
    let lines = rules_in_words.iter().map(|rule| rule.line(now()));
    lines
        .chain(rules.defaults_in_words())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_shipped_rules_read_as_sentences() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules.toml");
    let loaded = RuleSet::load(&path, now()).unwrap();
    insta::assert_snapshot!(lines(&loaded.rules), @r"
    1. frozen-number: If a number is in the list frozen-numbers (3 entries), reject (number-locked), and notify fraud-desk.
    2. locked-in-register: If a number is locked in the register, reject (number-locked), and notify fraud-desk.
    3. bounced-rejection: If at least 1 rejection of this order bounced, hold for a person.
    4. not-ours: If none of the numbers are in the register, hold for a person.
    5. wrong-pin: If the PIN is wrong, reject (pin-invalid).
    6. other-carrier-asks-too: If another carrier has an open order for a number, hold for a person, and notify fraud-desk.
    7. pin-guessing: If one of the numbers had at least 3 wrong PINs in the last 24 hours, hold for a person, and notify fraud-desk.
    8. suspicious-carrier-name: If the carrier's name is in the list known-attackers (2 entries), hold for a person, and notify fraud-desk.
    9. burst-from-one-carrier (in shadow mode: recorded, never decides; until 2031-03-01): If the carrier made more than 10 requests in the last 24 hours, hold for a person.
    10. rush-out-of-hours: If the requested FOC date is less than 24h away and it is outside business hours, unless the carrier's SPID is in the list trusted-carriers (3 entries), hold for a person.
    11. clean-port: If the carrier's SPID is in the list trusted-carriers (3 entries), and the PIN is right or there is none on file, and the ZIP code is right, and all of the numbers are in the register, and the order has at most 10 numbers, unless a number is tagged vip, authorize.
    If no rule decides, hold for a person.
    If a missing fact could change the outcome, hold for a person.
    If an order is still on hold 20h after it arrived at Telnyx, people are notified and it stays on hold.
    ");
}

/// A rule of one condition, without the words around it.
fn phrase(condition: &str) -> String {
    let rules = rules(&format!(
        "[lists.near]\ntype = \"number\"\nvalues = [\"+13125550001\", \"+1416*\"]\n\
         [lists.one]\ntype = \"spid\"\nvalues = [\"073H\"]\n\
         [lists.names]\ntype = \"text\"\nvalues = [\"a\", \"b*\", \"/c/\"]\n\
         [[rule]]\nid = \"r\"\nmatch.{condition}\naction = \"hold\"\n"
    ));
    let sentence = rules.prose().remove(0).sentence;
    let sentence = sentence.strip_prefix("If ").unwrap();
    sentence.strip_suffix(", hold for a person.").unwrap().to_owned()
}

/// A condition of every kind.
const CONDITIONS: [&str; 43] = [
    r#"carrier.spid = "073H""#,
    r#"carrier.spid = ["@one", "6529", "073h"]"#,
    r#"carrier.name = "@names""#,
    r#"carrier.name = ["Onvoy", "On*", "/on(voy|ix)/", "@names"]"#,
    r#"end_user = "Ada*""#,
    r#"pon = "P1""#,
    r#"vendor = "v""#,
    r#"city = ["Chicago", "Peoria"]"#,
    r#"state = "IL""#,
    r#"country = "US""#,
    r#"numbers.any_in = "@near""#,
    r#"numbers.all_in = ["+13125550001", "+1312*", "@near"]"#,
    r#"numbers.none_in = "+1312*""#,
    r#"numbers.country = ["US", "CA"]"#,
    r#"numbers.ours = "all""#,
    r#"numbers.ours = "some""#,
    r#"numbers.ours = ["some", "none"]"#,
    "numbers.frozen = true",
    "numbers.frozen = false",
    "numbers.other_pending = true",
    "numbers.other_pending = false",
    r#"numbers.tags = ["vip", "test*"]"#,
    r#"numbers.tags = ["@names", "/x+/"]"#,
    r#"pin = "wrong""#,
    r#"pin = ["right", "none-on-file"]"#,
    r#"zip = "not-given""#,
    r#"name = "none-on-file""#,
    r#"address = ["right", "wrong", "not-given", "none-on-file"]"#,
    r#"carrier.requests_24h = "> 10""#,
    r#"numbers.count = "<= 1""#,
    r#"times_rejected = ">= 1""#,
    r#"times_rejected = "0""#,
    r#"numbers.wrong_pins_24h = "10..24""#,
    r#"numbers.wrong_pins_24h = ["< 3", "!= 7", "9"]"#,
    r#"foc_in = "< 48h""#,
    r#"foc_in = ["24h..72h", ">= 90h", "> 100h", "<= 1h", "3h", "!= 4h"]"#,
    "carrier.seen = true",
    "carrier.seen = false",
    "own_port_in = true",
    "own_port_in = false",
    "business_hours = true",
    "business_hours = false",
    "business_hours = [true, false]",
];

#[test]
fn each_condition_reads_as_a_part_of_a_sentence() {
    let rendered: Vec<String> = CONDITIONS
        .iter()
        .map(|condition| format!("{condition}\n    {}", phrase(condition)))
        .collect();
    insta::assert_snapshot!("each_condition_as_a_part_of_a_sentence", rendered.join("\n"));
}

#[test]
fn comments_and_line_breaks_inside_a_value_are_not_part_of_it() {
    let rendered = phrase("carrier.spid = [\n  \"073H\",  # Onvoy\n  \"@one\",\n]");
    insta::assert_snapshot!(rendered, @"the carrier's SPID is 073H or is in the list one (1 entry)");
    insta::assert_snapshot!(phrase("city = '''\nTwo  spaces'''"), @r#"the city is "Two  spaces""#);
}

#[test]
fn a_rule_that_does_not_decide_and_other_effects_are_in_the_sentence() {
    insta::assert_snapshot!(lines(&rules(r#"
        timezone = "America/Chicago"
        defaults.no_match = "reject"
        defaults.on_unknown = "reject"
        defaults.decide_within = "90m"
        defaults.at_decide_by = "authorize"
        [[rule]]
        id = "a"
        mode = "off"
        expires = 2026-11-20
        match.pin = "wrong"
        action = "reject"
        reject.because = "pin-invalid"
        notify = ["desk", "night"]
        [[rule]]
        id = "b"
        mode = "shadow"
        expires = 2027-01-31T12:30:00Z
        match.pin = ["right", "not-given"]
        match.zip = "right"
        unless.name = "wrong"
        unless.numbers.tags = "vip"
        action = "authorize"
        host_messaging = true
    "#)), @r"
    1. a (off; expired, was active until 2026-11-20): If the PIN is wrong, reject (pin-invalid), and notify desk and night.
    2. b (in shadow mode: recorded, never decides; until 2027-01-31 06:30): If the PIN is right or not given, and the ZIP code is right, unless the name is wrong or a number is tagged vip, authorize, and messaging stays at Telnyx.
    If no rule decides, reject.
    If a missing fact could change the outcome, reject.
    If an order is still on hold 1h30m after it arrived at Telnyx, it is authorized.
    ");
}

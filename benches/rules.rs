//! Measures the rules, the cost of a long list, and the time to check many rules: `cargo bench --bench rules`.
//!
//! Times are processor time. Each figure has a baseline, so that it is meaningful on another machine: the same rules
//! interpreted from their texts, and the same numbers in an ordinary set. Pass a count to use another list length than
//! ten million.

#![expect(
    clippy::expect_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portoutd::rules::{Facts, NumberSet, RuleSet, Sources, Verdict};
use serde_json::{Value, json};

const RULES: usize = 50;
const MANY_RULES: usize = 10_000;
const TESTS: usize = 1_000;
const ROUNDS: u32 = 20_000;
const LOOKUPS: u32 = 2_000_000;

fn main() {
    // `cargo bench` passes `--bench`. Any argument that parses as a number is the count.
    let count = std::env::args().find_map(|argument| argument.parse().ok());
    evaluation();
    // Before the many rules, because memory that they free would hide what the list needs.
    list(count.unwrap_or(10_000_000));
    many_rules();
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// Rules of six conditions each, no two alike, of which all but one hold. The last rule decides.
fn written_rules() -> String {
    let mut text =
        String::from("version = 1\n[lists.trusted]\ntype = \"spid\"\nvalues = [\"073H\", \"6529\"]\n");
    for place in 0..RULES {
        let (pin, action) = if place + 1 == RULES {
            ("right", "authorize")
        } else {
            ("not-given", "hold")
        };
        let _ = write!(
            text,
            "[[rule]]\nid = \"rule-{place}\"\nmatch.carrier.spid = [\"@trusted\", \"S{place}\"]\nmatch.numbers.count = \"<= {}\"\n\
             match.carrier.name = [\"Onv*\", \"tel {place}\"]\nmatch.foc_in = \"> {place}m\"\nmatch.pin = \"{pin}\"\n\
             unless.numbers.tags = \"vip-{place}\"\naction = \"{action}\"\n",
            place + 10
        );
    }
    text
}

fn given_facts() -> Value {
    json!({
        "carrier.spid": "073H", "carrier.name": "Onvoy LLC", "numbers.tags": ["gold", "business"], "pin": "right",
        "zip": "right", "numbers.ours": "all", "numbers.frozen": false, "numbers.other_pending": false, "foc_in": "72h", "city": "Chicago",
        "state": "IL", "end_user": "A. Person", "pon": "PON-1", "vendor": "vendor",
        "phone_numbers": ["+13125550100", "+13125550101", "+13125550102"],
    })
}

fn evaluation() {
    let sources = Sources::in_memory("bench.toml", &written_rules(), []);
    let loaded = RuleSet::from_sources(&sources, now()).expect("the rules are good");
    let facts = Facts::from_json(&given_facts()).expect("the facts are good");
    let unknown_pin = Facts {
        pin: None,
        ..facts.clone()
    };
    let judge = |facts: &Facts| loaded.rules.evaluate(black_box(facts), now());
    println!("{RULES} rules of six conditions, the last one decides");
    assert_eq!(judge(&facts).rule.as_deref(), Some("rule-49"));
    row(
        "one evaluation, trace included",
        per_round(ROUNDS, || judge(&facts)),
    );
    let with_words = |verdict: Verdict| serde_json::to_string(&verdict).map_or(0, |text| text.len());
    row(
        "  and the trace put into JSON",
        per_round(ROUNDS / 10, || with_words(judge(&facts))),
    );
    row(
        "one evaluation with a missing fact",
        per_round(ROUNDS / 10, || judge(&unknown_pin)),
    );
    let (rules, given) = (interpreted_rules(), given_facts());
    assert_eq!(interpret(&rules, &given), Some(RULES - 1));
    row(
        "baseline: conditions interpreted from text",
        per_round(ROUNDS / 10, || interpret(&rules, &given)),
    );
}

/// Rules as a large company may have them: some for a carrier, some for a block of numbers, some for a pattern of
/// names, and some that only compare, with a test for every tenth.
fn written_by_an_office() -> String {
    let mut text =
        String::from("version = 1\n[lists.trusted]\ntype = \"spid\"\nvalues = [\"073H\", \"6529\"]\n");
    for place in 0..MANY_RULES {
        let asked = match place % 4 {
            0 => format!("match.carrier.spid = [\"S{place}\", \"T{place}\"]\nmatch.pin = \"wrong\""),
            1 => format!(
                "match.numbers.any_in = [\"+1{}*\"]\nmatch.zip = \"wrong\"",
                200_000 + place
            ),
            2 => format!("match.carrier.name = \"office {place} *\"\nmatch.pin = [\"wrong\", \"not-given\"]"),
            _ => format!(
                "match.carrier.requests_24h = \"{place}..{}\"\nmatch.numbers.count = \"> {}\"",
                place + 9,
                place % 50
            ),
        };
        let _ = write!(
            text,
            "[[rule]]\nid = \"rule-{place}\"\n{asked}\nmatch.foc_in = \"< {}h\"\nunless.carrier.spid = \"@trusted\"\n\
             unless.numbers.tags = \"vip-{}\"\naction = \"hold\"\n",
            24 + place % 48,
            place % 7
        );
    }
    for place in 0..TESTS {
        let spid = place * MANY_RULES / TESTS / 4 * 4;
        let _ = write!(
            text,
            "[[test]]\nname = \"test {place}\"\nexpect = \"hold\"\ngiven = {{ carrier = {{ spid = \"S{spid}\", name = \"Onvoy\" }}, \
             phone_numbers = [\"+13125550100\"], numbers = {{ tags = [] }}, pin = \"wrong\", zip = \"right\", foc_in = \"1h\" }}\n"
        );
    }
    text
}

fn many_rules() {
    println!("\n{MANY_RULES} rules with {TESTS} tests");
    let text = written_by_an_office();
    let sources = Sources::in_memory("bench.toml", &text, []);
    let load = || RuleSet::from_sources(&sources, now()).expect("the rules are good");
    let loaded = load();
    let (loading, linting) = (once(load), once(|| loaded.lint(now())));
    let parse = || {
        toml::de::DeTable::parse(&text)
            .expect("the text is TOML")
            .get_ref()
            .len()
    };
    seconds("read and checked", loading);
    seconds("looked at by every lint", linting);
    seconds("both", loading + linting);
    seconds("baseline: its TOML parsed and nothing else", once(parse));
}

/// Returns the processor time of one run.
fn once<T>(run: impl FnOnce() -> T) -> Duration {
    let started = cpu_time();
    black_box(run());
    cpu_time().saturating_sub(started)
}

fn seconds(what: &str, took: Duration) {
    println!("  {what:<44} {:>9.3} s", took.as_secs_f64());
}

/// The same rules as texts: fact, operator, value.
fn interpreted_rules() -> Vec<Vec<(&'static str, &'static str, String)>> {
    let rule = |place: usize| {
        let pin = if place + 1 == RULES { "right" } else { "not-given" };
        vec![
            ("carrier.spid", "in", "073H,6529".to_owned()),
            ("phone_numbers", "count<=", (place + 10).to_string()),
            ("carrier.name", "starts", "onv".to_owned()),
            ("foc_in", "hours>", "2".to_owned()),
            ("pin", "is", pin.to_owned()),
        ]
    };
    (0..RULES).map(rule).collect()
}

fn interpret(rules: &[Vec<(&str, &str, String)>], facts: &Value) -> Option<usize> {
    rules.iter().position(|rule| {
        rule.iter().all(|(fact, operator, value)| {
            let text = facts[*fact].as_str().unwrap_or_default();
            match *operator {
                "in" => value.split(',').any(|wanted| wanted.eq_ignore_ascii_case(text)),
                "count<=" => facts[*fact].as_array().map_or(0, Vec::len) <= value.parse().unwrap_or(0),
                "starts" => text.to_lowercase().starts_with(value.as_str()),
                "hours>" => {
                    text.trim_end_matches('h').parse::<u64>().unwrap_or(0) > value.parse().unwrap_or(0)
                }
                _ => text == value,
            }
        })
    })
}

fn list(count: usize) {
    println!("\na list of {count} numbers");
    let folder = std::env::temp_dir().join(format!("portoutd-bench-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the list");
    let rules = write_list(&folder, count);
    let before = resident();
    let (started, on_cpu) = (Instant::now(), cpu_time());
    let loaded = RuleSet::load(&rules, now());
    let (took, on_cpu) = (started.elapsed(), cpu_time().saturating_sub(on_cpu));
    let grown = resident().saturating_sub(before);
    let peak = peak_resident().saturating_sub(before);
    fs::remove_dir_all(&folder).expect("the folder goes again");
    let loaded = loaded.expect("the rules are good");
    println!(
        "  {:<44} {:>9.2} s",
        "read from a file, checked, digest taken",
        took.as_secs_f64()
    );
    println!(
        "  {:<44} {:>9.2} s",
        "the same in processor time",
        on_cpu.as_secs_f64()
    );
    println!("  {:<44} {:>9} MB", "resident memory it added", grown >> 20);
    println!("  {:<44} {:>9} MB", "at most while it was read", peak >> 20);
    drop(loaded);
    let set: NumberSet = numbers(count).collect();
    assert_eq!(set.len(), count);
    lookups("one look-up", |number| set.contains(number));
    drop(set);
    let before = resident();
    let ordinary: HashSet<u64> = numbers(count).collect();
    let grown = resident().saturating_sub(before);
    lookups("baseline: one look-up in a HashSet<u64>", |number| {
        ordinary.contains(&number)
    });
    println!(
        "  {:<44} {:>9} MB",
        "baseline: resident memory of it",
        grown >> 20
    );
}

/// Returns distinct North American numbers in no particular order: a full cycle over a range whose length is not
/// divisible by the step.
fn numbers(count: usize) -> impl Iterator<Item = u64> {
    const FIRST: u64 = 12_010_000_000;
    const RANGE: u64 = 7_900_000_000;
    const STEP: u64 = 4_871_234_567;
    (0..count as u64).scan(0_u64, |at, _| {
        *at = (*at + STEP) % RANGE;
        Some(FIRST + *at)
    })
}

fn write_list(folder: &Path, count: usize) -> std::path::PathBuf {
    let mut file = BufWriter::new(fs::File::create(folder.join("numbers.csv")).expect("a list file"));
    writeln!(file, "value,note,expires").expect("room on the disk");
    for number in numbers(count) {
        writeln!(file, "+{number},,").expect("room on the disk");
    }
    file.flush().expect("room on the disk");
    let rules = folder.join("rules.toml");
    let text = "version = 1\n[lists.long]\ntype = \"number\"\nfile = \"numbers.csv\"\n\
                [[rule]]\nid = \"listed\"\nmatch.numbers.any_in = \"@long\"\naction = \"hold\"\n";
    fs::write(&rules, text).expect("room on the disk");
    rules
}

fn lookups(what: &str, contains: impl Fn(u64) -> bool) {
    // Every other number is in the set. A fixed stride keeps the caches from helping.
    let mut number = 12_010_000_000_u64;
    let mut found = 0_u32;
    let started = cpu_time();
    for _ in 0..LOOKUPS {
        number =
            12_010_000_000 + (number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1) % 7_900_000_000);
        found += u32::from(contains(black_box(number)));
    }
    black_box(found);
    row(what, cpu_time().saturating_sub(started) / LOOKUPS);
}

fn per_round<T>(rounds: u32, mut run: impl FnMut() -> T) -> Duration {
    for _ in 0..rounds / 10 {
        black_box(run());
    }
    let started = cpu_time();
    for _ in 0..rounds {
        black_box(run());
    }
    cpu_time().saturating_sub(started) / rounds
}

fn row(what: &str, took: Duration) {
    println!("  {what:<44} {:>9.3} µs", took.as_secs_f64() * 1e6);
}

/// Returns the processor time of this process. On a shared machine it is more meaningful than elapsed time (Linux;
/// elsewhere 0).
fn cpu_time() -> Duration {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|text| text.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Returns the resident memory of this process, in bytes (Linux; elsewhere 0).
fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = pages
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4_096
}

/// Returns the maximum resident memory.
fn peak_resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap_or_default();
    let kilobytes = line
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1_024
}

//! Tests of the formatter: its output, and that the meaning and the comments stay.

use proptest::prelude::*;
use proptest::sample::select;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

use super::*;
use crate::rules::model::rule_set::RuleSet;
use crate::rules::source::sources::Sources;

const SHIPPED: &str = include_str!("../../../rules.toml");

fn formatted(text: &str) -> String {
    format("rules.toml", text).unwrap()
}

/// Every comment of a text, in alphabetical order.
fn comments(text: &str) -> Vec<&str> {
    let tokens = Source::new(text).lex();
    let comments = tokens.filter(|token| token.kind() == TokenKind::Comment);
    let mut comments: Vec<&str> = comments
        .map(|token| text[token.span().start()..token.span().end()].trim_end())
        .collect();
    comments.sort_unstable();
    comments
}

/// The findings of `check`, without positions.
fn findings(text: &str) -> Vec<String> {
    let now = "2026-11-21T18:00:00Z".parse().unwrap();
    let loaded = RuleSet::from_sources(&Sources::in_memory("rules.toml", text, []), now);
    let findings = loaded.map_or_else(|findings| findings, |loaded| loaded.warnings);
    // `the rule in line 5 is called so too` is a place as well.
    let without_line = |message: &str| match message.split_once("in line ") {
        Some((head, tail)) => format!("{head}{}", tail.trim_start_matches(|c: char| c.is_ascii_digit())),
        None => message.to_owned(),
    };
    let line = |finding: &crate::rules::diagnostics::finding::Finding| {
        format!(
            "{} {} {:?}",
            finding.code,
            without_line(&finding.message),
            finding.help
        )
    };
    let mut rendered: Vec<String> = findings.iter().map(line).collect();
    rendered.sort_unstable();
    rendered
}

/// A formatted text means what it meant, has the comments that it had, and is as it is formatted again.
fn assert_kept(text: &str) -> Result<(), TestCaseError> {
    let new = formatted(text);
    // A number of 30 digits is valid TOML, but cannot be compared.
    let table = |text: &str| text.parse::<toml::Table>().ok();
    prop_assert_eq!(table(text), table(&new), "{}\n{}", text, &new);
    prop_assert_eq!(comments(text), comments(&new), "{}\n{}", text, &new);
    prop_assert_eq!(&formatted(&new), &new, "{}", text);
    prop_assert_eq!(findings(text), findings(&new), "{}\n{}", text, &new);
    Ok(())
}

#[test]
fn the_shipped_rules_are_in_canonical_form() {
    assert_eq!(formatted(SHIPPED), SHIPPED);
}

#[test]
fn a_rule_gets_its_order_its_columns_and_double_quotes() {
    let text = r#"version=1
[[rule]]   # the first
notify=['fraud-desk' ,"ops",]
action = 'reject'   # and told why
unless . numbers.tags="vip"
match."pin" = [ 'wrong','not-given' ]
match.carrier.name = '/a"b\.c/'
reject.reason="No."
reject.because = "pin-invalid"


id="x"
[ lists . "locked" ]
values=[{value="+1312*",note='T-1'},"+13125550123"]
type="number""#;
    insta::assert_snapshot!(formatted(text), @r#"
    version = 1

    [[rule]]   # the first
    id     = "x"
    match.pin           = ["wrong", "not-given"]
    match.carrier.name  = '/a"b\.c/'
    unless.numbers.tags = "vip"
    action = "reject"   # and told why
    reject.reason  = "No."
    reject.because = "pin-invalid"
    notify = ["fraud-desk", "ops"]

    [lists.locked]
    type   = "number"
    values = [{ value = "+1312*", note = "T-1" }, "+13125550123"]
    "#);
}

#[test]
fn comments_and_groups_stay_where_they_were_put() {
    let text = "# The head.\n\n\n\nversion = 1 # always\n  # far from it\n[defaults]\n\nno_match = \"hold\" # a\non_unknown = \"reject\" # b\n             # and more\n\n# above\ndecide_within = \"1h\"\n# at_decide_by = \"notify\"\n\n\n\n# ── Banner ──\n\n# about the rule\n[[rule]]\n# of the rule\n\n# of the action\naction=\"hold\"\n# of the id\nid = \"x\"\nmatch.pin = [ # first\n\"right\", \"wrong\" # second\n\n\n# third\n, \"not-given\"\n]# last\n\n# the end\n\n";
    insta::assert_snapshot!(formatted(text), @r##"
    # The head.

    version = 1   # always

    # far from it
    [defaults]
    no_match   = "hold"     # a
    on_unknown = "reject"   # b
                            # and more

    # above
    decide_within = "1h"
    # at_decide_by = "notify"


    # ── Banner ──

    # about the rule
    [[rule]]
    # of the rule

    # of the id
    id     = "x"
    match.pin = [
        # first
        "right", "wrong",   # second

        # third
        "not-given",
    ]   # last
    # of the action
    action = "hold"

    # the end
    "##);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_go() {
    let new = formatted("\u{feff}version = 1 # one\r\n\r\n[defaults]\r\nno_match='hold'");
    assert_eq!(new, "version = 1   # one\n\n[defaults]\nno_match = \"hold\"\n");
    assert_eq!(formatted(""), "");
}

#[test]
fn invalid_toml_is_reported_with_its_position() {
    let findings = format("my.toml", "version = 1\n[[rule]\n").unwrap_err();
    let finding = findings.iter().next().unwrap();
    assert_eq!(
        (finding.code.as_str(), finding.place().as_str()),
        ("R001", "my.toml:2:1")
    );
}

/// What may be at the end of a line.
fn line_end() -> impl Strategy<Value = String> {
    select(vec![
        "\n",
        "\n",
        " \t\n",
        " # behind\n",
        "#close \n",
        "      # \u{fc}ber\n",
    ])
    .prop_map(str::to_owned)
}

/// Lines between keys.
fn between() -> impl Strategy<Value = String> {
    let line = select(vec![
        "\n",
        " \n",
        "# a comment\n",
        "#another\n",
        "              # far to the right\n",
        "# ── Banner ──\n",
    ]);
    prop::collection::vec(line, 0..3).prop_map(|lines| lines.concat())
}

/// What may be between the values of an array.
fn gap() -> impl Strategy<Value = String> {
    select(vec!["", " ", "\n", "\n\n", " # within\n", "\n  # alone\n\n"]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    let word = select(vec![
        "\"right\"",
        "'wrong'",
        "\"@locked\"",
        "'a \"b\" \\d'",
        "\"\\u00fc # no comment\"",
        "\"\"\"two\nlines\"\"\"",
        "'''x'''",
        "''",
        "1",
        "-1_000",
        "1.5e3",
        "true",
        "2031-01-31",
        "2031-01-31 12:00:00Z",
        "0x1F",
        "123456789012345678901234567890",
    ])
    .prop_map(str::to_owned);
    word.prop_recursive(2, 8, 3, |inner| {
        let items = prop::collection::vec((gap(), inner.clone(), gap()), 0..4);
        let array = (items, gap()).prop_map(|(items, end)| {
            let items: Vec<String> = items
                .iter()
                .map(|(a, value, b)| format!("{a}{value}{b}"))
                .collect();
            format!("[{}{end}]", items.join(","))
        });
        let table = (inner.clone(), gap(), inner)
            .prop_map(|(a, gap, b)| format!("{{value={a}{gap},\"note\" = {b} }}"));
        prop_oneof![array, table]
    })
}

fn keys_of(header: &str) -> Vec<&'static str> {
    match header {
        "" => vec!["version", "timezone", "other"],
        "[defaults]" => vec!["no_match", "on_unknown", "decide_within", "at_decide_by"],
        "[[rule]]" => vec![
            "id",
            "about",
            "mode",
            "expires",
            "match.pin",
            "match.carrier.spid",
            "match . \"zip\"",
            "unless.numbers.tags",
            "action",
            "reject.because",
            "reject.reason",
            "notify",
            "host_messaging",
            "mtach.pin",
            "'match'.city",
            "version",
        ],
        "[[test]]" => vec![
            "unknown",
            "name",
            "given.pin",
            "given.numbers.ours",
            "expect",
            "by",
            "cause",
        ],
        _ => vec!["values", "type", "file", "pin", "\"a b\"", "'x.y'", "pin-2"],
    }
}

fn table(header: String) -> impl Strategy<Value = String> {
    let keys = keys_of(&header);
    let count = keys.len();
    let keys = prop::sample::subsequence(keys, 0..=count).prop_shuffle();
    let pairs = keys.prop_flat_map(|keys| {
        let pairs: Vec<_> = keys
            .into_iter()
            .map(|key| {
                (
                    between(),
                    select(vec!["", "  "]),
                    select(vec!["=", " = ", "\t=  "]),
                    value(),
                    line_end(),
                )
                    .prop_map(move |(above, indent, equals, value, end)| {
                        format!("{above}{indent}{key}{equals}{value}{end}")
                    })
            })
            .collect();
        pairs
    });
    (between(), line_end(), pairs, between()).prop_map(move |(above, end, pairs, below)| {
        let head = if header.is_empty() {
            String::new()
        } else {
            format!("{header}{end}")
        };
        format!("{above}{head}{}{below}", pairs.concat())
    })
}

/// Unusual rule files, most of them with errors.
fn any_file() -> impl Strategy<Value = String> {
    let rest = select(vec!["[[rule]]", "[[ rule ]]", "[[test]]"]).prop_map(str::to_owned);
    let tables = prop::collection::vec(rest.prop_flat_map(table), 0..4);
    let lists = prop_oneof![
        Just(String::new()),
        table("[lists.locked]".to_owned()),
        table("[lists . 'other one' ]".to_owned())
    ];
    (
        table(String::new()),
        table("[defaults]".to_owned()),
        lists,
        tables,
        select(vec!["\n", "\r\n"]),
        any::<bool>(),
    )
        .prop_map(|(top, defaults, lists, tables, newline, has_end)| {
            let text = [top, defaults, lists, tables.concat()].concat();
            let text = if has_end {
                &text
            } else {
                text.trim_end_matches('\n')
            };
            text.replace('\n', newline)
        })
}

proptest! {
    #[test]
    fn formatting_keeps_meaning_findings_and_comments_and_is_done_once(text in any_file()) {
        assert_kept(&text)?;
    }

    #[test]
    fn comments_anywhere_in_the_shipped_rules_are_kept(at in prop::collection::vec(any::<prop::sample::Index>(), 1..20)) {
        let mut lines: Vec<String> = SHIPPED.lines().map(str::to_owned).collect();
        for (number, index) in at.iter().enumerate() {
            let line = index.get(&lines).clone();
            let place = index.index(lines.len());
            lines[place] = match number % 4 {
                0 => format!("# own {number}\n{line}"),
                1 => format!("{line} # behind {number}"),
                2 => format!("\n{line}\n\n      # own {number}"),
                _ => format!("  {line}\t"),
            };
        }
        assert_kept(&lines.join("\n"))?;
    }
}

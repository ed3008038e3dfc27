//! The report for programs: one row per order, written when it is evaluated, so that any number of orders fits in memory.

use std::io::{self, BufWriter, Stdout, Write};

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::terminal::output::ExactOutput;
use crate::cli::terminal::rows::{Field, Format, Row, Selection};
use crate::cli::terminal::safe_text::SafeText;
use crate::cli::terminal::table::Cell;
use crate::cli::terminal::time;
use crate::domain::{AccountName, Action, Cause, OrderId};
use crate::rules::Fact;
use crate::rules::backtest::{Bucket, Case, CaseOutcome, Change, Report};

/// The input of the backtest.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Heading {
    /// The candidate's file.
    pub(super) candidate: String,
    /// Its version.
    pub(super) rule_set: String,
    /// `decisions` or `telnyx`.
    pub(super) from: &'static str,
    /// Earlier orders are not included.
    pub(super) since: Timestamp,
}

/// Writes one row per order to standard output, in the requested format. A table is printed at the end.
pub(super) struct Rows<W: Write = BufWriter<Stdout>> {
    out: ExactOutput<W>,
    selection: Selection<OrderRow>,
    begun: bool,
    /// The rows of a table with chosen fields.
    kept: Vec<OrderRow>,
}

/// An order, for programs.
#[derive(Debug, Serialize)]
pub(super) struct OrderRow {
    order: String,
    account: AccountName,
    decided_at: Timestamp,
    old_action: Option<Action>,
    old_rule: Option<String>,
    new_action: Action,
    new_rule: Option<String>,
    cause: Option<Cause>,
    buckets: Vec<Bucket>,
    unknown_facts: Vec<Fact>,
    change: Change,
    order_id: OrderId,
    episode: i32,
}

/// The counts after the rows in JSON.
#[derive(Serialize)]
struct Counts<'a> {
    #[serde(flatten)]
    heading: &'a Heading,
    #[serde(flatten)]
    report: &'a Report,
}

impl Rows {
    pub(super) fn to_stdout(selection: Selection<OrderRow>) -> Self {
        Self::new(ExactOutput::open(), selection)
    }
}

impl<W: Write> Rows<W> {
    fn new(out: ExactOutput<W>, selection: Selection<OrderRow>) -> Self {
        Self {
            out,
            selection,
            begun: false,
            kept: Vec::new(),
        }
    }

    /// Writes a row. A table keeps it if fields were chosen; its report contains only counts otherwise.
    pub(super) fn add(&mut self, case: &Case, outcome: &CaseOutcome) -> io::Result<()> {
        let separator = if self.begun { ",\n    " } else { "\n    " };
        match self.selection.format() {
            Format::Table if self.selection.has_chosen_fields() => {
                self.kept.push(OrderRow::of(case, outcome));
                Ok(())
            }
            Format::Table => Ok(()),
            Format::Json => {
                self.begin()?;
                self.out.write(separator)?;
                self.selection
                    .write_json(&mut self.out, &OrderRow::of(case, outcome))
            }
            Format::Jsonl | Format::Csv => {
                self.begin()?;
                self.selection
                    .write_line(&mut self.out, &OrderRow::of(case, outcome))
            }
        }
    }

    /// Writes the end of the document.
    pub(super) fn finish(&mut self, heading: &Heading, report: &Report) -> io::Result<()> {
        self.begin()?;
        if self.selection.format() == Format::Json {
            let counts = serde_json::to_string_pretty(&Counts { heading, report })?;
            let fields = counts.strip_prefix('{').unwrap_or(&counts);
            self.out.write_json(&format!("\n  ],{fields}\n"))?;
        }
        self.out.flush()
    }

    /// The rows as a table, if fields were chosen.
    pub(super) fn table(&self) -> anyhow::Result<Option<SafeText>> {
        let table = || self.selection.table(&self.kept);
        self.selection.has_chosen_fields().then(table).transpose()
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        match self.selection.format() {
            Format::Json => self.out.write("{\n  \"orders\": ["),
            Format::Table | Format::Jsonl | Format::Csv => self.selection.write_header(&mut self.out),
        }
    }
}

impl OrderRow {
    fn of(case: &Case, outcome: &CaseOutcome) -> Self {
        Self {
            order: case.name().to_owned(),
            account: case.account.clone(),
            decided_at: case.decided_at,
            old_action: case.old.action(),
            old_rule: case.old.rule().map(str::to_owned),
            new_action: outcome.action,
            new_rule: outcome.rule.clone(),
            cause: outcome.cause,
            buckets: outcome.buckets.clone(),
            unknown_facts: outcome.unknown.clone(),
            change: outcome.change,
            order_id: case.order_id.clone(),
            episode: case.episode,
        }
    }
}

impl Row for OrderRow {
    const FIELDS: &'static [Field] = &[
        Field::column("order", "order"),
        Field::column("account", "account"),
        Field::column("decided_at", "decided"),
        Field::column("old_action", "was"),
        Field::column("old_rule", "by rule"),
        Field::column("new_action", "would be"),
        Field::column("new_rule", "by rule"),
        Field::column("cause", "cause"),
        Field::column("buckets", "to review"),
        Field::column("unknown_facts", "unknown facts"),
        Field::column("change", "change"),
        Field::column("order_id", "order ID"),
        Field::column("episode", "episode"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        let outcome = |action: Action| Cell::outcome(action.to_string());
        match field {
            "decided_at" => Some(time::local(self.decided_at).into()),
            "old_action" => self.old_action.map(outcome),
            "new_action" => Some(outcome(self.new_action)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::terminal::rows::ListArgs;
    use crate::rules::backtest::{Backtest, Baseline, Became};
    use crate::rules::{Facts, RuleSet, Sources};

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        list: ListArgs,
    }

    fn written(format: &str, cases: &[Case]) -> String {
        let text = "version = 1\n[[rule]]\nid = \"pin\"\nmatch.pin = \"right\"\nmatch.zip = \"right\"\naction = \"authorize\"\n";
        let sources = Sources::in_memory("rules.toml", text, []);
        let rules = RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH)
            .unwrap()
            .rules;
        let (mut backtest, mut out) = (Backtest::new(&rules), Vec::new());
        let typed = Typed::parse_from(["backtest", "--output", format]);
        let selection = typed.list.selection().unwrap();
        let mut rows = Rows::new(ExactOutput::pipe(&mut out), selection);
        for case in cases {
            let outcome = backtest.evaluate(case);
            rows.add(case, &outcome).unwrap();
        }
        let heading = Heading {
            candidate: "rules.toml".to_owned(),
            rule_set: "ab".to_owned(),
            from: "decisions",
            since: Timestamp::UNIX_EPOCH,
        };
        rows.finish(&heading, &backtest.finish()).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn case(name: &str) -> Case {
        Case {
            account: AccountName::default_account(),
            order_id: name.parse().unwrap(),
            support_key: (name == "a").then(|| "PO_1".to_owned()),
            episode: 1,
            decided_at: "2026-11-23T15:00:00Z".parse().unwrap(),
            facts: Facts::default(),
            old: Baseline::ByRules {
                action: Action::Reject,
                rule: Some("a, \"b\"".to_owned()),
                cause: Some(Cause::PinInvalid),
            },
            became: Became {
                bounced: true,
                ..Became::default()
            },
        }
    }

    #[test]
    fn csv_has_one_line_per_order() {
        insta::assert_snapshot!(written("csv", &[case("a"), case("b")]), @r#"
        order,account,decided_at,old_action,old_rule,new_action,new_rule,cause,buckets,unknown_facts,change,order_id,episode
        PO_1,default,2026-11-23T15:00:00Z,reject,"a, ""b""",hold,,,bounced needs-fact,pin zip,action,a,1
        b,default,2026-11-23T15:00:00Z,reject,"a, ""b""",hold,,,bounced needs-fact,pin zip,action,b,1
        "#);
    }

    #[test]
    fn json_is_one_document_with_and_without_orders() {
        let document =
            |cases: &[Case]| -> serde_json::Value { serde_json::from_str(&written("json", cases)).unwrap() };
        let two = document(&[case("a"), case("b")]);
        assert_eq!(two["orders"].as_array().unwrap().len(), 2);
        assert_eq!(
            two["orders"][0]["buckets"],
            serde_json::json!(["bounced", "needs-fact"])
        );
        assert_eq!(
            (&two["candidate"], &two["judged"]),
            (&"rules.toml".into(), &2.into())
        );
        let none = document(&[]);
        assert_eq!(
            (&none["orders"], &none["judged"]),
            (&serde_json::json!([]), &0.into())
        );
    }
}

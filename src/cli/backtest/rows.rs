//! The report for programs: one row per order, written when it is evaluated, so that any number of orders fits in memory.

use std::io::{self, BufWriter, Stdout, Write};

use jiff::Timestamp;
use serde::Serialize;

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

/// Writes one row per order to standard output, in the requested format.
pub(super) struct Rows<W: Write = BufWriter<Stdout>> {
    out: W,
    form: Form,
    begun: bool,
}

/// An order, for programs.
#[derive(Serialize)]
struct Row<'a> {
    order: &'a str,
    account: &'a AccountName,
    decided_at: Timestamp,
    old_action: Option<Action>,
    old_rule: Option<&'a str>,
    new_action: Action,
    new_rule: Option<&'a str>,
    cause: Option<Cause>,
    buckets: &'a [Bucket],
    unknown_facts: &'a [Fact],
    change: Change,
    order_id: &'a OrderId,
    episode: i32,
}

const COLUMNS: [&str; 13] = [
    "order",
    "account",
    "decided_at",
    "old_action",
    "old_rule",
    "new_action",
    "new_rule",
    "cause",
    "buckets",
    "unknown_facts",
    "change",
    "order_id",
    "episode",
];

/// The counts after the rows in JSON.
#[derive(Serialize)]
struct Counts<'a> {
    #[serde(flatten)]
    heading: &'a Heading,
    #[serde(flatten)]
    report: &'a Report,
}

impl Rows {
    pub(super) fn to_stdout(form: Form) -> Self {
        Self::new(BufWriter::new(io::stdout()), form)
    }
}

impl<W: Write> Rows<W> {
    fn new(out: W, form: Form) -> Self {
        Self {
            out,
            form,
            begun: false,
        }
    }

    /// Writes a row, except in text, which contains only counts.
    pub(super) fn add(&mut self, case: &Case, outcome: &CaseOutcome) -> io::Result<()> {
        let row = Row::of(case, outcome);
        let separator: &[u8] = if self.begun { b",\n    " } else { b"\n    " };
        self.begin()?;
        match self.form {
            Form::Text => Ok(()),
            Form::Json => {
                self.out.write_all(separator)?;
                Ok(serde_json::to_writer(&mut self.out, &row)?)
            }
            Form::Csv => csv_line(&mut self.out, &row.columns()),
        }
    }

    /// Writes the end of the document.
    pub(super) fn finish(&mut self, heading: &Heading, report: &Report) -> io::Result<()> {
        self.begin()?;
        if self.form == Form::Json {
            let counts = serde_json::to_string_pretty(&Counts { heading, report })?;
            let fields = counts.strip_prefix('{').unwrap_or(&counts);
            write!(self.out, "\n  ],{fields}\n")?;
        }
        self.out.flush()
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        match self.form {
            Form::Text => Ok(()),
            Form::Json => self.out.write_all(b"{\n  \"orders\": ["),
            Form::Csv => csv_line(&mut self.out, &COLUMNS),
        }
    }
}

impl<'a> Row<'a> {
    fn of(case: &'a Case, outcome: &'a CaseOutcome) -> Self {
        Self {
            order: case.name(),
            account: &case.account,
            decided_at: case.decided_at,
            old_action: case.old.action(),
            old_rule: case.old.rule(),
            new_action: outcome.action,
            new_rule: outcome.rule.as_deref(),
            cause: outcome.cause,
            buckets: &outcome.buckets,
            unknown_facts: &outcome.unknown,
            change: outcome.change,
            order_id: &case.order_id,
            episode: case.episode,
        }
    }

    /// The cells of a row; several values in one cell are separated by spaces.
    fn columns(&self) -> [String; COLUMNS.len()] {
        let word = |action: Option<Action>| action.map(|action| action.to_string()).unwrap_or_default();
        let buckets: Vec<&str> = self.buckets.iter().map(AsRef::as_ref).collect();
        let facts: Vec<&str> = self.unknown_facts.iter().map(AsRef::as_ref).collect();
        [
            self.order.to_owned(),
            self.account.to_string(),
            self.decided_at.to_string(),
            word(self.old_action),
            self.old_rule.unwrap_or_default().to_owned(),
            self.new_action.to_string(),
            self.new_rule.unwrap_or_default().to_owned(),
            self.cause.map(|cause| cause.to_string()).unwrap_or_default(),
            buckets.join(" "),
            facts.join(" "),
            self.change.to_string(),
            self.order_id.to_string(),
            self.episode.to_string(),
        ]
    }
}

fn csv_line(out: &mut impl Write, columns: &[impl AsRef<[u8]>]) -> io::Result<()> {
    // About the length of a line, because every line allocates a buffer.
    let mut line = csv::WriterBuilder::new().buffer_capacity(256).from_writer(out);
    line.write_record(columns)?;
    line.flush()
}

/// The output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Form {
    /// Tables.
    #[default]
    Text,
    /// One JSON document: every order, then the counts.
    Json,
    /// One line per order.
    Csv,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::backtest::{Backtest, Baseline, Became};
    use crate::rules::{Facts, RuleSet, Sources};

    fn written(form: Form, cases: &[Case]) -> String {
        let text = "version = 1\n[[rule]]\nid = \"pin\"\nmatch.pin = \"right\"\nmatch.zip = \"right\"\naction = \"authorize\"\n";
        let sources = Sources::in_memory("rules.toml", text, []);
        let rules = RuleSet::from_sources(&sources, Timestamp::UNIX_EPOCH)
            .unwrap()
            .rules;
        let (mut backtest, mut out) = (Backtest::new(&rules), Vec::new());
        let mut rows = Rows::new(&mut out, form);
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
        insta::assert_snapshot!(written(Form::Csv, &[case("a"), case("b")]), @r#"
        order,account,decided_at,old_action,old_rule,new_action,new_rule,cause,buckets,unknown_facts,change,order_id,episode
        PO_1,default,2026-11-23T15:00:00Z,reject,"a, ""b""",hold,,,bounced needs-fact,pin zip,action,a,1
        b,default,2026-11-23T15:00:00Z,reject,"a, ""b""",hold,,,bounced needs-fact,pin zip,action,b,1
        "#);
    }

    #[test]
    fn json_is_one_document_with_and_without_orders() {
        let document = |cases: &[Case]| -> serde_json::Value {
            serde_json::from_str(&written(Form::Json, cases)).unwrap()
        };
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

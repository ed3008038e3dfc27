//! Tests of lists with a small row.

use super::*;
use crate::cli::terminal::color::Tone;

#[derive(Debug, Serialize)]
struct Order {
    id: &'static str,
    numbers: &'static [&'static str],
    action: Option<&'static str>,
    decision: Option<Value>,
}

impl Row for Order {
    const FIELDS: &'static [Field] = &[
        Field::column("id", "order"),
        Field::detail("numbers"),
        Field::column("action", "action"),
        Field::summarized("decision", "why"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        match field {
            "action" => Some(Cell::outcome(self.action.unwrap_or("none"))),
            "decision" => Some(
                if self.decision.is_some() {
                    "decided"
                } else {
                    "open"
                }
                .into(),
            ),
            _ => None,
        }
    }
}

fn orders() -> [Order; 2] {
    let held = Order {
        id: "PO_1, \"x\"\u{202e}",
        numbers: &["+13125550100", "+13125550101"],
        action: Some("hold"),
        decision: Some(serde_json::json!({ "rule": "r" })),
    };
    let open = Order {
        id: "=1+1",
        numbers: &[],
        action: None,
        decision: None,
    };
    [held, open]
}

fn selection(output: Format, fields: &[&str]) -> Result<Selection<Order>, String> {
    let fields = fields.iter().map(|name| (*name).to_owned()).collect();
    let arguments = ListArgs { output, fields };
    arguments.selection().map_err(|failure| format!("{failure:?}"))
}

fn lines(output: Format, fields: &[&str], rows: &[Order]) -> String {
    let selection = selection(output, fields).unwrap();
    let mut written = Vec::new();
    let mut out = ExactOutput::pipe(&mut written);
    selection.write_header(&mut out).unwrap();
    for row in rows {
        selection.write_line(&mut out, row).unwrap();
    }
    String::from_utf8(written).unwrap()
}

#[test]
fn csv_is_quoted_and_contains_the_text_unchanged() {
    assert_eq!(
        lines(Format::Csv, &[], &orders()),
        "id,numbers,action\n\"PO_1, \"\"x\"\"\u{202e}\",+13125550100 +13125550101,hold\n=1+1,,\n"
    );
    assert_eq!(lines(Format::Csv, &[], &[]), "id,numbers,action\n");
    assert_eq!(
        lines(Format::Csv, &["decision", "action"], &orders()),
        "decision,action\n\"{\"\"rule\"\":\"\"r\"\"}\",hold\n,\n"
    );
}

#[test]
fn json_lines_contain_one_escaped_object_per_row() {
    assert_eq!(
        lines(Format::Jsonl, &["action", "id"], &orders()),
        "{\"action\":\"hold\",\"id\":\"PO_1, \\\"x\\\"\\u202e\"}\n{\"action\":null,\"id\":\"=1+1\"}\n"
    );
    assert!(
        lines(Format::Jsonl, &[], &orders()).starts_with("{\"id\":"),
        "the order of the struct"
    );
    assert_eq!(lines(Format::Jsonl, &[], &[]), "");
}

#[test]
fn json_has_all_fields_or_the_chosen_ones_in_their_order() {
    let rows = orders();
    let json = |fields: &[&str]| {
        let selection = selection(Format::Json, fields).unwrap();
        serde_json::to_string(&selection.json(&rows[1..]).unwrap()).unwrap()
    };
    assert_eq!(
        json(&[]),
        r#"[{"id":"=1+1","numbers":[],"action":null,"decision":null}]"#
    );
    assert_eq!(json(&["action", "id"]), r#"[{"action":null,"id":"=1+1"}]"#);
}

#[test]
fn a_table_has_headings_for_people_and_the_chosen_columns() {
    let table = |fields: &[&str]| {
        let selection = selection(Format::Table, fields).unwrap();
        selection.table(&orders()).unwrap()
    };
    insta::assert_snapshot!(table(&[]).without_styles(), @r#"
     order              action  why
     PO_1, "x"\u{202e}  hold    decided
     =1+1               none    open
    "#);
    insta::assert_snapshot!(table(&["action", "numbers"]).without_styles(), @"
     action  numbers
     hold    +13125550100 +13125550101
     none
    ");
    let style = Tone::Waiting.style();
    assert!(
        table(&[])
            .with_styles()
            .contains(&format!("{style}hold{style:#}"))
    );
}

#[test]
fn an_unknown_field_is_refused_with_the_valid_names_and_the_nearest_one() {
    let refused = selection(Format::Json, &["id", "actoin"]).unwrap_err();
    assert!(refused.contains("code: 2"), "{refused}");
    assert!(
        refused.contains(
            "`actoin` is not a field of this list. Did you mean `action`? The fields are id, numbers, action, decision"
        ),
        "{refused}"
    );
    let headed = selection(Format::Json, &["why"]).unwrap_err();
    assert!(headed.contains("Did you mean `decision`?"), "{headed}");
    let refused = selection(Format::Json, &["whatever"]).unwrap_err();
    assert!(!refused.contains("Did you mean"), "{refused}");
    let twice = selection(Format::Json, &["id", "id"]).unwrap_err();
    assert!(twice.contains("`id` twice"), "{twice}");
}

//! Every entrance at the command line: what people type, and the files that they name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::PgPool;
use strum::IntoEnumIterator;

use super::scan::{contents, leaks};
use super::{Canary, Entrance, NAMES, fields, marker, texts, texts_of_name};
use crate::processes::{Site, soon, strange_order};

const LISTS: &str = "\n[lists.trusted]\ntype = \"spid\"\nvalues = [\"073H\"]\n\n[[rule]]\nid = \"trusted\"\n\
    match.carrier.spid = \"@trusted\"\nmatch.numbers.count = \">= 50\"\naction = \"hold\"\n";

const HEADER: &str = "number,account,pin,zip,name,address,frozen,tags\n";

/// Runs verbs and keeps all that they print.
struct Terminal {
    site: Site,
    printed: BTreeMap<String, String>,
}

impl Terminal {
    async fn run(&mut self, entrance: Entrance, arguments: &[&str]) {
        let ended = self.site.run(arguments).await;
        assert!(ended.code.is_some_and(|code| code < 3), "{entrance:?}: {ended}");
        let key = format!("`{}` ({entrance:?})", arguments[..2].join(" "));
        self.printed.entry(key).or_default().push_str(&ended.to_string());
    }

    /// What people say about orders and numbers.
    async fn answer(&mut self, [held, rejected, authorized]: &[String; 3]) {
        for (entrance, verb, order) in [
            (Entrance::HoldReason, "hold", held),
            (Entrance::RejectReason, "reject", rejected),
            (Entrance::AuthorizeReason, "authorize", authorized),
        ] {
            let reason = texts(entrance);
            let mut arguments = vec![verb, order, "--reason", &reason, "--no-wait"];
            arguments.extend((verb != "hold").then_some("--yes"));
            self.run(entrance, &arguments).await;
        }
        for (entrance, verb) in [(Entrance::LockReason, "lock"), (Entrance::UnlockReason, "unlock")] {
            let reason = texts(entrance);
            let mut arguments = vec!["numbers", verb, "+13125550150", "--reason", &reason];
            arguments.extend((verb == "unlock").then_some("--yes"));
            self.run(entrance, &arguments).await;
        }
    }

    async fn edit_rules(&mut self) {
        for (entrance, verb, value) in [
            (Entrance::ListNote, "add", "ABCD"),
            (Entrance::ListExpiryNote, "expire", "ABCD"),
            (Entrance::ListRemovalNote, "remove", "073H"),
        ] {
            let note = texts(entrance);
            let mut arguments = vec!["rules", "list", verb, "trusted", value, "--note", &note];
            arguments.extend((verb == "remove").then_some("--yes"));
            self.run(entrance, &arguments).await;
        }
        let first = "select encode(hash, 'hex') from rule_sets order by loaded_at limit 1";
        let first: String = sqlx::query_scalar(first)
            .fetch_one(&self.site.pool)
            .await
            .unwrap();
        for name in [0, 1, 7, 11] {
            let because = texts_of_name(Entrance::ReloadReason, name);
            self.run(Entrance::ReloadReason, &["reload", "--because", &because])
                .await;
            let because = texts_of_name(Entrance::RollbackReason, name);
            let rollback = ["rules", "rollback", &first, "--yes", "--because", &because];
            self.run(Entrance::RollbackReason, &rollback).await;
        }
    }

    /// Requests in every shape, as facts and as an order.
    async fn evaluate(&mut self) {
        let entrance = Entrance::EvaluatedRequest;
        let mut order = fields(entrance);
        order.extend([
            ("id".to_owned(), json!("o-1")),
            ("status".to_owned(), json!("pending")),
        ]);
        for request in [
            json!({ "order": order }),
            json!({ "facts": { "end_user": texts(entrance) } }),
            json!({ "facts": fields(entrance) }),
            Value::Object(fields(entrance)),
        ] {
            self.site.write("request.json", &request.to_string());
            self.run(entrance, &["eval", "request.json"]).await;
            self.run(entrance, &["eval", "request.json", "--output", "json"])
                .await;
        }
    }

    /// A register with PINs in every column of text, and one whose cells are all wrong.
    async fn import(&mut self) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let cells = |entrance| Canary::all(entrance).filter_map(Canary::text);
        let rows = cells(Entrance::RegisterName)
            .zip(cells(Entrance::RegisterAddress))
            .enumerate()
            .map(|(row, (name, address))| {
                format!(
                    "+131255503{row:02},,,60601,{},{},,\n",
                    quoted(&name),
                    quoted(&address)
                )
            });
        let (name, address) = (marker(Entrance::RegisterName), marker(Entrance::RegisterAddress));
        let marked = format!("+13125550399,,,60601,{name},{address},,\n");
        let register: String = rows.chain([marked]).collect();
        self.site.write("new.csv", &format!("{HEADER}{register}"));
        self.run(Entrance::RegisterName, &["numbers", "import", "new.csv"])
            .await;
        self.run(Entrance::RegisterName, &["numbers", "list", "--limit", "300"])
            .await;

        for column in 0..HEADER.split(',').count() {
            let row = |(row, text): (usize, String)| {
                let mut cells = [
                    format!("+131255506{row:02}"),
                    String::new(),
                    String::new(),
                    "60601".into(),
                ]
                .into_iter()
                .chain(vec![String::new(); 4])
                .collect::<Vec<_>>();
                cells[column] = quoted(&text);
                format!("{}\n", cells.join(","))
            };
            let rows = cells(Entrance::ImportedCell).enumerate().map(row);
            let file: String = std::iter::once(HEADER.to_owned()).chain(rows).collect();
            self.site.write("wrong.csv", &file);
            self.run(Entrance::ImportedCell, &["numbers", "import", "wrong.csv"])
                .await;
        }
    }

    /// Rule files with a PIN in a place where it does not belong.
    async fn check(&mut self) {
        let mut file =
            "version = 1\n[[rule]]\nid = \"r\"\nmatch.pin = \"4711\"\naction = \"hold\"\n".to_owned();
        for canary in Canary::all(Entrance::RuleFile) {
            let (name, digits) = (NAMES[canary.name], canary.digits());
            let given = match canary.text() {
                Some(text) => format!("given.zipp = \"wrong\" # {text}"),
                None => format!("given.\"{name}\" = {digits}"),
            };
            let test = format!("[[test]]\nname = \"t{digits}x\"\nexpect = \"hold\"\n{given}\n");
            file.push_str(&test);
        }
        self.site.write("broken.toml", &file);
        for verb in ["check", "test"] {
            self.run(Entrance::RuleFile, &[verb, "broken.toml"]).await;
            self.run(Entrance::RuleFile, &[verb, "broken.toml", "--output", "json"])
                .await;
        }
        let printed = self.printed.values().filter(|text| text.contains("given."));
        assert!(printed.count() > 0, "the lines are quoted");
    }
}

#[sqlx::test]
async fn no_pin_that_a_person_types_is_stored_logged_or_printed(pool: PgPool) {
    let site = Site::new(pool.clone()).await;
    let rules = format!("{}{LISTS}", crate::test_service::RULES);
    site.write("rules.toml", &rules);
    let service = site.serve().await;
    let mut orders = Vec::new();
    for _ in 0..3 {
        orders.push(site.telnyx.open(strange_order()).await);
    }
    soon("all are held", async || {
        site.count("select count(*) from episodes where state = 'held'")
            .await
            == 3
    })
    .await;
    let mut terminal = Terminal {
        site,
        printed: BTreeMap::new(),
    };
    terminal.answer(&orders.try_into().unwrap()).await;
    terminal.edit_rules().await;
    terminal.evaluate().await;
    terminal.import().await;
    terminal.check().await;

    let mut places = contents(&pool).await;
    let kept: String = places.values().map(String::as_str).collect();
    for entrance in Entrance::iter().filter(|one| !one.faces_telnyx() && one.is_kept()) {
        assert!(
            kept.contains(&marker(entrance)),
            "nothing is kept of what came in by {entrance:?}"
        );
    }
    places.extend(terminal.printed);
    places.insert("log".to_owned(), service.program.log());
    let rules = std::fs::read_to_string(terminal.site.path("rules.toml")).unwrap();
    places.insert("rules.toml".to_owned(), rules);
    let leaks = leaks(&places);
    assert!(leaks.is_empty(), "{} leaks\n{}", leaks.len(), leaks.join("\n"));
}

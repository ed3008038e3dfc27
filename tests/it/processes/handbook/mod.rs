//! docs/RULES.md is true: every file in it can be put in force, every command in it prints what it shows.
//!
//! `HANDBOOK=write cargo test the_handbook` writes what the commands print now into the handbook, for reading again.

mod document;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use portoutd::rules::{RuleSet, TextStyle};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::program::Program;
use super::service::Service;
use super::site::{PIN, Site};
use super::soon;
use document::{Block, Document, Exchange, Part, shows, written};

const HANDBOOK: &str = "docs/RULES.md";
/// Stands between what two commands print.
const MARK: char = '\u{1e}';

/// The company of the handbook, and how its day goes.
struct Day {
    site: Site,
    service: Option<Service>,
    wrong: Vec<String>,
}

#[sqlx::test]
async fn the_handbook_shows_what_is_so(pool: PgPool) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(HANDBOOK);
    let mut document = Document::read(&fs::read_to_string(&path).unwrap());
    let mut day = Day {
        site: Site::new(pool).await,
        service: None,
        wrong: Vec::new(),
    };
    for part in &mut document.0 {
        match part {
            Part::Prose(_) => {}
            Part::Meanwhile { word, rest } => day.meanwhile(word, rest).await,
            Part::Block(block) => day.block(block).await,
        }
    }
    if std::env::var_os("HANDBOOK").is_some_and(|value| value == "write") {
        fs::write(&path, document.to_string()).unwrap();
    }
    assert!(day.wrong.is_empty(), "{}", day.wrong.join("\n"));
}

impl Day {
    async fn meanwhile(&mut self, word: &str, rest: &str) {
        match word {
            "serve" => self.service = Some(self.site.serve().await),
            "stop" => self.service = None,
            "candidate" => self.candidate(rest).await,
            "order" => self.order(serde_json::from_str(rest).unwrap()).await,
            "setting" => {
                let (name, value) = rest.split_once('=').unwrap();
                self.site.set(name, value);
            }
            other => panic!("the handbook's runner does not know `{other}`"),
        }
    }

    /// Another carrier asks for numbers, and the service has decided before the story goes on.
    async fn order(&self, given: Value) {
        let mut order = json!({ "spid": "073H", "numbers": ["+13125550100"], "zip": "60601", "pin": PIN });
        for (name, value) in given.as_object().unwrap() {
            order[name] = value.clone();
        }
        let id = self.site.telnyx.open(order).await;
        soon("the order is decided", async || {
            let rest = "select count(*) from orders where due_at <= now() or lease_expires_at is not null";
            self.site.decision(&id).await != Value::Null && self.site.count(rest).await == 0
        })
        .await;
    }

    /// The service has noticed the candidate as it now lies on disk.
    async fn candidate(&self, file: &str) {
        let now = Timestamp::UNIX_EPOCH;
        let hash = RuleSet::load(&self.site.path(file), now).unwrap().rules.hash();
        soon("the candidate judges beside", async || {
            let noticed = "select exists (select from rule_set_events where event = 'shadow' and hash = $1)";
            sqlx::query_scalar(noticed)
                .bind(hash)
                .fetch_one(&self.site.pool)
                .await
                .unwrap()
        })
        .await;
    }

    async fn block(&mut self, block: &mut Block) {
        match (block.language.as_str(), block.note("file")) {
            ("console", _) => self.console(block).await,
            ("toml", _) => self.rules(block),
            (_, Some(file)) => self.site.write(file, &block.text),
            _ => {}
        }
    }

    /// A whole rule file (`file=`), a part that is written into one (`above=RULE`, or at its end with `append=yes`), or
    /// an example that could stand at the end of one (`in=`, else rules.toml). With `wrong=yes` it need not load.
    fn rules(&mut self, block: &Block) {
        let place = block.note("file").or(block.note("in")).unwrap_or("rules.toml");
        let before = || fs::read_to_string(self.site.path(place)).unwrap();
        let above = block.note("above");
        let text = match (block.note("file"), above) {
            (Some(_), _) => block.text.clone(),
            (None, Some(rule)) => inserted(&before(), rule, &block.text),
            (None, None) => format!("{}\n{}", before(), block.text),
        };
        if block.note("wrong").is_none() {
            self.check(place, &text, block.line);
        }
        let is_part = above.is_some() || block.note("append").is_some();
        if is_part || block.note("file").is_some() {
            self.site.write(place, &text);
        }
    }

    fn check(&mut self, place: &str, text: &str, line: usize) {
        let now: Timestamp = "2026-11-23T15:00:00Z".parse().unwrap();
        // Beside its lists.
        let draft = Path::new(place).with_file_name("checked.toml");
        let draft = draft.to_str().unwrap();
        self.site.write(draft, text);
        if let Err(findings) = RuleSet::load(&self.site.path(draft), now) {
            let told = findings.to_text(TextStyle::Plain);
            self.wrong
                .push(format!("{HANDBOOK}:{line}: this does not load:\n{told}"));
        }
    }

    async fn console(&mut self, block: &mut Block) {
        let mut exchanges = block.exchanges();
        let printed = self.run(&exchanges).await;
        assert_eq!(printed.len(), exchanges.len(), "{printed:?}");
        for (exchange, printed) in exchanges.iter_mut().zip(printed) {
            if !shows(&exchange.printed, &printed) {
                self.wrong.push(format!(
                    "{HANDBOOK}:{}: `{}` is to print\n{}but it prints\n{printed}",
                    block.line, exchange.command, exchange.printed
                ));
                exchange.printed = printed;
            }
        }
        block.text = written(&exchanges);
    }

    /// Runs the commands of a block in one shell, as a person would, and gives what each printed.
    async fn run(&self, exchanges: &[Exchange]) -> Vec<String> {
        let mut commands = String::from("exec 2>&1\n");
        for one in exchanges {
            let _ = writeln!(
                commands,
                "{}\ncode=$?; printf '{MARK}'; (exit $code)",
                one.command
            );
        }
        let mut shell = Command::new("sh");
        let programs = Path::new(env!("CARGO_BIN_EXE_portoutd")).parent().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        shell.args(["-c", &commands]).env_clear();
        shell.env("PATH", format!("{}:{path}", programs.display()));
        self.site.furnish(&mut shell);
        let ended = Program::start(shell).ended().await;
        ended.out.split_terminator(MARK).map(str::to_owned).collect()
    }
}

/// A rule file with more rules above one of it.
fn inserted(text: &str, rule: &str, more: &str) -> String {
    let id = text
        .find(&format!("\"{rule}\""))
        .expect("the rule stands in the file");
    let start = text[..id].rfind("[[rule]]").expect("a rule has a head");
    format!("{}{more}\n{}", &text[..start], &text[start..])
}

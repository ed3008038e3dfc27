//! `portoutd rules stats`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;

use anyhow::anyhow;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;

use super::rates::{counted, percent, rate};
use super::version_ref;
use crate::cli::config::{SettingsArgs, read_limits};
use crate::cli::failure::{Ending, Failure};
use crate::cli::session::database;
use crate::cli::terminal::output::{print_findings, print_json, print_text};
use crate::cli::terminal::rows::{Field, Format, JsonRow, ListArgs, Row, Selection};
use crate::cli::terminal::safe_text::SafeText;
use crate::cli::terminal::table::{Cell, table};
use crate::cli::terminal::time;
use crate::clock::{Clock, SystemClock};
use crate::domain::Action;
use crate::engine;
use crate::rules::{RuleMode, RuleSet};
use crate::settings::Settings;
use crate::store::reports::{self, CandidateOutcomes, RuleStat, RuleStats};

/// Show how often each rule decided, and the outcomes
///
/// Counts the last decision by rules of each episode (a period of an order in pending), including shadow mode.
/// Undecided: a missing fact kept the rule open. Overridden: a person decided against the rule's authorize or reject.
/// Bounced: Telnyx returned the rejection to pending. A rule in shadow mode would have decided if it applied and no
/// rule above it decided; it differs if the active rules decided something else.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show the rules of this file, or of a recorded version, instead of the active rules. The counted decisions are
    /// the same.
    #[arg(long, value_name = "FILE")]
    rules: Option<String>,
    /// The start of the period: a duration such as `30d`, a date such as `2026-01-31`, or a time.
    #[arg(long, default_value = "30d")]
    since: String,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The statistics of the rules.
#[derive(Debug)]
struct Shown {
    rules_file: String,
    since: Timestamp,
    judged: u64,
    without_rule: u64,
    rules: Vec<ShownRule>,
    candidates: Vec<ShownCandidate>,
}

/// The statistics as JSON.
#[derive(Debug, Serialize)]
struct Document<'a> {
    rules_file: &'a str,
    since: Timestamp,
    judged: u64,
    without_rule: u64,
    rules: Vec<JsonRow<'a, ShownRule>>,
    candidates: &'a [ShownCandidate],
}

#[derive(Debug, Serialize)]
struct ShownRule {
    rule: String,
    in_file: bool,
    mode: Option<RuleMode>,
    hits: u64,
    share: Option<f64>,
    last_hit: Option<Timestamp>,
    undecided: u64,
    undecided_rate: Option<f64>,
    overridden: u64,
    overridden_rate: Option<f64>,
    bounced: u64,
    bounced_rate: Option<f64>,
    shadow_held: u64,
    shadow_would_decide: u64,
    shadow_differs: u64,
    #[serde(skip)]
    now: Timestamp,
}

/// A candidate in shadow mode, compared with the active rules.
#[derive(Debug, Serialize)]
struct ShownCandidate {
    rule_set: String,
    judged: u64,
    differs: u64,
    by_rule: Vec<BothRules>,
}

#[derive(Debug, Serialize)]
struct BothRules {
    action: Action,
    rule: Option<String>,
    candidate_action: Action,
    candidate_rule: Option<String>,
    orders: u64,
    differs: u64,
}

pub(super) fn run(args: &Args) -> Ending {
    let selection = args.list.selection::<ShownRule>()?;
    let now = SystemClock.now();
    let since = time::since(&args.since, now).map_err(|wrong| Failure::usage(anyhow!(wrong)))?;
    let named = args.rules.as_deref();
    let named = named
        .map(|rules| version_ref::read(rules, &args.settings, now))
        .transpose()?;
    let named = named.map(|loaded| loaded.rules);
    let settings = args.settings.load()?;
    let shown = database::runtime()?.block_on(async {
        let pool = database::open(&settings).await?;
        let rules = match named {
            Some(rules) => rules,
            None => in_force(&settings, &pool, now).await?,
        };
        let stats = reports::rule_stats(&pool, since)
            .await
            .map_err(database::failed)?;
        Ok::<_, Failure>(Shown::of(&rules, stats, since, now))
    })?;
    match selection.format() {
        Format::Json => print_json(&shown.document(&selection)?)?,
        Format::Table => print_text(shown.text(&selection)?)?,
        Format::Jsonl | Format::Csv => selection.print_lines(&shown.rules)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The rules that were activated last, else those of the settings.
async fn in_force(settings: &Settings, pool: &PgPool, now: Timestamp) -> Result<RuleSet, Failure> {
    if let Some(loaded) = engine::last_in_force(pool, now).await.map_err(database::failed)? {
        return Ok(loaded.rules);
    }
    let loaded = RuleSet::load_within(&settings.rules, read_limits(settings), now).map_err(|findings| {
        print_findings(&findings);
        let file = settings.rules.display();
        Failure::not_good(anyhow!("the rule file `{file}` has {}", findings.tally()))
    })?;
    Ok(loaded.rules)
}

impl Shown {
    /// The rules of the file in their order, then those that appear only in recorded decisions.
    fn of(rules: &RuleSet, stats: RuleStats, since: Timestamp, now: Timestamp) -> Self {
        let in_file: BTreeSet<&str> = rules.rules().iter().map(crate::rules::Rule::id).collect();
        let unmet = RuleStat::default();
        let stat = |rule: &str| stats.rules.get(rule).unwrap_or(&unmet);
        let listed = rules.rules().iter();
        let shown = |rule: &str, mode, stat: &RuleStat| ShownRule {
            now,
            ..ShownRule::of(rule, mode, stat, stats.judged)
        };
        let listed = listed.map(|rule| shown(rule.id(), Some(rule.mode()), stat(rule.id())));
        let others = stats
            .rules
            .iter()
            .filter(|(rule, _)| !in_file.contains(rule.as_str()));
        let others = others.map(|(rule, stat)| shown(rule, None, stat));
        Self {
            rules_file: rules.path().to_owned(),
            since,
            judged: stats.judged,
            without_rule: stats.without_rule,
            rules: listed.chain(others).collect(),
            candidates: candidates(stats.candidates),
        }
    }

    fn document<'a>(&'a self, selection: &Selection<ShownRule>) -> anyhow::Result<Document<'a>> {
        Ok(Document {
            rules_file: &self.rules_file,
            since: self.since,
            judged: self.judged,
            without_rule: self.without_rule,
            rules: selection.json(&self.rules)?,
            candidates: &self.candidates,
        })
    }

    fn text(&self, selection: &Selection<ShownRule>) -> anyhow::Result<SafeText> {
        let orders = |count: u64| format!("{count} {}", if count == 1 { "order" } else { "orders" });
        let mut text = SafeText::from(format!(
            "{} since {}: {} evaluated, {} without a rule\n\n",
            self.rules_file,
            time::local(self.since),
            orders(self.judged),
            self.without_rule
        ));
        text.push(&selection.table(&self.rules)?);
        for candidate in &self.candidates {
            text.push(&candidate.text());
        }
        Ok(text)
    }
}

impl ShownRule {
    fn of(rule: &str, mode: Option<RuleMode>, stat: &RuleStat, judged: u64) -> Self {
        Self {
            rule: rule.to_owned(),
            in_file: mode.is_some(),
            mode,
            hits: stat.hits,
            share: rate(stat.hits, judged),
            last_hit: stat.last_hit,
            undecided: stat.undecided,
            undecided_rate: rate(stat.undecided, judged),
            overridden: stat.overridden,
            overridden_rate: rate(stat.overridden, stat.hits),
            bounced: stat.bounced,
            bounced_rate: rate(stat.bounced, stat.hits),
            shadow_held: stat.shadow_held,
            shadow_would_decide: stat.shadow_decided,
            shadow_differs: stat.shadow_differs,
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn in_shadow(&self) -> String {
        match self.shadow_held {
            0 => String::new(),
            held => format!(
                "held {held}, would decide {}, different {}",
                self.shadow_would_decide, self.shadow_differs
            ),
        }
    }
}

impl Row for ShownRule {
    const FIELDS: &'static [Field] = &[
        Field::column("rule", "rule"),
        Field::column("mode", "mode"),
        Field::column("hits", "hits"),
        Field::column("share", "share"),
        Field::column("last_hit", "last hit"),
        Field::column("undecided", "undecided"),
        Field::column("overridden", "overridden"),
        Field::column("bounced", "bounced"),
        Field::column("shadow_held", "in shadow mode"),
        Field::detail("in_file"),
        Field::detail("undecided_rate"),
        Field::detail("overridden_rate"),
        Field::detail("bounced_rate"),
        Field::detail("shadow_would_decide"),
        Field::detail("shadow_differs"),
    ];

    fn cell(&self, field: &str) -> Option<Cell> {
        let text = match field {
            "mode" => self
                .mode
                .map_or("not in the file".to_owned(), |mode| mode.to_string()),
            "share" => percent(self.share),
            "last_hit" => self
                .last_hit
                .map(|at| time::from_now(at, self.now))
                .unwrap_or_default(),
            "undecided" => counted(self.undecided, self.undecided_rate),
            "overridden" => counted(self.overridden, self.overridden_rate),
            "bounced" => counted(self.bounced, self.bounced_rate),
            "shadow_held" => self.in_shadow(),
            _ => return None,
        };
        Some(text.into())
    }
}

impl ShownCandidate {
    fn text(&self) -> SafeText {
        let version = self.rule_set.get(..12).unwrap_or(&self.rule_set);
        let rule = |rule: &Option<String>| rule.clone().unwrap_or_else(|| "no rule".to_owned());
        let row = |one: &BothRules| {
            [
                format!("{} by {}", one.action, rule(&one.rule)),
                format!("{} by {}", one.candidate_action, rule(&one.candidate_rule)),
                one.orders.to_string(),
                one.differs.to_string(),
            ]
        };
        let mut text = SafeText::from(format!(
            "\nThe candidate {version} evaluated {} of them in shadow mode. Different answers: {}.\n\n",
            self.judged, self.differs
        ));
        text.push(&table(
            ["active", "candidate", "orders", "different"],
            self.by_rule.iter().map(row),
        ));
        text
    }
}

fn candidates(outcomes: Vec<CandidateOutcomes>) -> Vec<ShownCandidate> {
    let mut found: BTreeMap<String, ShownCandidate> = BTreeMap::new();
    for one in outcomes {
        let candidate = found
            .entry(one.rule_set.clone())
            .or_insert_with(|| ShownCandidate {
                rule_set: one.rule_set,
                judged: 0,
                differs: 0,
                by_rule: Vec::new(),
            });
        candidate.judged += one.count;
        candidate.differs += one.differs;
        candidate.by_rule.push(BothRules {
            action: one.action,
            rule: one.rule,
            candidate_action: one.candidate_action,
            candidate_rule: one.candidate_rule,
            orders: one.count,
            differs: one.differs,
        });
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::rules::Sources;

    #[derive(clap::Parser)]
    struct Typed {
        #[command(flatten)]
        list: ListArgs,
    }

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minutes)
    }

    fn shown() -> Shown {
        let text = "version = 1\n[[rule]]\nid = \"pin\"\nmatch.pin = \"wrong\"\naction = \"hold\"\n\
            [[rule]]\nid = \"burst\"\nmode = \"shadow\"\nmatch.carrier.requests_24h = \"> 3\"\naction = \"hold\"\n";
        let sources = Sources::in_memory("rules.toml", text, []);
        let rules = RuleSet::from_sources(&sources, at(0)).unwrap().rules;
        let pin = RuleStat {
            hits: 6,
            last_hit: Some(at(50)),
            overridden: 3,
            undecided: 1,
            ..RuleStat::default()
        };
        let burst = RuleStat {
            shadow_held: 4,
            shadow_decided: 2,
            shadow_differs: 1,
            ..RuleStat::default()
        };
        let old = RuleStat {
            hits: 1,
            bounced: 1,
            last_hit: Some(at(0)),
            ..RuleStat::default()
        };
        let rules_told = [("pin", pin), ("burst", burst), ("old", old)];
        let beside = |candidate_action: Action, count: u64, differs: u64| CandidateOutcomes {
            rule_set: "0123456789abcdef".to_owned(),
            action: Action::Hold,
            rule: Some("pin".to_owned()),
            candidate_action,
            candidate_rule: None,
            count,
            differs,
        };
        let stats = RuleStats {
            judged: 8,
            without_rule: 1,
            rules: rules_told
                .into_iter()
                .map(|(rule, stat)| (rule.to_owned(), stat))
                .collect(),
            candidates: vec![beside(Action::Authorize, 2, 2), beside(Action::Hold, 4, 0)],
        };
        Shown::of(&rules, stats, at(0), at(60))
    }

    fn selection() -> Selection<ShownRule> {
        Typed::parse_from(["stats"]).list.selection().unwrap()
    }

    #[test]
    fn the_rules_of_the_file_come_first_then_those_in_decisions_only() {
        let text = shown().text(&selection()).unwrap().without_styles();
        let (opening, tables) = text.split_once("\n\n").unwrap();
        assert!(
            opening.ends_with(": 8 orders evaluated, 1 without a rule"),
            "{opening}"
        );
        insta::assert_snapshot!(tables, @r"
         rule   mode             hits  share  last hit   undecided  overridden  bounced     in shadow mode
         pin    enforce          6     75.0%  10m ago    1 (12.5%)  3 (50.0%)
         burst  shadow           0     0.0%                                                 held 4, would decide 2, different 1
         old    not in the file  1     12.5%  1h 0m ago                         1 (100.0%)

        The candidate 0123456789ab evaluated 6 of them in shadow mode. Different answers: 2.

         active       candidate             orders  different
         hold by pin  authorize by no rule  2       2
         hold by pin  hold by no rule       4       0
        ");
    }

    #[test]
    fn json_contains_counts_and_rates() {
        let document = serde_json::to_value(shown().document(&selection()).unwrap()).unwrap();
        let pin = &document["rules"][0];
        assert_eq!(
            (&pin["share"], &pin["overridden_rate"]),
            (&0.75.into(), &0.5.into())
        );
        assert_eq!(pin["undecided_rate"], 0.125);
        assert_eq!(
            document["rules"][1]["overridden_rate"],
            serde_json::Value::Null,
            "without hits there is no rate"
        );
        assert_eq!(document["rules"][2]["in_file"], false);
        let candidate = &document["candidates"][0];
        assert_eq!(
            (&candidate["judged"], &candidate["differs"]),
            (&6.into(), &2.into())
        );
        assert_eq!(candidate["by_rule"][0]["candidate_action"], "authorize");
    }
}

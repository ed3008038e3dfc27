//! A row of `portoutd rules stats`: how often a rule decided, and the outcomes.

use jiff::Timestamp;
use serde::Serialize;

use super::rates::{counted, percent, rate};
use crate::cli::terminal::rows::{Field, Row};
use crate::cli::terminal::table::Cell;
use crate::cli::terminal::time;
use crate::rules::RuleMode;
use crate::store::reports::RuleStat;

/// The statistics of one rule.
#[derive(Debug, Serialize)]
pub(super) struct ShownRule {
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

impl ShownRule {
    pub(super) fn of(
        rule: &str,
        mode: Option<RuleMode>,
        stat: &RuleStat,
        judged: u64,
        now: Timestamp,
    ) -> Self {
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
            now,
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

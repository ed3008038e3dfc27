//! The counters of webhooks.

use std::time::Duration;

use metrics::{Counter, Histogram};

use super::refusal::{OUTCOMES, Refusal};
use crate::engine::intake::ingest::InsertOutcome;

/// Counters of the public pages. They are looked up once, because a lookup by name costs more than counting.
#[derive(Debug)]
pub(super) struct WebhookMetrics {
    new: Counter,
    known: Counter,
    late: Counter,
    unparsable: Counter,
    refused: Vec<(&'static str, Counter)>,
    seconds: Histogram,
}

/// What is unusual about a webhook that is stored anyway.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Oddities {
    pub(super) late: bool,
    pub(super) unparsable: bool,
}

impl WebhookMetrics {
    pub(super) fn new() -> Self {
        let outcome = |word: &'static str| metrics::counter!("portoutd_webhooks_total", "outcome" => word);
        let odd = |why: &'static str| metrics::counter!("portoutd_webhooks_odd_total", "why" => why);
        Self {
            new: outcome("new"),
            known: outcome("known"),
            late: odd("late"),
            unparsable: odd("unparsable"),
            refused: OUTCOMES.iter().map(|&word| (word, outcome(word))).collect(),
            seconds: metrics::histogram!("portoutd_webhook_seconds"),
        }
    }

    pub(super) fn kept(&self, novelty: InsertOutcome, oddities: Oddities, took: Duration) {
        match novelty {
            InsertOutcome::New => self.new.increment(1),
            InsertOutcome::Known => self.known.increment(1),
        }
        if oddities.late {
            self.late.increment(1);
        }
        if oddities.unparsable {
            self.unparsable.increment(1);
        }
        self.seconds.record(took);
    }

    pub(super) fn refused(&self, refusal: &Refusal) {
        let outcome = refusal.outcome();
        if let Some((_, counter)) = self.refused.iter().find(|(known, _)| *known == outcome) {
            counter.increment(1);
        }
    }
}

//! The use cases: what is done with what Telnyx sends, what the rules say and what people decide.
//!
//! `poll` and `ingest` make orders known and wake them; `workers` take woken orders one by one; `look` reads one and
//! goes through `judge` (facts, rules, decision), `recheck` (is what a decision rests on still so?) and `answer` (attempt,
//! outcome). `deadline_watch` finds what is overdue, whatever the others do. `person` is the way in for people.

mod absent_facts;
mod accounts;
mod alarm;
mod announced;
mod answer;
mod approval;
pub mod backtest;
mod candidate;
mod clock_check;
mod deadline;
mod deadline_watch;
mod decide_within;
mod facts;
mod file_threads;
mod file_watch;
mod files_on_disk;
mod files_seen;
pub mod ingest;
mod judge;
mod list_chunks;
mod look;
pub mod person;
pub mod pin_key;
mod poll;
mod poll_state;
mod recheck;
mod record;
pub mod register_import;
mod rejection_code;
mod reload;
mod rule_history;
mod rule_record;
mod rule_versions;
mod rules_in_force;
mod saw;
mod settled_read;
mod shrink_guard;
mod withheld;
mod wording;
mod workers;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Notify;

pub use absent_facts::{absent_facts, facts_absent_by_settings};
pub use accounts::Accounts;
pub use approval::{Approving, NotApproved};
pub use clock_check::ClockChecks;
pub use decide_within::DecideWithin;
pub use pin_key::PinKeyInUse;
pub use poll::Polling;
pub use reload::{AskedBy, ReloadRefused, ReloadRequest, Reloaded};
pub use rule_history::rule_history;
pub use rule_record::NotRecorded;
pub use rule_versions::{RuleVersion, Standing, rule_versions};
pub use rules_in_force::{
    Approval, Found, KeptBecause, ListBounds, NoRules, Opened, RuleFiles, RulesInForce, last_in_force,
};
pub use settled_read::NotRead;
pub use shrink_guard::{Shrunk, ShrunkLists};

use crate::clock::SharedClock;
use crate::domain::Mode;
use crate::engine::ingest::Ingest;

/// Everything the use cases work with. One per process; replicas share the database.
#[derive(Debug)]
pub struct Engine {
    /// The record.
    pub pool: PgPool,
    /// Time.
    pub clock: SharedClock,
    /// The clocks that ours is held against.
    pub clocks: ClockChecks,
    /// Whether verdicts are acted on.
    pub mode: Mode,
    /// The way to Telnyx, per account.
    pub accounts: Accounts,
    /// The rules that judge.
    pub rules: RulesInForce,
    /// The way in for events.
    pub ingest: Ingest,
    /// The key of the PINs on file; without one no PIN is compared.
    pub pin_key: Option<Arc<PinKeyInUse>>,
    /// Told when an order may have become due.
    pub wake: Arc<Notify>,
    /// Whether rejections carry `rejection_code` at first try (the contract does not list it, the guide asks for it).
    pub send_rejection_code: bool,
}

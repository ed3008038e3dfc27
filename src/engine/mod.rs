//! The use cases: how the service handles what Telnyx sends, what the rules decide and what people decide.
//!
//! `poll` and `ingest` record orders and wake them. `workers` claims woken orders and processes each separately:
//! `process_order` reads the order and goes through `evaluate` (facts, rules, decision), `recheck` (have the grounds of
//! the decision changed?) and `answer` (attempt, outcome). `deadline_watch` finds overdue orders independently of the
//! others. `person` records what people decide.

mod accounts;
mod alarm;
pub mod backtest;
mod clock_check;
mod components;
pub mod intake;
mod order_span;
pub mod orders;
pub mod rule_sets;
mod token_holder;

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Notify;

use crate::clock::SharedClock;
use crate::domain::Mode;
use crate::store::{StoreError, in_time};
use intake::ingest::Ingest;

pub use accounts::Accounts;
pub use clock_check::ClockChecks;
pub use components::{Components, Tasks};
pub use intake::decide_within::DecideWithin;
pub use intake::pin_key::PinKeyInUse;
pub use intake::poll::Polling;
pub use rule_sets::absent_facts::{absent_facts, facts_absent_by_settings};
pub use rule_sets::approval::{Approving, NotApproved};
pub use rule_sets::files::{Approval, Found, KeptBecause, ListBounds, NoRules, RuleFiles};
pub use rule_sets::history::rule_history;
pub use rule_sets::in_force::{Opened, RulesInForce};
pub use rule_sets::record::NotRecorded;
pub use rule_sets::reload::{AskedBy, ReloadRefused, ReloadRequest, Reloaded};
pub use rule_sets::report::report_not_approved;
pub use rule_sets::settled_read::NotRead;
pub use rule_sets::shrink_guard::{Shrunk, ShrunkLists};
pub use rule_sets::start::last_in_force;
pub use rule_sets::versions::{RuleVersion, Standing, rule_versions};
pub use token_holder::TokenRefused;

/// The dependencies of the use cases. There is one per process, and replicas share the database.
#[derive(Debug)]
pub struct Engine {
    /// The database.
    pub pool: PgPool,
    /// The clock.
    pub clock: SharedClock,
    /// The clocks that ours is compared with.
    pub clocks: ClockChecks,
    /// Whether verdicts are acted on or only recorded.
    pub mode: Mode,
    /// The Telnyx accounts with their clients.
    pub accounts: Accounts,
    /// The active rules.
    pub rules: RulesInForce,
    /// The intake of events.
    pub ingest: Ingest,
    /// The key of the PINs on file. Without it no PIN is compared.
    pub pin_key: Option<Arc<PinKeyInUse>>,
    /// Notified when an order may have become due.
    pub wake: Arc<Notify>,
    /// Whether the first attempt of a rejection contains `rejection_code`. Telnyx's API contract does not list the
    /// field, but its guide requires it.
    pub send_rejection_code: bool,
}

impl Engine {
    /// Checks that the PINs on file are still stored under this process's key, and raises an alarm if they are not.
    ///
    /// # Errors
    /// The database could not be read.
    pub async fn check_pin_key(&self) -> Result<(), StoreError> {
        if let Some(key) = &self.pin_key {
            in_time(key.standing(&self.pool)).await?;
        }
        Ok(())
    }
}

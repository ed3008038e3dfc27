//! Puts the engine together from its parts and starts its tasks: the same for `portoutd serve` and for the tests.

use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Notify;

use super::intake::ingest::{Bounds, Ingest, IngestContext, UnparsableBodies};
use super::{Accounts, ClockChecks, Engine, PinKeyInUse, Polling, RulesInForce};
use crate::clock::SharedClock;
use crate::domain::Mode;
use crate::lifecycle::Lifecycle;

/// The parts of an [`Engine`] that settings and the environment determine.
#[derive(Debug)]
pub struct Components {
    /// The database.
    pub pool: PgPool,
    /// The clock.
    pub clock: SharedClock,
    /// Whether decisions of the rules are sent.
    pub mode: Mode,
    /// The Telnyx client of each account.
    pub accounts: Accounts,
    /// The active rules.
    pub rules: RulesInForce,
    /// The key of the PINs on file; without one no PIN is compared.
    pub pin_key: Option<Arc<PinKeyInUse>>,
    /// Whether the first attempt of a rejection contains `rejection_code`.
    pub send_rejection_code: bool,
    /// What is stored of events that cannot be parsed.
    pub unparsable_bodies: UnparsableBodies,
}

/// How the tasks of an [`Engine`] run.
#[derive(Debug, Clone, Copy)]
pub struct Tasks {
    /// How many orders are processed at the same time.
    pub at_once: usize,
    /// How pending orders are polled.
    pub polling: Polling,
}

impl Engine {
    /// Combines the components and starts the writer that stores events. Nothing is polled or processed before
    /// [`Engine::start_tasks`].
    #[must_use]
    pub fn assemble(components: Components, lifecycle: &Lifecycle) -> Arc<Self> {
        let wake = Arc::new(Notify::new());
        let context = IngestContext {
            pool: components.pool.clone(),
            pin_key: components.pin_key.clone(),
            wake: wake.clone(),
            decide_within: components.rules.decide_within(),
        };
        let bounds = Bounds {
            unparsable_bodies: components.unparsable_bodies,
            ..Bounds::default()
        };
        let ingest = Ingest::start(context, bounds, lifecycle);
        Arc::new(Self {
            pool: components.pool,
            clock: components.clock,
            clocks: ClockChecks::default(),
            mode: components.mode,
            accounts: components.accounts,
            rules: components.rules,
            ingest,
            pin_key: components.pin_key,
            wake,
            send_rejection_code: components.send_rejection_code,
        })
    }

    /// Starts the workers, the deadline watch and the pollers.
    pub fn start_tasks(self: &Arc<Self>, tasks: Tasks, lifecycle: &Lifecycle) {
        self.start_workers(tasks.at_once, lifecycle);
        self.start_deadline_watch(lifecycle);
        self.start_polling(tasks.polling, lifecycle);
    }
}

//! Scenarios: orders that arrive automatically, the same in every run of a seed.

mod plan;
mod play;
mod population;

use std::str::FromStr;

use crate::domain::words::{Word, word_enum};

pub(super) use play::play;

word_enum! {
    /// A kind of situation at a port-out desk.
    pub enum Scenario {
        /// Mostly clean requests from known carriers. Some have a wrong field, and some are withdrawn, commented or
        /// postponed.
        OrdinaryDay,
        /// One unknown carrier requests a dozen valuable numbers within minutes, mostly with wrong PINs.
        FraudBurst,
        /// The same number is requested repeatedly, each time with another PIN.
        WrongPins,
        /// A request that should be rejected, and whose rejection Telnyx's review returns to pending.
        Bounce,
        /// An old request that silence is about to authorize. Every other one has no webhook.
        Silence,
    }
}

/// The scenarios to play, and the rate of orders.
#[derive(Debug, Clone)]
pub struct ScenarioRun {
    /// Played in turn, repeatedly.
    pub scenes: Vec<Scenario>,
    /// The average number of orders per minute on the simulator's clock. Bursts are faster.
    pub orders_per_minute: f64,
    /// The number of orders after which the run ends. `None` continues until the simulator stops.
    pub orders: Option<u64>,
    /// The number of numbers in the register whose subscribers leave.
    pub register_size: usize,
}

/// A word that is not the name of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid scene: expected one of {words}, or `all`", words = words())]
pub struct UnknownScene(String);

impl Default for ScenarioRun {
    /// Ordinary days, six orders per minute, without end, from a register of 400 numbers.
    fn default() -> Self {
        Self {
            scenes: vec![Scenario::OrdinaryDay],
            orders_per_minute: 6.0,
            orders: None,
            register_size: 400,
        }
    }
}

impl Scenario {
    /// Iterates over all scenarios.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// Returns the scenarios of a word: one, or all of them for `all`.
    pub fn named(word: &str) -> Result<Vec<Self>, UnknownScene> {
        if word == "all" {
            return Ok(Self::all().collect());
        }
        let scene = Self::from_str(word).map_err(|_| UnknownScene(word.to_owned()))?;
        Ok(vec![scene])
    }
}

fn words() -> String {
    let words: Vec<String> = Scenario::all().map(|scene| format!("`{scene}`")).collect();
    words.join(", ")
}

//! Scenes: orders that come by themselves, the same for every run of a seed.

mod plan;
mod play;
mod population;

use std::str::FromStr;

use crate::domain::words::{Word, word_enum};

pub(super) use play::play;

word_enum! {
    /// A kind of thing that happens to a port-out desk.
    pub enum Scenario {
        /// Mostly clean requests from known carriers; some with a wrong field, some withdrawn, commented, put off.
        OrdinaryDay,
        /// One unknown carrier asks for a dozen valuable numbers within minutes, mostly with wrong PINs.
        FraudBurst,
        /// The same number is asked for again and again, each time with another PIN.
        WrongPins,
        /// A request that deserves a rejection, which Telnyx's review sends back.
        Bounce,
        /// An old request, about to be authorized by silence; every other one without a webhook.
        Silence,
    }
}

/// Which scenes are played, and how fast.
#[derive(Debug, Clone)]
pub struct ScenarioRun {
    /// Played in turn, over and over.
    pub scenes: Vec<Scenario>,
    /// How many orders come in a minute of the simulator's time, on average; bursts are faster.
    pub orders_per_minute: f64,
    /// After how many orders it ends; `None` goes on until the simulator stops.
    pub orders: Option<u64>,
    /// How many numbers the register has whose subscribers leave.
    pub register_size: usize,
}

/// A word that names no scene.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a scene: expected one of {words}, or `all`", words = words())]
pub struct UnknownScene(String);

impl Default for ScenarioRun {
    /// Ordinary days, six orders a minute, without end, from a register of 400 numbers.
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
    /// Every scene.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied()
    }

    /// The scenes that a word stands for: one, or all of them for `all`.
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

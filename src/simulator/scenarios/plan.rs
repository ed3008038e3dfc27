//! The orders of each scenario.

use std::time::Duration;

use super::population::{KNOWN, Population, SHADY, UNKNOWN, request, wrong_pin};
use super::{Scenario, ScenarioRun};
use crate::simulator::chance::Chance;
use crate::simulator::new_order::NewOrder;
use crate::simulator::order::Review;
use crate::simulator::register::{Kind, Subscriber};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
/// How long before silence authorizes them the orders of that scenario appear.
const SHORTLY: Duration = Duration::from_mins(5);

/// An order that will arrive.
pub(super) struct Arrival {
    pub(super) scene: Scenario,
    /// The wait after the previous one.
    pub(super) wait: Duration,
    /// How long it has been at Telnyx when it appears.
    pub(super) age: Duration,
    pub(super) order: NewOrder,
    /// What happens to it later, and how long after.
    pub(super) later: Option<(Duration, Happening)>,
}

/// Something that happens to an order without our action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    Canceled,
    Commented,
    PutOff,
}

/// An endless sequence of arrivals that depends only on the seed and the run.
pub(super) struct Plan {
    chance: Chance,
    cast: Population,
    scenes: Vec<Scenario>,
    mean_wait: Duration,
    turn: usize,
    /// The arrivals of the current scenario, in reverse order.
    ready: Vec<Arrival>,
    /// Counts the arrivals of the silence scenario.
    silent: usize,
}

impl Plan {
    pub(super) fn new(seed: u64, performance: &ScenarioRun) -> Self {
        let rate = performance.orders_per_minute.clamp(0.001, 60_000.0);
        Self {
            chance: Chance::new(seed, "scenes"),
            cast: Population::new(seed, performance.register_size),
            scenes: performance.scenes.clone(),
            mean_wait: MINUTE.div_f64(rate),
            turn: 0,
            ready: Vec::new(),
            silent: 0,
        }
    }

    fn play_scene(&mut self, scene: Scenario) -> Option<Vec<Arrival>> {
        match scene {
            Scenario::OrdinaryDay => (0..6).map(|_| self.ordinary()).collect(),
            Scenario::FraudBurst => (0..12).map(|_| self.fraudulent()).collect(),
            Scenario::WrongPins => self.guessing(),
            Scenario::Bounce => Some(vec![self.bouncing()?]),
            Scenario::Silence => (0..2).map(|_| self.silent()).collect(),
        }
    }

    fn ordinary(&mut self) -> Option<Arrival> {
        let kinds = [Kind::Plain, Kind::Plain, Kind::Business, Kind::Vip, Kind::Frozen];
        let wished = match self.chance.below(100) {
            0..4 => &kinds[4..],
            4..10 => &kinds[3..4],
            _ => &kinds[..3],
        };
        let subscriber = self.cast.draw(&mut self.chance, wished)?;
        let order = self.with_a_flaw(&subscriber)?;
        let wait = self.chance.wait(self.mean_wait);
        let mut arrival = Arrival::new(Scenario::OrdinaryDay, wait, order);
        let happening = match self.chance.below(100) {
            0..4 => Some(Happening::Canceled),
            4..8 => Some(Happening::Commented),
            8..12 => Some(Happening::PutOff),
            _ => None,
        };
        arrival.later = happening.map(|happening| (self.chance.between(MINUTE, 30 * MINUTE), happening));
        Some(arrival)
    }

    /// Three in four requests are clean. The others have one flaw.
    fn with_a_flaw(&mut self, subscriber: &Subscriber) -> Option<NewOrder> {
        let chance = &mut self.chance;
        let flaw = chance.below(100);
        let carriers = if (75..82).contains(&flaw) {
            &UNKNOWN
        } else {
            &KNOWN
        };
        let carrier = *chance.pick(carriers)?;
        let order = request(chance, subscriber, carrier);
        Some(match flaw {
            82..87 => order.zip("00501"),
            87..91 => order.pin(None),
            91..96 => order.pin(Some(&wrong_pin(chance, subscriber))),
            96..98 => order.numbers([format!("+1217555{:04}", 100 + chance.below(100))]),
            98..100 => order.name("Somebody Else"),
            _ => order,
        })
    }

    fn fraudulent(&mut self) -> Option<Arrival> {
        let subscriber = self.cast.draw(&mut self.chance, &[Kind::Vip, Kind::Business])?;
        let chance = &mut self.chance;
        let mut order = request(chance, &subscriber, SHADY);
        if chance.percent(80) {
            order = order.pin(Some(&wrong_pin(chance, &subscriber)));
        }
        let wait = chance.wait(self.mean_wait / 10);
        Some(Arrival::new(Scenario::FraudBurst, wait, order))
    }

    fn guessing(&mut self) -> Option<Vec<Arrival>> {
        let subscriber = self.cast.draw(&mut self.chance, &[Kind::Plain])?;
        let chance = &mut self.chance;
        let mut arrivals = Vec::new();
        for _ in 0..4 {
            let carrier = *chance.pick(&KNOWN)?;
            let guess = wrong_pin(chance, &subscriber);
            let order = request(chance, &subscriber, carrier).pin(Some(&guess));
            arrivals.push(Arrival::new(
                Scenario::WrongPins,
                chance.wait(self.mean_wait / 4),
                order,
            ));
        }
        Some(arrivals)
    }

    fn bouncing(&mut self) -> Option<Arrival> {
        let subscriber = self.cast.draw(&mut self.chance, &[Kind::Plain, Kind::Business])?;
        let chance = &mut self.chance;
        let carrier = *chance.pick(&KNOWN)?;
        let guess = wrong_pin(chance, &subscriber);
        let order = request(chance, &subscriber, carrier).pin(Some(&guess));
        let order = order.review(Review::Bounces(1));
        Some(Arrival::new(Scenario::Bounce, chance.wait(self.mean_wait), order))
    }

    fn silent(&mut self) -> Option<Arrival> {
        let subscriber = self.cast.draw(&mut self.chance, &[Kind::Vip])?;
        let chance = &mut self.chance;
        let carrier = *chance.pick(&UNKNOWN)?;
        let mut order = request(chance, &subscriber, carrier).silence_authorizes_after(DAY);
        self.silent += 1;
        if self.silent.is_multiple_of(2) {
            order = order.unannounced();
        }
        let mut arrival = Arrival::new(Scenario::Silence, chance.wait(self.mean_wait), order);
        arrival.age = DAY.saturating_sub(SHORTLY);
        Some(arrival)
    }
}

impl Iterator for Plan {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        if self.ready.is_empty() {
            let scene = *self.scenes.get(self.turn % self.scenes.len().max(1))?;
            self.turn = self.turn.wrapping_add(1);
            self.ready = self.play_scene(scene)?;
            self.ready.reverse();
        }
        self.ready.pop()
    }
}

impl Arrival {
    fn new(scene: Scenario, wait: Duration, order: NewOrder) -> Self {
        Self {
            scene,
            wait,
            age: Duration::ZERO,
            order,
            later: None,
        }
    }
}

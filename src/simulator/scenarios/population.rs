//! The carriers and subscribers of the scenarios' orders.

use crate::simulator::chance::Chance;
use crate::simulator::new_order::NewOrder;
use crate::simulator::register::{Kind, Subscriber, subscribers};

/// A gaining carrier.
#[derive(Clone, Copy)]
pub(super) struct Carrier {
    spid: &'static str,
    name: &'static str,
}

/// Carriers that a starter rule file trusts.
pub(super) const KNOWN: [Carrier; 3] = [
    Carrier {
        spid: "073H",
        name: "Prairie Wireless",
    },
    Carrier {
        spid: "6529",
        name: "Blue Heron Communications",
    },
    Carrier {
        spid: "4036",
        name: "Lakeshore Mobile",
    },
];

/// Unknown carriers.
pub(super) const UNKNOWN: [Carrier; 3] = [
    Carrier {
        spid: "771J",
        name: "Summit Voice Partners",
    },
    Carrier {
        spid: "8205",
        name: "Copperline Telecom",
    },
    Carrier {
        spid: "940F",
        name: "Hollow Creek Telephone",
    },
];

/// The carrier of the fraud burst.
pub(super) const SHADY: Carrier = Carrier {
    spid: "999Z",
    name: "Swiftport Holdings",
};

/// The subscribers, drawn like cards: none is drawn again before all have been.
pub(super) struct Population {
    subscribers: Vec<Subscriber>,
    deck: Vec<usize>,
}

impl Population {
    pub(super) fn new(seed: u64, register_size: usize) -> Self {
        Self {
            subscribers: subscribers(seed, register_size.max(1)),
            deck: Vec::new(),
        }
    }

    /// Draws a subscriber of one of some kinds, or any subscriber if there is none.
    pub(super) fn draw(&mut self, chance: &mut Chance, kinds: &[Kind]) -> Option<Subscriber> {
        if self.deck.is_empty() {
            self.deck = (0..self.subscribers.len()).collect();
            chance.shuffle(&mut self.deck);
        }
        let fits = |place: &usize| {
            self.subscribers
                .get(*place)
                .is_some_and(|one| kinds.contains(&one.kind))
        };
        let card = self.deck.iter().rposition(fits).unwrap_or(self.deck.len() - 1);
        self.subscribers.get(self.deck.remove(card)).cloned()
    }
}

/// Returns a request for all of a subscriber's numbers that matches the register.
pub(super) fn request(chance: &mut Chance, subscriber: &Subscriber, carrier: Carrier) -> NewOrder {
    NewOrder::default()
        .numbers(subscriber.numbers.clone())
        .spid(carrier.spid)
        .carrier_name(carrier.name)
        .name(&subscriber.name)
        .address(&subscriber.address)
        .place(subscriber.area.city, subscriber.area.state)
        .zip(subscriber.area.zip)
        .pin(subscriber.pin.as_deref())
        .pon(&chance.digits(8))
}

/// Returns a PIN that is not the subscriber's.
pub(super) fn wrong_pin(chance: &mut Chance, subscriber: &Subscriber) -> String {
    let guess = chance.digits(4);
    if subscriber.pin.as_deref() == Some(guess.as_str()) {
        return format!("{guess}0");
    }
    guess
}

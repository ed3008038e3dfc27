//! The subscribers whose numbers the scenarios request, and the matching register file.
//!
//! The numbers are reserved for fiction: 555-0100 to 555-0199 in each area code.

use super::chance::Chance;
use crate::domain::AccountName;

/// The maximum number of numbers: a hundred in each area code.
pub const MOST_SUBSCRIBERS: usize = AREAS.len() * LINES_PER_AREA;

const LINES_PER_AREA: usize = 100;

/// A customer with its numbers, all in one place.
#[derive(Clone)]
pub(super) struct Subscriber {
    pub(super) numbers: Vec<String>,
    /// `None` if the customer never set one.
    pub(super) pin: Option<String>,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) area: &'static Area,
    pub(super) kind: Kind,
}

/// The relation of a subscriber to the account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Business,
    Vip,
    /// Has asked for a port-out lock on its numbers.
    Frozen,
}

/// An area code with one place in it.
pub(super) struct Area {
    code: &'static str,
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) zip: &'static str,
}

const fn area(code: &'static str, city: &'static str, state: &'static str, zip: &'static str) -> Area {
    Area {
        code,
        city,
        state,
        zip,
    }
}

static AREAS: [Area; 40] = [
    area("312", "Chicago", "IL", "60601"),
    area("512", "Austin", "TX", "78701"),
    area("206", "Seattle", "WA", "98101"),
    area("303", "Denver", "CO", "80202"),
    area("617", "Boston", "MA", "02108"),
    area("404", "Atlanta", "GA", "30303"),
    area("612", "Minneapolis", "MN", "55401"),
    area("503", "Portland", "OR", "97204"),
    area("602", "Phoenix", "AZ", "85004"),
    area("215", "Philadelphia", "PA", "19103"),
    area("313", "Detroit", "MI", "48226"),
    area("414", "Milwaukee", "WI", "53202"),
    area("504", "New Orleans", "LA", "70112"),
    area("615", "Nashville", "TN", "37203"),
    area("702", "Las Vegas", "NV", "89101"),
    area("801", "Salt Lake City", "UT", "84101"),
    area("816", "Kansas City", "MO", "64106"),
    area("901", "Memphis", "TN", "38103"),
    area("904", "Jacksonville", "FL", "32202"),
    area("907", "Anchorage", "AK", "99501"),
    area("916", "Sacramento", "CA", "95814"),
    area("919", "Raleigh", "NC", "27601"),
    area("210", "San Antonio", "TX", "78205"),
    area("213", "Los Angeles", "CA", "90012"),
    area("216", "Cleveland", "OH", "44114"),
    area("305", "Miami", "FL", "33130"),
    area("314", "Saint Louis", "MO", "63101"),
    area("317", "Indianapolis", "IN", "46204"),
    area("405", "Oklahoma City", "OK", "73102"),
    area("412", "Pittsburgh", "PA", "15222"),
    area("415", "San Francisco", "CA", "94103"),
    area("502", "Louisville", "KY", "40202"),
    area("505", "Albuquerque", "NM", "87102"),
    area("513", "Cincinnati", "OH", "45202"),
    area("515", "Des Moines", "IA", "50309"),
    area("614", "Columbus", "OH", "43215"),
    area("713", "Houston", "TX", "77002"),
    area("716", "Buffalo", "NY", "14202"),
    area("804", "Richmond", "VA", "23219"),
    area("808", "Honolulu", "HI", "96813"),
];

const GIVEN: [&str; 20] = [
    "Ada", "Bruno", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Ines", "Jonas", "Kaya", "Lena",
    "Milo", "Nadia", "Oskar", "Pilar", "Quinn", "Rosa", "Sven", "Talia",
];
const FAMILY: [&str; 20] = [
    "Abbott",
    "Brandt",
    "Castillo",
    "Dorsey",
    "Eriksen",
    "Fontaine",
    "Gupta",
    "Holloway",
    "Ivanov",
    "Jensen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quigley",
    "Romero",
    "Schultz",
    "Tanaka",
];
const TRADES: [&str; 10] = [
    "Bakery",
    "Cycles",
    "Dental Care",
    "Electric",
    "Florist",
    "Garage",
    "Hardware",
    "Law Office",
    "Plumbing",
    "Roofing",
];
const STREETS: [&str; 10] = [
    "Alder Street",
    "Birch Avenue",
    "Canal Road",
    "Depot Street",
    "Elm Court",
    "Foundry Lane",
    "Garden Street",
    "Harbor Road",
    "Mill Street",
    "Orchard Avenue",
];

/// Returns the register for the scenarios of a seed, in the format of `portoutd numbers import`, with the given number
/// of numbers, at most [`MOST_SUBSCRIBERS`].
///
/// The first numbers are the same for every count, so a longer register matches too.
#[must_use]
pub fn register_csv(seed: u64, count: usize) -> String {
    let account = AccountName::default_account();
    let mut text = String::from("number,account,pin,zip,name,address,frozen,tags\n");
    for subscriber in subscribers(seed, count) {
        let pin = subscriber.pin.as_deref().unwrap_or_default();
        let frozen = subscriber.kind == Kind::Frozen;
        let tags = match subscriber.kind {
            Kind::Plain | Kind::Frozen => "",
            Kind::Business => "business",
            Kind::Vip => "vip",
        };
        let (name, address, zip) = (&subscriber.name, &subscriber.address, subscriber.area.zip);
        for number in &subscriber.numbers {
            let line = format!("{number},{account},{pin},{zip},{name},{address},{frozen},{tags}\n");
            text.push_str(&line);
        }
    }
    text
}

/// Returns the subscribers of a seed, who together have this many numbers.
pub(super) fn subscribers(seed: u64, count: usize) -> Vec<Subscriber> {
    let mut chance = Chance::new(seed, "register");
    let mut left = count.min(MOST_SUBSCRIBERS);
    let mut areas: Vec<(&'static Area, usize)> = AREAS.iter().map(|area| (area, 0)).collect();
    let mut subscribers = Vec::new();
    while left > 0 {
        for (area, taken) in &mut areas {
            let wished = if chance.percent(12) {
                2 + chance.below(4)
            } else {
                1
            };
            let size = wished.min(LINES_PER_AREA - *taken).min(left);
            if size > 0 {
                subscribers.push(subscriber(&mut chance, area, *taken, size));
            }
            *taken += size;
            left -= size;
        }
    }
    subscribers
}

fn subscriber(chance: &mut Chance, area: &'static Area, first_line: usize, size: usize) -> Subscriber {
    let line = |line: usize| format!("+1{}55501{line:02}", area.code);
    let family = chance.pick(&FAMILY).copied().unwrap_or_default();
    let kind = match chance.below(100) {
        0..6 => Kind::Frozen,
        6..14 => Kind::Vip,
        _ if size > 1 => Kind::Business,
        _ => Kind::Plain,
    };
    let name = match kind {
        Kind::Business => format!("{family} {}", chance.pick(&TRADES).copied().unwrap_or_default()),
        _ => format!("{} {family}", chance.pick(&GIVEN).copied().unwrap_or_default()),
    };
    let street = chance.pick(&STREETS).copied().unwrap_or_default();
    let has_pin = chance.percent(92);
    let pin = chance.digits(4);
    Subscriber {
        numbers: (first_line..first_line + size).map(line).collect(),
        pin: has_pin.then_some(pin),
        name,
        address: format!("{} {street}", 100 + chance.below(900)),
        area,
        kind,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::PhoneNumber;

    #[test]
    fn a_register_has_as_many_numbers_as_asked_for_each_once_and_fictional() {
        for count in [0, 1, 250, MOST_SUBSCRIBERS, MOST_SUBSCRIBERS + 1] {
            let text = register_csv(7, count);
            let mut lines = text.lines();
            assert_eq!(
                lines.next(),
                Some("number,account,pin,zip,name,address,frozen,tags")
            );
            let numbers: HashSet<PhoneNumber> = lines
                .map(|line| line.split(',').next().unwrap().parse().unwrap())
                .collect();
            assert_eq!(numbers.len(), count.min(MOST_SUBSCRIBERS));
            assert!(
                numbers
                    .iter()
                    .all(|number| number.to_string()[5..].starts_with("55501"))
            );
        }
    }

    #[test]
    fn every_line_has_eight_fields_and_one_seed_gives_one_register() {
        let text = register_csv(7, 500);
        assert!(text.lines().all(|line| line.split(',').count() == 8));
        assert_eq!(text, register_csv(7, 500));
        assert_ne!(text, register_csv(8, 500));
        for word in [",true,", ",vip", ",business", ",default,,"] {
            assert!(text.contains(word), "{word}");
        }
    }
}

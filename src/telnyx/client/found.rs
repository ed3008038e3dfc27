//! The elements of a list that were found so far: each once, within the memory bound.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use sha2::{Digest as _, Sha256};

use crate::domain::canonical_id;
use crate::telnyx::json::Object;

/// The overhead of an element beyond its text: its entries in the list and the map, rounded up, in bytes.
const OVERHEAD: usize = 128;

/// The elements in the order in which they were found. Of two states of one element the later one is kept.
#[derive(Debug, Default)]
pub(super) struct Found {
    elements: Vec<String>,
    places: HashMap<[u8; 16], Place>,
    kept_bytes: usize,
    query: u32,
    walk: u32,
    in_query: u64,
    in_walk: u64,
}

#[derive(Debug)]
struct Place {
    index: usize,
    query: u32,
    walk: u32,
}

/// There is no room for another element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoRoom;

impl Found {
    /// Starts to count the elements of another query.
    pub(super) fn start_query(&mut self) {
        self.query += 1;
        self.in_query = 0;
    }

    /// Starts to count the elements of another pass over the same query.
    pub(super) fn start_walk(&mut self) {
        self.walk += 1;
        self.in_walk = 0;
    }

    /// Returns the number of different elements in all queries.
    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    /// Returns the number of different elements in this query.
    pub(super) fn in_query(&self) -> u64 {
        self.in_query
    }

    /// Returns the number of different elements in this pass over the query.
    pub(super) fn in_walk(&self) -> u64 {
        self.in_walk
    }

    /// Returns the memory in use, in bytes.
    #[cfg(test)]
    pub(super) fn kept_bytes(&self) -> usize {
        self.kept_bytes
    }

    /// Adds an element, or its later state, if it fits into the limit in bytes.
    pub(super) fn add(&mut self, element: &str, most_bytes: usize) -> Result<(), NoRoom> {
        let place = match self.places.entry(identity(element)) {
            Entry::Occupied(place) => place.into_mut(),
            Entry::Vacant(place) => {
                let needed = self.kept_bytes + OVERHEAD + element.len();
                if needed > most_bytes {
                    return Err(NoRoom);
                }
                self.kept_bytes = needed;
                let index = self.elements.len();
                self.elements.push(element.to_owned());
                self.in_query += 1;
                self.in_walk += 1;
                place.insert(Place {
                    index,
                    query: self.query,
                    walk: self.walk,
                });
                return Ok(());
            }
        };
        self.in_query += u64::from(std::mem::replace(&mut place.query, self.query) != self.query);
        self.in_walk += u64::from(std::mem::replace(&mut place.walk, self.walk) != self.walk);
        let Some(earlier) = self.elements.get_mut(place.index) else {
            return Ok(());
        };
        let needed = self.kept_bytes - earlier.len() + element.len();
        if needed > most_bytes {
            return Err(NoRoom);
        }
        self.kept_bytes = needed;
        element.clone_into(earlier);
        Ok(())
    }

    /// Returns the elements.
    pub(super) fn into_elements(self) -> Vec<String> {
        self.elements
    }
}

/// Returns a digest of the element's ID, or of the complete element if it has no ID.
fn identity(element: &str) -> [u8; 16] {
    let id = Object::parse(element).and_then(|fields| fields.string("id"));
    let digest = match &id {
        Some(id) => Sha256::new()
            .chain_update(b"id:")
            .chain_update(canonical_id(id).as_bytes()),
        None => Sha256::new().chain_update(b"element:").chain_update(element),
    };
    let digest: [u8; 32] = digest.finalize().into();
    let mut short = [0; 16];
    short.copy_from_slice(digest.split_at(16).0);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(elements: &[&str]) -> Vec<String> {
        let mut found = Found::default();
        for element in elements {
            found.add(element, usize::MAX).unwrap();
        }
        found.into_elements()
    }

    #[test]
    fn an_element_is_kept_once_in_its_later_state() {
        let (upper, lower) = (
            r#"{"id":"C0B7D0F0-6A5E-4D0E-8A53-6A3D4F1F8A21","n":1}"#,
            r#"{"id":" c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21","n":2}"#,
        );
        assert_eq!(
            found(&[upper, lower]),
            [lower],
            "a UUID is the same in either case"
        );
        assert_eq!(found(&[r#"{"id":"a"}"#, r#"{"id":"A"}"#]).len(), 2);
        assert_eq!(found(&["1", "2", "1"]), ["1", "2"]);
        assert_eq!(found(&[r#"{"id":"1"}"#, "1"]).len(), 2);
    }

    #[test]
    fn what_is_held_in_memory_is_counted_and_bounded() {
        let mut found = Found::default();
        let small = r#"{"id":"a"}"#;
        found.add(small, 400).unwrap();
        assert_eq!(found.kept_bytes(), OVERHEAD + small.len());
        let grown = format!(r#"{{"id":"a","x":"{}"}}"#, "x".repeat(200));
        found.add(&grown, 400).unwrap();
        assert_eq!(found.kept_bytes(), OVERHEAD + grown.len());
        assert_eq!(found.add(r#"{"id":"b"}"#, 400), Err(NoRoom));
        found.add(small, 400).unwrap();
        assert_eq!(found.kept_bytes(), OVERHEAD + small.len());
    }

    #[test]
    fn what_a_second_reading_shows_is_new_to_it_and_known_to_the_query() {
        let mut found = Found::default();
        found.start_query();
        found.start_walk();
        found.add("1", 400).unwrap();
        found.start_walk();
        found.add("1", 400).unwrap();
        found.add("1", 400).unwrap();
        assert_eq!((found.in_walk(), found.in_query(), found.len()), (1, 1, 1));
    }
}

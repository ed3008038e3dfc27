//! Finds the fewest items that moved between two orders of the same items.

/// Finds the smallest number of items that have to move to get from one order to another. Takes the old position of
/// each item, in the new order, and returns for each whether it moved.
pub(super) fn moved(stood: &[usize]) -> Vec<bool> {
    // The longest increasing subsequence stays in place. It is found by patience sorting: for each length, the last
    // item of the subsequence that ends earliest in the old order.
    let mut ends: Vec<usize> = Vec::new();
    let mut above: Vec<Option<usize>> = Vec::with_capacity(stood.len());
    let place_of = |at: &usize| stood.get(*at).copied().unwrap_or_default();
    for (at, place) in stood.iter().enumerate() {
        let length = ends.partition_point(|end| place_of(end) < *place);
        above.push(length.checked_sub(1).and_then(|last| ends.get(last).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut moved = vec![true; stood.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        if let Some(moved) = moved.get_mut(at) {
            *moved = false;
        }
        next = above.get(at).copied().flatten();
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fewest_are_said_to_have_moved() {
        for (stood, expected) in [
            (&[0, 1, 2, 3][..], &[][..]),
            (&[3, 0, 1, 2], &[3]),
            (&[1, 2, 3, 0], &[0]),
            (&[0, 3, 2, 1, 4], &[3, 2]),
            (&[1, 0], &[1]),
            (&[], &[]),
        ] {
            let found: Vec<usize> = stood
                .iter()
                .zip(moved(stood))
                .filter(|(_, moved)| *moved)
                .map(|(place, _)| *place)
                .collect();
            assert_eq!(found, expected, "{stood:?}");
        }
    }
}

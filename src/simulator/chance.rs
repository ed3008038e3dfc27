//! Pseudorandom values that are derived from the seed, so that one seed produces one run.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A stream of values that depends on the seed and the purpose.
#[derive(Debug)]
pub(super) struct Chance(StdRng);

impl Chance {
    /// Creates a stream. Streams with different purposes are independent.
    pub(super) fn new(seed: u64, purpose: &str) -> Self {
        Self(StdRng::from_seed(derive(seed, purpose)))
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.0.random()).into_uuid()
    }

    /// Returns a number below the limit, or 0 if the limit is 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        if limit == 0 {
            0
        } else {
            self.0.random_range(0..limit)
        }
    }

    /// Returns true with this probability, in percent.
    pub(super) fn percent(&mut self, share: u8) -> bool {
        self.0.random_range(0..100) < share
    }

    /// Returns a duration in whole seconds between two.
    pub(super) fn between(&mut self, from: Duration, to: Duration) -> Duration {
        let seconds = self.0.random_range(from.as_secs()..=to.max(from).as_secs());
        Duration::from_secs(seconds)
    }

    /// Returns the wait between two arrivals of a Poisson process, at most ten times its mean.
    pub(super) fn wait(&mut self, mean: Duration) -> Duration {
        let share: f64 = self.0.random_range(f64::EPSILON..1.0);
        let wait = mean.mul_f64((-share.ln()).min(10.0));
        Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }

    /// Returns decimal digits. The first may be zero.
    pub(super) fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.0.random_range(0..10_u8)))
            .collect()
    }

    /// Shuffles the entries (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, entries: &mut [T]) {
        for last in (1..entries.len()).rev() {
            entries.swap(last, self.below(last + 1));
        }
    }
}

/// Derives 32 bytes from the seed and the purpose.
pub(super) fn derive(seed: u64, purpose: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"portoutd simulator\0");
    digest.update(seed.to_be_bytes());
    digest.update(purpose.as_bytes());
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_run_and_another_seed_another() {
        let draw = |seed, purpose| Chance::new(seed, purpose).uuid();
        assert_eq!(draw(1, "ids"), draw(1, "ids"));
        assert_ne!(draw(1, "ids"), draw(2, "ids"));
        assert_ne!(draw(1, "ids"), draw(1, "scenes"));
    }
}

//! The key under which the PINs on file are stored, and how it relates to the key of a process.

use std::fmt;

use jiff::Timestamp;

use super::IdentityCheck;

/// Identifies a PIN key without revealing anything about it: the HMAC-SHA-256 of a fixed label under the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinKeyFingerprint([u8; 32]);

/// What the database records about the key of the PINs on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedPinKey {
    /// The key's fingerprint.
    pub fingerprint: PinKeyFingerprint,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whether it is certain that the PINs on file are stored under this key.
    pub proof: PinKeyProof,
}

/// Whether it is certain that the PINs on file are stored under the recorded key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinKeyProof {
    /// They were imported under it, or one of them has matched under it.
    Proven,
    /// The register predates the record of its key: the key was assumed, and no PIN has matched yet.
    Assumed,
}

/// How the key of a process relates to the key of the PINs on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStanding {
    /// It is the same key.
    Same,
    /// It was assumed to be the same key, and no PIN has matched under it yet.
    Assumed,
    /// It is a different key.
    Different,
    /// Nothing is recorded.
    NotRecorded,
}

impl PinKeyFingerprint {
    /// Wraps 32 bytes that were computed or stored.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PinKeyFingerprint {
    /// Writes the first eight bytes in hexadecimal, which is enough to distinguish the keys of one installation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl KeyStanding {
    /// Compares a key with the recorded one.
    #[must_use]
    pub fn of(key: &PinKeyFingerprint, recorded: Option<&RecordedPinKey>) -> Self {
        match recorded {
            None => Self::NotRecorded,
            Some(recorded) if recorded.fingerprint != *key => Self::Different,
            Some(recorded) => match recorded.proof {
                PinKeyProof::Proven => Self::Same,
                PinKeyProof::Assumed => Self::Assumed,
            },
        }
    }

    /// Returns the result of a comparison under the key if it can be trusted. Under another key every correct PIN looks
    /// wrong, and under an assumed key a PIN that differs may be right.
    #[must_use]
    pub fn trusted(self, compared: IdentityCheck) -> Option<IdentityCheck> {
        match self {
            Self::Same => Some(compared),
            // Two HMACs under different keys are never equal, so a match is reliable under any key.
            Self::Assumed => Some(compared).filter(|compared| *compared != IdentityCheck::Wrong),
            Self::Different | Self::NotRecorded => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentityCheck::{NoneOnFile, NotGiven, Right, Wrong};

    fn recorded(byte: u8, proof: PinKeyProof) -> RecordedPinKey {
        RecordedPinKey {
            fingerprint: PinKeyFingerprint::new([byte; 32]),
            recorded_at: Timestamp::UNIX_EPOCH,
            proof,
        }
    }

    #[test]
    fn only_a_key_known_to_be_the_registers_makes_a_pin_wrong() {
        let ours = PinKeyFingerprint::new([1; 32]);
        let every_word = [Right, NoneOnFile, NotGiven, Wrong];
        let words = |recorded: Option<RecordedPinKey>| {
            let standing = KeyStanding::of(&ours, recorded.as_ref());
            every_word.map(|word| standing.trusted(word))
        };
        let (yes, no) = (PinKeyProof::Proven, PinKeyProof::Assumed);
        assert_eq!(words(Some(recorded(1, yes))), every_word.map(Some));
        assert_eq!(
            words(Some(recorded(1, no))),
            [Some(Right), Some(NoneOnFile), Some(NotGiven), None]
        );
        for foreign in [Some(recorded(2, yes)), Some(recorded(2, no)), None] {
            assert_eq!(words(foreign), [None; 4], "{foreign:?}");
        }
    }

    #[test]
    fn a_fingerprint_is_shown_short() {
        assert_eq!(PinKeyFingerprint::new([0xab; 32]).to_string(), "abababababababab");
    }
}

//! Decides whether PINs may be imported under a key, and what the database records about the key.

use jiff::Timestamp;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::error::PinKeyRefused;
use crate::domain::{KeyStanding, PinKeyFingerprint, PinKeyProof, RecordedPinKey};
use crate::engine::intake::pin_key::DifferentPinKey;
use crate::store::numbers::Difference;
use crate::store::{StoreError, pin_keys};

/// If at least this many PINs differ and none matches, the key is a different one: a person does not change that many
/// at a time.
const TOO_MANY_TO_DIFFER: usize = 3;

/// What an import should do to the key of the PINs on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PinKeyChange {
    /// Keep it.
    #[default]
    Keep,
    /// Replace it with the settings' key. The import must contain every number with a PIN on file.
    Replace,
}

/// What to record about the key after the numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    None,
    /// The key, in place of the recorded one.
    Record {
        from: Option<PinKeyFingerprint>,
        to: PinKeyFingerprint,
        proof: PinKeyProof,
    },
}

/// Decides about the key. `pin_key` is `None` if the import has no PINs. Such an import is allowed under any key.
pub(super) async fn step(
    connection: &mut PgConnection,
    pin_key: Option<PinKeyFingerprint>,
    change: PinKeyChange,
    difference: &Difference,
) -> Result<Step, crate::engine::intake::register_import::error::ImportFailed> {
    let Some(ours) = pin_key else {
        return Ok(Step::None);
    };
    let recorded = pin_keys::recorded_pin_key(&mut *connection).await?;
    if KeyStanding::of(&ours, recorded.as_ref()) == KeyStanding::Same {
        return Ok(Step::None);
    }
    let pins = pin_keys::count_pins_on_file(connection).await?;
    let question = Question {
        ours,
        recorded,
        change,
        pins,
    };
    Ok(question.decide(difference)?)
}

/// What the step depends on, apart from the difference.
struct Question {
    ours: PinKeyFingerprint,
    recorded: Option<RecordedPinKey>,
    change: PinKeyChange,
    /// The number of PINs on file, whether or not their numbers are in the import.
    pins: usize,
}

impl Question {
    fn decide(&self, difference: &Difference) -> Result<Step, PinKeyRefused> {
        let left = self.pins.saturating_sub(difference.pins_on_file());
        match KeyStanding::of(&self.ours, self.recorded.as_ref()) {
            KeyStanding::Same => Ok(Step::None),
            KeyStanding::Assumed | KeyStanding::NotRecorded => self.of_unknown_key(difference, left),
            KeyStanding::Different => self.of_other_key(left),
        }
    }

    /// Decides if the key of the PINs on file is uncertain.
    fn of_unknown_key(&self, difference: &Difference, left: usize) -> Result<Step, PinKeyRefused> {
        if difference.pins_same > 0 || left == 0 {
            return Ok(self.record(PinKeyProof::Proven));
        }
        if self.change == PinKeyChange::Replace {
            return Err(self.pins_left(left));
        }
        if difference.pins_replaced >= TOO_MANY_TO_DIFFER {
            return Err(PinKeyRefused::NoneMatches {
                ours: self.ours,
                compared: difference.pins_replaced,
            });
        }
        Ok(match self.recorded {
            Some(_) => Step::None,
            None => self.record(PinKeyProof::Assumed),
        })
    }

    fn of_other_key(&self, left: usize) -> Result<Step, PinKeyRefused> {
        match (self.change, left) {
            _ if self.pins == 0 => Ok(self.record(PinKeyProof::Proven)),
            (PinKeyChange::Replace, 0) => Ok(self.record(PinKeyProof::Proven)),
            (PinKeyChange::Replace, left) => Err(self.pins_left(left)),
            (PinKeyChange::Keep, _) => Err(PinKeyRefused::Different(DifferentPinKey {
                ours: self.ours,
                recorded: self.recorded.map_or(self.ours, |recorded| recorded.fingerprint),
                pins: self.pins,
            })),
        }
    }

    fn record(&self, proof: PinKeyProof) -> Step {
        Step::Record {
            from: self.recorded.map(|recorded| recorded.fingerprint),
            to: self.ours,
            proof,
        }
    }

    fn pins_left(&self, left: usize) -> PinKeyRefused {
        let pins = self.pins;
        PinKeyRefused::PinsLeft { left, pins }
    }
}

impl Step {
    /// Records the key. Returns what the admin action says about it.
    pub(super) async fn write(
        self,
        connection: &mut PgConnection,
        now: Timestamp,
    ) -> Result<Option<Value>, StoreError> {
        let Self::Record { from, to, proof } = self else {
            return Ok(None);
        };
        pin_keys::record_pin_key(connection, &to, proof, now).await?;
        let from = from.map(|from| from.to_string());
        Ok(Some(json!({
            "from": from,
            "to": to.to_string(),
            "proven": proof == PinKeyProof::Proven,
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PinKeyChange::{Keep, Replace};

    fn key(byte: u8) -> PinKeyFingerprint {
        PinKeyFingerprint::new([byte; 32])
    }

    fn recorded(byte: u8, proof: PinKeyProof) -> RecordedPinKey {
        RecordedPinKey {
            fingerprint: key(byte),
            recorded_at: Timestamp::UNIX_EPOCH,
            proof,
        }
    }

    /// Returns the step for an import under key 1, as a word. `of_file` is (same, replaced, removed) among the PINs on
    /// file.
    fn word(
        recorded: Option<RecordedPinKey>,
        change: PinKeyChange,
        pins: usize,
        of_file: (usize, usize, usize),
    ) -> &'static str {
        let question = Question {
            ours: key(1),
            recorded,
            change,
            pins,
        };
        let difference = Difference {
            pins_same: of_file.0,
            pins_replaced: of_file.1,
            pins_removed: of_file.2,
            ..Difference::default()
        };
        match question.decide(&difference) {
            Ok(Step::None) => "nothing",
            Ok(Step::Record { proof, .. }) => match proof {
                PinKeyProof::Proven => "proven",
                PinKeyProof::Assumed => "assumed",
            },
            Err(PinKeyRefused::Different(_)) => "different",
            Err(PinKeyRefused::NoneMatches { .. }) => "none matches",
            Err(PinKeyRefused::PinsLeft { .. }) => "pins left",
        }
    }

    #[test]
    fn a_key_is_recorded_only_where_no_pin_stays_behind_under_another() {
        let (proven, assumed) = (PinKeyProof::Proven, PinKeyProof::Assumed);
        for (known, change, pins, of_file, wanted) in [
            // The first import, and one into a register that no longer has PINs.
            (None, Keep, 0, (0, 0, 0), "proven"),
            (Some(recorded(2, proven)), Keep, 0, (0, 0, 0), "proven"),
            // The same key.
            (Some(recorded(1, proven)), Keep, 9, (0, 9, 0), "nothing"),
            (Some(recorded(1, proven)), Replace, 9, (0, 1, 0), "nothing"),
            // Another key.
            (Some(recorded(2, proven)), Keep, 9, (0, 9, 0), "different"),
            (Some(recorded(2, assumed)), Keep, 9, (0, 1, 0), "different"),
            (Some(recorded(2, proven)), Replace, 9, (0, 8, 0), "pins left"),
            (Some(recorded(2, proven)), Replace, 9, (0, 8, 1), "proven"),
            // A register that predates the record of its key.
            (None, Keep, 9, (1, 3, 0), "proven"),
            (None, Keep, 9, (0, 9, 0), "proven"),
            (None, Keep, 9, (0, 3, 0), "none matches"),
            (None, Keep, 9, (0, 2, 0), "assumed"),
            (None, Replace, 9, (0, 2, 0), "pins left"),
            (Some(recorded(1, assumed)), Keep, 9, (0, 2, 0), "nothing"),
            (Some(recorded(1, assumed)), Keep, 9, (0, 3, 0), "none matches"),
            (Some(recorded(1, assumed)), Keep, 9, (1, 0, 0), "proven"),
        ] {
            assert_eq!(
                word(known, change, pins, of_file),
                wanted,
                "{known:?} {change:?} {pins} {of_file:?}"
            );
        }
    }
}

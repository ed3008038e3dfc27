//! Why an import of the register failed.

use crate::domain::PinKeyFingerprint;
use crate::engine::intake::pin_key::DifferentPinKey;
use crate::store::StoreError;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailed {
    /// The PINs are under a key that does not go with those on file.
    #[error(transparent)]
    PinKey(#[from] PinKeyRefused),
    /// The database could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why PINs may not be imported under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinKeyRefused {
    /// The PINs on file are under another key.
    #[error(transparent)]
    Different(DifferentPinKey),
    /// Nothing is known for certain about the key of the PINs on file, and none of them matches.
    #[error(
        "has the fingerprint `{ours}`, and under it none of the {compared} PINs in the file that the register also holds \
         matches: the PINs on file are probably stored under another key. Restore that key, or import every PIN again \
         under this one with `portoutd numbers import FILE.csv --replace-pin-key`"
    )]
    NoneMatches {
        /// The fingerprint of the key in the settings.
        ours: PinKeyFingerprint,
        /// How many PINs were compared.
        compared: usize,
    },
    /// PINs would remain that are under the old key.
    #[error(
        "cannot replace the key of the register: {left} of the {pins} numbers with a PIN on file are not in this file, and \
         their PINs would remain under the old key. Add them to the file"
    )]
    PinsLeft {
        /// How many numbers with a PIN the import lacks.
        left: usize,
        /// How many numbers have a PIN on file.
        pins: usize,
    },
}

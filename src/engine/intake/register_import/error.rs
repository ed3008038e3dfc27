//! Why an import of the register failed.

use crate::domain::PinKeyFingerprint;
use crate::engine::intake::pin_key::DifferentPinKey;
use crate::store::StoreError;

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportFailed {
    /// The PINs are stored under a key that does not match the PINs on file.
    #[error(transparent)]
    PinKey(#[from] PinKeyRefused),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why PINs may not be imported under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinKeyRefused {
    /// The PINs on file are under another key.
    #[error(transparent)]
    Different(DifferentPinKey),
    /// The key of the PINs on file is uncertain, and none of them matches.
    #[error(
        "has the fingerprint `{ours}`, and under it none of the {compared} PINs in the file that the register also holds \
         matches: the PINs on file are probably stored under another key. Restore that key, or import every PIN again \
         under this one with `portoutd numbers import FILE.csv --replace-pin-key`"
    )]
    NoneMatches {
        /// The fingerprint of the key in the settings.
        ours: PinKeyFingerprint,
        /// The number of PINs that were compared.
        compared: usize,
    },
    /// Some PINs would remain under the old key.
    #[error(
        "cannot replace the key of the register: {left} of the {pins} numbers with a PIN on file are not in this file, and \
         their PINs would remain under the old key. Add them to the file"
    )]
    PinsLeft {
        /// The number of PINs on file that the import does not contain.
        left: usize,
        /// The number of PINs on file.
        pins: usize,
    },
}

//! Why an import of the register failed.

use super::pin_key_change::PinKeyRefused;
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

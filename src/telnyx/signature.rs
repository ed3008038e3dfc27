//! Verifies that a webhook is from Telnyx: Ed25519 over the timestamp header as sent, `|`, and the raw body.

mod public_key;
mod self_check;
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SIGNATURE_LENGTH, Signature};
use jiff::{SignedDuration, Timestamp};

pub use public_key::{InvalidPublicKey, PublicKey};
pub use self_check::{SelfCheckFailed, self_check};

/// The header with the signature: base64 of 64 bytes.
pub const SIGNATURE_HEADER: &str = "telnyx-signature-ed25519";

/// The header with the signing time, in Unix seconds.
pub const TIMESTAMP_HEADER: &str = "telnyx-timestamp";

/// The maximum difference between the signing time and ours, in seconds. Telnyx's own SDKs have the same limit.
const TOLERATED_SKEW: u64 = 300;

/// A body that Telnyx signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Signed within 300 s of our time.
    OnTime,
    /// Signed at another time: perhaps a retry, perhaps a replay. It is only a hint to read the order.
    Late {
        /// The difference between the signing time and ours, in either direction.
        by: SignedDuration,
    },
}

/// Why a body is not verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing.
    #[error("the header `{0}` is missing")]
    MissingHeader(&'static str),
    /// The signature header is not base64 of 64 bytes.
    #[error("the header `{SIGNATURE_HEADER}` is not base64 of 64 bytes")]
    MalformedSignature,
    /// The timestamp header is not a whole number of seconds.
    #[error("the header `{TIMESTAMP_HEADER}` is not a number of Unix seconds")]
    MalformedTimestamp,
    /// The headers are well-formed, but the signature is for another body, time or key.
    #[error("the signature does not match the body, the timestamp and the public key")]
    DoesNotMatch,
}

impl PublicKey {
    /// Verifies a body with the two headers as received.
    ///
    /// # Errors
    /// A header is missing or malformed, or the signature does not match. Lateness is not an error.
    pub fn verify(
        &self,
        timestamp: Option<&[u8]>,
        signature: Option<&[u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Verified, SignatureError> {
        let timestamp = timestamp.ok_or(SignatureError::MissingHeader(TIMESTAMP_HEADER))?;
        let signature = signature.ok_or(SignatureError::MissingHeader(SIGNATURE_HEADER))?;
        let signed_at = unix_seconds(timestamp).ok_or(SignatureError::MalformedTimestamp)?;
        let signature = decode(signature).ok_or(SignatureError::MalformedSignature)?;
        let message = [timestamp, b"|", body].concat();
        self.verifying_key()
            .verify_strict(&message, &signature)
            .map_err(|_| SignatureError::DoesNotMatch)?;
        Ok(lateness(signed_at, now))
    }
}

fn lateness(signed_at: u64, now: Timestamp) -> Verified {
    let now = u64::try_from(now.as_second()).unwrap_or_default();
    let skew = now.abs_diff(signed_at);
    if skew <= TOLERATED_SKEW {
        return Verified::OnTime;
    }
    let by = SignedDuration::from_secs(i64::try_from(skew).unwrap_or(i64::MAX));
    Verified::Late { by }
}

/// Accepts only digits. Telnyx sends no sign and no blank.
fn unix_seconds(header: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(header).ok()?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Decodes strictly: the decoder refuses blanks, missing padding and stray bits in the last character, so that each
/// signature has one text.
fn decode(header: &[u8]) -> Option<Signature> {
    let bytes = STANDARD.decode(header).ok()?;
    let bytes: [u8; SIGNATURE_LENGTH] = bytes.try_into().ok()?;
    Some(Signature::from_bytes(&bytes))
}

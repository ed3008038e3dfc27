//! Stand-in until the room of Telnyx is built.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use jiff::{SignedDuration, Timestamp};

/// The header that carries the signature.
pub const SIGNATURE_HEADER: &str = "telnyx-signature-ed25519";

/// The header that carries the time of signing.
pub const TIMESTAMP_HEADER: &str = "telnyx-timestamp";

/// The public key of one Telnyx account.
#[derive(Debug, Clone)]
pub struct PublicKey(VerifyingKey);

/// A signature that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Signed within 300 s of now.
    OnTime,
    /// Signed longer ago, or ahead of our clock.
    Late {
        /// How far from now.
        by: SignedDuration,
    },
}

/// Why a signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing.
    #[error("a signature header is missing")]
    Missing,
    /// A header is malformed.
    #[error("a signature header is malformed")]
    Malformed,
    /// The signature belongs to other bytes or another key.
    #[error("the signature does not match")]
    Mismatch,
}

/// What is wrong with a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no Ed25519 public key")]
pub struct InvalidPublicKey;

impl PublicKey {
    /// Reads a key as the portal shows it.
    pub fn from_base64(text: &str) -> Result<Self, InvalidPublicKey> {
        let bytes: [u8; 32] = STANDARD
            .decode(text.trim())
            .map_err(|_| InvalidPublicKey)?
            .try_into()
            .map_err(|_| InvalidPublicKey)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| InvalidPublicKey)?;
        if key.is_weak() {
            return Err(InvalidPublicKey);
        }
        Ok(Self(key))
    }

    /// Verifies the bytes of a webhook.
    pub fn verify(
        &self,
        timestamp: Option<&[u8]>,
        signature: Option<&[u8]>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Verified, SignatureError> {
        let timestamp = timestamp.ok_or(SignatureError::Missing)?;
        let encoded = signature.ok_or(SignatureError::Missing)?;
        let digits = std::str::from_utf8(timestamp).map_err(|_| SignatureError::Malformed)?;
        let seconds: i64 = digits.parse().map_err(|_| SignatureError::Malformed)?;
        let signed_at = Timestamp::from_second(seconds).map_err(|_| SignatureError::Malformed)?;
        let mut signature = [0_u8; 64];
        let length = STANDARD
            .decode_slice(encoded, &mut signature)
            .map_err(|_| SignatureError::Malformed)?;
        if length != 64 {
            return Err(SignatureError::Malformed);
        }
        let mut message = Vec::with_capacity(timestamp.len() + 1 + body.len());
        message.extend_from_slice(timestamp);
        message.push(b'|');
        message.extend_from_slice(body);
        self.0
            .verify_strict(&message, &Signature::from_bytes(&signature))
            .map_err(|_| SignatureError::Mismatch)?;
        let skew = signed_at.duration_until(now);
        if skew.abs() > SignedDuration::from_secs(300) {
            return Ok(Verified::Late { by: skew });
        }
        Ok(Verified::OnTime)
    }
}

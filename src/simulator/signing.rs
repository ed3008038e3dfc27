//! The secrets of the simulated account.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use jiff::Timestamp;

use super::chance::derive;

/// The simulated account's secrets, all derived from the seed.
pub(super) struct Keys {
    signing: SigningKey,
    api_key: String,
}

/// The two headers of a signed webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `telnyx-timestamp`: Unix seconds.
    pub timestamp: String,
    /// `telnyx-signature-ed25519`: base64 of 64 bytes.
    pub signature: String,
}

impl Keys {
    pub(super) fn from_seed(seed: u64) -> Self {
        let api_key = hex::encode(derive(seed, "api key")).split_off(32);
        Self {
            signing: SigningKey::from_bytes(&derive(seed, "signing key")),
            api_key: format!("KEY-SIMULATED-{api_key}"),
        }
    }

    pub(super) fn api_key(&self) -> &str {
        &self.api_key
    }

    pub(super) fn public_key(&self) -> String {
        STANDARD.encode(self.signing.verifying_key().as_bytes())
    }

    /// Signs timestamp, `|` and body, as Telnyx documents and its SDKs verify.
    pub(super) fn sign(&self, at: Timestamp, body: &[u8]) -> Signed {
        let timestamp = at.as_second().to_string();
        let mut signed = Vec::with_capacity(timestamp.len() + 1 + body.len());
        signed.extend_from_slice(timestamp.as_bytes());
        signed.push(b'|');
        signed.extend_from_slice(body);
        let signature = STANDARD.encode(self.signing.sign(&signed).to_bytes());
        Signed { timestamp, signature }
    }
}

impl Signed {
    /// Returns the headers with an invalid signature.
    pub(super) fn spoiled(self) -> Self {
        Self {
            signature: STANDARD.encode([7_u8; 64]),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signature, VerifyingKey};

    use super::*;

    #[test]
    fn what_is_signed_verifies_under_the_announced_key_and_only_whole() {
        let keys = Keys::from_seed(3);
        let key: [u8; 32] = STANDARD.decode(keys.public_key()).unwrap().try_into().unwrap();
        let key = VerifyingKey::from_bytes(&key).unwrap();
        let signed = keys.sign(Timestamp::from_second(1_700_000_000).unwrap(), b"{}");
        let verifies = |signature: &str, message: &[u8]| {
            let bytes: [u8; 64] = STANDARD.decode(signature).unwrap().try_into().unwrap();
            key.verify_strict(message, &Signature::from_bytes(&bytes)).is_ok()
        };
        assert!(verifies(&signed.signature, b"1700000000|{}"));
        assert!(!verifies(&signed.signature, b"1700000001|{}"));
        assert!(!verifies(&signed.spoiled().signature, b"1700000000|{}"));
    }

    #[test]
    fn another_seed_is_another_account() {
        assert_ne!(Keys::from_seed(1).public_key(), Keys::from_seed(2).public_key());
        assert_ne!(Keys::from_seed(1).api_key(), Keys::from_seed(2).api_key());
    }
}

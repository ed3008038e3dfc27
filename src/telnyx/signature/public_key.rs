//! The public key of an account.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{PUBLIC_KEY_LENGTH, VerifyingKey};

/// The key with which a Telnyx account signs its webhooks. It is never a weak key, under which any message verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The error for an invalid public key. It does not repeat the text, which may be an API key that was pasted by
/// mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicKey {
    /// The text is empty.
    #[error("the public key is empty: {WHERE}")]
    Empty,
    /// A PEM block.
    #[error("the public key is a PEM block, but Telnyx signs with a bare Ed25519 key: {WHERE}")]
    Pem,
    /// Hexadecimal digits.
    #[error("the public key is hexadecimal, expected base64: {WHERE}")]
    Hex,
    /// An API key.
    #[error("this looks like an API key, not a public key: {WHERE}")]
    ApiKey,
    /// Not base64.
    #[error("the public key is not base64: {WHERE}")]
    NotBase64,
    /// Base64 of something else.
    #[error("the public key has {found} bytes, expected 32: {WHERE}")]
    WrongLength {
        /// The number of bytes.
        found: usize,
    },
    /// 32 bytes that are not a point of the curve.
    #[error("the public key is not a valid Ed25519 key because a character is wrong: {WHERE}")]
    NotAKey,
    /// A key under which any message verifies.
    #[error("the public key is weak, and anyone could forge a signature for it: {WHERE}")]
    Weak,
}

const WHERE: &str = "copy the 44 characters from Keys & Credentials > Public Key in the Telnyx portal";

impl PublicKey {
    /// Parses a key as the Telnyx portal shows it: base64 of 32 bytes. Surrounding blanks are ignored.
    ///
    /// # Errors
    /// The text has another form, or the key is weak.
    pub fn from_base64(text: &str) -> Result<Self, InvalidPublicKey> {
        let text = text.trim();
        refuse_known_mistakes(text)?;
        let bytes = STANDARD.decode(text).map_err(|_| InvalidPublicKey::NotBase64)?;
        let found = bytes.len();
        let bytes: [u8; PUBLIC_KEY_LENGTH] = bytes
            .try_into()
            .map_err(|_| InvalidPublicKey::WrongLength { found })?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| InvalidPublicKey::NotAKey)?;
        if key.is_weak() {
            return Err(InvalidPublicKey::Weak);
        }
        Ok(Self(key))
    }

    pub(super) fn verifying_key(&self) -> &VerifyingKey {
        &self.0
    }
}

fn refuse_known_mistakes(text: &str) -> Result<(), InvalidPublicKey> {
    if text.is_empty() {
        return Err(InvalidPublicKey::Empty);
    }
    if text.starts_with("-----BEGIN") {
        return Err(InvalidPublicKey::Pem);
    }
    if text.starts_with("KEY") && text.contains('_') {
        return Err(InvalidPublicKey::ApiKey);
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() == 2 * PUBLIC_KEY_LENGTH && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(InvalidPublicKey::Hex);
    }
    Ok(())
}

//! PINs in memory, and the key under which they are stored.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{AccountName, PhoneNumber, PinKeyFingerprint, folding, typed_digits};

/// A PIN as it was typed. It exists only in memory, and its `Debug` output shows nothing.
#[derive(Debug, Clone)]
pub struct Pin(SecretString);

/// The key under which PINs on file are stored. It is in a secret file, never in the database.
pub struct PinKey(SecretBox<[u8; 32]>);

/// The HMAC-SHA-256 of account, number and PIN. The same PIN on two numbers has two different values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PinHmac([u8; 32]);

/// The input of a fingerprint. It differs from the input of every PIN's HMAC, which begins with a length whose first
/// byte is zero.
const FINGERPRINT_LABEL: &[u8] = b"portoutd fingerprint of a PIN key, version 1";

/// The prefix of the digest of an unparsable body, so that it never equals the HMAC of a PIN or the fingerprint.
const UNPARSABLE_LABEL: &[u8] = b"portoutd digest of an unparsable body, version 1\0";

/// The error for an invalid PIN key.
#[derive(Debug, thiserror::Error)]
#[error("a PIN key is 64 hexadecimal digits (32 bytes); `portoutd keygen` prints a new one")]
pub struct InvalidPinKey;

impl Pin {
    /// Stores a PIN folded and without spaces and punctuation, so that `12-34`, `1234` and full-width `１２３４` are the
    /// same PIN. Returns `None` if nothing is left: an empty PIN counts as not given.
    #[must_use]
    pub fn new(typed: &str) -> Option<Self> {
        let folded = folding::fold(typed);
        let plain = folded.chars().filter_map(typed_digits::plain);
        let kept: String = plain.filter(|c| c.is_alphanumeric()).collect();
        (!kept.is_empty()).then(|| Self(SecretString::from(kept)))
    }

    /// Returns how many significant characters the PIN has.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.expose_secret().chars().count()
    }
}

impl PinKey {
    /// Parses a key from the text of its file.
    pub fn from_hex(text: &str) -> Result<Self, InvalidPinKey> {
        let mut key = Box::new([0_u8; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut_slice()).map_err(|_| InvalidPinKey)?;
        Ok(Self(SecretBox::new(key)))
    }

    /// Creates a key from bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(SecretBox::new(Box::new(bytes)))
    }

    /// Returns the digest that is stored in place of a body that could not be parsed. Without the key nobody can test
    /// PINs against it.
    #[must_use]
    pub fn digest_of_unparsable(&self, body: &[u8]) -> [u8; 32] {
        let mut mac = self.mac();
        mac.update(UNPARSABLE_LABEL);
        mac.update(body);
        mac.finalize().into_bytes().into()
    }

    /// Returns the value that is stored for a number's PIN.
    #[must_use]
    pub fn hmac(&self, account: &AccountName, number: PhoneNumber, pin: &Pin) -> PinHmac {
        let mut mac = self.mac();
        for part in [account.as_str(), &number.to_string(), pin.0.expose_secret()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        PinHmac(mac.finalize().into_bytes().into())
    }

    /// Returns the fingerprint, which identifies this key in the database and in messages.
    #[must_use]
    pub fn fingerprint(&self) -> PinKeyFingerprint {
        let mut mac = self.mac();
        mac.update(FINGERPRINT_LABEL);
        PinKeyFingerprint::new(mac.finalize().into_bytes().into())
    }

    fn mac(&self) -> Hmac<Sha256> {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac
    }
}

impl PinHmac {
    /// Returns the bytes as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Compares with the stored value in constant time.
    #[must_use]
    pub fn is(&self, on_file: &[u8]) -> bool {
        self.0.ct_eq(on_file).into()
    }
}

impl fmt::Debug for PinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinKey(hidden)")
    }
}

impl fmt::Debug for PinHmac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHmac(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> PinKey {
        PinKey::from_hex(&"ab".repeat(32)).unwrap()
    }

    #[test]
    fn a_pin_forgives_case_spaces_and_punctuation() {
        let (account, number) = (AccountName::default_account(), "+13125550123".parse().unwrap());
        let hmac = |typed: &str| key().hmac(&account, number, &Pin::new(typed).unwrap());
        for typed in ["aB-12 ", "ab\u{a0}12", "ａｂ１２", "\u{200b}ab–12", "ab&nbsp;12"] {
            assert!(hmac(typed).is(hmac("ab12").as_bytes()), "{typed:?}");
        }
        assert!(!hmac("ab13").is(hmac("ab12").as_bytes()));
        assert!(hmac("\u{ff41}b\u{2011}1\u{200b}\u{ff12}\u{a0}").is(hmac("ab12").as_bytes()));
        assert!(Pin::new(" - ").is_none());
    }

    #[test]
    fn one_pin_on_two_numbers_is_kept_as_two_values() {
        let (account, pin) = (AccountName::default_account(), Pin::new("1234").unwrap());
        let one = key().hmac(&account, "+13125550123".parse().unwrap(), &pin);
        let other = key().hmac(&account, "+13125550124".parse().unwrap(), &pin);
        assert!(!one.is(other.as_bytes()));
    }

    #[test]
    fn a_fingerprint_belongs_to_one_key_and_holds_nothing_of_it() {
        let other = PinKey::from_hex(&"ac".repeat(32)).unwrap();
        assert_eq!(key().fingerprint(), key().fingerprint());
        assert_ne!(key().fingerprint(), other.fingerprint());
        // Computed with another program. It must never change, or every register would appear to have another key.
        assert_eq!(key().fingerprint().to_string(), "bc0d86cdb5358eb0");
    }

    #[test]
    fn nothing_secret_is_shown_by_debug() {
        let pin = Pin::new("4711").unwrap();
        assert!(!format!("{pin:?} {:?}", key()).contains("4711"));
        assert!(!format!("{:?}", key()).contains("ab"));
    }
}

//! Tests of signature verification.

use ed25519_dalek::{Signer as _, SigningKey};
use jiff::ToSpan as _;

use super::*;

const SIGNED_AT: &str = "1790000000";
const BODY: &str = concat!(
    r#"{"data":{"event_type":"portout.status_changed","id":"5f1c0a7e-0b52-4b63-9f0e-2f3a9f0b7c11","#,
    r#""occurred_at":"2026-09-21T13:33:20Z","payload":{"attempted_pin":"8264","carrier_name":"Prärie Tel","#,
    r#""id":"c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21","phone_numbers":["+13125550123"],"spid":"914B","#,
    r#""status":"pending"},"record_type":"event"}}"#
);

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(b"a seed for tests, signs no event")
}

fn public_key() -> PublicKey {
    PublicKey::from_base64(&STANDARD.encode(signing_key().verifying_key().as_bytes())).unwrap()
}

fn sign(timestamp: &str, body: &str) -> String {
    let message = format!("{timestamp}|{body}");
    STANDARD.encode(signing_key().sign(message.as_bytes()).to_bytes())
}

fn at(seconds_after_signing: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds_after_signing).unwrap()
}

fn check(timestamp: &[u8], signature: &[u8], body: &[u8]) -> Result<Verified, SignatureError> {
    public_key().verify(Some(timestamp), Some(signature), body, at(0))
}

#[test]
fn a_signed_event_is_accepted() {
    let signature = sign(SIGNED_AT, BODY);
    let verified = check(SIGNED_AT.as_bytes(), signature.as_bytes(), BODY.as_bytes());
    assert_eq!(verified, Ok(Verified::OnTime));
}

#[test]
fn an_event_signed_long_ago_or_in_the_future_is_late_yet_genuine() {
    let signature = sign(SIGNED_AT, BODY);
    let verify = |now| {
        public_key()
            .verify(
                Some(SIGNED_AT.as_bytes()),
                Some(signature.as_bytes()),
                BODY.as_bytes(),
                now,
            )
            .unwrap()
    };
    for on_time in [-300, -299, 0, 299, 300] {
        assert_eq!(verify(at(on_time)), Verified::OnTime, "{on_time} s");
    }
    assert_eq!(verify(at(300) + 999.milliseconds()), Verified::OnTime);
    for late in [-301, 301, 86_400] {
        let by = SignedDuration::from_secs(late).abs();
        assert_eq!(verify(at(late)), Verified::Late { by }, "{late} s");
    }
}

#[test]
fn a_time_of_signing_beyond_any_calendar_is_late() {
    for timestamp in ["1790000000123", "18446744073709551615", "0"] {
        let signature = sign(timestamp, BODY);
        let verified = check(timestamp.as_bytes(), signature.as_bytes(), BODY.as_bytes());
        assert!(
            matches!(verified, Ok(Verified::Late { .. })),
            "{timestamp}: {verified:?}"
        );
    }
}

#[test]
fn no_single_bit_can_be_changed_unnoticed() {
    const FLIPS: usize = 40_000;
    let key = public_key();
    let signature = sign(SIGNED_AT, BODY);
    let parts = [SIGNED_AT.as_bytes(), signature.as_bytes(), BODY.as_bytes()];
    let bits = 8 * parts.iter().map(|part| part.len()).sum::<usize>();
    let mut tried = 0;
    // The body becomes longer in each round, so that the flips affect different messages.
    for round in 0..FLIPS.div_ceil(bits) {
        let body = format!("{BODY}{}", " ".repeat(round));
        let signature = sign(SIGNED_AT, &body);
        let genuine = [SIGNED_AT.as_bytes(), signature.as_bytes(), body.as_bytes()];
        for bit in 0..8 * genuine.iter().map(|part| part.len()).sum::<usize>() {
            let [timestamp, signature, body] = flip(genuine, bit);
            let verified = key.verify(Some(&timestamp), Some(&signature), &body, at(0));
            assert!(verified.is_err(), "bit {bit} of round {round} was accepted");
            tried += 1;
        }
    }
    assert!(tried >= FLIPS, "only {tried} flips");
}

fn flip(genuine: [&[u8]; 3], bit: usize) -> [Vec<u8>; 3] {
    let mut parts = genuine.map(<[u8]>::to_vec);
    let mut byte = bit / 8;
    for part in &mut parts {
        if byte < part.len() {
            part[byte] ^= 1 << (bit % 8);
            break;
        }
        byte -= part.len();
    }
    parts
}

#[test]
fn the_recipes_that_are_published_wrongly_are_refused() {
    let key = signing_key();
    let body_only = STANDARD.encode(key.sign(BODY.as_bytes()).to_bytes());
    let with_a_dot = STANDARD.encode(key.sign(format!("{SIGNED_AT}.{BODY}").as_bytes()).to_bytes());
    for signature in [body_only, with_a_dot] {
        let verified = check(SIGNED_AT.as_bytes(), signature.as_bytes(), BODY.as_bytes());
        assert_eq!(verified, Err(SignatureError::DoesNotMatch));
    }
}

#[test]
fn a_signature_of_another_key_is_refused() {
    let other = SigningKey::from_bytes(b"another seed, of another account");
    let signature = STANDARD.encode(other.sign(format!("{SIGNED_AT}|{BODY}").as_bytes()).to_bytes());
    let verified = check(SIGNED_AT.as_bytes(), signature.as_bytes(), BODY.as_bytes());
    assert_eq!(verified, Err(SignatureError::DoesNotMatch));
}

#[test]
fn each_missing_or_malformed_header_is_told() {
    let signature = sign(SIGNED_AT, BODY);
    let verify = |timestamp: Option<&str>, signature: Option<&str>| {
        let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
        let (timestamp, signature) = (bytes(timestamp), bytes(signature));
        public_key().verify(timestamp.as_deref(), signature.as_deref(), BODY.as_bytes(), at(0))
    };
    let missing = |header| Err(SignatureError::MissingHeader(header));
    assert_eq!(verify(None, Some(&signature)), missing(TIMESTAMP_HEADER));
    assert_eq!(verify(Some(SIGNED_AT), None), missing(SIGNATURE_HEADER));
    for timestamp in [
        "",
        "now",
        "+1790000000",
        "-5",
        " 1790000000",
        "1790000000.0",
        "99999999999999999999",
    ] {
        let verified = verify(Some(timestamp), Some(&signature));
        assert_eq!(verified, Err(SignatureError::MalformedTimestamp), "{timestamp}");
    }
    let unpadded = signature.trim_end_matches('=');
    let hexadecimal = "ab".repeat(64);
    for text in [
        "",
        "nonsense",
        "bm90IDY0IGJ5dGVz",
        unpadded,
        &hexadecimal,
        &format!("{signature} "),
    ] {
        let verified = verify(Some(SIGNED_AT), Some(text));
        assert_eq!(verified, Err(SignatureError::MalformedSignature), "{text}");
    }
}

#[test]
fn a_weak_key_is_refused() {
    // The neutral element and two other points of small order: any message would verify under them.
    let neutral = "01".to_owned() + &"00".repeat(31);
    let of_order_four = "00".repeat(32);
    let of_order_two = "ec".to_owned() + &"ff".repeat(30) + "7f";
    for point in [neutral, of_order_four, of_order_two] {
        let key = STANDARD.encode(hex::decode(&point).unwrap());
        assert_eq!(
            PublicKey::from_base64(&key),
            Err(InvalidPublicKey::Weak),
            "{point}"
        );
    }
}

#[test]
fn a_key_of_another_shape_is_refused_with_the_way_to_mend_it() {
    let good = STANDARD.encode(signing_key().verifying_key().as_bytes());
    assert!(PublicKey::from_base64(&format!("  {good}\n")).is_ok());
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----";
    let not_on_the_curve = STANDARD.encode([2; 32]);
    let cases = [
        ("", InvalidPublicKey::Empty),
        (pem, InvalidPublicKey::Pem),
        (&"9f".repeat(32), InvalidPublicKey::Hex),
        ("KEY0123456789ABCDEF_abcdefgh", InvalidPublicKey::ApiKey),
        ("not base64!", InvalidPublicKey::NotBase64),
        ("c2hvcnQ=", InvalidPublicKey::WrongLength { found: 5 }),
        (&not_on_the_curve, InvalidPublicKey::NotAKey),
    ];
    for (text, expected) in cases {
        let refused = PublicKey::from_base64(text).unwrap_err();
        assert_eq!(refused, expected, "{text}");
        assert!(refused.to_string().contains("Telnyx portal"), "{refused}");
    }
}

#[test]
fn the_check_at_start_passes() {
    assert_eq!(self_check(), Ok(()));
}

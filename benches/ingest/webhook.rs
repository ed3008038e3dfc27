//! The webhooks of the load: all different, all signed with one key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use portoutd::clock::{Clock as _, SystemClock};

const SEED: [u8; 32] = [42; 32];

/// Returns the key that the contestants verify with.
pub(crate) fn public_key() -> String {
    STANDARD.encode(SigningKey::from_bytes(&SEED).verifying_key().as_bytes())
}

/// Returns a body as Telnyx sends it. Each is a different event about a different order, which is the most expensive
/// case.
pub(crate) fn body(series: u32, number: u32) -> Vec<u8> {
    let id = format!("{series:08x}-4df3-4bca-a65a-{number:012x}");
    let phone = 3_125_550_000_u64 + u64::from(number % 10_000);
    format!(
        r#"{{"data":{{"event_type":"portout.status_changed","id":"{id}","occurred_at":"2026-11-21T10:15:30.123456Z","payload":{{"attempted_pin":"48151623","carrier_name":"Example Wireless","id":"{id}","phone_numbers":["+1{phone}"],"spid":"073H","status":"pending","subscriber_name":"Jordan Example","user_id":"40d68ba2-0847-4df2-be9c-b0e0cb673e75"}},"record_type":"event"}},"meta":{{"attempt":1,"delivered_to":"https://portouts.example.com/webhooks/telnyx"}}}}"#
    )
    .into_bytes()
}

/// Returns complete requests, signed now.
pub(crate) fn requests(series: u32, count: u32) -> Vec<Vec<u8>> {
    let key = SigningKey::from_bytes(&SEED);
    let timestamp = SystemClock.now().as_second().to_string();
    (0..count)
        .map(|number| request(&key, &timestamp, &body(series, number)))
        .collect()
}

fn request(key: &SigningKey, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let message = [timestamp.as_bytes(), b"|", body].concat();
    let signature = STANDARD.encode(key.sign(&message).to_bytes());
    let length = body.len();
    let head = format!(
        "POST /webhooks/telnyx HTTP/1.1\r\nhost: portouts.example.com\r\nuser-agent: telnyx-webhooks\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\ntelnyx-timestamp: {timestamp}\r\n\
         telnyx-signature-ed25519: {signature}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

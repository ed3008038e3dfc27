//! Tests of the client of the Telnyx API.

mod answers;
mod lists;
mod lying_lists;
mod reads;
mod scripted;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use super::*;
use crate::clock::SystemClock;
use crate::domain::OrderId;

const API_KEY: &str = "KEY_for_tests_4f81";
const ORDER: &str = "c0b7d0f0-6a5e-4d0e-8a53-6a3d4f1f8a21";

fn settings(base_url: &str) -> ClientSettings {
    ClientSettings {
        base_url: base_url.to_owned(),
        api_key: SecretString::from(API_KEY),
        timeout: Duration::from_secs(20),
        connect_timeout: Duration::from_secs(10),
        requests_per_second: 1e6,
    }
}

fn client(base_url: &str) -> Client {
    Client::new(&settings(base_url), Arc::new(SystemClock)).unwrap()
}

fn impatient_client(base_url: &str) -> Client {
    let settings = ClientSettings {
        timeout: Duration::from_millis(100),
        ..settings(base_url)
    };
    Client::new(&settings, Arc::new(SystemClock)).unwrap()
}

fn order_id() -> OrderId {
    ORDER.parse().unwrap()
}

fn order(id: &str, status: &str) -> String {
    format!(r#"{{"id":"{id}","status":"{status}","phone_numbers":["+13125550123"],"spid":"914B"}}"#)
}

fn data(value: &str) -> String {
    format!(r#"{{"data":{value}}}"#)
}

#[test]
fn settings_that_make_no_sense_are_refused_with_the_way_to_mend_them() {
    let refused = |settings: ClientSettings| {
        Client::new(&settings, Arc::new(SystemClock))
            .unwrap_err()
            .to_string()
    };
    for base_url in ["", "api.telnyx.com", "ftp://a/", "https://a/?b", "https://a/#b"] {
        let message = refused(settings(base_url));
        assert!(message.contains(&format!("`{base_url}`")), "{message}");
        assert!(message.contains("https://api.telnyx.com/v2"), "{message}");
    }
    let message = refused(settings("https://user:hush@a/"));
    assert!(
        message.contains("password") && !message.contains("hush"),
        "{message}"
    );
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY.recip()] {
        let message = refused(ClientSettings {
            requests_per_second: rate,
            ..settings("http://a/")
        });
        assert!(message.contains("above 0"), "{message}");
    }
    for key in ["", "  ", "two words", "line\nbreak"] {
        let message = refused(ClientSettings {
            api_key: SecretString::from(key),
            ..settings("http://a/")
        });
        assert!(message.contains("API key"), "{message}");
    }
}

#[test]
fn the_api_key_is_never_shown() {
    let settings = settings("https://api.telnyx.com/v2");
    let client = client("https://api.telnyx.com/v2");
    assert!(!format!("{settings:?} {client:?}").contains(API_KEY));
}

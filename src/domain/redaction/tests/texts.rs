//! Tests of the redaction of free text.

use super::*;

#[test]
fn digits_near_the_word_are_taken_out() {
    for (text, expected) in [
        ("the PIN is 4711", "the PIN is ***"),
        ("pin#4711", "pin#***"),
        ("PIN4711", "PIN***"),
        ("pin no. 4711", "pin no. ***"),
        ("PIN: 4711.", "PIN: ***."),
        ("Passcode 12-34 was given", "Passcode *** was given"),
        ("pin 1 2 3 4", "pin ***"),
        ("PIN \u{ff14}\u{ff17}\u{ff11}\u{ff11}", "PIN ***"),
        (
            "the \u{ff30}\u{ff29}\u{ff2e} is 4711",
            "the \u{ff30}\u{ff29}\u{ff2e} is ***",
        ),
        ("PIN A4711x", "PIN ***"),
        ("4711 is the PIN", "*** is the PIN"),
        ("4711 is my new account PIN", "*** is my new account PIN"),
        ("47-11 (PIN)", "*** (PIN)"),
        ("use 471147 as the transfer PIN", "use *** as the transfer PIN"),
        ("PINs 4711, 4712 and 4713", "PINs ***, *** and ***"),
        (
            "the PIN given by the customer was 4711",
            "the PIN given by the customer was ***",
        ),
        ("PIN for account 12345678 is 4711", "PIN for account *** is ***"),
        ("security code 471147", "security code ***"),
        ("my password is hunter22", "my password is ***"),
        ("P.I.N. 4711", "P.I.N. ***"),
        ("PIN 4711 60601", "PIN ***"),
        ("PIN 4711 312-555-0100", "PIN *** 312-555-0100"),
        (
            "Invalid PIN: 4711 does not match",
            "Invalid PIN: *** does not match",
        ),
    ] {
        assert_eq!(redact_text(text), expected);
    }
}

#[test]
fn what_is_assigned_to_the_word_is_taken_out() {
    for (text, expected) in [
        ("pin=hunter&x=1", "pin=***&x=1"),
        ("a=1&port_out_pin=4711&b=2", "a=1&port_out_pin=***&b=2"),
        ("p%69n=hunter", "p%69n=***"),
        (
            "<pin>hunter</pin><zip>60601</zip>",
            "<pin>***</pin><zip>60601</zip>",
        ),
        (
            "<ns:accountPin a=\"b\">4711</ns:accountPin>",
            "<ns:accountPin a=\"b\">***</ns:accountPin>",
        ),
        (
            "<field name=\"PIN\" value=\"4711\"/>",
            "<field name=\"PIN\" value=\"***\"/>",
        ),
        (
            "<order pin='hunter' zip='60601'/>",
            "<order pin='***' zip='60601'/>",
        ),
        (
            "carrier: X\nPIN: hunter\nzip: 60601",
            "carrier: X\nPIN: ***\nzip: 60601",
        ),
        ("- account pin: hunter", "- account pin: ***"),
        (
            "Content-Disposition: form-data; name=\"pin\"\r\n\r\n4711\r\n--x",
            "Content-Disposition: form-data; name=\"pin\"\r\n\r\n***\r\n--x",
        ),
        (
            "{'attempted_pin': 'hunter', 'a': 1}",
            "{'attempted_pin': '***', 'a': 1}",
        ),
        ("pin: `hunter`", "pin: `***`"),
    ] {
        assert_eq!(redact_text(text), expected);
    }
}

#[test]
fn texts_without_a_pin_stay_as_they_are() {
    for text in [
        "",
        "the pin is secret",
        "The account PIN given does not match our records. The ZIP code given does not match our records.",
        "PIN is wrong. Call 4711 for help.",
        "no PIN, call 312-555-0100 or (312) 555-0100 or +13125550100",
        "wrong PIN since 2027-01-31",
        "PIN wrong, ZIP 60601",
        "shipping 60601, opinion 4711",
        "12345 Larch Street",
        "pin: right, zip: wrong",
        "match.pin = \"wrong\"",
        "pin is none-on-file",
        "PIN mismatch for order c0b7d0f0-6a5e-4d0e-8a53-163412345678",
        "order 12345678 is held",
    ] {
        assert!(
            matches!(redact_text(text), Cow::Borrowed(_)),
            "{text}: {}",
            redact_text(text)
        );
    }
}

#[test]
fn only_the_texts_of_our_own_documents_are_looked_into() {
    let mut document =
        serde_json::json!({"pin": "right", "reason": "PIN 4711", "more": [{"note": "pin=4711"}, 4711]});
    redact_texts(&mut document);
    let expected =
        serde_json::json!({"pin": "right", "reason": "PIN ***", "more": [{"note": "pin=***"}, 4711]});
    assert_eq!(document, expected);
}

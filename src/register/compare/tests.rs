//! Tests of the comparisons with the register.

use proptest::prelude::*;

use super::*;
use IdentityCheck::{NoneOnFile, NotGiven, Right, Wrong};

type Compare = fn(Option<&str>, Option<&str>) -> IdentityCheck;

fn check(compare: Compare, table: &[(&str, &str, IdentityCheck)]) {
    for (given, on_file, wanted) in table {
        assert_eq!(
            compare(Some(given), Some(on_file)),
            *wanted,
            "given `{given}`, on file `{on_file}`"
        );
    }
}

#[test]
fn a_zip_counts_by_its_five_digits() {
    check(
        compare_zip,
        &[
            ("60601", "60601", Right),
            (" 60601-1234 ", "60601", Right),
            ("60601", "606011234", Right),
            ("60601-1234", "60601-9999", Right),
            ("02134", "2134", Right),
            ("021341234", "2134-1234", Right),
            ("60602", "60601", Wrong),
            ("6060", "60601", Wrong),
            ("606011", "60601", Wrong),
            ("k1a0b1", "K1A 0B1", Right),
            ("K1A 0B2", "K1A 0B1", Wrong),
            ("６０６０１", "60601", Right),
            ("60601–1234", "60601", Right),
            ("\u{200b}606\u{a0}01", "60601", Right),
            ("６０６０２", "60601", Wrong),
        ],
    );
}

#[test]
fn a_name_forgives_what_people_type_differently() {
    check(
        compare_name,
        &[
            ("JOHN SMITH", "John Smith", Right),
            ("Smith, John", "John Smith", Right),
            ("OBrien Pat", "Pat O'Brien", Right),
            ("Pat O’Brien", "pat obrien", Right),
            ("Mc Donald", "McDonald", Right),
            ("Acme, Inc.", "ACME Incorporated", Right),
            ("Acme L.L.C.", "Acme LLC", Right),
            ("Acme L L C", "Acme LLC", Right),
            ("Smith & Sons", "Smith and Sons", Right),
            ("Jose Nunez", "José Núñez", Right),
            ("Jose\u{301}", "José", Right),
            ("STRASSE", "Straße", Right),
            ("ΟΔΟΣ", "οδος", Right),
            ("Smith &amp; Sons", "Smith & Sons", Right),
            ("Smith&nbsp;&amp;amp;&nbsp;Sons", "smith and sons", Right),
            ("Ｊｏｈｎ\u{3000}Ｓｍｉｔｈ", "John Smith", Right),
            ("Jo\u{200b}hn\u{a0}Smi\u{ad}th\u{202e}", "John Smith", Right),
            ("O&#8217;Brien", "OBrien", Right),
            ("Anne–Marie", "Anne-Marie", Right),
            ("Nguyễn", "Nguyen", Right),
            ("Łódź Æro Smørrebrød", "Lodz Aero Smorrebrod", Right),
            ("J\u{43e}hn Smith", "John Smith", Wrong),
            ("John Q Smith", "John Smith", Wrong),
            ("Jon Smith", "John Smith", Wrong),
            ("John", "John Smith", Wrong),
        ],
    );
}

#[test]
fn an_address_forgives_abbreviations_but_not_the_house() {
    check(
        compare_address,
        &[
            ("123 MAIN ST", "123 Main Street", Right),
            ("123 Main St.", "123 Main Str", Right),
            ("1 N Lake Shore Dr", "1 North Lake Shore Drive", Right),
            ("123 Main St #5", "123 Main Street, Apt. 5", Right),
            ("123 Main St Ste 5", "123 Main Street # 5", Right),
            ("P.O. Box 12", "PO Box 12", Right),
            ("P O Box 12", "PO Box 12", Right),
            ("5 N.W. First Av", "5 Northwest 1st Avenue", Right),
            ("１２３ Main\u{a0}Street", "123 Main St", Right),
            ("123 Main St ＃5", "123 Main St Apt 5", Right),
            ("124 Main St", "123 Main St", Wrong),
            ("12 3 Main St", "1 23 Main St", Wrong),
            ("123 Main St #6", "123 Main St #5", Wrong),
            ("123 Main St", "123 Main St #5", Wrong),
            ("123 Main Ave", "123 Main St", Wrong),
        ],
    );
}

#[test]
fn what_is_not_there_has_its_own_word() {
    for compare in [compare_zip, compare_name, compare_address] {
        assert_eq!(compare(Some("1"), None), NoneOnFile);
        assert_eq!(compare(Some("1"), Some(" - ")), NoneOnFile);
        assert_eq!(compare(None, None), NoneOnFile);
        assert_eq!(compare(None, Some("1")), NotGiven);
        assert_eq!(compare(Some(" "), Some("1")), NotGiven);
    }
}

#[test]
fn a_pin_is_compared_under_the_key_and_for_its_number() {
    let key = PinKey::from_hex(&"ab".repeat(32)).unwrap();
    let account = AccountName::default_account();
    let number = |text: &str| text.parse::<PhoneNumber>().unwrap();
    let on_file = key.hmac(&account, number("+13125550123"), &Pin::new("4711").unwrap());
    let compare = |at: &str, given: Option<&str>| {
        let given = given.and_then(Pin::new);
        compare_pin(
            &key,
            &account,
            number(at),
            given.as_ref(),
            Some(on_file.as_bytes()),
        )
    };
    assert_eq!(compare("+13125550123", Some("47-11")), Right);
    assert_eq!(compare("+13125550123", Some("4712")), Wrong);
    assert_eq!(compare("+13125550123", None), NotGiven);
    assert_eq!(compare("+13125550124", Some("4711")), Wrong);
    let none = compare_pin(&key, &account, number("+13125550123"), None, None);
    assert_eq!(none, NoneOnFile);
}

proptest! {
    #[test]
    fn whatever_is_on_file_is_right_when_given_in_another_case(text in "\\PC{0,40}") {
        for compare in [compare_zip as Compare, compare_name, compare_address] {
            let verdict = compare(Some(&text.to_uppercase()), Some(&text));
            let other = compare(Some(&text), Some(&text));
            prop_assert!(other == Right || other == NoneOnFile);
            prop_assert!(!text.is_ascii() || verdict == other);
        }
    }

    #[test]
    fn comparing_is_the_same_both_ways(one in "[a-c1-3 .#'-]{1,8}", other in "[a-c1-3 .#'-]{1,8}") {
        for compare in [compare_zip as Compare, compare_name, compare_address] {
            let right = |given: &str, on_file: &str| compare(Some(given), Some(on_file)) == Right;
            prop_assert_eq!(right(&one, &other), right(&other, &one));
        }
    }
}

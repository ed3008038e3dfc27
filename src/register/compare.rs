//! How a fact is made of what the gaining carrier gave and what is on file. Both are folded first, as all texts that
//! are compared are; then what people type differently is forgiven, and nothing else.

use crate::domain::folding::{fold, fold_without_accents};
use crate::domain::{AccountName, AttemptedPin, IdentityCheck, OrderNumbers, PhoneNumber, Pin, PinKey};

/// Compares a PIN with those on file for all numbers of an order or event, by HMAC and in constant time: the worst
/// result of all numbers. `None` if nothing is known of the PIN, if there is no number, or if one of them cannot be
/// read, since that one could have another PIN.
#[must_use]
pub fn compare_pin<'f>(
    key: &PinKey,
    account: &AccountName,
    numbers: &OrderNumbers,
    attempt: &AttemptedPin,
    on_file: impl Fn(PhoneNumber) -> Option<&'f [u8]>,
) -> Option<IdentityCheck> {
    if !numbers.unreadable.is_empty() {
        return None;
    }
    let given = match attempt {
        AttemptedPin::NotTold => return None,
        AttemptedPin::NotGiven => None,
        AttemptedPin::Given(pin) => Some(pin),
    };
    let check = |number: &PhoneNumber| {
        let matches = |given: &Pin, on_file: &[u8]| key.hmac(account, *number, given).is(on_file);
        IdentityCheck::of(given, on_file(*number), matches)
    };
    numbers.readable.iter().map(check).max()
}

/// Compares a ZIP. Five digits count, as 47 CFR 52.36 has it: a carrier may give ZIP or ZIP+4, and spreadsheets
/// lose the zero in front. Postal codes of other countries count whole, in any case and spacing.
#[must_use]
pub fn compare_zip(given: Option<&str>, on_file: Option<&str>) -> IdentityCheck {
    compare(given.map(zip), on_file.map(zip), |given, on_file| {
        given == on_file
    })
}

/// Compares a subscriber's name. Case, accents, punctuation, spacing and the order of the words do not count, nor
/// how `Incorporated` and the like are written.
#[must_use]
pub fn compare_name(given: Option<&str>, on_file: Option<&str>) -> IdentityCheck {
    let name = |text: &str| abbreviated(words(text), NAME_WORDS);
    compare(given.map(name), on_file.map(name), |given, on_file| {
        let sorted = |words: &[String]| {
            let mut words = words.to_vec();
            words.sort_unstable();
            words
        };
        given.concat() == on_file.concat() || sorted(given) == sorted(on_file)
    })
}

/// Compares the first line of an address. Case, accents, punctuation and spacing do not count, nor whether
/// `Street` and the like are written out (USPS Publication 28, appendices B and C).
#[must_use]
pub fn compare_address(given: Option<&str>, on_file: Option<&str>) -> IdentityCheck {
    let address = |text: &str| abbreviated(words(&fold(text).replace('#', " # ")), ADDRESS_WORDS);
    compare(given.map(address), on_file.map(address), |given, on_file| {
        given == on_file
    })
}

fn compare(
    given: Option<Vec<String>>,
    on_file: Option<Vec<String>>,
    equal: impl Fn(&[String], &[String]) -> bool,
) -> IdentityCheck {
    let said = |words: &Vec<String>| !words.is_empty();
    IdentityCheck::of(given.filter(said), on_file.filter(said), |given, on_file| {
        equal(&given, &on_file)
    })
}

fn zip(text: &str) -> Vec<String> {
    let folded = fold(text);
    let signs: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
    let digits = signs.bytes().all(|byte| byte.is_ascii_digit());
    let code = match (digits, signs.len()) {
        (true, 4 | 8) => format!("0{}", &signs.get(..4).unwrap_or(&signs)),
        (true, 9) => signs.get(..5).unwrap_or(&signs).to_owned(),
        _ => signs,
    };
    if code.is_empty() { Vec::new() } else { vec![code] }
}

/// The words of a text, folded and without accents; apostrophes and full stops vanish (`O'Brien`, `L.L.C.`), other
/// characters part words, and single letters in a row are one word (`P O Box`).
fn words(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    for c in fold_without_accents(text).chars() {
        match c {
            '.' | '\'' => {}
            '&' => plain.push_str(" and "),
            '#' => plain.push('#'),
            c if c.is_alphanumeric() => push_plain(&mut plain, c),
            _ => plain.push(' '),
        }
    }
    let mut words: Vec<String> = Vec::new();
    let mut spelling = false;
    for word in plain.split_whitespace() {
        let letter = word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        match words.last_mut() {
            Some(last) if letter && spelling => last.push_str(word),
            _ => words.push(word.to_owned()),
        }
        spelling = letter;
    }
    words
}

fn abbreviated(words: Vec<String>, table: &[(&str, &str)]) -> Vec<String> {
    let short = |word: String| match table.iter().find(|(long, _)| *long == word) {
        Some((_, short)) => (*short).to_owned(),
        None => word,
    };
    words.into_iter().map(short).collect()
}

/// A letter as a carrier's order form in plain ASCII would have it. Those with an accent have lost it before.
fn push_plain(text: &mut String, letter: char) {
    let plain = match letter {
        'æ' => "ae",
        'đ' | 'ð' => "d",
        'ı' => "i",
        'ł' => "l",
        'ø' => "o",
        'œ' => "oe",
        other => return text.push(other),
    };
    text.push_str(plain);
}

const NAME_WORDS: &[(&str, &str)] = &[
    ("incorporated", "inc"),
    ("corporation", "corp"),
    ("company", "co"),
    ("limited", "ltd"),
];

const ADDRESS_WORDS: &[(&str, &str)] = &[
    ("street", "st"),
    ("str", "st"),
    ("saint", "st"),
    ("avenue", "ave"),
    ("av", "ave"),
    ("road", "rd"),
    ("drive", "dr"),
    ("lane", "ln"),
    ("boulevard", "blvd"),
    ("court", "ct"),
    ("place", "pl"),
    ("square", "sq"),
    ("terrace", "ter"),
    ("trail", "trl"),
    ("parkway", "pkwy"),
    ("circle", "cir"),
    ("highway", "hwy"),
    ("expressway", "expy"),
    ("mount", "mt"),
    ("fort", "ft"),
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
    ("northeast", "ne"),
    ("northwest", "nw"),
    ("southeast", "se"),
    ("southwest", "sw"),
    // However the unit is called, its number is what counts.
    ("apartment", "#"),
    ("apt", "#"),
    ("suite", "#"),
    ("ste", "#"),
    ("unit", "#"),
    ("room", "#"),
    ("rm", "#"),
    ("building", "bldg"),
    ("floor", "fl"),
    ("first", "1st"),
    ("second", "2nd"),
    ("third", "3rd"),
    ("fourth", "4th"),
    ("fifth", "5th"),
    ("sixth", "6th"),
    ("seventh", "7th"),
    ("eighth", "8th"),
    ("ninth", "9th"),
    ("tenth", "10th"),
];

#[cfg(test)]
mod tests;

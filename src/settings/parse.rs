//! From a setting's text to its value. An error says what is wrong and how to mend it; the name of the setting
//! and the place are told by the caller.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;

use crate::domain::words::Word;

pub(super) fn word<T: Word>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| {
        let words: Vec<String> = T::WORDS.iter().map(|word| format!("`{word}`")).collect();
        format!("cannot be `{text}`: write {}", words.join(" or "))
    })
}

pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("cannot be empty: write the path of a file".to_owned());
    }
    Ok(PathBuf::from(text))
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("cannot be `{text}`: write `true` or `false`")),
    }
}

pub(super) fn count(text: &str, allowed: RangeInclusive<u32>) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|count| allowed.contains(count))
        .ok_or_else(|| {
            let (from, to) = (allowed.start(), allowed.end());
            format!("cannot be `{text}`: write a whole number from {from} to {to}")
        })
}

/// The units of sizes, the largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A number of bytes with its unit.
pub(super) fn size(text: &str, (smallest, largest): (u64, u64)) -> Result<u64, String> {
    let with_unit = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?.trim_end(), bytes)));
    let bytes = with_unit.and_then(|(count, unit)| count.parse::<u64>().ok()?.checked_mul(*unit));
    bytes
        .filter(|bytes| (smallest..=largest).contains(bytes))
        .ok_or_else(|| {
            let (from, to) = (shown_size(smallest), shown_size(largest));
            format!("cannot be `{text}`: write a whole number of KiB, MiB or GiB from `{from}` to `{to}`")
        })
}

fn shown_size(bytes: u64) -> String {
    let unit = UNITS.iter().find(|(_, unit)| bytes.is_multiple_of(*unit));
    unit.map_or_else(
        || bytes.to_string(),
        |(name, unit)| format!("{}{name}", bytes / unit),
    )
}

/// A whole number of percent.
pub(super) fn percent(text: &str) -> Result<u8, String> {
    let count = text
        .strip_suffix('%')
        .and_then(|count| count.trim_end().parse().ok());
    count
        .filter(|percent| (0..=100).contains(percent))
        .ok_or_else(|| format!("cannot be `{text}`: write a whole number of percent from `0%` to `100%`"))
}

pub(super) fn rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|rate| (0.1..=1000.0).contains(rate))
        .ok_or_else(|| format!("cannot be `{text}`: write a number from 0.1 to 1000, such as `5` or `0.5`"))
}

pub(super) fn duration(text: &str, (shortest, longest): (Duration, Duration)) -> Result<Duration, String> {
    let parsed = text.parse::<SignedDuration>().map_err(|_| {
        format!("cannot be `{text}`: write a duration with its unit, such as `60s`, `5m` or `1h30m`")
    })?;
    Duration::try_from(parsed)
        .ok()
        .filter(|span| (shortest..=longest).contains(span))
        .ok_or_else(|| {
            let (from, to) = (shown(shortest), shown(longest));
            format!("cannot be `{text}`: write a duration from `{from}` to `{to}`")
        })
}

fn shown(span: Duration) -> String {
    SignedDuration::try_from(span).map_or_else(|_| format!("{span:?}"), |span| format!("{span:#}"))
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!(
            "cannot be `{text}`: write an IP address and a port, such as `127.0.0.1:8080`, \
             or `[::]:8080` for all addresses of the machine"
        )
    })
}

/// Whether two addresses cannot both be listened on.
pub(super) fn clash(one: SocketAddr, other: SocketAddr) -> bool {
    let any = |address: SocketAddr| address.ip().is_unspecified();
    one.port() != 0 && one.port() == other.port() && (one.ip() == other.ip() || any(one) || any(other))
}

/// The API's address, without a slash at its end. Plain http would show the API key to everybody on the way, so it
/// is taken for this machine only.
pub(super) fn base_url(text: &str) -> Result<String, String> {
    let example = "write a URL such as `https://api.telnyx.com/v2`";
    let url =
        reqwest::Url::parse(text).map_err(|error| format!("is not a valid URL ({error}): {example}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("must not contain a user name or password: {example}"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("must end with its path, without `?` or `#`: {example}"));
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => {}
        ("http", Some(host)) if is_this_machine(host) => {}
        ("http", Some(host)) => {
            return Err(format!(
                "must begin with `https`: with plain HTTP, anyone on the network path to `{host}` could read the API key \
                 (HTTP is only allowed on this machine, such as `http://127.0.0.1:8090/v2`)"
            ));
        }
        _ => return Err(format!("must begin with `https`: {example}")),
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_this_machine(host: &str) -> bool {
    let address = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Telnyx's public key of an account: base64 of the 32 bytes of an Ed25519 key.
pub(super) fn public_key(text: &str) -> Result<String, String> {
    use base64::Engine as _;
    let decoded = base64::engine::general_purpose::STANDARD.decode(text);
    if decoded.is_ok_and(|bytes| bytes.len() == 32) {
        return Ok(text.to_owned());
    }
    Err("is not a valid Telnyx public key: copy the 44 characters from the portal, Account Settings, Keys & Credentials, \
         Public Key"
        .to_owned())
}

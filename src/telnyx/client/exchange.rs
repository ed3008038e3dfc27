//! Sends a request and reads the response. Every request goes through here.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};

use super::limiter::LONGEST_PAUSE;
use super::{Client, Unreadable};
use crate::clock::Moment;

/// The maximum size of a response other than a list, in bytes. An order with 50,000 numbers fits.
pub(super) const LARGEST_BODY: usize = 2 << 20;

/// How long to wait after a 429 without a time, in seconds.
const DEFAULT_PAUSE: u64 = 2;

/// A number of seconds above this is a Unix time.
const SECONDS_OF_A_YEAR: u64 = 31_536_000;

/// The resolution of `Date` is one second.
const STEP_OF_DATE: Duration = Duration::from_secs(1);

/// Telnyx's response. Its body may be truncated.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) body: Result<Vec<u8>, Unreadable>,
    /// How long Telnyx asks us to wait, at most five minutes. Always set for a 429.
    pub(super) retry_after: Option<Duration>,
}

/// Why there is no response.
#[derive(Debug)]
pub(super) enum NoAnswer {
    /// The turn did not come in time. Nothing was sent.
    NoTurn,
    /// The request was not sent.
    Unsent(reqwest::Error),
    /// The request may have arrived.
    Lost(reqwest::Error),
}

impl Client {
    /// Waits for a turn and sends.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answered, NoAnswer> {
        self.limiter.turn().await;
        self.exchange(request, LARGEST_BODY).await
    }

    /// Sends immediately, and accepts a response of limited size.
    pub(super) async fn exchange(
        &self,
        request: RequestBuilder,
        largest: usize,
    ) -> Result<Answered, NoAnswer> {
        let asked = Moment::of(&*self.clock);
        let response = request.send().await.map_err(no_answer)?;
        let date = date(response.headers());
        if let Some(shown) = date {
            self.telnyx_clock
                .note(shown, asked, self.clock.uptime(), STEP_OF_DATE);
        }
        let status = response.status();
        tracing::debug!(
            http.status = status.as_u16(),
            http.path = response.url().path(),
            "Telnyx answered"
        );
        // A date from Telnyx is relative to Telnyx's clock, whatever ours shows.
        let now = date.unwrap_or_else(|| self.clock.now());
        let mut retry_after = retry_after(response.headers(), now).map(|span| span.min(LONGEST_PAUSE));
        if status == StatusCode::TOO_MANY_REQUESTS {
            let pause = retry_after.unwrap_or(Duration::from_secs(DEFAULT_PAUSE));
            self.limiter.pause(pause);
            retry_after = Some(pause);
        }
        let body = read_body(response, largest).await;
        Ok(Answered {
            status,
            body,
            retry_after,
        })
    }
}

/// `is_connect` covers names that do not resolve, refused connections and failed TLS handshakes. A timeout of the
/// complete call while it is connecting cannot be distinguished, so it counts as lost. That costs only a read.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let error = error.without_url();
    if error.is_connect() || error.is_builder() {
        NoAnswer::Unsent(error)
    } else {
        NoAnswer::Lost(error)
    }
}

async fn read_body(mut response: Response, largest: usize) -> Result<Vec<u8>, Unreadable> {
    let announced = response.content_length().unwrap_or(0);
    if announced > largest as u64 {
        return Err(Unreadable::TooLarge(largest));
    }
    let mut body = Vec::new();
    loop {
        let chunk = response.chunk().await;
        let Some(chunk) = chunk.map_err(|error| Unreadable::Lost(error.without_url()))? else {
            return Ok(body);
        };
        if body.len() + chunk.len() > largest {
            return Err(Unreadable::TooLarge(largest));
        }
        body.extend_from_slice(&chunk);
    }
}

/// Returns when the response was created, by Telnyx's clock.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}

/// Reads `Retry-After` in seconds or as a date, or else `x-ratelimit-reset` in seconds (or as Unix time).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let until = |then: Timestamp| Duration::try_from(now.duration_until(then)).unwrap_or_default();
    let seconds = |text: &str| {
        let seconds = text.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
        Duration::try_from_secs_f64(seconds).ok()
    };
    if let Some(text) = text(RETRY_AFTER.as_str()) {
        let date = || rfc2822::parse(text).ok().map(|date| until(date.timestamp()));
        return seconds(text).or_else(date);
    }
    let reset = seconds(text("x-ratelimit-reset")?)?;
    if reset.as_secs() < SECONDS_OF_A_YEAR {
        return Some(reset);
    }
    let then = Timestamp::from_second(i64::try_from(reset.as_secs()).ok()?).ok()?;
    Some(until(then))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_stay_away_is_read_in_each_of_its_forms() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        for (name, value, expected) in [
            ("retry-after", "7", Some(7)),
            ("retry-after", "Sat, 21 Nov 2026 12:00:09 GMT", Some(9)),
            ("retry-after", "Sat, 21 Nov 2026 11:00:00 GMT", Some(0)),
            ("retry-after", "soon", None),
            ("retry-after", "-1", None),
            ("x-ratelimit-reset", "30", Some(30)),
            ("x-ratelimit-reset", "1795262405", Some(5)),
            ("x-ratelimit-reset", "NaN", None),
            ("x-other", "7", None),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(
                retry_after(&headers, now),
                expected.map(Duration::from_secs),
                "{name}: {value}"
            );
        }
    }
}

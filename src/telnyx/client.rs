//! The client of Telnyx's API: one per account, rate-limited, with a single code path for requests.

mod answer;
mod bounds;
mod exchange;
mod filter;
mod found;
mod limiter;
mod listing;
mod orders;
mod pages;
mod position;
mod refusal;
mod side_calls;
#[cfg(test)]
mod tests;
mod unreadable;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret as _, SecretString};

use crate::clock::{ReferenceClock, SharedClock};
use limiter::Limiter;

pub use answer::{AnswerRequest, SendOutcome, Turn};
pub use bounds::{ListBound, ListBounds};
pub use filter::{EventFilter, OrderFilter, TimeRange};
pub use listing::{ListEnd, Listing, SkippedElement};
pub use orders::{ListedOrder, ReadOrder};
pub use pages::Progress;
pub use refusal::ReadError;
pub use side_calls::{PortInNumber, RejectionCode};
pub use unreadable::Unreadable;

const USER_AGENT: &str = concat!("portoutd/", env!("CARGO_PKG_VERSION"));

/// The settings of one Telnyx account's client.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The base URL of the API, such as `https://api.telnyx.com/v2`.
    pub base_url: String,
    /// The account's API key.
    pub api_key: SecretString,
    /// The maximum duration of one call, from the first byte to the last, without the wait for a turn.
    pub timeout: Duration,
    /// The maximum duration of connecting.
    pub connect_timeout: Duration,
    /// The maximum number of calls per second. It may be less than one.
    pub requests_per_second: f64,
}

/// Why a client cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum InvalidClientSettings {
    /// The base URL is not valid.
    #[error(
        "`{0}` is not a valid base URL: expected http or https, a host and an optional path, such as `https://api.telnyx.com/v2`"
    )]
    BaseUrl(String),
    /// The URL contains a user name or password, which would appear in logs.
    #[error("the base URL contains a user name or password. Remove them: the API key is the only credential")]
    CredentialsInUrl,
    /// The key is empty or contains characters that no key has.
    #[error(
        "the API key is empty or contains characters that no key has. Copy it again from the Telnyx portal"
    )]
    ApiKey,
    /// The rate is not above zero.
    #[error("`{0}` requests per second is not a valid rate: expected a number above 0")]
    Rate(f64),
    /// The CA certificates could not be read.
    #[error("cannot create a TLS client. Install the system's CA certificates (package `ca-certificates`)")]
    Tls(#[source] reqwest::Error),
}

/// The API of one Telnyx account. Clones share the key, the connections and the rate limit.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: Arc<ArcSwap<HeaderValue>>,
    limiter: Arc<Limiter>,
    clock: SharedClock,
    telnyx_clock: Arc<ReferenceClock>,
}

impl Client {
    /// Creates a client. Nothing is sent yet.
    ///
    /// # Errors
    /// A setting is not valid, or the system has no CA certificates.
    pub fn new(settings: &ClientSettings, clock: SharedClock) -> Result<Self, InvalidClientSettings> {
        let base = base_url(&settings.base_url)?;
        let interval = interval(settings.requests_per_second)?;
        let key = Arc::new(ArcSwap::from_pointee(credentials(&settings.api_key)?));
        // An error only means that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .timeout(settings.timeout)
            .connect_timeout(settings.connect_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy();
        if base.scheme() == "http" {
            // Without TLS the system's certificates are not needed, so a machine without any can run the simulator.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(InvalidClientSettings::Tls)?;
        let limiter = Arc::new(Limiter::new(interval, clock.clone()));
        Ok(Self {
            http,
            base,
            key,
            limiter,
            clock,
            telnyx_clock: Arc::default(),
        })
    }

    /// Uses another API key from the next call on, after the old one was rotated. Returns whether it differs from the
    /// old one.
    ///
    /// # Errors
    /// It is not a valid key. The old one stays.
    pub fn replace_key(&self, api_key: &SecretString) -> Result<bool, InvalidClientSettings> {
        let key = credentials(api_key)?;
        let differs = key != **self.key.load();
        self.key.store(Arc::new(key));
        Ok(differs)
    }

    /// Returns Telnyx's clock, as the `Date` header of its responses shows it.
    #[must_use]
    pub fn telnyx_clock(&self) -> &ReferenceClock {
        &self.telnyx_clock
    }

    /// Returns the minimum time between two calls.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.limiter.interval()
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let key = HeaderValue::clone(&self.key.load());
        self.http.request(method, url).header(AUTHORIZATION, key)
    }

    fn get(&self, path: &[&str]) -> RequestBuilder {
        self.request(Method::GET, path)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base.as_str())
            .finish_non_exhaustive()
    }
}

fn base_url(text: &str) -> Result<Url, InvalidClientSettings> {
    if text.contains('@') {
        return Err(InvalidClientSettings::CredentialsInUrl);
    }
    let invalid = || InvalidClientSettings::BaseUrl(text.to_owned());
    let url = Url::parse(text.trim()).map_err(|_| invalid())?;
    let plain = url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !plain {
        return Err(invalid());
    }
    Ok(url)
}

fn interval(requests_per_second: f64) -> Result<Duration, InvalidClientSettings> {
    let interval = Duration::try_from_secs_f64(requests_per_second.recip());
    match interval {
        Ok(interval) if requests_per_second > 0.0 => Ok(interval),
        _ => Err(InvalidClientSettings::Rate(requests_per_second)),
    }
}

fn credentials(api_key: &SecretString) -> Result<HeaderValue, InvalidClientSettings> {
    let key = api_key.expose_secret().trim();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidClientSettings::ApiKey);
    }
    let bearer = HeaderValue::from_str(&format!("Bearer {key}"));
    let mut bearer = bearer.map_err(|_| InvalidClientSettings::ApiKey)?;
    bearer.set_sensitive(true);
    Ok(bearer)
}

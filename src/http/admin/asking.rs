use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::domain::redact_text;
use crate::http::answer;

/// The longest reason, in bytes.
const LONGEST_BECAUSE: usize = 2_000;

/// What a person asks of the admin listener: by which token, about which rule set, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The bearer token, not looked up yet.
    pub token: String,
    /// The rule set, where one is named.
    pub rule_set: Option<String>,
    /// Why, in the person's words; never blank.
    pub because: Option<String>,
    /// Whether lists may lose more entries than the settings allow.
    pub accept_shrunk_lists: bool,
}

/// Why a request is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotUnderstood {
    #[error("send `Authorization: Bearer TOKEN`")]
    NoToken,
    #[error("the token is not known, has expired or is revoked")]
    WrongToken,
    #[error("the body is not a JSON object with `because`, `rule_set` and `accept_shrunk_lists`: {0}")]
    Body(String),
    #[error("`because` is empty: say why, or leave it out")]
    EmptyReason,
    #[error("`because` is longer than {LONGEST_BECAUSE} bytes")]
    LongReason,
    #[error("`rule_set` is missing: name the one to approve")]
    NoRuleSet,
}

/// The body of a request, if it has one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    rule_set: Option<String>,
    because: Option<String>,
    #[serde(default)]
    accept_shrunk_lists: bool,
}

impl Asking {
    /// Reads what was asked.
    pub(super) fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, NotUnderstood> {
        let token = bearer(headers).ok_or(NotUnderstood::NoToken)?;
        let body = if body.is_empty() {
            Body::default()
        } else {
            serde_json::from_slice(body)
                .map_err(|error| NotUnderstood::Body(redact_text(&error.to_string()).into_owned()))?
        };
        match &body.because {
            Some(because) if because.trim().is_empty() || because.contains('\0') => {
                Err(NotUnderstood::EmptyReason)
            }
            Some(because) if because.len() > LONGEST_BECAUSE => Err(NotUnderstood::LongReason),
            _ => Ok(Self {
                token,
                rule_set: body.rule_set,
                because: body.because,
                accept_shrunk_lists: body.accept_shrunk_lists,
            }),
        }
    }
}

impl IntoResponse for NotUnderstood {
    fn into_response(self) -> Response {
        let told = self.to_string();
        match self {
            Self::NoToken | Self::WrongToken => {
                let mut response = answer::problem(StatusCode::UNAUTHORIZED, "unauthorized", &told);
                response
                    .headers_mut()
                    .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                response
            }
            _ => answer::problem(StatusCode::BAD_REQUEST, "bad-request", &told),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
}

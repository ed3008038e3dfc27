//! A response of the simulated API.

use serde_json::{Value, json};

/// The response to a call.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) struct Answer {
    pub(in crate::simulator) status: u16,
    pub(in crate::simulator) headers: Vec<(&'static str, String)>,
    /// `None` is an empty body.
    pub(in crate::simulator) body: Option<Value>,
}

impl Answer {
    pub(in crate::simulator) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Some(body),
        }
    }

    /// 200 with `{data}`.
    pub(in crate::simulator) fn data(data: impl serde::Serialize) -> Self {
        Self::json(200, json!({ "data": data }))
    }

    pub(in crate::simulator) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: None,
        }
    }

    /// An error in Telnyx's format.
    pub(in crate::simulator) fn error(status: u16, code: &str, title: &str, detail: &str) -> Self {
        let error = json!({
            "code": code,
            "title": title,
            "detail": detail,
            "meta": { "url": format!("https://developers.telnyx.com/docs/overview/errors/{code}") },
        });
        Self::json(status, json!({ "errors": [error] }))
    }

    pub(in crate::simulator) fn unauthorized() -> Self {
        let detail = "The API key is missing or is not the one of this account.";
        Self::error(401, "10009", "Authentication failed", detail)
    }

    pub(in crate::simulator) fn not_found() -> Self {
        Self::error(404, "10005", "Resource not found", "Not found.")
    }

    /// 422 that points to the invalid part of the body or the query.
    pub(in crate::simulator) fn invalid(pointer: &str, detail: &str) -> Self {
        let mut answer = Self::error(422, "10015", "Bad Request", detail);
        let error = answer
            .body
            .as_mut()
            .and_then(|body| body.pointer_mut("/errors/0"));
        if let Some(Value::Object(error)) = error {
            error.insert("source".to_owned(), json!({ "pointer": pointer }));
        }
        answer
    }

    /// 429 with the headers that say when to try again.
    pub(in crate::simulator) fn too_many(limit: u32, reset_seconds: u32) -> Self {
        let mut answer = Self::error(429, "10011", "Too many requests", "The rate limit is exceeded.");
        answer.headers = vec![
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", "0".to_owned()),
            ("x-ratelimit-reset", reset_seconds.to_string()),
        ];
        answer
    }

    pub(in crate::simulator) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// An error in Telnyx's words for this status, for a fault.
    pub(in crate::simulator) fn of_status(status: u16) -> Self {
        match status {
            401 => Self::unauthorized(),
            403 => Self::error(
                403,
                "10010",
                "Not authorized",
                "The key does not have this permission.",
            ),
            404 => Self::not_found(),
            409 => Self::error(
                409,
                "10031",
                "Conflict",
                "The order is being changed by another request.",
            ),
            422 => Self::invalid("/", "The request cannot be processed."),
            429 => Self::too_many(10, 1),
            _ => Self::error(
                status,
                "10007",
                "Unexpected error",
                "Something went wrong inside the simulator.",
            ),
        }
    }
}

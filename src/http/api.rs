//! The requests and responses of the admin listener, as JSON. The service and the command line's client share them.
//! Problems are answered with [`ErrorBody`](super::problem::ErrorBody).
//!
//! An unknown field of a request is refused, because its sender relies on it. An unknown field of a response is
//! ignored, so that a client can talk to a newer service.

use serde::{Deserialize, Serialize};

/// The path for [`ReloadBody`].
pub const RELOAD: &str = "/reload";

/// The path for [`ApprovalBody`].
pub const APPROVE: &str = "/rules/approve";

/// Requests that the rule file is read again. Without a body, every field has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReloadBody {
    /// The person's reason. It is never blank.
    pub because: Option<String>,
    /// Whether lists may lose more entries than the settings allow.
    #[serde(default)]
    pub accept_shrunk_lists: bool,
}

/// Approves the rule set that another person proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalBody {
    /// The person's reason. It is never blank.
    pub because: Option<String>,
    /// The rule set, with all its 64 hexadecimal digits.
    pub rule_set: String,
}

/// The outcome of a reload. Rule sets are identified by version: the SHA-256 of the file and its lists, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ReloadFields", try_from = "ReloadFields")]
pub enum ReloadResponse {
    /// The rule set is active now (200).
    InEffect {
        /// The active version.
        rule_set: String,
        /// Warnings about the file, one line each.
        findings: Vec<String>,
    },
    /// The rule set in the file waits for another person's approval (202).
    Proposed {
        /// The version that stays active.
        rule_set: String,
        /// The version that waits.
        proposed: String,
        /// Who proposed it.
        proposed_by: String,
    },
    /// The file is not valid (422).
    Refused {
        /// The version that stays active.
        rule_set: String,
        /// What is wrong with the file, one line each.
        findings: Vec<String>,
    },
}

/// The outcome of an approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ApprovalFields", try_from = "ApprovalFields")]
pub enum ApprovalResponse {
    /// The rule set is active now (200).
    InEffect {
        /// The active version.
        rule_set: String,
    },
    /// The approval is refused (409).
    Refused {
        /// The version that stays active.
        rule_set: String,
        /// The reason, as a sentence.
        why: String,
    },
}

/// Why a JSON object is not a valid response.
#[derive(Debug, thiserror::Error)]
#[error("the response has `ok`: {ok} but lacks the fields that belong to it")]
pub struct IncompleteResponse {
    ok: bool,
}

/// The JSON fields of [`ReloadResponse`].
#[derive(Debug, Serialize, Deserialize)]
struct ReloadFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<String>>,
    ok: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proposed: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proposed_by: Option<String>,
    rule_set: String,
}

impl From<ReloadResponse> for ReloadFields {
    fn from(response: ReloadResponse) -> Self {
        let fields = |ok, rule_set| Self {
            findings: None,
            ok,
            proposed: None,
            proposed_by: None,
            rule_set,
        };
        match response {
            ReloadResponse::InEffect { rule_set, findings } => Self {
                findings: Some(findings),
                ..fields(true, rule_set)
            },
            ReloadResponse::Proposed {
                rule_set,
                proposed,
                proposed_by,
            } => Self {
                proposed: Some(proposed),
                proposed_by: Some(proposed_by),
                ..fields(true, rule_set)
            },
            ReloadResponse::Refused { rule_set, findings } => Self {
                findings: Some(findings),
                ..fields(false, rule_set)
            },
        }
    }
}

impl TryFrom<ReloadFields> for ReloadResponse {
    type Error = IncompleteResponse;

    fn try_from(fields: ReloadFields) -> Result<Self, IncompleteResponse> {
        let ReloadFields { ok, rule_set, .. } = fields;
        match (ok, fields.findings, fields.proposed, fields.proposed_by) {
            (true, _, Some(proposed), Some(proposed_by)) => Ok(Self::Proposed {
                rule_set,
                proposed,
                proposed_by,
            }),
            (true, Some(findings), None, None) => Ok(Self::InEffect { rule_set, findings }),
            (false, Some(findings), ..) => Ok(Self::Refused { rule_set, findings }),
            _ => Err(IncompleteResponse { ok }),
        }
    }
}

/// The JSON fields of [`ApprovalResponse`].
#[derive(Debug, Serialize, Deserialize)]
struct ApprovalFields {
    ok: bool,
    rule_set: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl From<ApprovalResponse> for ApprovalFields {
    fn from(response: ApprovalResponse) -> Self {
        let (ok, rule_set, why) = match response {
            ApprovalResponse::InEffect { rule_set } => (true, rule_set, None),
            ApprovalResponse::Refused { rule_set, why } => (false, rule_set, Some(why)),
        };
        Self { ok, rule_set, why }
    }
}

impl TryFrom<ApprovalFields> for ApprovalResponse {
    type Error = IncompleteResponse;

    fn try_from(fields: ApprovalFields) -> Result<Self, IncompleteResponse> {
        let ApprovalFields { ok, rule_set, why } = fields;
        match (ok, why) {
            (true, _) => Ok(Self::InEffect { rule_set }),
            (false, Some(why)) => Ok(Self::Refused { rule_set, why }),
            (false, None) => Err(IncompleteResponse { ok }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::de::DeserializeOwned;

    use super::*;

    /// Checks that the document parses to the value, and that the value is written as the same bytes.
    fn reads_and_writes<T>(document: &str, value: &T)
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        assert_eq!(&serde_json::from_str::<T>(document).unwrap(), value, "{document}");
        assert_eq!(serde_json::to_string(value).unwrap(), document);
    }

    #[test]
    fn requests_keep_their_documents() {
        let because = || Some("T-17".to_owned());
        reads_and_writes(
            r#"{"because":"T-17","accept_shrunk_lists":true}"#,
            &ReloadBody {
                because: because(),
                accept_shrunk_lists: true,
            },
        );
        reads_and_writes(
            r#"{"because":null,"accept_shrunk_lists":false}"#,
            &ReloadBody::default(),
        );
        for shorter in ["{}", r#"{"because":null}"#] {
            let body: ReloadBody = serde_json::from_str(shorter).unwrap();
            assert_eq!(body, ReloadBody::default(), "{shorter}");
        }
        let rule_set = "ab".to_owned();
        reads_and_writes(
            r#"{"because":"T-17","rule_set":"ab"}"#,
            &ApprovalBody {
                because: because(),
                rule_set,
            },
        );
    }

    #[test]
    fn a_request_with_an_unknown_field_is_refused() {
        for document in [r#"{"becuase":"x"}"#, r#"{"rule_set":"ab"}"#] {
            assert!(
                serde_json::from_str::<ReloadBody>(document).is_err(),
                "{document}"
            );
        }
        for document in [r#"{"rule_set":"ab","accept_shrunk_lists":true}"#, "{}"] {
            assert!(
                serde_json::from_str::<ApprovalBody>(document).is_err(),
                "{document}"
            );
        }
    }

    #[test]
    fn responses_keep_their_documents() {
        let text = str::to_owned;
        reads_and_writes(
            r#"{"findings":[],"ok":true,"rule_set":"new"}"#,
            &ReloadResponse::InEffect {
                rule_set: text("new"),
                findings: Vec::new(),
            },
        );
        reads_and_writes(
            r#"{"ok":true,"proposed":"new","proposed_by":"ann","rule_set":"old"}"#,
            &ReloadResponse::Proposed {
                rule_set: text("old"),
                proposed: text("new"),
                proposed_by: text("ann"),
            },
        );
        reads_and_writes(
            r#"{"findings":["rules.toml:3:1: R012: no"],"ok":false,"rule_set":"old"}"#,
            &ReloadResponse::Refused {
                rule_set: text("old"),
                findings: vec![text("rules.toml:3:1: R012: no")],
            },
        );
        reads_and_writes(
            r#"{"ok":true,"rule_set":"new"}"#,
            &ApprovalResponse::InEffect {
                rule_set: text("new"),
            },
        );
        reads_and_writes(
            r#"{"ok":false,"rule_set":"old","why":"ann proposed it"}"#,
            &ApprovalResponse::Refused {
                rule_set: text("old"),
                why: text("ann proposed it"),
            },
        );
    }

    #[test]
    fn an_unknown_field_of_a_response_is_ignored_and_a_missing_one_is_an_error() {
        let newer = r#"{"ok":true,"rule_set":"new","findings":[],"took_ms":7}"#;
        assert!(serde_json::from_str::<ReloadResponse>(newer).is_ok());
        for document in [r#"{"ok":true}"#, r#"{"ok":false,"rule_set":"old"}"#] {
            assert!(
                serde_json::from_str::<ReloadResponse>(document).is_err(),
                "{document}"
            );
            assert!(
                serde_json::from_str::<ApprovalResponse>(document).is_err(),
                "{document}"
            );
        }
    }
}

//! Checks that signature verification works in this build.

use jiff::Timestamp;

use super::{PublicKey, SignatureError, Verified};

/// Signature verification in this program is broken, so it must not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the check of a known signature failed: this build of portoutd cannot detect forged webhooks")]
pub struct SelfCheckFailed;

// Created once with a key of our own that signs nothing else.
const KEY: &str = "i1w5kp79UpW2h+Zos0jqJvpuLcJMxNFMWmW33YzpsDE=";
const TIMESTAMP: &[u8] = b"1790000000";
const BODY: &[u8] = br#"{"data":{"event_type":"portout.self_check"}}"#;
const SIGNATURE: &[u8] =
    b"BQQ8FbW+hPjwj36EO3MCZjmZvN6trNL/zh5751I0CAp1qD6wWEMpLLttSSGG/pAWcnrGZ/TLYkuGz+ZA5FPqCQ==";

/// Verifies a known signature, and that it does not match another body. A service that responds with 401 to every
/// genuine webhook, or with 200 to every forged one, is detected at the start and not after six months.
///
/// # Errors
/// One of the checks has the wrong result.
pub fn self_check() -> Result<(), SelfCheckFailed> {
    let key = PublicKey::from_base64(KEY).map_err(|_| SelfCheckFailed)?;
    let now = Timestamp::from_second(1_790_000_000).map_err(|_| SelfCheckFailed)?;
    let check = |body| key.verify(Some(TIMESTAMP), Some(SIGNATURE), body, now);
    let genuine = check(BODY) == Ok(Verified::OnTime);
    let forged = check(b"{}") == Err(SignatureError::DoesNotMatch);
    if genuine && forged {
        Ok(())
    } else {
        Err(SelfCheckFailed)
    }
}

//! Reads causes of rejection.

use crate::domain::words::Word;
use toml::de::DeValue;

use super::Reading;
use super::section::Entry;
use crate::domain::{Cause, CauseClass};
use crate::rules::diagnostics::code::Code;
use crate::rules::values::suggestion::meant;

impl Reading<'_, '_> {
    fn report_telnyx_code(&self, code: &str, entry: &Entry<'_>) {
        let known =
            Cause::all().find(|cause| cause.known_code().is_some_and(|known| known.to_string() == code));
        let help = match known {
            Some(cause) => format!("write \"{cause}\""),
            None => "write a cause such as \"pin-invalid\"; `portoutd explain R019` lists them".to_owned(),
        };
        let message = format!("{code} is a Telnyx code, and rules use causes instead");
        self.report.error(Code::UnknownCause, &entry.span, message, help);
    }

    /// The cause of a rejection, in a rule or a test.
    pub(super) fn read_cause(&self, entry: &Entry<'_>) -> Option<Cause> {
        if let DeValue::Integer(code) = entry.value {
            self.report_telnyx_code(code.as_str(), entry);
            return None;
        }
        let text = entry.text(self.report)?;
        let cause = text.parse().ok();
        if cause.is_none() {
            let help = match meant(text, Cause::WORDS) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None if text.contains(' ') => {
                    "write a cause such as `pin-invalid` (`portoutd explain R019` lists them), and put your own text in \
                     `reject.reason`"
                        .to_owned()
                }
                None => "write a cause such as `pin-invalid` or `number-locked`; `portoutd explain R019` lists them"
                    .to_owned(),
            };
            let message = format!("`{text}` is not a valid cause");
            self.report.error(Code::UnknownCause, &entry.span, message, help);
        }
        cause
    }

    /// Warns about a cause that Telnyx may not accept.
    pub(super) fn warn_about_cause(&self, cause: Cause, entry: &Entry<'_>) {
        let (code, message, help) = match cause.class() {
            CauseClass::Soft => (
                Code::SoftCause,
                format!("a simple port may not be refused for `{cause}` alone (47 CFR 52.36)"),
                "hold the order for a person, or reject because of a PIN, ZIP code or number that does not match",
            ),
            CauseClass::Never => (
                Code::NeverCause,
                format!(
                    "Telnyx does not accept `{cause}`: the rejection bounces, or Telnyx authorizes the order anyway"
                ),
                "hold the order for a person, or settle it with the subscriber: billing and business reasons do not stop a port",
            ),
            CauseClass::Customer => (
                Code::EvidenceNeeded,
                format!("`{cause}` requires evidence from the subscriber, and Telnyx reviews it"),
                "keep the evidence for every order that this rule rejects",
            ),
            CauseClass::Field | CauseClass::Number | CauseClass::Schedule | CauseClass::Other => return,
        };
        self.report.warning(code, &entry.span, message, help);
    }
}

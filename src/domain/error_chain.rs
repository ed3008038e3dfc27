//! Formats an error with its causes in one line.

use std::error::Error;
use std::fmt;

use super::redaction::redact_text;

/// An error followed by its causes, outermost first, as `outer: middle: innermost`.
///
/// Log errors with it: `error = %ErrorChain(&error)`. An error that is given to `tracing` in any other way loses its
/// causes in the JSON format. A cause that the previous error already quotes is not repeated. PINs are redacted,
/// because a cause may quote what a carrier or the database wrote.
#[derive(Debug, Clone, Copy)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.0.to_string();
        let mut next = self.0.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            if !line.ends_with(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            next = cause.source();
        }
        f.write_str(&redact_text(&line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Failed(&'static str, #[source] Option<Box<Failed>>);

    fn chain(texts: &[&'static str]) -> Option<Box<Failed>> {
        let (first, rest) = texts.split_first()?;
        Some(Box::new(Failed(first, chain(rest))))
    }

    fn line(texts: &[&'static str]) -> String {
        ErrorChain(&*chain(texts).unwrap()).to_string()
    }

    #[test]
    fn every_cause_is_in_the_line_outermost_first() {
        assert_eq!(line(&["alone"]), "alone");
        assert_eq!(line(&["outer", "middle", "inner"]), "outer: middle: inner");
    }

    #[test]
    fn a_cause_that_is_already_quoted_is_not_repeated() {
        assert_eq!(
            line(&["the database refused", "returned: null value", "null value"]),
            "the database refused: returned: null value"
        );
    }

    #[test]
    fn a_pin_in_a_cause_is_blanked() {
        let told = line(&["the order cannot be read", "unexpected PIN: 471147"]);
        assert!(!told.contains("471147"), "{told}");
        assert!(
            told.starts_with("the order cannot be read: unexpected PIN"),
            "{told}"
        );
    }
}

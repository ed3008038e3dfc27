//! Writing a text as a TOML string.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::domain::folding;

/// A text in quotes as in a rule file: in double quotes, or in single quotes if that avoids escapes. Invisible
/// characters are escaped, so that the reader of the file sees them.
pub(crate) fn in_quotes(text: &str) -> String {
    let needs_escapes = matches!(folding::shown(text), Cow::Owned(_));
    if !needs_escapes && !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else if !needs_escapes && !text.contains('\'') {
        format!("'{text}'")
    } else {
        // The escapes of JSON are also valid in TOML, except those of characters beyond the basic plane.
        let quoted = serde_json::Value::from(text).to_string();
        folding::escaped_with(&quoted, escape).into_owned()
    }
}

fn escape(c: char, escaped: &mut String) {
    let code = u32::from(c);
    let _ = match code {
        ..=0xffff => write!(escaped, "\\u{code:04x}"),
        _ => write!(escaped, "\\U{code:08x}"),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_is_written_with_the_quotes_that_fit() {
        assert_eq!(in_quotes("073H"), "\"073H\"");
        assert_eq!(in_quotes(r"/a\.b/"), r"'/a\.b/'");
        assert_eq!(in_quotes("it's \"so\"\n"), r#""it's \"so\"\n""#);
        assert_eq!(
            in_quotes("Smith\u{a0}\u{e0041}\u{202e}"),
            r#""Smith\u00a0\U000e0041\u202e""#
        );
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in ".*|[\"'\\\\\u{0}-\u{20}\u{7f}a]*") {
            let table: toml::Table = format!("text = {}", in_quotes(&text)).parse().unwrap();
            prop_assert_eq!(table["text"].as_str(), Some(text.as_str()));
        }
    }
}

use std::fmt::Write as _;

/// A text as a TOML string on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for sign in text.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            sign if sign.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(sign));
            }
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_quoted_text_reads_back(text in any::<String>()) {
            let table: toml::Table = toml::from_str(&format!("key = {}", quoted(&text))).unwrap();
            prop_assert_eq!(table["key"].as_str(), Some(text.as_str()));
        }
    }

    #[test]
    fn signs_that_would_end_the_text_are_written_otherwise() {
        assert_eq!(quoted("a \"b\"\\\n\t\0\u{7f}"), r#""a \"b\"\\\n\t\u0000\u007F""#);
    }
}

/// A text as a rule file has it: in double quotes, or in single ones where that saves escaping.
pub(super) fn in_quotes(text: &str) -> String {
    let has_control = text.chars().any(char::is_control);
    if !has_control && !text.contains(['"', '\\']) {
        format!("\"{text}\"")
    } else if !has_control && !text.contains('\'') {
        format!("'{text}'")
    } else {
        // The escapes of JSON are escapes of TOML too; only DEL has to be one in TOML and not in JSON.
        serde_json::Value::from(text)
            .to_string()
            .replace('\u{7f}', "\\u007f")
    }
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
    }

    proptest! {
        #[test]
        fn any_text_reads_back(text in ".*|[\"'\\\\\u{0}-\u{20}\u{7f}a]*") {
            let table: toml::Table = format!("text = {}", in_quotes(&text)).parse().unwrap();
            prop_assert_eq!(table["text"].as_str(), Some(text.as_str()));
        }
    }
}

//! How an error is logged: with its causes, as `error = %ErrorChain(&error)`.

use super::check::Source;
use super::tokens::{Token, tokens};

const LEVELS: [&str; 6] = ["trace", "debug", "info", "warn", "error", "event"];

/// Every place of a file that logs an error without its causes.
pub(crate) fn errors_without_causes(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.text);
    let mut found = Vec::new();
    for (at, first) in tokens.iter().enumerate() {
        let Some(fields) = tokens.get(at..).and_then(logged) else {
            continue;
        };
        if fields.iter().any(|field| loses_causes(field)) {
            found.push(format!(
                "{}:{}: an error is logged without its causes: write `error = %ErrorChain(&error)`",
                source.name, first.line
            ));
        }
    }
    found
}

/// The fields of the `tracing` macro that the tokens begin with, if they do.
fn logged(tokens: &[Token]) -> Option<Vec<Vec<&str>>> {
    let texts: Vec<&str> = tokens.iter().take(5).map(|token| token.text.as_str()).collect();
    let ["tracing", "::", level, "!", "("] = texts.as_slice() else {
        return None;
    };
    if !LEVELS.contains(level) {
        return None;
    }
    let (mut depth, mut fields) = (1_usize, vec![Vec::new()]);
    for token in tokens.iter().skip(5) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 1 => {
                fields.push(Vec::new());
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        fields.last_mut()?.push(token.text.as_str());
    }
    Some(fields)
}

fn is_error(value: &[&str]) -> bool {
    matches!(value, ["error" | "err"] | ["%" | "?" | "&", "error" | "err"])
}

fn loses_causes(field: &[&str]) -> bool {
    let mut parts = field.splitn(2, |token| *token == "=");
    let (key, value) = match (parts.next(), parts.next()) {
        (Some(key), Some(value)) => (key, value),
        _ => (Default::default(), field),
    };
    let is_chain = value.starts_with(&["%", "ErrorChain", "("]);
    is_error(value) || value.contains(&"dyn") || (key == ["error"] && !is_chain)
}

#[test]
fn a_planted_error_without_its_causes_is_found_in_every_way_to_write_it() {
    let found = |text: &str| {
        errors_without_causes(&Source {
            name: "src/engine/mod.rs".to_owned(),
            text: format!("fn f() {{ {text} }}"),
        })
    };
    for text in [
        "tracing::warn!(%error, \"m\");",
        "tracing::warn!(?error, \"m\");",
        "tracing::warn!(error, \"m\");",
        "tracing::warn!(account, error = %error, \"m\");",
        "tracing::warn!(error = ?refused, \"m\");",
        "tracing::warn!(error = &error as &dyn std::error::Error, \"m\");",
        "tracing::warn!(why = %error, \"m\");",
        "tracing::error!(\"m: {}\", error);",
    ] {
        assert_eq!(
            found(text),
            [
                "src/engine/mod.rs:1: an error is logged without its causes: write `error = %ErrorChain(&error)`"
            ],
            "{text}"
        );
    }
    for text in [
        "tracing::warn!(account = %a, error = %ErrorChain(&error), \"m\");",
        "tracing::info!(attempt.error = sent.error.as_deref(), \"m\");",
        "fn g(error: E) { let _ = (error, 1); }",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

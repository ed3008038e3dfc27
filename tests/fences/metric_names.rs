//! Every metric that the service has is described, so that `/metrics` says what each number means.

use super::check::{Source, module_of};

const DESCRIPTIONS: &str = "src/http/metrics.rs";

/// Every name of a metric in the sources that `src/http/metrics.rs` does not describe.
pub(crate) fn without_description(sources: &[Source]) -> Vec<String> {
    let described: Vec<&str> = sources
        .iter()
        .filter(|source| source.name == DESCRIPTIONS)
        .flat_map(|source| names(&source.text))
        .filter(|(before, _)| is_description(before))
        .map(|(_, name)| name)
        .collect();
    let mut found = Vec::new();
    for source in sources.iter().filter(|source| source.name != DESCRIPTIONS) {
        if module_of(&source.name).iter().any(|part| part == "tests") {
            continue;
        }
        for (_, name) in names(&source.text) {
            if !described.contains(&name) {
                found.push(format!(
                    "{}: the metric `{name}` has no description: add one in {DESCRIPTIONS}",
                    source.name
                ));
            }
        }
    }
    found
}

/// Every string that is the name of a metric, with the text in front of it.
fn names(text: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = text.split('"').collect();
    let names = parts.iter().copied().skip(1);
    let pairs = parts.iter().copied().zip(names);
    pairs
        .filter(|(_, name)| {
            let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
            name.starts_with("portoutd_") && name.chars().all(is_word)
        })
        .collect()
}

fn is_description(before: &str) -> bool {
    let call = before.trim_end().strip_suffix('(');
    call.is_some_and(|call| {
        let name = call.rsplit([':', ' ', '\n']).next();
        name.is_some_and(|name| name.starts_with("describe_"))
    })
}

#[test]
fn a_planted_metric_without_a_description_is_found() {
    let source = |name: &str, text: &str| Source {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let sources = [
        source(
            "src/http/metrics.rs",
            "describe_gauge!(\"portoutd_a\", \"A\"); Matcher::Full(\"portoutd_b\".to_owned());",
        ),
        source(
            "src/engine/mod.rs",
            "gauge!(\"portoutd_a\"); gauge(\"portoutd_b\", 1);",
        ),
        source("src/engine/tests.rs", "gauge!(\"portoutd_c\");"),
    ];
    assert_eq!(
        without_description(&sources),
        ["src/engine/mod.rs: the metric `portoutd_b` has no description: add one in src/http/metrics.rs"]
    );
}

//! Builds and scripts name no host to download from: they ask the package clients of the machine.

use std::fs;
use std::path::Path;

/// Adds every file below `path` (or `path` itself) with its name and text.
fn collect_texts(path: &Path, into: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("the folder can be read") {
            collect_texts(&entry.expect("the entry can be read").path(), into);
        }
    } else {
        let text = fs::read_to_string(path).expect("the file can be read");
        into.push((path.display().to_string(), text));
    }
}

/// Every `https://` or `http://` address in `text` whose host is not in `known`.
fn unknown_addresses<'a>(text: &'a str, known: &[&str]) -> Vec<&'a str> {
    text.match_indices("://")
        .filter(|(at, _)| text[..*at].ends_with("http") || text[..*at].ends_with("https"))
        .map(|(at, _)| {
            text[at + 3..]
                .split(['/', '"', '\'', ' ', '\n'])
                .next()
                .unwrap_or_default()
        })
        .filter(|host| !known.contains(host))
        .collect()
}

#[test]
fn builds_and_scripts_ask_package_clients_and_name_no_host() {
    // A machine with a mirror or without the internet configures its package clients, not our scripts.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    for name in [
        ".ci",
        "scripts",
        "Cargo.toml",
        "deny.toml",
        "deploy/Dockerfile",
        "deploy/compose.yaml",
    ] {
        collect_texts(&root.join(name), &mut texts);
    }
    assert!(texts.len() > 8, "the scripts were found");
    // Where a person gets Rust from, and the manual of deny.toml; nothing fetches from either.
    let known = ["sh.rustup.rs", "embarkstudios.github.io"];
    for (name, text) in &texts {
        assert_eq!(unknown_addresses(text, &known), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn an_address_with_an_unknown_host_is_found() {
    let text = "curl -o x https://packages.example/x.tgz\nsee https://known.example/docs";
    assert_eq!(unknown_addresses(text, &["known.example"]), ["packages.example"]);
    assert_eq!(
        unknown_addresses("postgres://localhost/x", &[]),
        Vec::<&str>::new()
    );
}

//! What people read is plain English: documents, `--help` and messages contain none of the phrases listed here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::{Regex, RegexBuilder};

use super::tokens::literals;

/// Phrases that a native reader stumbles on, each with what to write instead.
const PHRASES: [(&str, &str); 28] = [
    (r"(hears?|heard) of", "learns of, detects"),
    (r"(is|are|was|were) told|tells", "reports, prints, shows"),
    (r"mend(s|ed|ing)?", "fix"),
    (r"anew|once more", "again"),
    (r"(is|are|was) away", "is unavailable, cannot be reached"),
    (
        r"(stands?|stood|standing) (in|behind|there|below|above|beside|under)",
        "is in, appears in",
    ),
    (r"run of signs|\d+ signs|many signs", "characters"),
    (r"on record", "recorded"),
    (
        r"the record (cannot|could not) be",
        "cannot write to the database",
    ),
    (r"(did|does) not tell", "could not read from, does not say"),
    (r"of (ours|yours|theirs)", "our, your, their"),
    (r"another hand", "someone else"),
    (r"past (its|their) (day|date)", "expired"),
    (r"takes all of its orders", "makes the rule unreachable"),
    (r"no test makes", "no test covers"),
    (r"wants? somebody", "requests a notification"),
    (
        r"rejections? (comes?|came) back",
        "Telnyx returned the rejection to pending",
    ),
    (r"(stay|stays) in `?pending|each stay", "episode"),
    (r"under way", "in progress"),
    (r"in force", "active, in effect"),
    (r"at once", "immediately"),
    (r"by (itself|themselves)", "automatically"),
    (r"judg(e|es|ed|ing)", "evaluate"),
    (
        r"the whole of|all (it|that it) made",
        "all, everything it created",
    ),
    (
        r"is no (comparison|country|date|duration|phone|SPID|TOML|word)",
        "is not a valid …",
    ),
    (
        r"so many (of|percent|orders|numbers|days|hours|times)|at most so many",
        "N",
    ),
    (
        r"a (line|row|page|file) an? (order|number|rule|entry|value)",
        "one … per …",
    ),
    (r"of (its|their) own", "its own …, their own …"),
];

/// The phrases to avoid, ready to search with.
struct PlainEnglish(Vec<(Regex, &'static str)>);

impl PlainEnglish {
    fn new() -> Self {
        let compiled = PHRASES.iter().map(|(phrase, instead)| {
            let pattern = format!(r"\b(?:{})\b", phrase.replace(' ', r"\s+"));
            let regex = RegexBuilder::new(&pattern).case_insensitive(true).build();
            (regex.expect("a phrase is a valid pattern"), *instead)
        });
        Self(compiled.collect())
    }

    /// What to change in a document, with its lines. The output of commands in `console` blocks is skipped: it is checked
    /// where the program prints it.
    fn in_document(&self, name: &str, text: &str) -> Vec<String> {
        let prose = without_console_blocks(text);
        // A phrase can continue on the next line of a comment; the length stays, so that lines can be counted.
        let joined = prose.replace("\n# ", "\n  ");
        self.found(&joined, |start| {
            let line = joined[..start].matches('\n').count() + 1;
            format!("{name}:{line}")
        })
    }

    /// What to change in the string literals of a Rust source, without its tests and SQL statements.
    fn in_source(&self, name: &str, text: &str) -> Vec<String> {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let found = literals(code)
            .into_iter()
            .filter(|literal| !literal.text.trim_start().starts_with("--"));
        let found = found.flat_map(|literal| {
            let place = format!("{name}:{}", literal.line);
            self.found(&literal.text.replace("\\\n", "\n"), |_| place.clone())
        });
        found.collect()
    }

    fn found(&self, text: &str, place: impl Fn(usize) -> String) -> Vec<String> {
        let phrases = self.0.iter();
        let found = phrases.flat_map(|(regex, instead)| {
            let hits = regex.find_iter(text);
            hits.map(|hit| format!("{}: `{}`: write: {instead}", place(hit.start()), hit.as_str()))
                .collect::<Vec<String>>()
        });
        found.collect()
    }
}

/// The text with empty lines in the place of the lines of `console` blocks.
fn without_console_blocks(text: &str) -> String {
    let mut fence = None;
    let mut kept = String::new();
    for line in text.lines() {
        let marks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            None if marks >= 3 && line[marks..].starts_with("console") => fence = Some(marks),
            Some(open) if marks == open => fence = None,
            Some(_) => {}
            None => kept.push_str(line),
        }
        kept.push('\n');
    }
    kept
}

fn files_below(path: &Path, into: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder can be read") {
            files_below(&entry.expect("an entry can be read").path(), into);
        }
    } else {
        into.push(path.to_owned());
    }
}

/// The files in some folders of the repository, each with its name and text.
fn files(places: &[&str]) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for place in places {
        files_below(&root.join(place), &mut paths);
    }
    paths.sort();
    let read = paths.iter().map(|path| {
        let name = path.strip_prefix(root).expect("it is below the root");
        let text = fs::read_to_string(path).expect("a file can be read");
        (name.display().to_string(), text)
    });
    read.collect()
}

fn has_extension(name: &str, wanted: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == wanted)
}

#[test]
fn the_documents_are_in_plain_english() {
    let english = PlainEnglish::new();
    let places = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs",
        "deploy",
        "rules.toml",
        "lists",
    ];
    let files = files(&places);
    // The schema is generated from `src/rules`, whose messages are checked there.
    let written = files.iter().filter(|(name, _)| !has_extension(name, "json"));
    let found: Vec<String> = written
        .flat_map(|(name, text)| english.in_document(name, text))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The long help of a command and of every command below it.
fn help(path: &[String], into: &mut Vec<(String, String)>) {
    let output = Command::new(env!("CARGO_BIN_EXE_portoutd"))
        .args(path)
        .arg("--help")
        .output()
        .expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("the help is text");
    let verb = Regex::new("(?m)^  ([a-z]+(?:-[a-z]+)*) {2,}").expect("the pattern is valid");
    let verbs = verb.captures_iter(&text).map(|found| found[1].to_owned());
    for name in verbs.filter(|name| name != "help") {
        help(&[path, &[name]].concat(), into);
    }
    into.push((format!("portoutd {} --help", path.join(" ")), text));
}

#[test]
fn the_help_of_every_command_is_in_plain_english() {
    let english = PlainEnglish::new();
    let mut texts = Vec::new();
    help(&[], &mut texts);
    assert!(texts.len() > 30, "only {} help texts were found", texts.len());
    let found: Vec<String> = texts
        .iter()
        .flat_map(|(name, text)| english.in_document(name, text))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_messages_are_in_plain_english() {
    let english = PlainEnglish::new();
    let mut found = Vec::new();
    for (name, text) in files(&["src"]) {
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        if has_extension(&name, "rs") && !is_test {
            found.extend(english.in_source(&name, &text));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_phrase_is_found_with_its_line_and_nothing_else_is() {
    let english = PlainEnglish::new();
    let found = english.in_document("README.md", "# Title\n\nThe rules are in\n# force now.\n");
    assert_eq!(found, ["README.md:3: `in\n  force`: write: active, in effect"]);
    let console = "```console\n$ portoutd check\nthe rules in force\n```\n";
    assert_eq!(english.in_document("README.md", console), [""; 0]);
    let source = "/// In force.\nfn f() { g(\"a\\\"b\", \"how to \\\n    mend it\", r#\"at \"once\" at once\"#); }\n\
                  #[cfg(test)]\nmod tests { const A: &str = \"anew\"; }\n";
    assert_eq!(
        english.in_source("src/a.rs", source),
        [
            "src/a.rs:2: `mend`: write: fix",
            "src/a.rs:3: `at once`: write: immediately"
        ]
    );
    let fine = "The forces recommend a signed record that amends itself.\nA judgment about the away team.\n";
    assert_eq!(english.in_document("README.md", fine), [""; 0]);
}

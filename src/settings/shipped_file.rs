//! Tests that every line of the shipped example settings file is valid, including the commented ones.

use std::io;
use std::path::{Path, PathBuf};

use super::Settings;

/// Returns the problems of an example as it is, or with one of its commented settings enabled.
fn problems_of(example: &str) -> Vec<String> {
    let lines: Vec<&str> = example.lines().collect();
    let mut problems: Vec<String> = load(example).err().into_iter().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_setting(line)) {
        let section = commented_section(&lines[..at]);
        let uncommented: Vec<&str> = lines
            .iter()
            .enumerate()
            .map(|(other, text)| {
                if other == at || Some(other) == section {
                    uncomment(text)
                } else {
                    text
                }
            })
            .collect();
        // An alternative to a line in the file is allowed.
        let alternative = |told: &String| told.contains("duplicate key") || told.contains("is set twice");
        let told = load(&uncommented.join("\n"))
            .err()
            .filter(|told| !alternative(told));
        problems.extend(told.map(|told| format!("`{line}`: {told}")));
    }
    problems
}

fn load(text: &str) -> Result<(), String> {
    let file = Some((PathBuf::from("portoutd.toml"), text.to_owned()));
    let read_file = |_: &Path| Err(io::Error::from(io::ErrorKind::NotFound));
    Settings::from_layers(file, [], &read_file)
        .map(|_| ())
        .map_err(|problems| problems.to_string())
}

fn uncomment(line: &str) -> &str {
    line.trim_start_matches('#').trim_start()
}

/// Recognizes a commented setting such as `# timeout = "10s"`, as opposed to a sentence.
fn is_setting(line: &str) -> bool {
    let name = uncomment(line).split('=').next().unwrap_or_default().trim();
    let sign = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.');
    line.starts_with('#') && line.contains('=') && !name.is_empty() && name.chars().all(sign)
}

/// Returns the commented section that a commented line is in, unless an active section comes after it.
fn commented_section(before: &[&str]) -> Option<usize> {
    let is_section = |line: &str| {
        let line = uncomment(line);
        line.starts_with('[') && line.ends_with(']')
    };
    let last = before.iter().rposition(|line| is_section(line))?;
    before[last].starts_with('#').then_some(last)
}

#[test]
fn a_wrong_line_of_an_example_is_found_even_when_commented_out() {
    let good = "mode = \"shadow\"\n# mode = \"enforce\"\n[telnyx]\n# Timeout = how long\n#timeout = \"10s\"\n\
                # [accounts.east]\n# api_key_file = \"east.key\"\n[http]\nwebhooks = true\n";
    assert_eq!(problems_of(good), Vec::<String>::new());
    for (right, wrong) in [
        ("\"10s\"", "\"10\""),
        ("api_key_file", "apikey"),
        ("webhooks", "webhook"),
    ] {
        assert!(!problems_of(&good.replace(right, wrong)).is_empty(), "{wrong}");
    }
}

#[test]
fn every_line_of_the_shipped_settings_file_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let ships_something = folder.read_dir().is_ok_and(|mut files| files.next().is_some());
    if ships_something {
        let example = std::fs::read_to_string(folder.join("portoutd.toml")).unwrap();
        assert_eq!(problems_of(&example), Vec::<String>::new());
    }
}

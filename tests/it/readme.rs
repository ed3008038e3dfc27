//! What README promises is so: its settings are the program's, its verbs exist.

use std::collections::BTreeSet;
use std::process::Command;

const README: &str = include_str!("../../README.md");

fn portoutd(words: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_portoutd"))
        .args(words)
        .env_clear()
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// The names in the first column of the table under a heading.
fn first_column(heading: &str) -> BTreeSet<String> {
    let section = README
        .split(heading)
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_setting_stands_in_the_table_with_its_default() {
    let (good, text) = portoutd(&["config", "show", "--output", "json"]);
    assert!(good);
    let entries: serde_json::Value = serde_json::from_str(&text).unwrap();
    let told = first_column("\n## Settings");
    let mut known = BTreeSet::from(["accounts.NAME.api_key".to_owned()]);
    for entry in entries.as_array().unwrap() {
        let name = entry["key"].as_str().unwrap();
        known.insert(
            name.strip_suffix("_file")
                .filter(|_| name != "pin_key_file")
                .unwrap_or(name)
                .to_owned(),
        );
        if let Some(default) = entry["value"].as_str() {
            let row = README
                .lines()
                .find(|line| line.starts_with(&format!("| `{name}` ")))
                .unwrap();
            assert!(
                row.contains(&format!("`{default}`")),
                "{name}: {default} is not in {row}"
            );
        }
    }
    assert_eq!(told, known);
}

#[test]
fn every_command_that_is_shown_exists() {
    let shown = README
        .split('`')
        .filter_map(|text| text.strip_prefix("portoutd "));
    let in_blocks = README
        .lines()
        .filter_map(|line| line.trim().strip_prefix("portoutd "));
    for line in shown.chain(in_blocks) {
        let words = line
            .split_whitespace()
            .take_while(|word| word.chars().all(|c| c.is_ascii_lowercase()));
        let words: Vec<&str> = words.chain(["--help"]).collect();
        assert!(portoutd(&words).0, "{line}");
    }
}

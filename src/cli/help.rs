//! The parts of `--help` that clap does not derive: the grouped list of commands, and the examples of each command.

use std::fmt::Write as _;

use clap::Command;

/// The commands by purpose, in the order in which `portoutd --help` lists them.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Get started", &["demo", "serve"]),
    (
        "Every day",
        &[
            "pending",
            "authorize",
            "reject",
            "hold",
            "orders",
            "decisions",
            "numbers",
        ],
    ),
    (
        "Rules",
        &[
            "check", "explain", "test", "eval", "fmt", "backtest", "rules", "reload", "schema",
        ],
    ),
    (
        "Set up",
        &[
            "config",
            "keygen",
            "migrate",
            "simulate",
            "with-postgres",
            "completions",
            "man",
        ],
    ),
];

/// The first commands to run, with what each is for.
const FIRST: [(&str, &str); 4] = [
    ("portoutd demo", "see port-outs decided, without any setup"),
    ("portoutd check rules.toml", "check a rule file"),
    ("portoutd serve", "run the service"),
    ("portoutd pending", "list the orders that wait for an answer"),
];

/// Examples of each command, one per line, by the words of the command.
const EXAMPLES: [(&str, &str); 39] = [
    ("demo", "portoutd demo\nportoutd demo --rate 60 --decisions 20"),
    (
        "serve",
        "portoutd serve\nportoutd serve --config /etc/portoutd/portoutd.toml",
    ),
    (
        "pending",
        "portoutd pending\nportoutd pending --output csv --fields support_key,spid,decide_by",
    ),
    (
        "authorize",
        "portoutd authorize PO_1234 --reason \"the customer confirmed by phone\"",
    ),
    (
        "reject",
        "portoutd reject PO_1234 --cause unauthorized-by-owner --reason \"the customer did not request it\"",
    ),
    (
        "hold",
        "portoutd hold PO_1234 --reason \"waiting for a call from the customer\"",
    ),
    (
        "orders",
        "portoutd orders list --status pending\nportoutd orders show PO_1234",
    ),
    (
        "orders list",
        "portoutd orders list --status pending\nportoutd orders list --live --spid 073H\nportoutd orders list --output jsonl",
    ),
    (
        "orders show",
        "portoutd orders show PO_1234\nportoutd orders show PO_1234 --live",
    ),
    (
        "decisions",
        "portoutd decisions list --since 24h\nportoutd decisions show PO_1234",
    ),
    (
        "decisions list",
        "portoutd decisions list --since 24h\nportoutd decisions list --action reject --by rule",
    ),
    (
        "decisions show",
        "portoutd decisions show PO_1234\nportoutd decisions show PO_1234 --as-test --anonymous",
    ),
    ("decisions verify", "portoutd decisions verify"),
    (
        "numbers",
        "portoutd numbers import numbers.csv --dry-run\nportoutd numbers list --frozen",
    ),
    (
        "numbers import",
        "portoutd numbers import numbers.csv --dry-run\nportoutd numbers import numbers.csv",
    ),
    (
        "numbers list",
        "portoutd numbers list --frozen\nportoutd numbers list --tag vip --prefix +1312",
    ),
    ("numbers show", "portoutd numbers show +13125550123"),
    (
        "numbers lock",
        "portoutd numbers lock +13125550123 --reason \"requested by the customer\"",
    ),
    (
        "numbers unlock",
        "portoutd numbers unlock +13125550123 --reason \"requested by the customer\"",
    ),
    (
        "check",
        "portoutd check rules.toml\nportoutd check --deny-warnings --output github",
    ),
    ("explain", "portoutd explain R012"),
    ("test", "portoutd test\nportoutd test --coverage --min 80"),
    (
        "eval",
        "portoutd eval request.json\nportoutd eval request.json --rules candidate.toml --expect hold",
    ),
    ("fmt", "portoutd fmt\nportoutd fmt --check rules.toml"),
    (
        "backtest",
        "portoutd backtest --rules candidate.toml --since 30d\nportoutd backtest --from telnyx --expect-no-change",
    ),
    ("rules", "portoutd rules show\nportoutd rules stats --since 30d"),
    (
        "rules show",
        "portoutd rules show\nportoutd rules show 24d9 --source",
    ),
    ("rules versions", "portoutd rules versions --limit 5"),
    (
        "rules rollback",
        "portoutd rules rollback 24d9 --because \"the new rule holds too many orders\"",
    ),
    ("rules proposed", "portoutd rules proposed"),
    (
        "rules approve",
        "portoutd rules approve HASH --because \"reviewed\"",
    ),
    ("rules stats", "portoutd rules stats --since 30d"),
    (
        "rules diff",
        "portoutd rules diff rules.toml candidate.toml\nportoutd rules diff 24d9 rules.toml",
    ),
    (
        "rules list",
        "portoutd rules list show\nportoutd rules list add trusted-carriers 4036 --note \"contract of 2026-11\"",
    ),
    (
        "rules list add",
        "portoutd rules list add trusted-carriers 4036 --note \"contract of 2026-11\" --until 2031-12-31",
    ),
    (
        "rules list remove",
        "portoutd rules list remove trusted-carriers 4036 --note \"contract ended\"",
    ),
    (
        "rules list expire",
        "portoutd rules list expire trusted-carriers 4036 --until 2031-12-31",
    ),
    ("rules list show", "portoutd rules list show trusted-carriers"),
    (
        "reload",
        "portoutd reload --because \"hold orders for many numbers\"",
    ),
];

/// The examples of the commands that set the service up.
const SET_UP_EXAMPLES: [(&str, &str); 9] = [
    ("schema", "portoutd schema > rules.schema.json"),
    ("config", "portoutd config show --origin"),
    ("config show", "portoutd config show --origin"),
    (
        "keygen",
        "portoutd keygen > pin.key\nportoutd keygen --fingerprint pin.key",
    ),
    ("migrate", "portoutd migrate"),
    (
        "simulate",
        "portoutd simulate --listen 127.0.0.1:9999 --webhook http://127.0.0.1:8080/webhooks/telnyx",
    ),
    ("with-postgres", "portoutd with-postgres -- psql --list"),
    (
        "completions",
        "portoutd completions bash > ~/.local/share/bash-completion/completions/portoutd",
    ),
    ("man", "portoutd man --dir /usr/local/share/man/man1"),
];

/// Adds the grouped list of commands to `portoutd --help`, and examples to the long help of each command.
pub(super) fn with_help(command: Command) -> Command {
    let template = template(&command);
    with_examples(command, "").help_template(template)
}

fn with_examples(command: Command, path: &str) -> Command {
    command.mut_subcommands(|verb| {
        let path = format!("{path} {}", verb.get_name()).trim().to_owned();
        let verb = with_examples(verb, &path);
        match listed_examples(&path) {
            Some(lines) => {
                let heading = verb.get_styles().get_header();
                let text = format!("{heading}Examples:{heading:#}\n  {}", lines.replace('\n', "\n  "));
                verb.after_long_help(text)
            }
            None => verb,
        }
    })
}

/// The examples of a command, one per line, by the words of the command; those of the program for no words.
pub(super) fn examples(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(FIRST.map(|(line, _)| line).join("\n"));
    }
    listed_examples(path).map(str::to_owned)
}

fn listed_examples(path: &str) -> Option<&'static str> {
    let all = EXAMPLES.iter().chain(&SET_UP_EXAMPLES);
    all.into_iter()
        .find(|(known, _)| *known == path)
        .map(|(_, lines)| *lines)
}

/// The help of the program itself: examples first, then the commands by purpose.
fn template(command: &Command) -> String {
    let heading = command.get_styles().get_header();
    let literal = command.get_styles().get_literal();
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    let _ = write!(text, "\n{heading}Examples:{heading:#}\n");
    for (line, purpose) in FIRST {
        let _ = writeln!(text, "  {literal}{line:<27}{literal:#}{purpose}");
    }
    for (name, verbs) in GROUPS {
        let _ = write!(text, "\n{heading}{name}:{heading:#}\n");
        for verb in verbs {
            let about = command.find_subcommand(verb).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {literal}{verb:<15}{literal:#}{about}");
        }
    }
    let _ = write!(text, "\n{heading}Options:{heading:#}\n{{options}}\n\n");
    text.push_str("For the options and examples of a command, run `portoutd COMMAND --help`.");
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Command, CommandFactory};

    use super::{EXAMPLES, GROUPS, SET_UP_EXAMPLES, with_help};
    use crate::cli::Cli;

    /// Every command with its path, such as `rules list add`.
    fn every_command(command: &Command, path: &str, into: &mut Vec<(String, Command)>) {
        for verb in command.get_subcommands() {
            let path = format!("{path} {}", verb.get_name()).trim().to_owned();
            every_command(verb, &path, into);
            into.push((path, verb.clone()));
        }
    }

    fn commands() -> Vec<(String, Command)> {
        let mut found = Vec::new();
        every_command(&with_help(Cli::command()), "", &mut found);
        found
    }

    #[test]
    fn the_groups_list_every_command_once() {
        let command = Cli::command();
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, verbs)| *verbs).copied().collect();
        let mut known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
    }

    #[test]
    fn the_help_of_the_program_is_grouped() {
        insta::assert_snapshot!(with_help(Cli::command()).render_help());
    }

    #[test]
    fn every_command_is_described_in_one_short_line_without_a_full_stop() {
        for (path, command) in commands() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(!about.is_empty(), "`{path}` has no description");
            assert!(about.chars().count() <= 72, "`{path}`: `{about}` is too long");
            assert!(
                !about.contains(". ") && !about.ends_with('.'),
                "`{path}`: `{about}`"
            );
        }
    }

    #[test]
    fn every_command_has_examples_that_parse() {
        let listed = EXAMPLES.iter().chain(&SET_UP_EXAMPLES);
        let listed: BTreeSet<&str> = listed.map(|(path, _)| *path).collect();
        let commands = commands();
        let known: BTreeSet<&str> = commands.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(listed, known);
        for (path, lines) in EXAMPLES.iter().chain(&SET_UP_EXAMPLES) {
            for line in lines.lines() {
                assert!(line.starts_with(&format!("portoutd {path}")), "{line}");
                let line = line.split(" > ").next().unwrap_or_default();
                let parsed = Cli::command().try_get_matches_from(words(line));
                assert!(parsed.is_ok(), "{line}: {parsed:?}");
            }
        }
    }

    /// The words of a command line; text in double quotes is one word.
    fn words(line: &str) -> Vec<String> {
        let parts = line.split('"').enumerate();
        let words = parts.flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    }
}

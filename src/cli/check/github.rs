//! Findings as annotations of GitHub Actions.

use crate::rules::{Finding, Severity};

/// The workflow command that shows a finding next to its line, as GitHub documents it under "Setting an error message".
pub(super) fn command(finding: &Finding) -> String {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let message = match &finding.help {
        Some(help) => format!("{}\n{help}", finding.message),
        None => finding.message.clone(),
    };
    format!(
        "::{level} file={},line={},col={},endColumn={},title={}::{}\n",
        property(&finding.file),
        finding.line,
        finding.column,
        finding.end_column,
        finding.code,
        data(&message)
    )
}

/// A text after the second `::`, where a line break would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text before the second `::`, where colons and commas are separators too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RuleSet, Sources};

    fn commands(path: &str, text: &str) -> String {
        let sources = Sources::in_memory(path, text, []);
        let findings = match RuleSet::from_sources(&sources, jiff::Timestamp::UNIX_EPOCH) {
            Ok(loaded) => loaded.warnings,
            Err(findings) => findings,
        };
        findings.iter().map(command).collect()
    }

    #[test]
    fn a_finding_is_a_command_with_its_position() {
        let text = "version = 1\n[[rule]]\nid = \"r\"\nmatch.times_rejected = \"=> 5\"\naction = \"reject\"\nreject.because = \"tax-id\"\n";
        insta::assert_snapshot!(commands("rules.toml", text), @"
        ::error file=rules.toml,line=4,col=24,endColumn=30,title=R012::`=> 5` is not a valid comparison for a count%0Awrite \">= 5\"
        ::warning file=rules.toml,line=6,col=18,endColumn=26,title=R102::Telnyx does not accept `tax-id`: the rejection bounces, or Telnyx authorizes the order anyway%0Ahold the order for a person, or settle it with the subscriber: billing and business reasons do not stop a port
        ");
    }

    #[test]
    fn separators_of_commands_are_escaped() {
        assert_eq!(property("a,b:c%\r\n"), "a%2Cb%3Ac%25%0D%0A");
        assert_eq!(data("a,b:c%\r\n"), "a,b:c%25%0D%0A");
        let told = commands(
            "rules: 50%, old.toml",
            "version = 1\n[defaults]\nno_match = \"50%\"\n",
        );
        insta::assert_snapshot!(told, @"::error file=rules%3A 50%25%2C old.toml,line=3,col=12,endColumn=17,title=R005::`50%25` is not a valid value for `no_match`%0Ause one of `authorize`, `reject`, `hold`");
    }
}

//! Findings as text for people.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::finding::{Finding, Findings, Severity};

/// How findings are formatted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextStyle {
    /// Plain text.
    Plain,
    /// With colors, for a terminal.
    Colored,
}

impl Findings {
    /// Every finding with its position, its line and a caret.
    #[must_use]
    pub fn to_text(&self, style: TextStyle) -> String {
        let renderer = match style {
            TextStyle::Plain => Renderer::plain(),
            TextStyle::Colored => Renderer::styled(),
        };
        let mut text = String::new();
        for finding in self.iter() {
            text.push_str(&renderer.render(&[group(finding)]));
            text.push_str("\n\n");
        }
        text
    }
}

fn group(finding: &Finding) -> Group<'_> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let (line, span) = finding.excerpt.shown();
    let snippet = Snippet::source(line)
        .path(finding.file.as_str())
        .line_start(finding.line)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(span));
    let group = level
        .primary_title(finding.message.as_str())
        .id(finding.code.as_str())
        .element(snippet);
    match &finding.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

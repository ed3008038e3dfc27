use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::finding::{Excerpt, Finding, Findings, Severity};

/// How findings are dressed for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Plain text.
    Plain,
    /// With colours, for a terminal.
    Coloured,
}

/// A longer line is shown around the finding only.
const LONGEST_LINE: usize = 160;

impl Findings {
    /// Every finding with its place, its line and a caret, for people.
    #[must_use]
    pub fn to_text(&self, look: Look) -> String {
        let renderer = match look {
            Look::Plain => Renderer::plain(),
            Look::Coloured => Renderer::styled(),
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
    let (line, span) = shown(&finding.excerpt);
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

/// The part of a line that is shown, and the span in it.
fn shown(excerpt: &Excerpt) -> (&str, Range<usize>) {
    let Excerpt { line, span } = excerpt;
    if line.len() <= LONGEST_LINE {
        return (line, span.clone());
    }
    // The start stays, so that columns stay true; what is far behind the finding goes.
    let mut end = (span.end + LONGEST_LINE / 4).clamp(LONGEST_LINE, line.len().max(LONGEST_LINE));
    end = end.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    (line.get(..end).unwrap_or(line), span.clone())
}

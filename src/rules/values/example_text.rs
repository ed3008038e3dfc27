//! Makes a text that a regular expression matches.

use regex_syntax::hir::{Class, ClassUnicodeRange, Hir, HirKind};

/// A text that the regular expression probably matches: its first alternatives, as short as possible. Assertions (`^`,
/// `\b`) are ignored, so the caller must check that the text matches.
pub(crate) fn of(expression: &str) -> Option<String> {
    let mut text = String::new();
    write(&regex_syntax::parse(expression).ok()?, &mut text)?;
    Some(text)
}

fn write(part: &Hir, text: &mut String) -> Option<()> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(char_of(class)?),
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write(&repetition.sub, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, text)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, text))?,
        HirKind::Alternation(parts) => write(parts.first()?, text)?,
    }
    Some(())
}

/// A character of the class: a letter or digit if it has one, which is easiest to read.
fn char_of(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else {
        return None;
    };
    let is_in = |sign: &char| {
        let ranges = class.ranges().iter();
        ranges
            .into_iter()
            .any(|range| (range.start()..=range.end()).contains(sign))
    };
    let first = || class.ranges().first().map(ClassUnicodeRange::start);
    ('a'..='z').chain('0'..='9').find(is_in).or_else(first)
}

//! Regular expressions over folded text: their literal parts are folded too, or `/O’Brien/` would never match, since a
//! folded text has `'` in that place.

use regex_syntax::ast::{
    self, Ast, ClassSet, ClassSetItem, ClassSetUnion, Concat, Flags, Group, GroupKind, Literal, LiteralKind,
    Span,
};

use crate::domain::folding;

/// Ranges of characters longer than this are left as they are.
const LONGEST_RANGE: u32 = 4_096;

/// The expression with its literal parts folded. One that folding changes in its case only is returned as it is.
///
/// # Errors
/// The text is not a regular expression.
pub(crate) fn of(expression: &str) -> Result<String, Box<ast::Error>> {
    let mut ast = ast::parse::Parser::new().parse(expression).map_err(Box::new)?;
    let mut folding = Folding { has_changed: false };
    folding.fold(&mut ast);
    let mut folded = String::with_capacity(expression.len());
    let is_printed = ast::print::Printer::new().print(&ast, &mut folded).is_ok();
    Ok(if folding.has_changed && is_printed {
        folded
    } else {
        expression.to_owned()
    })
}

struct Folding {
    has_changed: bool,
}

impl Folding {
    fn fold(&mut self, ast: &mut Ast) {
        match ast {
            Ast::Literal(literal) => {
                if let Some(literals) = self.folded(&[literal.c]) {
                    // Grouped, since a repetition may follow.
                    *ast = grouped(literals);
                }
            }
            Ast::Concat(concat) => self.fold_parts(&mut concat.asts),
            Ast::Alternation(alternation) => alternation.asts.iter_mut().for_each(|part| self.fold(part)),
            Ast::Repetition(repetition) => self.fold(&mut repetition.ast),
            Ast::Group(group) => self.fold(&mut group.ast),
            Ast::ClassBracketed(class) => self.fold_class(&mut class.kind),
            Ast::Empty(_)
            | Ast::Flags(_)
            | Ast::Dot(_)
            | Ast::Assertion(_)
            | Ast::ClassUnicode(_)
            | Ast::ClassPerl(_) => {}
        }
    }

    /// Folds literals that follow each other as one text: together they can be an entity, or a letter and its accent.
    fn fold_parts(&mut self, parts: &mut Vec<Ast>) {
        let mut folded = Vec::with_capacity(parts.len());
        let mut run: Vec<Ast> = Vec::new();
        for mut part in parts.drain(..) {
            if matches!(part, Ast::Literal(_)) {
                run.push(part);
                continue;
            }
            self.end_run(&mut run, &mut folded);
            self.fold(&mut part);
            folded.push(part);
        }
        self.end_run(&mut run, &mut folded);
        *parts = folded;
    }

    fn end_run(&mut self, run: &mut Vec<Ast>, folded: &mut Vec<Ast>) {
        let signs: Vec<char> = run
            .iter()
            .filter_map(|part| match part {
                Ast::Literal(literal) => Some(literal.c),
                _ => None,
            })
            .collect();
        match self.folded(&signs) {
            Some(literals) => {
                run.clear();
                folded.extend(literals.into_iter().map(Ast::literal));
            }
            None => folded.append(run),
        }
    }

    /// The literals of the folded text; `None` where only its case changes, which the expression is blind to.
    fn folded(&mut self, text: &[char]) -> Option<Vec<Literal>> {
        let text: String = text.iter().collect();
        let folded = folding::fold_within(&text);
        if folded == text.to_lowercase() {
            return None;
        }
        self.has_changed = true;
        Some(folded.chars().map(literal).collect())
    }

    /// Adds to a class what its characters are folded to.
    fn fold_class(&mut self, class: &mut ClassSet) {
        match class {
            ClassSet::Item(item) => self.fold_item(item),
            ClassSet::BinaryOp(operation) => {
                self.fold_class(&mut operation.lhs);
                self.fold_class(&mut operation.rhs);
            }
        }
    }

    fn fold_item(&mut self, item: &mut ClassSetItem) {
        let (start, end) = match item {
            ClassSetItem::Literal(literal) => (literal.c, literal.c),
            ClassSetItem::Range(range) => (range.start.c, range.end.c),
            ClassSetItem::Bracketed(class) => return self.fold_class(&mut class.kind),
            ClassSetItem::Union(union) => {
                return union.items.iter_mut().for_each(|item| self.fold_item(item));
            }
            ClassSetItem::Empty(_)
            | ClassSetItem::Ascii(_)
            | ClassSetItem::Unicode(_)
            | ClassSetItem::Perl(_) => return,
        };
        if end.is_ascii() && start != '`' && end != '`' || u32::from(end) - u32::from(start) > LONGEST_RANGE {
            return;
        }
        let mut images: Vec<char> = (start..=end).filter_map(image).collect();
        images.sort_unstable();
        images.dedup();
        if images.is_empty() {
            return;
        }
        self.has_changed = true;
        let span = *item.span();
        let images = images
            .into_iter()
            .map(|c| ClassSetItem::Literal(literal_in_class(c)));
        let items = std::iter::once(item.clone()).chain(images).collect();
        *item = ClassSetItem::Union(ClassSetUnion { span, items });
    }
}

/// The one other character that a character is folded to, if it is not the same in another case.
fn image(c: char) -> Option<char> {
    let folded = folding::fold_within(c.encode_utf8(&mut [0; 4]));
    let mut signs = folded.chars();
    let image = signs.next().filter(|_| signs.next().is_none())?;
    (!c.to_lowercase().eq([image])).then_some(image)
}

/// A character as it is written outside a class, where fewer characters are special.
fn literal(c: char) -> Literal {
    match c {
        '&' | '-' | '~' | '#' => of_kind(LiteralKind::Verbatim, c),
        _ => literal_in_class(c),
    }
}

fn literal_in_class(c: char) -> Literal {
    let kind = if regex_syntax::is_meta_character(c) {
        LiteralKind::Meta
    } else {
        LiteralKind::Verbatim
    };
    of_kind(kind, c)
}

fn of_kind(kind: LiteralKind, c: char) -> Literal {
    let span = nowhere();
    Literal { span, kind, c }
}

fn grouped(literals: Vec<Literal>) -> Ast {
    let span = nowhere();
    let asts = literals.into_iter().map(Ast::literal).collect();
    let flags = Flags {
        span,
        items: Vec::new(),
    };
    Ast::group(Group {
        span,
        kind: GroupKind::NonCapturing(flags),
        ast: Box::new(Ast::concat(Concat { span, asts })),
    })
}

/// The printer does not use positions.
fn nowhere() -> Span {
    Span::splat(ast::Position::new(0, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literal_parts_are_folded_and_others_stay() {
        for (expression, folded) in [
            ("on(voy|ix)", "on(voy|ix)"),
            (r".*\bTel\b.*[A-Z]{2}\s+\.", r".*\bTel\b.*[A-Z]{2}\s+\."),
            ("Ünal.*", "Ünal.*"),
            ("O’Brien.*", "o'brien.*"),
            ("O’?Brien", "O(?:')?Brien"),
            (r"O\u{2019}Brien", "o'brien"),
            ("Smith &amp; Sons", "smith & sons"),
            ("Smith\u{a0} & \tSons", "smith & sons"),
            ("Jose\u{301}", "josé"),
            ("Stra(ß)e", "Stra((?:ss))e"),
            ("Straße+", "strasse+"),
            ("ß+", "(?:ss)+"),
            ("a\u{200b}*b", "a(?:)*b"),
            ("Ａ（b）", r"a\(b\)"),
            ("O[’'´]Brien", "O[’''´']Brien"),
            ("[\u{2010}-\u{2015}]x", "[\u{2010}-\u{2015}\\-]x"),
            ("[^–&&[—]]", "[^–\\-&&[—\\-]]"),
        ] {
            assert_eq!(of(expression).as_deref(), Ok(folded), "{expression}");
        }
        assert!(of("a)(b").is_err(), "each part has to be an expression by itself");
    }
}

//! The pages that explain the codes.

use super::code::Code;

/// The page of a code: what it means, why it matters, and a wrong and a right file.
macro_rules! page {
    ($code:ident, $number:literal) => {
        (Code::$code, include_str!(concat!("pages/", $number, ".md")))
    };
}

/// A page for every code. A test checks that none is missing and that each has the right code.
const PAGES: &[(Code, &str)] = &[
    page!(BrokenToml, "R001"),
    page!(UnknownKey, "R002"),
    page!(WrongType, "R003"),
    page!(MissingKey, "R004"),
    page!(UnknownWord, "R005"),
    page!(CauseMissing, "R006"),
    page!(UnknownFact, "R007"),
    page!(DuplicateName, "R008"),
    page!(Unquoted, "R009"),
    page!(InvalidSpid, "R010"),
    page!(InvalidNumber, "R011"),
    page!(InvalidComparison, "R012"),
    page!(InvalidPattern, "R013"),
    page!(UnknownList, "R014"),
    page!(WrongListType, "R015"),
    page!(UnreadableList, "R016"),
    page!(InvalidListLine, "R017"),
    page!(InvalidTime, "R018"),
    page!(UnknownCause, "R019"),
    page!(MatchMissing, "R020"),
    page!(Contradiction, "R021"),
    page!(UnknownRule, "R022"),
    page!(UnsafeDefault, "R023"),
    page!(UnknownVersion, "R024"),
    page!(UnreadableFile, "R025"),
    page!(InvalidText, "R026"),
    page!(InvalidAllow, "R027"),
    page!(SoftCause, "R101"),
    page!(NeverCause, "R102"),
    page!(EvidenceNeeded, "R103"),
    page!(ExpiredEntry, "R104"),
    page!(ExpiredRule, "R105"),
    page!(UnreachableRule, "R106"),
    page!(DuplicateRule, "R107"),
    page!(ImpossibleCondition, "R108"),
    page!(EmptyList, "R109"),
    page!(UnusedList, "R110"),
    page!(ExpiredList, "R111"),
    page!(ContradictoryList, "R112"),
    page!(NoIdentity, "R113"),
    page!(UntestedRule, "R114"),
    page!(AuthorizesByDefault, "R115"),
    page!(HoldTooLong, "R116"),
    page!(UnknowableFact, "R117"),
    page!(CodeNeverOffered, "R118"),
    page!(NeverMatched, "R119"),
    page!(OftenOverridden, "R120"),
    page!(OftenBounced, "R121"),
    page!(UnusedAllow, "R122"),
    page!(OtherPending, "R123"),
    page!(Respelled, "R124"),
];

/// A code that does not exist, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the code of a finding: {ranges}", ranges = ranges())]
pub struct UnknownCode(String);

impl Code {
    /// The page that explains the code, in Markdown: `# R012: title`, what it means, `## Wrong` and `## Right`.
    #[must_use]
    pub fn page(self) -> &'static str {
        let page = PAGES.iter().find(|(code, _)| *code == self);
        page.map_or("", |(_, page)| page)
    }

    /// The title of the page, such as `an invalid comparison`.
    #[must_use]
    pub fn title(self) -> &'static str {
        let heading = self.page().lines().next().unwrap_or_default();
        heading.split_once(": ").map_or(heading, |(_, title)| title)
    }

    /// Parses a code as people type it: `R012`, `r12` or `12`.
    ///
    /// # Errors
    /// If no finding has that code. The error names the valid codes.
    pub fn named(typed: &str) -> Result<Self, UnknownCode> {
        let trimmed = typed.trim();
        let digits = trimmed.trim_start_matches(['R', 'r']).trim_start_matches('0');
        let number = |code: &Self| code.as_str().trim_start_matches(['R', '0']);
        let named = Self::all().find(|code| number(code) == digits);
        named.ok_or_else(|| UnknownCode(trimmed.to_owned()))
    }
}

/// The ranges of the codes.
fn ranges() -> String {
    let (errors, warnings): (Vec<Code>, Vec<Code>) = Code::all().partition(|code| code.as_str() < "R101");
    let range = |codes: &[Code]| match codes {
        [first, .., last] => format!("`{first}` to `{last}`"),
        _ => String::new(),
    };
    format!(
        "errors are {}, warnings are {}; run `portoutd explain` to list them",
        range(&errors),
        range(&warnings)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_page_with_a_title() {
        for code in Code::all() {
            let heading = format!("# {code}: ");
            assert!(code.page().starts_with(&heading), "{code} has no page");
            assert!(!code.title().is_empty(), "{code} has no title");
        }
        assert_eq!(PAGES.len(), Code::all().count());
    }

    #[test]
    fn a_code_is_found_as_people_type_it() {
        for typed in ["R012", "r12", "12", " r012 ", "R12"] {
            assert_eq!(Code::named(typed), Ok(Code::InvalidComparison), "{typed}");
        }
        assert_eq!(Code::named("r101"), Ok(Code::SoftCause));
        for typed in ["", "R", "R000", "R999", "spid", "R0991"] {
            assert!(Code::named(typed).is_err(), "{typed}");
        }
        let message = Code::named("R099").unwrap_err().to_string();
        assert!(
            message.starts_with("`R099` is not the code of a finding: errors are `R001` to `R0"),
            "{message}"
        );
    }
}

//! A unified diff of two texts.

use std::fmt::Write as _;

use similar::TextDiff;

/// The difference between two named texts; empty if they are equal.
pub(crate) fn unified(old: (&str, &str), new: (&str, &str)) -> String {
    let mut text = String::new();
    let diff = TextDiff::from_lines(old.1, new.1);
    let _ = write!(text, "{}", diff.unified_diff().header(old.0, new.0));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_shown_as_diff_does() {
        let old = ("rules.toml", "version=1\n\n[defaults]\n");
        insta::assert_snapshot!(unified(old, ("edited", "version = 1\n\n[defaults]\n")), @"
        --- rules.toml
        +++ edited
        @@ -1,3 +1,3 @@
        -version=1
        +version = 1
         
         [defaults]
        ");
        assert_eq!(unified(old, old), "");
    }
}

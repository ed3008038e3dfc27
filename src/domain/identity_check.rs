//! How a value that the gaining carrier gave compares with the register.

use crate::domain::words::word_enum;

word_enum! {
    /// The result of comparing a PIN, ZIP code, name or address from the gaining carrier with the register.
    ///
    /// Only this result is stored: the values themselves never appear in rules, traces or logs.
    /// Ordered from best to worst, so that the worst result of several numbers is their maximum.
    pub enum IdentityCheck {
        /// The given value matches the value on file.
        Right,
        /// The register has no value to compare with.
        NoneOnFile,
        /// There is a value on file, but the carrier gave none.
        NotGiven,
        /// The given value does not match the value on file.
        Wrong,
    }
}

impl IdentityCheck {
    /// The result for a given value and a value on file: the only table of all four cases.
    #[must_use]
    pub fn of<G, F>(given: Option<G>, on_file: Option<F>, matches: impl FnOnce(G, F) -> bool) -> Self {
        match (given, on_file) {
            (_, None) => Self::NoneOnFile,
            (None, Some(_)) => Self::NotGiven,
            (Some(given), Some(on_file)) => {
                if matches(given, on_file) {
                    Self::Right
                } else {
                    Self::Wrong
                }
            }
        }
    }
}

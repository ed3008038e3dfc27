//! The register of numbers, and the comparison with what a gaining carrier gave. Pure: no I/O.

mod artifacts;
mod columns;
mod compare;
mod entry;
mod import;
mod outliers;
mod problems;
mod quoting;
mod removed_pins;
mod row;

pub use artifacts::TextColumn;
pub use compare::{compare_address, compare_name, compare_pin, compare_zip};
pub use entry::Entry;
pub use import::{read_csv, read_csv_as_written};
pub use outliers::warn_of_pin_lengths;
pub use problems::{ImportProblem, ImportProblems};
pub use removed_pins::warn_of_removed_pins;

//! Our own record of numbers, and how what a gaining carrier gave compares with it. Pure: texts in, words out.

mod columns;
mod compare;
mod entry;
mod import;
mod row;

pub use compare::{compare_address, compare_name, compare_pin, compare_zip};
pub use entry::Entry;
pub use import::{ImportProblem, ImportProblems, read_csv};

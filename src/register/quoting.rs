//! What an import says of quotes that are not where they belong.

use crate::domain::quoted_row::QuoteFault;

/// What is wrong with a line, and how to fix it.
pub(super) fn message(fault: QuoteFault) -> &'static str {
    match fault {
        QuoteFault::Inside => {
            "a quote is inside a cell: put quotes around the whole cell, without spaces outside them, and write `\"\"` \
             for a quote within it"
        }
        QuoteFault::Behind => {
            "something follows the closing quote of a cell, or an earlier quote is not closed: put \
             quotes around the whole cell, and write `\"\"` for a quote within it"
        }
        QuoteFault::Unclosed => {
            "a quote is opened here and never closed, so the rest of the file was not read: close it, or remove it"
        }
    }
}

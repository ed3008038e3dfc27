//! Rows of a CSV file whose cells may be in quotes: the only place that takes them apart, judges their quotes and
//! writes them. csv-core splits them; it forgives stray quotes, and then one of them can swallow the lines that
//! follow, so that its quotes are checked first.

use csv_core::{ReadRecordResult, Reader, WriteResult, Writer};

/// What is wrong with the quotes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuoteFault {
    /// A quote is in a cell that does not start with one.
    Inside,
    /// Something follows the quote that closes a cell.
    Behind,
    /// A cell starts with a quote that nothing closes.
    Unclosed,
}

/// What is wrong with the quotes of a row, line ends included. A cell is in quotes as a whole or not at all, and `""` is
/// a quote within one.
#[must_use]
pub(crate) fn quote_fault(row: &[u8]) -> Option<QuoteFault> {
    #[derive(PartialEq)]
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
    }
    let mut at = At::Start;
    for byte in row {
        at = match (at, byte) {
            (At::Start | At::Closed, b'"') | (At::Quoted, b'\0'..=b'!' | b'#'..) => At::Quoted,
            (At::Start | At::Plain | At::Closed, b',' | b'\n' | b'\r') => At::Start,
            (At::Plain, b'"') => return Some(QuoteFault::Inside),
            (At::Start | At::Plain, _) => At::Plain,
            (At::Quoted, b'"') => At::Closed,
            (At::Closed, _) => return Some(QuoteFault::Behind),
        };
    }
    (at == At::Quoted).then_some(QuoteFault::Unclosed)
}

/// The cells of one row, quotes taken off. Blanks at the end of the row do not count.
///
/// # Errors
/// A quote is where it does not belong.
pub(crate) fn cells(row: &str) -> Result<Vec<String>, QuoteFault> {
    let row = row.trim_end();
    if let Some(fault) = quote_fault(row.as_bytes()) {
        return Err(fault);
    }
    let mut reader = Reader::new();
    // Cells are never longer than the row, and there is at most one more than its commas.
    let mut text = vec![0; row.len()];
    let mut ends = vec![0; row.matches(',').count() + 2];
    let (result, read, mut written, mut cells) = reader.read_record(row.as_bytes(), &mut text, &mut ends);
    if result == ReadRecordResult::InputEmpty {
        // No more input ends the record.
        let rest = row.as_bytes().get(read..).unwrap_or_default();
        let (_, _, more, others) = reader.read_record(
            rest,
            text.get_mut(written..).unwrap_or_default(),
            ends.get_mut(cells..).unwrap_or_default(),
        );
        written += more;
        cells += others;
    }
    text.truncate(written);
    let mut start = 0;
    let cell = |end: &usize| {
        let cell = text.get(start..*end).unwrap_or_default();
        start = *end;
        String::from_utf8_lossy(cell).into_owned()
    };
    let found: Vec<String> = ends.iter().take(cells).map(cell).collect();
    // An empty row is no record to csv-core, and one empty cell here.
    Ok(if found.is_empty() {
        vec![String::new()]
    } else {
        found
    })
}

/// One row of these cells, in quotes where they need them, without a line end.
#[must_use]
pub(crate) fn row(cells: &[String]) -> String {
    // Each byte of a cell becomes two at most, and each cell may get two quotes and a comma.
    let most = cells.iter().map(|cell| cell.len() * 2 + 3).sum();
    let mut row = vec![0; most];
    let mut writer = Writer::new();
    let mut at = 0;
    let mut put = |write: &mut dyn FnMut(&mut [u8]) -> (WriteResult, usize)| {
        let (_, written) = write(row.get_mut(at..).unwrap_or_default());
        at += written;
    };
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            put(&mut |out| writer.delimiter(out));
        }
        put(&mut |out| {
            let (result, _, written) = writer.field(cell.as_bytes(), out);
            (result, written)
        });
    }
    put(&mut |out| writer.finish(out));
    row.truncate(at);
    String::from_utf8_lossy(&row).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cell_is_in_quotes_as_a_whole_or_not_at_all() {
        for (raw, wanted) in [
            ("a,b,,c\r\n", None),
            ("\n\n\"a,b\",\"say \"\"no\"\"\",\"\"\n", None),
            ("a,\"two\nlines\",b", None),
            ("a,5\" pipe,b\n", Some(QuoteFault::Inside)),
            ("a, \"b\",c\n", Some(QuoteFault::Inside)),
            ("a,\"b\" c,d\n", Some(QuoteFault::Behind)),
            ("a,\"b,c\nd,\"e,f\n", Some(QuoteFault::Behind)),
            ("a,\"b,c\nd,e,f\n", Some(QuoteFault::Unclosed)),
        ] {
            assert_eq!(quote_fault(raw.as_bytes()), wanted, "{raw:?}");
        }
    }

    #[test]
    fn a_row_is_taken_apart_at_its_commas() {
        let told = |row: &str, wanted: &[&str]| assert_eq!(cells(row).unwrap(), wanted, "{row:?}");
        told("\"a,b\",c,", &["a,b", "c", ""]);
        told("x,\"say \"\"no\"\"\nnow\"  ", &["x", "say \"no\"\nnow"]);
        told("", &[""]);
        told(",", &["", ""]);
        told("\"\"", &[""]);
        assert_eq!(cells("x,\"note"), Err(QuoteFault::Unclosed));
        assert_eq!(cells("x,\"note\ny,\"note"), Err(QuoteFault::Behind));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            written in proptest::collection::vec("[a\", \n\r;\u{e9}]{0,6}[a\"]", 1..5),
        ) {
            let row = row(&written);
            prop_assert_eq!(quote_fault(row.as_bytes()), None);
            prop_assert_eq!(cells(&row).unwrap(), written);
        }

        #[test]
        fn csv_splits_a_row_alike(row in "[a\",;]{1,12}") {
            if let Ok(cells) = cells(&row) {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
                let record = reader.records().next().unwrap().unwrap();
                prop_assert_eq!(record.iter().collect::<Vec<_>>(), cells);
            }
        }
    }
}

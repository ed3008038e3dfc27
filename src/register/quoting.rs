//! Checks the quotes of a line. The CSV reader accepts stray quotes, and one of them can then swallow the following
//! lines: their numbers are lost, and a PIN is in the wrong column.

/// A misplaced quote in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QuoteFault {
    /// A quote is in a cell that does not start with one.
    Inside,
    /// The closing quote of a cell is followed by other characters.
    Behind,
    /// A cell starts with a quote that is never closed.
    Unclosed,
}

impl QuoteFault {
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Inside => {
                "a quote is inside a cell: put quotes around the whole cell, without spaces outside them, and write `\"\"` \
                 for a quote within it"
            }
            Self::Behind => {
                "something follows the closing quote of a cell, or an earlier quote is not closed: put \
                 quotes around the whole cell, and write `\"\"` for a quote within it"
            }
            Self::Unclosed => {
                "a quote is opened here and never closed, so the rest of the file was not read: close it, or remove it"
            }
        }
    }
}

/// Examines the bytes of one record, including line ends.
pub(super) fn fault(raw: &[u8]) -> Option<QuoteFault> {
    #[derive(PartialEq)]
    enum At {
        Start,
        Plain,
        Quoted,
        Closed,
    }
    let mut at = At::Start;
    for byte in raw {
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

#[cfg(test)]
mod tests {
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
            assert_eq!(fault(raw.as_bytes()), wanted, "{raw:?}");
        }
    }
}

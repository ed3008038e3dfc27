//! Whether the quotes of a line are where they belong. The CSV reader forgives stray quotes, and then one of them can
//! swallow the lines that follow: their numbers, and a PIN in the wrong column with them.

/// What is wrong with the quotes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QuoteFault {
    /// A quote is in a cell that does not start with one.
    Inside,
    /// Something follows the quote that closes a cell.
    Behind,
    /// A cell starts with a quote that nothing closes.
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

/// Looks at the bytes of one record, line ends included.
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

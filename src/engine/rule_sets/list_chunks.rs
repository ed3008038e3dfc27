//! Splits a list file into chunks whose boundaries depend only on its own lines. Adding or removing a line changes only
//! the chunk around it, and all other chunks are stored already.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// A chunk of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) digest: [u8; 32],
    pub(crate) range: Range<usize>,
}

/// The minimum length of a chunk, except at the end of the file, in bytes.
const SHORTEST: usize = 1 << 19;
const LONGEST: usize = 1 << 22;
/// After the minimum length, one in this many lines ends the chunk. Few lines have to be examined, and an edit moves
/// few boundaries.
const ONE_IN: u64 = 1 << 12;

/// Splits a text into chunks, in order.
pub(crate) fn chunks(text: &str) -> Vec<Chunk> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = end_of_chunk(text, start);
        found.push(chunk(text, start..end));
        start = end;
    }
    found
}

fn end_of_chunk(text: &str, start: usize) -> usize {
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let Some(tail) = rest.get(SHORTEST..) else {
        return text.len();
    };
    let mut length = SHORTEST;
    for line in tail.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        if length >= LONGEST || ends_a_chunk(line) {
            break;
        }
    }
    start + length
}

fn chunk(text: &str, range: Range<usize>) -> Chunk {
    let content = text.as_bytes().get(range.clone()).unwrap_or_default();
    Chunk {
        digest: Sha256::digest(content).into(),
        range,
    }
}

/// Uses FNV-1a. Any hash works that gives the same result for the same line.
fn ends_a_chunk(line: &[u8]) -> bool {
    let mixed = line.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (mixed >> 32).is_multiple_of(ONE_IN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use super::*;

    fn numbers(count: u64) -> String {
        let mut text = String::from("value,note,expires\n");
        for number in 0..count {
            let _ = writeln!(text, "+1312{:08},,", number * 7_919 % 100_000_000);
        }
        text
    }

    fn digests(text: &str) -> BTreeSet<[u8; 32]> {
        chunks(text).into_iter().map(|chunk| chunk.digest).collect()
    }

    #[test]
    fn the_pieces_put_together_are_the_text() {
        for text in [String::new(), "a".to_owned(), "a\n".to_owned(), numbers(200_000)] {
            let together: String = chunks(&text)
                .into_iter()
                .map(|chunk| &text[chunk.range])
                .collect();
            assert!(together == text, "{} bytes", text.len());
        }
        assert!(chunks("").is_empty());
    }

    #[test]
    fn a_line_more_or_less_changes_few_of_many_pieces() {
        let text = numbers(600_000);
        let before = digests(&text);
        assert!(before.len() > 5, "{} pieces", before.len());
        let middle = text.len() / 2;
        let line = middle + text[middle..].find('\n').unwrap() + 1;
        let longer = format!("{}+13125559999,added,\n{}", &text[..line], &text[line..]);
        let end = line + text[line..].find('\n').unwrap() + 1;
        let shorter = format!("{}{}", &text[..line], &text[end..]);
        for edited in [longer, shorter] {
            let new = digests(&edited).difference(&before).count();
            assert!((1..=2).contains(&new), "{new} other pieces");
        }
    }

    #[test]
    fn a_text_without_lines_has_pieces_all_the_same() {
        let text = "x".repeat(10);
        assert_eq!(chunks(&text).len(), 1);
        let long = "073H,\n".repeat(LONGEST / 3);
        assert!(chunks(&long).iter().all(|chunk| chunk.range.len() <= LONGEST + 6));
    }
}

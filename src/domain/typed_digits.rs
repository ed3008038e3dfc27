//! Reduces the characters that people and programs type in numbers and PINs to plain ones.

/// Returns the plain form of a character of a number or PIN: full-width and other decimal digits as `0` to `9`,
/// full-width letters as ASCII letters, any dash as `-`, and any blank as a space. Returns `None` for invisible
/// characters, which may be copied along with text, and any other character unchanged.
pub(super) fn plain(c: char) -> Option<char> {
    let plain = match c {
        // Soft hyphen, zero-width characters, direction marks, word joiner, byte order mark.
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => {
            return None;
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        // The full-width forms of the printable ASCII characters, in the same order.
        '\u{ff01}'..='\u{ff5e}' => shifted(c, '\u{ff01}', '!'),
        '\u{660}'..='\u{669}' => shifted(c, '\u{660}', '0'),
        '\u{6f0}'..='\u{6f9}' => shifted(c, '\u{6f0}', '0'),
        '\u{966}'..='\u{96f}' => shifted(c, '\u{966}', '0'),
        c if c.is_whitespace() => ' ',
        c => c,
    };
    Some(plain)
}

fn shifted(c: char, from: char, to: char) -> char {
    let offset = u32::from(c).saturating_sub(u32::from(from));
    char::from_u32(u32::from(to).saturating_add(offset)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_plain_character_is_one() {
        let plain = |text: &str| text.chars().filter_map(plain).collect::<String>();
        assert_eq!(plain("\u{ff11}\u{ff19}\u{662}\u{6f3}\u{966}"), "19230");
        assert_eq!(plain("\u{ff0b}\u{ff21}\u{ff5e}"), "+A~");
        assert_eq!(plain("1\u{a0}2\u{202f}3\t4"), "1 2 3 4");
        assert_eq!(
            plain("1\u{2010}2\u{2011}3\u{2013}4\u{2212}5\u{ff0d}6"),
            "1-2-3-4-5-6"
        );
        assert_eq!(plain("\u{202a}+1\u{200b}2\u{feff}\u{202c}"), "+12");
    }
}

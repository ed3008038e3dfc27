//! A fast check whether a text may contain a secret at all.

/// Returns whether a text may contain a secret. It is fast, and most texts fail it: no secret can be named without one
/// of these.
pub(super) fn may_hold_a_secret(text: &[u8]) -> bool {
    let lower = |at: usize| text.get(at).map(|byte| byte | 0x20);
    text.iter().enumerate().any(|(at, byte)| match byte | 0x20 {
        // `pin` and `p.i.n.`, `passcode`, `pwd` and `pword`.
        b'p' => {
            matches!(lower(at + 1), Some(b'i' | b'w'))
                || lower(at + 2) == Some(b'i')
                || lower(at + 1) == Some(b'a') && lower(at + 2) == Some(b's')
        }
        // `secret`, `security code`, and the other codes.
        b's' => lower(at + 1) == Some(b'e') && lower(at + 2) == Some(b'c'),
        b'n' => lower(at + 1) == Some(b'i') && lower(at + 2) == Some(b'p'),
        b'c' => lower(at + 1) == Some(b'o') && lower(at + 2) == Some(b'd') && lower(at + 3) == Some(b'e'),
        _ => *byte >= 0x80 || matches!(byte, b'\\' | b'%'),
    })
}

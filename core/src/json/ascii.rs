//! JSON text restricted to ASCII.

use super::scan_bytes::ascii_prefix_len;

/// Returns the same JSON with every non-ASCII character as a `\u` escape. Returns `None` if there
/// is none, or if the text would grow by more than one part in `max_growth_divisor` or beyond
/// `max_bytes`.
pub fn escape_non_ascii(json: &str, max_growth_divisor: usize, max_bytes: usize) -> Option<String> {
    let growth = non_ascii(json).map(|(_, c)| growth_bytes(c)).sum::<usize>();
    let max_growth = (json.len() / max_growth_divisor).min(max_bytes.saturating_sub(json.len()));
    if growth == 0 || growth > max_growth {
        return None;
    }
    let mut ascii = String::with_capacity(json.len() + growth);
    let mut units = [0; 2];
    let mut end = 0;
    // Non-ASCII characters occur only inside strings.
    for (at, c) in non_ascii(json) {
        ascii.push_str(json.get(end..at)?);
        for unit in c.encode_utf16(&mut units) {
            push_escape(&mut ascii, *unit);
        }
        end = at + c.len_utf8();
    }
    ascii.push_str(json.get(end..)?);
    Some(ascii)
}

/// The non-ASCII characters and their offsets.
fn non_ascii(json: &str) -> impl Iterator<Item = (usize, char)> {
    let mut offset = 0;
    std::iter::from_fn(move || {
        let at = offset + ascii_prefix_len(json.as_bytes().get(offset..)?);
        let c = json.get(at..)?.chars().next()?;
        offset = at + c.len_utf8();
        Some((at, c))
    })
}

/// By how much an escape is longer than its character: 6 bytes instead of 2 or 3, 12 instead of 4.
fn growth_bytes(c: char) -> usize {
    6 * c.len_utf16() - c.len_utf8()
}

fn push_escape(json: &mut String, unit: u16) {
    json.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        let digit = u32::from(unit >> shift & 0xF);
        json.push(char::from_digit(digit, 16).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::escape_non_ascii;

    #[test]
    fn every_width_is_escaped() {
        assert_eq!(
            escape_non_ascii("[\"é–😀\\n\"]", 1, 40).as_deref(),
            Some("[\"\\u00e9\\u2013\\ud83d\\ude00\\n\"]")
        );
    }

    #[test]
    fn leaves_ascii_and_texts_that_would_grow_too_much() {
        assert_eq!(escape_non_ascii("[\"plain\"]", 1, 40), None);
        let grows_by_four = |n_bytes: usize| format!("\"é{}\"", "x".repeat(n_bytes - 4));
        assert!(escape_non_ascii(&grows_by_four(32), 8, 36).is_some());
        assert_eq!(escape_non_ascii(&grows_by_four(31), 8, 36), None);
        assert_eq!(escape_non_ascii(&grows_by_four(32), 8, 35), None);
    }

    proptest! {
        #[test]
        fn escaping_keeps_the_value(text in any::<String>(), padding in 0..200_usize) {
            let text = format!("{text}{}", "x".repeat(padding));
            let json = serde_json::to_string(&text).expect("a string is JSON");
            if let Some(ascii) = escape_non_ascii(&json, 2, usize::MAX) {
                prop_assert!(ascii.is_ascii());
                prop_assert!(ascii.len() <= json.len() + json.len() / 2);
                let back: String = serde_json::from_str(&ascii).expect("JSON");
                prop_assert_eq!(back, text);
            }
        }
    }
}

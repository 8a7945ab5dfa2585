//! JSON text without a character outside ASCII.

use std::fmt::Write as _;

/// The same JSON with every character outside ASCII as its `\u` escape. `None` when there is none,
/// or when the text would grow by more than one part in `max_growth_divisor`.
pub fn escape_non_ascii(json: &str, max_growth_divisor: usize) -> Option<String> {
    if json.is_ascii() {
        return None;
    }
    let growth = growth_bytes(json);
    if growth > json.len() / max_growth_divisor {
        return None;
    }
    let mut ascii = String::with_capacity(json.len() + growth);
    let mut rest = json;
    // Outside ASCII there is nothing in JSON but the characters of strings.
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (plain, from_there) = rest.split_at_checked(at)?;
        ascii.push_str(plain);
        let mut chars = from_there.chars();
        let mut units = [0; 2];
        for unit in chars.next()?.encode_utf16(&mut units) {
            let _ = write!(ascii, "\\u{unit:04x}");
        }
        rest = chars.as_str();
    }
    ascii.push_str(rest);
    Some(ascii)
}

/// What the escapes are longer than the characters: 6 bytes instead of 2 or 3, 12 instead of 4.
fn growth_bytes(json: &str) -> usize {
    json.bytes()
        .map(|byte| match byte {
            0xC0..0xE0 => 4,
            0xE0..0xF0 => 3,
            0xF0.. => 8,
            _ => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::escape_non_ascii;

    #[test]
    fn every_width_is_escaped() {
        assert_eq!(
            escape_non_ascii("[\"é–😀\\n\"]", 1).as_deref(),
            Some("[\"\\u00e9\\u2013\\ud83d\\ude00\\n\"]")
        );
    }

    #[test]
    fn ascii_and_what_would_grow_too_much_stay() {
        assert_eq!(escape_non_ascii("[\"plain\"]", 1), None);
        let grows_by_four = |n_bytes: usize| format!("\"é{}\"", "x".repeat(n_bytes - 4));
        assert!(escape_non_ascii(&grows_by_four(32), 8).is_some());
        assert_eq!(escape_non_ascii(&grows_by_four(31), 8), None);
    }

    proptest! {
        #[test]
        fn it_is_the_same_json(text in any::<String>(), padding in 0..200_usize) {
            let text = format!("{text}{}", "x".repeat(padding));
            let json = serde_json::to_string(&text).expect("a string is JSON");
            if let Some(ascii) = escape_non_ascii(&json, 2) {
                prop_assert!(ascii.is_ascii());
                prop_assert!(ascii.len() <= json.len() + json.len() / 2);
                let back: String = serde_json::from_str(&ascii).expect("JSON");
                prop_assert_eq!(back, text);
            }
        }
    }
}

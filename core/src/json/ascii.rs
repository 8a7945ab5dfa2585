//! JSON text restricted to ASCII.

use super::scan_bytes::ascii_prefix_len;

/// Returns the same JSON with every non-ASCII character as a `\u` escape. Returns `None` if there
/// is none, or if the text would grow by more than one part in `max_growth_divisor` or beyond
/// `max_bytes`.
pub fn escape_non_ascii(json: &str, max_growth_divisor: usize, max_bytes: usize) -> Option<String> {
    let max_growth = (json.len() / max_growth_divisor).min(max_bytes.saturating_sub(json.len()));
    let growth = growth_bytes(json.as_bytes(), max_growth)?;
    let mut ascii = String::with_capacity(json.len() + growth);
    let mut units = [0; 2];
    let mut rest = json;
    // Non-ASCII characters occur only inside strings.
    loop {
        let (plain, after) = rest.split_at_checked(ascii_prefix_len(rest.as_bytes()))?;
        ascii.push_str(plain);
        let mut after = after.chars();
        let Some(c) = after.next() else { break };
        for unit in c.encode_utf16(&mut units) {
            push_escape(&mut ascii, *unit);
        }
        rest = after.as_str();
    }
    Some(ascii)
}

/// By how much a text grows if its non-ASCII characters become escapes: 6 bytes instead of 2 or 3, 12 instead of 4.
/// `None` if that is nothing or more than `max_growth`.
fn growth_bytes(json: &[u8], max_growth: usize) -> Option<usize> {
    let mut growth = 0;
    let mut rest = json;
    loop {
        rest = rest.get(ascii_prefix_len(rest)..)?;
        let Some(first) = rest.first() else { break };
        let (n_bytes, more) = match first {
            ..0xE0 => (2, 4),
            ..0xF0 => (3, 3),
            _ => (4, 8),
        };
        growth += more;
        if growth > max_growth {
            return None;
        }
        rest = rest.get(n_bytes..)?;
    }
    (growth > 0).then_some(growth)
}

fn push_escape(json: &mut String, unit: u16) {
    let [a, b, c, d] = [12, 8, 4, 0].map(|shift| match (unit >> shift & 0xF) as u8 {
        digit @ 0..10 => b'0' + digit,
        digit => b'a' - 10 + digit,
    });
    let escape = [b'\\', b'u', a, b, c, d];
    json.push_str(str::from_utf8(&escape).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape_non_ascii, growth_bytes};

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
                prop_assert_eq!(ascii.len(), json.len() + growth_bytes(json.as_bytes(), usize::MAX).unwrap_or(0));
                let back: String = serde_json::from_str(&ascii).expect("JSON");
                prop_assert_eq!(back, text);
            }
        }
    }
}

//! Writing a text as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::scan_bytes::plain_prefix_len;

/// The inside of [`push_json`]'s string.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if plain_prefix_len(text.as_bytes()) == text.len() {
        return Cow::Borrowed(text);
    }
    let mut json = String::new();
    push_escaped(&mut json, text);
    Cow::Owned(json)
}

/// Appends a text as a JSON string in its canonical, shortest form: two texts are equal exactly if
/// their JSON is, and none is longer than what was sent.
pub fn push_json(json: &mut String, text: &str) {
    json.push('"');
    push_escaped(json, text);
    json.push('"');
}

fn push_escaped(json: &mut String, text: &str) {
    let mut rest = text;
    loop {
        let n_plain = plain_prefix_len(rest.as_bytes());
        let (plain, after) = rest.split_at_checked(n_plain).unwrap_or((rest, ""));
        json.push_str(plain);
        let mut after = after.chars();
        let Some(c) = after.next() else { break };
        rest = after.as_str();
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{8}' => json.push_str("\\b"),
            '\t' => json.push_str("\\t"),
            '\n' => json.push_str("\\n"),
            '\u{c}' => json.push_str("\\f"),
            '\r' => json.push_str("\\r"),
            c => {
                let _ = write!(json, "\\u{:04x}", u32::from(c));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escaped, push_json};

    proptest! {
        /// serde_json escapes the same characters, in the same way.
        #[test]
        fn writes_what_serde_json_writes(text in "[a-zé😀\"\\\\\u{0}-\u{1f}\u{7f}\u{2028}]{0,40}") {
            let mut json = String::new();
            push_json(&mut json, &text);
            prop_assert_eq!(format!("\"{}\"", escaped(&text)), json.as_str());
            prop_assert_eq!(json, serde_json::to_string(&text).expect("a string is JSON"));
        }
    }
}

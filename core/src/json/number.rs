//! The text of a JSON number as JavaScript prints it, which clients of the replaced function
//! expect.

use std::borrow::Cow;

/// Whether the literal has neither fraction nor exponent.
pub fn is_integer_literal(literal: &str) -> bool {
    !literal.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'))
}

/// Returns what JavaScript's `String` gives for the number, except that an integer literal keeps
/// all digits where JavaScript would round it. `None` if it exceeds the range of a double.
pub fn js_string(literal: &str) -> Option<Cow<'_, str>> {
    if is_integer_literal(literal) {
        return Some(Cow::Borrowed(if literal == "-0" { "0" } else { literal }));
    }
    let value: f64 = literal.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    Some(Cow::Owned(
        ryu_js::Buffer::new().format_finite(value).to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::js_string;

    #[test]
    fn texts_match_javascript() {
        for (literal, text) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("1e3", "1000"),
            ("1e21", "1e+21"),
            ("123456789012345680000.0", "123456789012345680000"),
            ("1.5e-7", "1.5e-7"),
            ("0.000001", "0.000001"),
            ("5e-324", "5e-324"),
            ("1e-400", "0"),
        ] {
            assert_eq!(js_string(literal).as_deref(), Some(text), "{literal}");
        }
    }

    #[test]
    fn integers_keep_all_their_digits() {
        let literal = "12345678901234567890123";
        assert_eq!(js_string(literal).as_deref(), Some(literal));
    }

    #[test]
    fn numbers_beyond_a_double_have_no_text() {
        assert_eq!(js_string("1e400"), None);
        assert_eq!(js_string("-1.0e999"), None);
    }
}

//! The value of a JSON number, and its text as JavaScript prints it, which clients of the replaced function
//! expect. Both by small tables: those of the standard library and of ryu are 20 KB of the wasm, and numbers
//! with a fraction are rare.

use std::borrow::Cow;

/// Whether the literal has neither fraction nor exponent.
pub fn is_integer_literal(literal: &str) -> bool {
    !literal.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'))
}

/// Whether a literal is a whole number from 0 of so few digits that a double represents them. It is then its own
/// shortest text.
pub fn is_short_whole(literal: &str) -> bool {
    literal.len() <= f64::DIGITS as usize && literal.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns what JavaScript's `String` gives for the number, except that an integer literal keeps
/// all digits where JavaScript would round it. `None` if it exceeds the range of a double.
pub fn js_string(literal: &str) -> Option<Cow<'_, str>> {
    if is_integer_literal(literal) {
        return Some(Cow::Borrowed(if literal == "-0" { "0" } else { literal }));
    }
    let value = value_of(literal);
    value.is_finite().then(|| Cow::Owned(shortest(value)))
}

/// The double that is nearest to a JSON number: infinite beyond the range of a double.
pub fn value_of(literal: &str) -> f64 {
    let (sign, literal) = match literal.strip_prefix('-') {
        Some(positive) => (-1.0, positive),
        None => (1.0, literal),
    };
    let (digits, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // Without leading zeros of the whole part, which only a 0 has.
    let whole = whole.trim_start_matches('0');
    let exponent = exponent.parse().unwrap_or(match exponent.starts_with('-') {
        true => i32::MIN,
        false => i32::MAX,
    });
    let digits = [whole, fraction.trim_end_matches('0')].map(str::as_bytes);
    let [whole, fraction] = digits.map(|digits| digits.iter());
    sign * minimal_lexical::parse_float::<f64, _, _>(whole, fraction, exponent)
}

/// The shortest text of a finite number that is read back as the same, as JavaScript prints it.
pub fn shortest(value: f64) -> String {
    ryu_js::Buffer::new().format_finite(value).to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{js_string, value_of};

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

    #[test]
    fn extreme_numbers_have_the_nearest_value() {
        let zeros = "0".repeat(400);
        let long = "123456789".repeat(200);
        for literal in [
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "1e99999999999",
            "-1e99999999999",
            "1e-99999999999",
            "0e99999999999",
            "0.0",
            "-0",
            &format!("0.{zeros}1e401"),
            &format!("1{zeros}e-400"),
            &format!("{long}.{long}"),
            &format!("0.{long}"),
            &format!("{long}e-1800"),
            &format!("9007199254740993.{zeros}1"),
        ] {
            let expected: f64 = literal.parse().expect("a number");
            assert_eq!(value_of(literal).to_bits(), expected.to_bits(), "{literal}");
        }
    }

    proptest! {
        #[test]
        fn values_are_those_of_the_standard_library(
            literal in r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        ) {
            let expected: f64 = literal.parse().expect("a number");
            prop_assert_eq!(value_of(&literal).to_bits(), expected.to_bits());
        }

        #[test]
        fn shortest_text_has_the_same_value(value in any::<f64>()) {
            let value = if value.is_finite() { value } else { 0.5 };
            prop_assert_eq!(value_of(&super::shortest(value)), value);
        }
    }
}

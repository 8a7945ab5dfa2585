//! Amounts of pay: finite numbers from 0.

use super::Stated;
use super::violation::{Excerpt, Violation};
use crate::json::{Raw, Scanner};

/// Accepts a number, or a text containing a JSON number. Writes its shortest form.
pub fn write<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    let (amount, excerpt) = match value {
        Raw::Number(literal) => (number(literal), Excerpt::Number(literal)),
        Raw::String(string) => {
            let excerpt = Excerpt::Text(string.raw);
            let text = string.decode();
            let expected = "a number such as 52000 or 31.5";
            let literal = number_in(&text).ok_or(Violation::Invalid(excerpt, expected))?;
            (number(literal), excerpt)
        }
        other => return Err(Violation::WrongType(other, "a number")),
    };
    if !amount.is_finite() {
        return Err(Violation::NotFinite(excerpt));
    }
    if amount < 0.0 {
        return Err(Violation::NegativeAmount(excerpt));
    }
    // Adding 0 turns -0 into 0.
    row.push_str(ryu_js::Buffer::new().format_finite(amount + 0.0));
    Ok(Stated::Value)
}

/// Every JSON number parses.
fn number(literal: &str) -> f64 {
    literal.parse().unwrap_or(f64::INFINITY)
}

fn number_in(text: &str) -> Option<&str> {
    let mut scanner = Scanner::new(text);
    match (scanner.value(), scanner.end()) {
        (Ok(Raw::Number(literal)), Ok(())) => Some(literal),
        _ => None,
    }
}

//! Amounts of pay: finite numbers from 0.

use super::stated::Stated;
use super::violation::{Excerpt, Violation};
use crate::json::{Raw, Scanner, is_short_whole, shortest, value_of};

/// Accepts a number, or a text containing a JSON number. Writes its shortest form.
pub fn write<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    let (amount, excerpt) = match value {
        // Most amounts.
        Raw::Number(literal) if is_short_whole(literal) => {
            row.push_str(literal);
            return Ok(Stated::Value);
        }
        Raw::Number(literal) => (value_of(literal), Excerpt::Number(literal)),
        Raw::String(string) => {
            let excerpt = Excerpt::Text(string.raw);
            let text = string.decode();
            let expected = "a number such as 52000 or 31.5";
            let literal = number_in(&text).ok_or(Violation::Invalid(excerpt, expected))?;
            (value_of(literal), excerpt)
        }
        other => return Err(Violation::WrongType(other, "a number or its text")),
    };
    if !amount.is_finite() {
        return Err(Violation::NotFinite(excerpt));
    }
    if amount < 0.0 {
        return Err(Violation::NegativeAmount(excerpt));
    }
    // Adding 0 turns -0 into 0.
    row.push_str(&shortest(amount + 0.0));
    Ok(Stated::Value)
}

fn number_in(text: &str) -> Option<&str> {
    let mut scanner = Scanner::new(text);
    match (scanner.value(), scanner.end()) {
        (Ok(Raw::Number(literal)), Ok(())) => Some(literal),
        _ => None,
    }
}

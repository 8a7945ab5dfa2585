//! Whole numbers: references to the board's tables, and flags.

use std::fmt::Write as _;

use super::stated::Stated;
use super::violation::{Excerpt, Violation};
use crate::json::{Raw, is_integer_literal, is_short_whole, value_of};
use crate::limits::MAX_REFERENCE_ID;

/// Accepts an id from 1, or its text; the replaced function's clients send 0 for "none".
pub fn reference<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    let id = match value {
        // Most ids.
        Raw::Number(literal) if is_short_whole(literal) && literal != "0" => {
            row.push_str(literal);
            return Ok(Stated::Value);
        }
        Raw::Number(literal) => integer(literal, Excerpt::Number(literal))?,
        Raw::String(string) => {
            let excerpt = Excerpt::Text(string.raw);
            let text = string.decode();
            if !is_integer_text(&text) {
                return Err(Violation::NotAnInteger(excerpt));
            }
            integer(&text, excerpt)?
        }
        other => return Err(Violation::WrongType(other, "an integer or its text")),
    };
    if id == 0 {
        return Ok(Stated::Absent);
    }
    let _ = write!(row, "{id}");
    Ok(Stated::Value)
}

/// Shorter ids are not compared with the largest one.
const _: () = assert!(f64::DIGITS <= MAX_REFERENCE_ID.ilog10());

fn is_integer_text(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Parses a number literal from 0 to [`MAX_REFERENCE_ID`]; `excerpt` is its form in a message.
fn integer<'a>(literal: &str, excerpt: Excerpt<'a>) -> Result<u64, Violation<'a>> {
    let value = if is_integer_literal(literal) {
        // Fails only if the literal has more digits than 128 bits can hold.
        literal.parse::<i128>().unwrap_or(i128::MAX)
    } else {
        match value_of(literal) {
            // The cast saturates, and the saturated value is out of range.
            value if value.fract() == 0.0 || value.is_infinite() => value as i128,
            _ => return Err(Violation::NotAnInteger(excerpt)),
        }
    };
    match u64::try_from(value) {
        Ok(id) if id <= MAX_REFERENCE_ID => Ok(id),
        _ => Err(Violation::ReferenceOutOfRange(excerpt)),
    }
}

/// The values listed in a flag's message.
const FLAGS: &str = "true, false, 1, 0, yes or no";

/// Accepts a flag; writes 1 or 0.
pub fn flag<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    let flag = match value {
        Raw::Bool(flag) => flag,
        Raw::Number(literal) => match value_of(literal) {
            0.0 => false,
            1.0 => true,
            _ => return Err(Violation::Invalid(Excerpt::Number(literal), FLAGS)),
        },
        Raw::String(string) => {
            let text = string.decode();
            let text = text.trim();
            let is_any =
                |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
            if is_any(["true", "1", "yes"]) {
                true
            } else if is_any(["false", "0", "no"]) {
                false
            } else {
                return Err(Violation::Invalid(Excerpt::Text(string.raw), FLAGS));
            }
        }
        other => return Err(Violation::WrongType(other, FLAGS)),
    };
    row.push(if flag { '1' } else { '0' });
    Ok(Stated::Value)
}

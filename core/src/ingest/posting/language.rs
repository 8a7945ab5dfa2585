//! Language tags of BCP 47.

use super::stated::Stated;
use super::text::plain;
use super::violation::{Excerpt, Violation};
use crate::json::{Raw, push_json};
use crate::limits::MAX_LANGUAGE_CHARS;

const EXPECTED: &str = "a language tag of BCP 47, such as en or pt-BR";

/// Accepts a well-formed tag; writes it as sent.
pub fn write<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    let tag = plain(value, EXPECTED)?;
    if !is_well_formed(&tag) {
        let Raw::String(string) = value else {
            return Err(Violation::WrongType(value, EXPECTED));
        };
        return Err(Violation::Invalid(Excerpt::Text(string.raw), EXPECTED));
    }
    push_json(row, &tag);
    Ok(Stated::Value)
}

/// RFC 5646, section 2.1: a language of 2 to 8 letters, then subtags of 1 to 8 letters and digits.
/// Does not check whether they are registered.
fn is_well_formed(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let is_language = subtags.next().is_some_and(|language| {
        (2..=8).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic())
    });
    let is_subtag = |subtag: &str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    is_language && tag.len() <= MAX_LANGUAGE_CHARS && subtags.all(is_subtag)
}

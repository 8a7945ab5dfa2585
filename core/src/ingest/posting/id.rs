//! `externalId`: the part of a posting's key that its source assigns.

use std::borrow::Cow;

use super::violation::{Excerpt, Violation};
use crate::json::{Raw, js_string, push_json};
use crate::limits::MAX_EXTERNAL_ID_CHARS;

/// An id as it will be stored.
pub struct ExternalId<'a>(Cow<'a, str>);

impl<'a> ExternalId<'a> {
    pub fn read(value: Option<Raw<'a>>) -> Result<Self, Violation<'a>> {
        let text = match value {
            None => return Err(Violation::Missing("missing")),
            Some(Raw::Null) => return Err(Violation::Missing("null")),
            Some(Raw::String(string)) => {
                string.check_text().map_err(Violation::NotText)?;
                trim(string.decode())
            }
            Some(Raw::Number(literal)) => number_text(literal)?,
            Some(other) => return Err(Violation::WrongType(other, "a string or a number")),
        };
        if text.is_empty() {
            return Err(Violation::Missing("empty"));
        }
        // A text never has more characters than bytes.
        if text.len() > MAX_EXTERNAL_ID_CHARS {
            let (found, unit) = (text.chars().count(), "characters");
            if found > MAX_EXTERNAL_ID_CHARS {
                let limit = MAX_EXTERNAL_ID_CHARS;
                return Err(Violation::TooLong { found, unit, limit });
            }
        }
        Ok(Self(text))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    pub fn write(&self, row: &mut String) {
        push_json(row, &self.0);
    }
}

/// White space around an id: Unicode's, and the byte order mark that JavaScript's `trim` removes.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(is_blank)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(is_blank).to_owned()),
    }
}

/// Converts a number to text as JavaScript does, but keeps all digits of an integer.
pub fn number_text(literal: &str) -> Result<Cow<'_, str>, Violation<'_>> {
    js_string(literal).ok_or(Violation::NotFinite(Excerpt::Number(literal)))
}

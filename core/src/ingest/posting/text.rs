//! Texts: copied as encoded in the body; repaired or truncated where the result is unambiguous.

use std::borrow::Cow;

use super::id::number_text;
use super::stated::Stated;
use super::violation::Violation;
use super::writer::Writer;
use crate::field::{Field, FieldSpec};
use crate::json::{Raw, RawString, Scanner, push_json};
use crate::limits::MAX_EXTRA_BYTES;

const TEXTS: &str = "a text, a number or an array of texts";

/// Joins the texts of an array.
const SEPARATOR: &str = "; ";

impl Writer<'_> {
    /// Accepts a text, a number or, if `takes_array`, an array of texts. Beyond `max_chars` the
    /// value is truncated with a warning.
    pub(super) fn text<'a>(
        &mut self,
        spec: &FieldSpec,
        value: Raw<'a>,
        max_chars: Option<usize>,
        takes_array: bool,
    ) -> Result<Stated, Violation<'a>> {
        match value {
            Raw::String(string) => Ok(self.string(spec, string, max_chars)),
            Raw::Number(literal) => match number_text(literal)? {
                // Some feeds use 0 for unknown pay.
                text if text == "0" && spec.field == Field::Salary => Ok(Stated::Absent),
                text => Ok(self.string(spec, RawString::plain(&text), max_chars)),
            },
            Raw::Array(array) if takes_array => match joined(array) {
                Some(text) => Ok(self.string(spec, RawString::escaped(&text), max_chars)),
                None => Err(Violation::WrongType(value, TEXTS)),
            },
            other if takes_array => Err(Violation::WrongType(other, TEXTS)),
            other => Err(Violation::WrongType(other, "a text or a number")),
        }
    }

    /// Accepts a text of at most `max_bytes` of UTF-8.
    pub(super) fn long_text<'a>(
        &mut self,
        spec: &FieldSpec,
        value: Raw<'a>,
        max_bytes: usize,
    ) -> Result<Stated, Violation<'a>> {
        let found = match value {
            // Decoding never lengthens a text, so most need no counting.
            Raw::String(string) if string.raw.len() > max_bytes => string.decoded_bytes(),
            // An integer keeps all its digits; any other number has few.
            Raw::Number(literal) => number_text(literal)?.len(),
            _ => 0,
        };
        if found > max_bytes {
            let (unit, limit) = ("bytes of UTF-8", max_bytes);
            return Err(Violation::TooLong { found, unit, limit });
        }
        self.text(spec, value, None, false)
    }

    fn string(
        &mut self,
        spec: &FieldSpec,
        string: RawString<'_>,
        max_chars: Option<usize>,
    ) -> Stated {
        if string.check_text().is_ok() {
            return self.clean_string(spec, string, max_chars);
        }
        self.warning(spec.field, &Violation::Replaced);
        let repaired = string.repaired();
        self.clean_string(spec, RawString::escaped(&repaired), max_chars)
    }

    /// Copies a text, or its beginning, as encoded in the body.
    pub(super) fn clean_string(
        &mut self,
        spec: &FieldSpec,
        string: RawString<'_>,
        max_chars: Option<usize>,
    ) -> Stated {
        let mut raw = string.raw;
        if raw.is_empty() {
            return Stated::Null;
        }
        if let Some(limit) = max_chars
            && raw.len() > limit
        {
            let found = string.n_chars();
            if found > limit {
                raw = string.raw_prefix(limit);
                self.warning(spec.field, &Violation::Truncated { found, limit });
            }
        }
        self.row.push('"');
        self.row.push_str(raw);
        self.row.push('"');
        Stated::Value
    }
}

/// Joins the texts of an array into one raw text; `None` if it contains anything else.
fn joined(array: &str) -> Option<String> {
    let mut scanner = Scanner::new(array);
    let mut text = String::new();
    let mut more = scanner.take(b'[') && !scanner.take(b']');
    while more {
        let Ok(Raw::String(string)) = scanner.value() else {
            return None;
        };
        if !text.is_empty() && !string.raw.is_empty() {
            text.push_str(SEPARATOR);
        }
        text.push_str(string.raw);
        more = scanner.another_element().ok()?;
    }
    Some(text)
}

fn is_empty(array: &str) -> bool {
    let mut scanner = Scanner::new(array);
    scanner.take(b'[') && scanner.take(b']')
}

/// Accepts a JSON object; writes its text as a string.
pub fn object<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    match value {
        // How PHP encodes an empty object.
        Raw::Array(array) if is_empty(array) => Ok(Stated::Null),
        Raw::Object(json) if json.len() > MAX_EXTRA_BYTES => Err(Violation::TooLong {
            found: json.len(),
            unit: "bytes of JSON",
            limit: MAX_EXTRA_BYTES,
        }),
        Raw::Object(json) => {
            push_json(row, json);
            Ok(Stated::Value)
        }
        other => Err(Violation::WrongType(other, "an object")),
    }
}

/// Returns the value as a trimmed text, for fields with short plain texts.
pub fn plain<'a>(value: Raw<'a>, expected: &'static str) -> Result<Cow<'a, str>, Violation<'a>> {
    match value {
        Raw::String(string) => Ok(match string.decode() {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }),
        other => Err(Violation::WrongType(other, expected)),
    }
}

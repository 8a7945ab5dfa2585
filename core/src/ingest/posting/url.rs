//! URLs of pages that people open.

use super::stated::Stated;
use super::text::plain;
use super::violation::{Excerpt, Violation};
use super::writer::Writer;
use crate::field::FieldSpec;
use crate::json::{Raw, RawString};
use crate::limits::MAX_URL_CHARS;

const EXPECTED: &str = "an absolute http or https URL";

impl Writer<'_> {
    /// Accepts an absolute http or https URL; trims white space around it. Does not check what
    /// follows the host.
    pub(super) fn url<'a>(
        &mut self,
        spec: &FieldSpec,
        value: Raw<'a>,
    ) -> Result<Stated, Violation<'a>> {
        let Raw::String(string) = value else {
            return Err(Violation::WrongType(value, EXPECTED));
        };
        let url = plain(value, EXPECTED)?;
        let host = ["https://", "http://"]
            .iter()
            .find_map(|scheme| strip_prefix_ignoring_case(&url, scheme));
        let is_host = |host: &str| host.starts_with(|c: char| c.is_alphanumeric() || c == '[');
        // Most have plain bytes only, which are faster to look at than characters.
        let is_usual = url.bytes().all(is_plain);
        if !host.is_some_and(is_host) || (!is_usual && url.contains(is_never_in_a_url)) {
            return Err(Violation::Invalid(Excerpt::Text(string.raw), EXPECTED));
        }
        // A text never has more characters than bytes.
        let found = match url.len() > MAX_URL_CHARS {
            true => url.chars().count(),
            false => 0,
        };
        if found > MAX_URL_CHARS {
            let (unit, limit) = ("characters", MAX_URL_CHARS);
            return Err(Violation::TooLong { found, unit, limit });
        }
        // The URL contains neither quotes nor backslashes.
        Ok(self.clean_string(spec, RawString::plain(&url), None))
    }
}

/// Whether a byte is a character of ASCII that may be in a URL.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'<' | b'>')
}

fn is_never_in_a_url(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\\' | '<' | '>' | '\u{fffd}')
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

//! A scanner over JSON text (RFC 8259) that builds nothing: it returns values as raw text, and
//! validates and skips arrays and objects that nobody asked for. Depth is unlimited, since nothing
//! recurses; a level costs one bit.

use std::fmt;

use super::raw_string::RawString;
use super::scan_bytes::plain_prefix_len;

/// A value. Arrays and objects are complete: their content has been validated and skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw<'a> {
    Null,
    Bool(bool),
    /// The literal of a number.
    Number(&'a str),
    String(RawString<'a>),
    /// Including its brackets.
    Array(&'a str),
    /// Including its braces.
    Object(&'a str),
}

impl Raw<'_> {
    /// Its type, as named in messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Where the text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyntaxError {
    /// Byte offset of the first byte that does not fit; the length of the text if it ends too
    /// early.
    pub offset: usize,
    pub expected: Expected,
    found: Option<u8>,
}

/// What the grammar allows at that offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Value,
    Key,
    Colon,
    CommaOrArrayEnd,
    CommaOrObjectEnd,
    StringEnd,
    Escape,
    HexDigit,
    Digit,
    NoControl,
    End,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.expected {
            Expected::Value => "expected a value",
            Expected::Key => "expected a key in double quotes",
            Expected::Colon => "expected `:` after the key",
            Expected::CommaOrArrayEnd => "expected `,` or `]`",
            Expected::CommaOrObjectEnd => "expected `,` or `}`",
            Expected::StringEnd => "expected the end of the string",
            Expected::Escape => "expected one of `\"\\/bfnrtu` after a backslash",
            Expected::HexDigit => "expected four hexadecimal digits after `\\u`",
            Expected::Digit => "expected a digit",
            Expected::NoControl => "expected control characters in strings to be escaped",
            Expected::End => "expected the end of the text",
        })?;
        match self.found {
            None => f.write_str(", found the end of the text"),
            Some(byte @ 0x21..=0x7E) => write!(f, ", found `{}`", char::from(byte)),
            Some(byte @ (0..=0x20 | 0x7F)) => write!(f, ", found U+{byte:04X}"),
            Some(_) => f.write_str(", found a character outside ASCII"),
        }
    }
}

/// Scans one text from its start.
#[derive(Debug)]
pub struct Scanner<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// Bytes consumed so far.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the next byte that is not white space without consuming it.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        let n_blank = rest
            .iter()
            .position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))
            .unwrap_or(rest.len());
        self.offset += n_blank;
        self.byte()
    }

    /// Skips white space and consumes the next byte if it is this one.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.offset += usize::from(found);
        found
    }

    /// Consumes a text if it is next.
    pub fn take_text(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text.as_bytes());
        self.offset += if found { text.len() } else { 0 };
        found
    }

    /// Reads a key and its colon.
    pub fn key(&mut self) -> Result<RawString<'a>, SyntaxError> {
        if !self.take(b'"') {
            return Err(self.error(Expected::Key));
        }
        let key = self.string_after_quote()?;
        if !self.take(b':') {
            return Err(self.error(Expected::Colon));
        }
        Ok(key)
    }

    /// After an element of an array: whether another follows.
    pub fn another_element(&mut self) -> Result<bool, SyntaxError> {
        self.another(b']', Expected::CommaOrArrayEnd)
    }

    /// After a member of an object: whether another follows.
    pub fn another_member(&mut self) -> Result<bool, SyntaxError> {
        self.another(b'}', Expected::CommaOrObjectEnd)
    }

    /// Checks that only white space is left.
    pub fn end(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error(Expected::End)),
        }
    }

    /// Reads a complete value.
    pub fn value(&mut self) -> Result<Raw<'a>, SyntaxError> {
        match self.peek() {
            Some(b'"') => {
                self.offset += 1;
                self.string_after_quote().map(Raw::String)
            }
            Some(b'{') => self.nested().map(Raw::Object),
            Some(b'[') => self.nested().map(Raw::Array),
            Some(b'-' | b'0'..=b'9') => self.number().map(Raw::Number),
            Some(b't') => self.word("true", Raw::Bool(true)),
            Some(b'f') => self.word("false", Raw::Bool(false)),
            Some(b'n') => self.word("null", Raw::Null),
            _ => Err(self.error(Expected::Value)),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.offset..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    fn error(&self, expected: Expected) -> SyntaxError {
        SyntaxError {
            offset: self.offset,
            expected,
            found: self.byte(),
        }
    }

    fn another(&mut self, close: u8, expected: Expected) -> Result<bool, SyntaxError> {
        if self.take(b',') {
            Ok(true)
        } else if self.take(close) {
            Ok(false)
        } else {
            Err(self.error(expected))
        }
    }

    fn word(&mut self, word: &str, value: Raw<'a>) -> Result<Raw<'a>, SyntaxError> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.error(Expected::Value));
        }
        self.offset += word.len();
        Ok(value)
    }

    fn string_after_quote(&mut self) -> Result<RawString<'a>, SyntaxError> {
        let start = self.offset;
        let mut has_escapes = false;
        let mut may_be_no_text = false;
        loop {
            self.offset += plain_prefix_len(self.rest());
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    may_be_no_text |= self.escape()?;
                }
                Some(_) => return Err(self.error(Expected::NoControl)),
                None => return Err(self.error(Expected::StringEnd)),
            }
        }
        // Both ends are next to ASCII bytes, so the range is on character boundaries.
        let raw = self.text.get(start..self.offset).unwrap_or_default();
        self.offset += 1;
        Ok(RawString {
            raw,
            has_escapes,
            may_be_no_text,
        })
    }

    /// Consumes an escape; returns whether it is `\u0000` or half of a surrogate pair.
    fn escape(&mut self) -> Result<bool, SyntaxError> {
        self.offset += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.offset += 1;
                Ok(false)
            }
            Some(b'u') => self.unicode_escapes(),
            _ => Err(self.error(Expected::Escape)),
        }
    }

    /// Consumes an escape from its `u` on, and those that follow: often a whole word consists of them. Returns
    /// whether one is `\u0000` or half of a surrogate pair.
    fn unicode_escapes(&mut self) -> Result<bool, SyntaxError> {
        let mut may_be_no_text = false;
        loop {
            self.offset += 1;
            let rest = self.rest();
            let is_digit = u8::is_ascii_hexdigit;
            match rest.first_chunk::<4>() {
                Some(digits) if digits.iter().all(is_digit) => {
                    self.offset += digits.len();
                    may_be_no_text |= matches!(digits, b"0000" | [b'd' | b'D', b'8'..=b'f', ..]);
                }
                _ => {
                    self.offset += rest.iter().take_while(|digit| is_digit(digit)).count();
                    return Err(self.error(Expected::HexDigit));
                }
            }
            if !self.rest().starts_with(b"\\u") {
                return Ok(may_be_no_text);
            }
            self.offset += 1;
        }
    }

    fn number(&mut self) -> Result<&'a str, SyntaxError> {
        let start = self.offset;
        self.offset += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.offset += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.offset += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.offset += 1;
            self.offset += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(self.text.get(start..self.offset).unwrap_or_default())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let rest = self.rest();
        let n_digits = rest
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(rest.len());
        self.offset += n_digits;
        match n_digits {
            0 => Err(self.error(Expected::Digit)),
            _ => Ok(()),
        }
    }

    /// Validates an array or object of any depth and returns its text.
    fn nested(&mut self) -> Result<&'a str, SyntaxError> {
        let start = self.offset;
        self.pass_over_nested()?;
        Ok(self.text.get(start..self.offset).unwrap_or_default())
    }

    /// Validates and skips an array or object of any depth.
    fn pass_over_nested(&mut self) -> Result<(), SyntaxError> {
        let mut open = OpenLevels::default();
        loop {
            // A value is due: here, or one level deeper if this opens a non-empty array or object.
            if self.take(b'{') {
                if !self.take(b'}') {
                    open.push(Level::Object);
                    self.key()?;
                    continue;
                }
            } else if self.take(b'[') {
                if !self.take(b']') {
                    open.push(Level::Array);
                    continue;
                }
            } else {
                self.value()?;
            }
            // A value is complete: close the levels that end here, until another value is due.
            loop {
                match open.last() {
                    None => return Ok(()),
                    Some(Level::Array) => {
                        if self.another_element()? {
                            break;
                        }
                    }
                    Some(Level::Object) => {
                        if self.another_member()? {
                            self.key()?;
                            break;
                        }
                    }
                }
                open.pop();
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Array,
    Object,
}

/// The open arrays and objects, one bit each: a body of nothing but `[` costs an eighth of its
/// size.
#[derive(Debug, Default)]
struct OpenLevels {
    words: Vec<u64>,
    n_open: usize,
}

impl OpenLevels {
    fn push(&mut self, level: Level) {
        let bit = u64::from(level == Level::Object) << (self.n_open % 64);
        if self.n_open.is_multiple_of(64) {
            self.words.push(bit);
        } else if let Some(word) = self.words.last_mut() {
            *word |= bit;
        }
        self.n_open += 1;
    }

    fn last(&self) -> Option<Level> {
        let top = self.n_open.checked_sub(1)?;
        let is_object = self.words.last()? >> (top % 64) & 1 == 1;
        Some(if is_object {
            Level::Object
        } else {
            Level::Array
        })
    }

    fn pop(&mut self) {
        if let Some(top) = self.n_open.checked_sub(1) {
            self.n_open = top;
            if top % 64 == 0 {
                self.words.pop();
            } else if let Some(word) = self.words.last_mut() {
                *word &= !(1 << (top % 64));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(json: &str) -> Result<(), SyntaxError> {
        let mut scanner = Scanner::new(json);
        scanner.value()?;
        scanner.end()
    }

    fn message(json: &str) -> String {
        let error = scan(json).expect_err(json);
        format!("{} {error}", error.offset)
    }

    #[test]
    fn syntax_errors_name_offset_and_expectation() {
        insta::assert_snapshot!(
            [
                "", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1", "{\"a\":1,}",
                "[1] 2", "\"a", "\"a\nb\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u00e9\\u00\"", "\"\\u00e9\\u00", "01", "-", "1.", "1e+", "nul",
                "é", "[1}", "tru\u{7f}",
            ]
            .map(|json| format!("{json:?}: {}", message(json)))
            .join("\n"),
            @r#"
        "": 0 expected a value, found the end of the text
        "{": 1 expected a key in double quotes, found the end of the text
        "[1": 2 expected `,` or `]`, found the end of the text
        "[1,]": 3 expected a value, found `]`
        "{\"a\"}": 4 expected `:` after the key, found `}`
        "{\"a\":}": 5 expected a value, found `}`
        "{a:1}": 1 expected a key in double quotes, found `a`
        "{\"a\":1": 6 expected `,` or `}`, found the end of the text
        "{\"a\":1,}": 7 expected a key in double quotes, found `}`
        "[1] 2": 4 expected the end of the text, found `2`
        "\"a": 2 expected the end of the string, found the end of the text
        "\"a\nb\"": 2 expected control characters in strings to be escaped, found U+000A
        "\"\\x\"": 2 expected one of `"\/bfnrtu` after a backslash, found `x`
        "\"\\u12g4\"": 5 expected four hexadecimal digits after `\u`, found `g`
        "\"\\u00e9\\u00\"": 11 expected four hexadecimal digits after `\u`, found `"`
        "\"\\u00e9\\u00": 11 expected four hexadecimal digits after `\u`, found the end of the text
        "01": 1 expected the end of the text, found `1`
        "-": 1 expected a digit, found the end of the text
        "1.": 2 expected a digit, found the end of the text
        "1e+": 3 expected a digit, found the end of the text
        "nul": 0 expected a value, found `n`
        "é": 0 expected a value, found a character outside ASCII
        "[1}": 2 expected `,` or `]`, found `}`
        "tru\u{7f}": 0 expected a value, found `t`
        "#
        );
    }

    #[test]
    fn skips_any_depth() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"b\":0,\"a\":", "}]")] {
            let deep = format!("{}null{}", open.repeat(100_000), close.repeat(100_000));
            assert_eq!(scan(&deep), Ok(()));
        }
    }

    #[test]
    fn levels_are_told_apart_across_words() {
        let json = format!(
            "{}{}1{}{}",
            "[".repeat(63),
            "{\"k\":".repeat(70),
            "}".repeat(70),
            "]".repeat(63)
        );
        assert_eq!(scan(&json), Ok(()));
        let crossed = json.replacen("}]", "]}", 1);
        assert!(scan(&crossed).is_err());
    }

    /// JSON values with a few bytes changed, so that most texts are nearly JSON.
    fn nearly_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<f64>()
                .prop_filter("finite", |x| x.is_finite())
                .prop_map(|x| format!("{x:e}")),
            any::<i64>().prop_map(|n| n.to_string()),
            any::<String>().prop_map(|s| serde_json::Value::from(s).to_string()),
        ];
        let json = leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(", "))),
                prop::collection::vec((any::<u8>(), inner), 0..4).prop_map(|members| {
                    let members: Vec<_> = members
                        .iter()
                        .map(|(k, v)| format!("\"{k}\" :{v}"))
                        .collect();
                    format!("{{{}}}", members.join(" ,"))
                }),
            ]
        });
        let edits = prop::collection::vec(
            (
                any::<prop::sample::Index>(),
                prop::sample::select(b"{}[],:\"\\u0e-. x".to_vec()),
            ),
            0..3,
        );
        (json, edits).prop_map(|(json, edits)| {
            let mut chars: Vec<char> = json.chars().collect();
            for (at, byte) in edits {
                let place = at.index(chars.len());
                chars[place] = char::from(byte);
            }
            chars.into_iter().collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn accepts_what_serde_json_accepts(json in nearly_json()) {
            // IgnoredAny checks only the grammar, like the scanner: a number may exceed a double, a
            // surrogate may be lone.
            let serde = serde_json::from_str::<serde::de::IgnoredAny>(&json);
            prop_assert_eq!(scan(&json).is_ok(), serde.is_ok(), "{:?}", serde);
        }
    }
}

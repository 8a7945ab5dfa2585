//! A JSON string as encoded in the body, inspected without decoding it.

use std::borrow::Cow;

/// The text between the quotes of a JSON string whose grammar has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawString<'a> {
    pub raw: &'a str,
    /// Whether it contains a `\`.
    pub has_escapes: bool,
    /// Whether it contains a `\u`; only these can encode something that is not text.
    pub has_unicode_escapes: bool,
}

/// Why a JSON string is not a text that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// `\u0000`.
    Nul,
    /// One half of a surrogate pair without the other.
    LoneSurrogate(u16),
}

/// One character of a raw string.
#[derive(Debug, Clone, Copy)]
struct Unit {
    scalar: Result<char, u16>,
    raw_bytes: usize,
}

impl Unit {
    fn or_replacement(self) -> char {
        self.scalar.unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

impl<'a> RawString<'a> {
    /// A text without quotes, backslashes and control characters, so that it is its own raw text.
    pub fn plain(text: &'a str) -> Self {
        Self {
            raw: text,
            has_escapes: false,
            has_unicode_escapes: false,
        }
    }

    /// A raw text that may contain any escape.
    pub fn escaped(raw: &'a str) -> Self {
        Self {
            raw,
            has_escapes: true,
            has_unicode_escapes: true,
        }
    }

    /// Checks that it is a text: no U+0000 and no lone surrogate.
    pub fn check_text(&self) -> Result<(), NotText> {
        if !self.has_unicode_escapes {
            return Ok(());
        }
        for unit in self.units() {
            match unit.scalar {
                Ok('\0') => return Err(NotText::Nul),
                Err(half) => return Err(NotText::LoneSurrogate(half)),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Whether it contains only white space.
    pub fn is_blank(&self) -> bool {
        self.units()
            .all(|unit| unit.scalar.is_ok_and(char::is_whitespace))
    }

    /// Number of Unicode scalar values in the decoded text.
    pub fn n_chars(&self) -> usize {
        if self.has_escapes {
            self.units().count()
        } else {
            self.raw.chars().count()
        }
    }

    /// Bytes of the decoded text in UTF-8.
    pub fn decoded_bytes(&self) -> usize {
        if self.has_escapes {
            self.units()
                .map(|unit| unit.or_replacement().len_utf8())
                .sum()
        } else {
            self.raw.len()
        }
    }

    /// The raw text of the first `n_chars` characters.
    pub fn raw_prefix(&self, n_chars: usize) -> &'a str {
        let raw_bytes: usize = self.units().take(n_chars).map(|unit| unit.raw_bytes).sum();
        self.raw.get(..raw_bytes).unwrap_or(self.raw)
    }

    /// Decodes the text, with U+FFFD for each lone surrogate: dropping them could turn it into the
    /// name of a field.
    pub fn decode(&self) -> Cow<'a, str> {
        if self.has_escapes {
            Cow::Owned(self.units().map(Unit::or_replacement).collect())
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Returns the raw text in storable form: without U+0000, and with U+FFFD for each lone
    /// surrogate.
    pub fn repaired(&self) -> String {
        let mut repaired = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        for unit in self.units() {
            let (raw, after) = rest.split_at_checked(unit.raw_bytes).unwrap_or((rest, ""));
            match unit.scalar {
                Ok('\0') => {}
                Err(_) => repaired.push(char::REPLACEMENT_CHARACTER),
                Ok(_) => repaired.push_str(raw),
            }
            rest = after;
        }
        repaired
    }

    fn units(&self) -> impl Iterator<Item = Unit> + 'a {
        let mut rest = self.raw;
        std::iter::from_fn(move || {
            let unit = first_unit(rest)?;
            rest = rest.get(unit.raw_bytes..)?;
            Some(unit)
        })
    }
}

/// The first character of a raw string whose grammar has been checked.
fn first_unit(raw: &str) -> Option<Unit> {
    let first = raw.chars().next()?;
    if first != '\\' {
        return Some(Unit {
            scalar: Ok(first),
            raw_bytes: first.len_utf8(),
        });
    }
    let scalar = match raw.as_bytes().get(1)? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape(raw),
        // `"`, `\` and `/` escape themselves; the grammar allows no others.
        other => char::from(*other),
    };
    Some(Unit {
        scalar: Ok(scalar),
        raw_bytes: 2,
    })
}

fn unicode_escape(raw: &str) -> Option<Unit> {
    let high = hex4(raw.get(2..6)?)?;
    if let Some(scalar) = char::from_u32(high.into()) {
        return Some(Unit {
            scalar: Ok(scalar),
            raw_bytes: 6,
        });
    }
    let pair = raw
        .get(6..12)
        .and_then(|next| next.strip_prefix("\\u"))
        .and_then(hex4)
        .and_then(|low| char::decode_utf16([high, low]).next()?.ok());
    Some(match pair {
        Some(scalar) => Unit {
            scalar: Ok(scalar),
            raw_bytes: 12,
        },
        None => Unit {
            scalar: Err(high),
            raw_bytes: 6,
        },
    })
}

fn hex4(digits: &str) -> Option<u16> {
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::json::{Raw, Scanner};

    fn scan(json: &str) -> RawString<'_> {
        match Scanner::new(json).value() {
            Ok(Raw::String(string)) => string,
            other => panic!("not a string: {other:?}"),
        }
    }

    #[test]
    fn rejects_nul_and_lone_surrogates() {
        assert_eq!(scan(r#""a\u0000""#).check_text(), Err(NotText::Nul));
        for (json, half) in [
            (r#""\ud83d""#, 0xd83d),
            (r#""\ud83dx\ude00""#, 0xd83d),
            (r#""\ude00\ud83d""#, 0xde00),
            (r#""\ud83d\ud83d\ude00""#, 0xd83d),
        ] {
            let expected = Err(NotText::LoneSurrogate(half));
            assert_eq!(scan(json).check_text(), expected, "{json}");
        }
        assert_eq!(
            scan(r#""\ud83d\ude00 \\u0000 \u0001""#).check_text(),
            Ok(())
        );
    }

    #[test]
    fn white_space_is_blank_in_every_spelling() {
        for blank in [r#""""#, r#"" ""#, r#""\t\u0020\u2028""#] {
            assert!(scan(blank).is_blank(), "{blank}");
        }
        for text in [r#""  x""#, r#""\u0000""#, r#""\ud83d""#, r#""\\t""#] {
            assert!(!scan(text).is_blank(), "{text}");
        }
    }

    #[test]
    fn repairs_nul_and_lone_surrogates() {
        for (json, repaired) in [
            (r#""a\u0000b""#, "ab"),
            (r#""\ud83d\n\ude00""#, "\u{fffd}\\n\u{fffd}"),
            (r#""\ud83d\ude00\ud83d""#, "\\ud83d\\ude00\u{fffd}"),
        ] {
            assert_eq!(scan(json).repaired(), repaired, "{json}");
        }
    }

    #[test]
    fn each_lone_surrogate_decodes_to_a_replacement() {
        for (json, text) in [
            (r#""ti\udc00tle""#, "ti\u{fffd}tle"),
            (r#""\ud83d\ud83d\ude00\ude00""#, "\u{fffd}😀\u{fffd}"),
        ] {
            assert_eq!(scan(json).decode(), text);
            assert_eq!(scan(json).n_chars(), text.chars().count());
            assert_eq!(scan(json).decoded_bytes(), text.len());
        }
    }

    #[test]
    fn a_prefix_never_splits_a_character() {
        let string = scan(r#""a\n\ud83d\ude00é😀z""#);
        assert_eq!(string.n_chars(), 6);
        assert_eq!(string.raw_prefix(2), r"a\n");
        assert_eq!(string.raw_prefix(3), r"a\n\ud83d\ude00");
        assert_eq!(string.raw_prefix(5), r"a\n\ud83d\ude00é😀");
        assert_eq!(string.raw_prefix(99), string.raw);
    }

    proptest! {
        #[test]
        fn decodes_as_serde_json_does(text in any::<String>(), ascii in any::<bool>()) {
            let mut json = serde_json::to_string(&text).expect("a string is JSON");
            if ascii {
                json = escape_non_ascii(&json);
            }
            let string = scan(&json);
            prop_assert_eq!(string.decode(), text.as_str());
            prop_assert_eq!(string.n_chars(), text.chars().count());
            prop_assert_eq!(string.decoded_bytes(), text.len());
        }
    }

    /// Encodes like Python's json.dumps.
    fn escape_non_ascii(json: &str) -> String {
        let mut units = [0; 2];
        json.chars()
            .flat_map(|c| match c.is_ascii() {
                true => vec![c.to_string()],
                false => c
                    .encode_utf16(&mut units)
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}"))
                    .collect(),
            })
            .collect()
    }
}

//! A JSON string as encoded in the body, inspected without decoding it.

use std::borrow::Cow;

/// The text between the quotes of a JSON string whose grammar has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawString<'a> {
    pub raw: &'a str,
    /// Whether it contains a `\`.
    pub has_escapes: bool,
    /// Whether it contains `\u0000` or half of a surrogate pair; only these can encode something that is not text.
    pub may_be_no_text: bool,
}

/// Why a JSON string is not a text that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotText {
    /// `\u0000`.
    Nul,
    /// One half of a surrogate pair without the other.
    LoneSurrogate(u16),
}

/// A part of a raw string.
enum Part<'a> {
    /// Characters that stand for themselves.
    Plain(&'a str),
    Escape(Escape<'a>),
}

/// The raw text of an escape, and its character, or one half of a surrogate pair without the other.
#[derive(Clone, Copy)]
struct Escape<'a> {
    raw: &'a str,
    scalar: Result<char, u16>,
}

impl Escape<'_> {
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
            may_be_no_text: false,
        }
    }

    /// A raw text that may contain any escape.
    pub fn escaped(raw: &'a str) -> Self {
        Self {
            raw,
            has_escapes: true,
            may_be_no_text: true,
        }
    }

    /// Checks that it is a text: no U+0000 and no lone surrogate.
    pub fn check_text(&self) -> Result<(), NotText> {
        if !self.may_be_no_text {
            return Ok(());
        }
        for part in self.parts() {
            let Part::Escape(escape) = part else { continue };
            match escape.scalar {
                Ok('\0') => return Err(NotText::Nul),
                Err(half) => return Err(NotText::LoneSurrogate(half)),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Whether it contains only white space.
    pub fn is_blank(&self) -> bool {
        self.parts().all(|part| match part {
            Part::Plain(text) => text.chars().all(char::is_whitespace),
            Part::Escape(escape) => escape.scalar.is_ok_and(char::is_whitespace),
        })
    }

    /// Number of Unicode scalar values in the decoded text.
    pub fn n_chars(&self) -> usize {
        self.parts()
            .map(|part| match part {
                Part::Plain(text) => text.chars().count(),
                Part::Escape(_) => 1,
            })
            .sum()
    }

    /// Bytes of the decoded text in UTF-8.
    pub fn decoded_bytes(&self) -> usize {
        self.parts()
            .map(|part| match part {
                Part::Plain(text) => text.len(),
                Part::Escape(escape) => escape.or_replacement().len_utf8(),
            })
            .sum()
    }

    /// The raw text of the first `n_chars` characters.
    pub fn raw_prefix(&self, n_chars: usize) -> &'a str {
        let mut n_left = n_chars;
        let mut raw_bytes = 0;
        for part in self.parts() {
            match part {
                Part::Plain(text) => {
                    if let Some((n_bytes, _)) = text.char_indices().nth(n_left) {
                        raw_bytes += n_bytes;
                        break;
                    }
                    n_left -= text.chars().count();
                    raw_bytes += text.len();
                }
                Part::Escape(_) if n_left == 0 => break,
                Part::Escape(escape) => {
                    n_left -= 1;
                    raw_bytes += escape.raw.len();
                }
            }
        }
        self.raw.get(..raw_bytes).unwrap_or(self.raw)
    }

    /// Decodes the text, with U+FFFD for each lone surrogate: dropping them could turn it into the
    /// name of a field.
    pub fn decode(&self) -> Cow<'a, str> {
        if !self.has_escapes {
            return Cow::Borrowed(self.raw);
        }
        let mut text = String::with_capacity(self.raw.len());
        for part in self.parts() {
            match part {
                Part::Plain(plain) => text.push_str(plain),
                Part::Escape(escape) => text.push(escape.or_replacement()),
            }
        }
        Cow::Owned(text)
    }

    /// Returns the raw text in storable form: without U+0000, and with U+FFFD for each lone
    /// surrogate.
    pub fn repaired(&self) -> String {
        let mut repaired = String::with_capacity(self.raw.len());
        for part in self.parts() {
            match part {
                Part::Plain(text) => repaired.push_str(text),
                Part::Escape(escape) => match escape.scalar {
                    Ok('\0') => {}
                    Err(_) => repaired.push(char::REPLACEMENT_CHARACTER),
                    Ok(_) => repaired.push_str(escape.raw),
                },
            }
        }
        repaired
    }

    fn parts(&self) -> impl Iterator<Item = Part<'a>> + 'a {
        let mut rest = self.raw;
        std::iter::from_fn(move || {
            let n_plain = rest.find('\\').unwrap_or(rest.len());
            let (plain, from_escape) = rest.split_at_checked(n_plain)?;
            if !plain.is_empty() {
                rest = from_escape;
                return Some(Part::Plain(plain));
            }
            let escape = first_escape(rest)?;
            rest = rest.get(escape.raw.len()..)?;
            Some(Part::Escape(escape))
        })
    }
}

/// The escape with which a raw string begins, whose grammar has been checked.
fn first_escape(raw: &str) -> Option<Escape<'_>> {
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
    Some(Escape {
        raw: raw.get(..2)?,
        scalar: Ok(scalar),
    })
}

fn unicode_escape(raw: &str) -> Option<Escape<'_>> {
    let high = hex4(raw.get(2..)?)?;
    let low = || raw.get(6..)?.strip_prefix("\\u").and_then(hex4);
    let pair = || char::decode_utf16([high, low()?]).next()?.ok();
    let (n_bytes, scalar) = if let Some(scalar) = char::from_u32(high.into()) {
        (6, Ok(scalar))
    } else if let Some(scalar) = pair() {
        (12, Ok(scalar))
    } else {
        (6, Err(high))
    };
    Some(Escape {
        raw: raw.get(..n_bytes)?,
        scalar,
    })
}

/// The number that a text begins with: four hexadecimal digits, as the grammar has made sure.
fn hex4(digits: &str) -> Option<u16> {
    let digits = digits.as_bytes().first_chunk::<4>()?;
    Some(digits.iter().fold(0, |number, digit| {
        // A letter, of which bit 6 is set, ends in 1 to 6.
        let value = (digit & 0xF) + 9 * (digit >> 6);
        number << 4 | u16::from(value)
    }))
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
            (r#""\u00e9\uD800""#, 0xd800),
            (r#""\uDFFF\u00e9""#, 0xdfff),
        ] {
            let expected = Err(NotText::LoneSurrogate(half));
            assert_eq!(scan(json).check_text(), expected, "{json}");
        }
        assert_eq!(
            scan(r#""\ud83d\ude00 \\u0000 \\ud83d \u0001\ud7ff\uE000""#).check_text(),
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
        fn decodes_as_serde_json_does(
            text in "([a-z \n\"\\\\é😀]|\\PC){0,40}",
            ascii in any::<bool>(),
            n_chars in 0_usize..50,
        ) {
            let mut json = serde_json::to_string(&text).expect("a string is JSON");
            if ascii {
                json = escape_non_ascii(&json);
            }
            let string = scan(&json);
            prop_assert_eq!(string.decode(), text.as_str());
            prop_assert_eq!(string.n_chars(), text.chars().count());
            prop_assert_eq!(string.decoded_bytes(), text.len());
            prop_assert_eq!(string.is_blank(), text.chars().all(char::is_whitespace));
            let prefix = RawString::escaped(string.raw_prefix(n_chars));
            let first: String = text.chars().take(n_chars).collect();
            prop_assert_eq!(prefix.decode(), first);
        }
    }

    /// Escapes of code units, many of them halves of surrogate pairs, among plain characters.
    fn units() -> impl Strategy<Value = Vec<Result<u16, char>>> {
        let unit = prop_oneof![
            prop::sample::select(vec![
                0, 0x41, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000
            ]),
            any::<u16>(),
        ];
        let plain = prop::sample::select(vec!['a', 'é', '😀']);
        prop::collection::vec(
            prop_oneof![4 => unit.prop_map(Ok), 1 => plain.prop_map(Err)],
            0..8,
        )
    }

    proptest! {
        #[test]
        fn halves_pair_as_in_utf16(units in units(), upper in any::<bool>()) {
            let mut json = String::from('"');
            let mut utf16 = Vec::new();
            for unit in units {
                match unit {
                    Ok(unit) if upper => json.push_str(&format!("\\u{unit:04X}")),
                    Ok(unit) => json.push_str(&format!("\\u{unit:04x}")),
                    Err(plain) => json.push(plain),
                }
                match unit {
                    Ok(unit) => utf16.push(unit),
                    Err(plain) => utf16.extend_from_slice(plain.encode_utf16(&mut [0; 2])),
                }
            }
            json.push('"');
            let string = scan(&json);
            let chars: Vec<_> = char::decode_utf16(utf16.iter().copied()).collect();
            let wrong = chars.iter().find_map(|c| match c {
                Ok('\0') => Some(NotText::Nul),
                Ok(_) => None,
                Err(half) => Some(NotText::LoneSurrogate(half.unpaired_surrogate())),
            });
            prop_assert_eq!(string.check_text().err(), wrong);
            prop_assert_eq!(string.decode(), String::from_utf16_lossy(&utf16));
            prop_assert_eq!(string.n_chars(), chars.len());
            let repaired = string.repaired();
            let text = String::from_utf16_lossy(&utf16).replace('\0', "");
            prop_assert_eq!(RawString::escaped(&repaired).decode(), text);
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

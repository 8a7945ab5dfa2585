//! Repairs malformed JSON written by people and templates, where it has one sensible reading.

use std::iter::Peekable;
use std::str::CharIndices;

/// Returns the repaired text; `None` if nothing needed a known repair.
///
/// Outside strings: comments, CDATA guards, trailing commas, a missing comma between properties, a
/// final semicolon, and NaN, which becomes null. In strings: raw control characters, escapes that
/// JSON does not have, lone surrogates.
pub fn repair(text: &str) -> Option<String> {
    let mut repaired = Repaired {
        text: String::with_capacity(text.len() + 16),
        changed: false,
        after_value: false,
    };
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                repaired.comma_before_value();
                string(&mut characters, &mut repaired);
                repaired.after_value = true;
            }
            '/' | '<' | ']' | '-' if skips_guard(text, at, &mut characters) => {
                repaired.changed = true;
            }
            ',' => {
                let next = text
                    .get(at + 1..)
                    .and_then(|rest| rest.trim_start().chars().next());
                if matches!(next, Some('}' | ']' | ',') | None) {
                    repaired.changed = true;
                } else {
                    repaired.text.push(',');
                    repaired.after_value = false;
                }
            }
            ':' => {
                repaired.text.push(':');
                repaired.after_value = false;
            }
            '{' | '[' => {
                repaired.comma_before_value();
                repaired.text.push(character);
                repaired.after_value = false;
            }
            '}' | ']' => {
                repaired.text.push(character);
                repaired.after_value = true;
            }
            ';' => repaired.changed = true,
            'N' | 'I' | '-' if skips_not_a_number(text, at, &mut characters) => {
                repaired.replace("null");
            }
            character => repaired.text.push(character),
        }
    }
    repaired.changed.then_some(repaired.text)
}

struct Repaired {
    text: String,
    changed: bool,
    /// Whether a string, object or list has just ended.
    after_value: bool,
}

impl Repaired {
    fn comma_before_value(&mut self) {
        if self.after_value {
            self.text.push(',');
            self.changed = true;
        }
    }
}

/// Skips a comment or a guard at `at`. Returns false if there is none.
fn skips_guard(text: &str, at: usize, characters: &mut Peekable<CharIndices<'_>>) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let length = if rest.starts_with("//<![CDATA[") {
        "//<![CDATA[".len()
    } else if rest.starts_with("//]]>") {
        "//]]>".len()
    } else if rest.starts_with("<![CDATA[") {
        "<![CDATA[".len()
    } else if rest.starts_with("]]>") || rest.starts_with("-->") {
        "]]>".len()
    } else if rest.starts_with("<!--") {
        "<!--".len()
    } else if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        rest.find("*/").map_or(rest.len(), |end| end + 2)
    } else {
        return false;
    };
    while characters
        .next_if(|(next, _)| *next < at + length)
        .is_some()
    {}
    true
}

/// Skips a number that Python writes and JSON does not allow. Returns false if there is none at
/// `at`.
fn skips_not_a_number(text: &str, at: usize, characters: &mut Peekable<CharIndices<'_>>) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let word = ["NaN", "Infinity", "-Infinity"]
        .iter()
        .find(|word| rest.starts_with(**word));
    let Some(word) = word else { return false };
    while characters
        .next_if(|(next, _)| *next < at + word.len())
        .is_some()
    {}
    true
}

/// Copies a string up to its closing quote, repairing its content.
fn string(characters: &mut Peekable<CharIndices<'_>>, repaired: &mut Repaired) {
    repaired.text.push('"');
    while let Some((_, character)) = characters.next() {
        match character {
            '"' => break,
            '\\' => escape(characters, repaired),
            '\n' => repaired.replace("\\n"),
            '\r' => repaired.replace("\\r"),
            '\t' => repaired.replace("\\t"),
            control if control < ' ' => repaired.replace(" "),
            character => repaired.text.push(character),
        }
    }
    repaired.text.push('"');
}

impl Repaired {
    fn replace(&mut self, text: &str) {
        self.text.push_str(text);
        self.changed = true;
    }
}

fn escape(characters: &mut Peekable<CharIndices<'_>>, repaired: &mut Repaired) {
    match characters.next() {
        Some((_, letter @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't'))) => {
            repaired.text.push('\\');
            repaired.text.push(letter);
        }
        Some((_, 'u')) => unicode_escape(characters, repaired),
        Some((_, '\n')) => repaired.replace("\\n"),
        Some((_, other)) => {
            repaired.changed = true;
            repaired.text.push(other);
        }
        None => repaired.changed = true,
    }
}

/// Copies `\uXXXX`; a lone surrogate becomes U+FFFD.
fn unicode_escape(characters: &mut Peekable<CharIndices<'_>>, repaired: &mut Repaired) {
    let Some(unit) = hex4(characters) else {
        repaired.replace("\\ufffd");
        return;
    };
    match unit {
        0xd800..=0xdbff => {
            let mut ahead = characters.clone();
            let follows =
                matches!(ahead.next(), Some((_, '\\'))) && matches!(ahead.next(), Some((_, 'u')));
            match follows.then(|| hex4(&mut ahead)).flatten() {
                Some(low @ 0xdc00..=0xdfff) => {
                    *characters = ahead;
                    repaired
                        .text
                        .push_str(&format!("\\u{unit:04x}\\u{low:04x}"));
                }
                _ => repaired.replace("\\ufffd"),
            }
        }
        0xdc00..=0xdfff => repaired.replace("\\ufffd"),
        unit => repaired.text.push_str(&format!("\\u{unit:04x}")),
    }
}

fn hex4(characters: &mut Peekable<CharIndices<'_>>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        let (_, digit) = characters.next_if(|(_, digit)| digit.is_ascii_hexdigit())?;
        unit = unit * 16 + digit.to_digit(16)?;
    }
    Some(unit)
}

//! HTML entities, decoded exactly once.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

/// Longest name of an entity in bytes, with a margin; HTML's longest is
/// `CounterClockwiseContourIntegral`.
const MAX_NAME_BYTES: usize = 32;

/// Decodes the entities of `text` once: `&lt;p&gt;` becomes `<p>`, `&amp;amp;` becomes `&amp;`.
/// Anything else is left unchanged.
pub fn unescape(text: &str) -> Cow<'_, str> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        if plain.is_empty() {
            plain.reserve(text.len());
        }
        let Some((before, body)) = rest.split_at_checked(at) else {
            break;
        };
        plain.push_str(before);
        let body = body.strip_prefix('&').unwrap_or(body);
        rest = take_entity(body, &mut plain).unwrap_or_else(|| {
            plain.push('&');
            body
        });
    }
    if plain.is_empty() {
        return Cow::Borrowed(rest);
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Appends the character of the entity at the start of `body`, the text after an ampersand. Returns
/// the text after the entity; `None` if there is no entity.
fn take_entity<'b>(body: &'b str, plain: &mut String) -> Option<&'b str> {
    for (entity, text) in COMMON {
        if let Some(after) = body.strip_prefix(entity) {
            plain.push_str(text);
            return Some(after);
        }
    }
    let bytes = body.as_bytes();
    let window = bytes.get(..MAX_NAME_BYTES).unwrap_or(bytes);
    let end = memchr::memchr(b';', window)?;
    let (name, after) = (body.get(..end)?, body.get(end + 1..)?);
    push_entity(name, plain).then_some(after)
}

/// The most frequent entities. Searching the whole list is slow.
const COMMON: [(&str, &str); 7] = [
    ("lt;", "<"),
    ("gt;", ">"),
    ("amp;", "&"),
    ("quot;", "\""),
    ("nbsp;", "\u{a0}"),
    ("#39;", "'"),
    ("apos;", "'"),
];

/// Appends the character of an entity, given without its `&` and `;`. Returns false if unknown.
pub(crate) fn push_entity(name: &str, plain: &mut String) -> bool {
    let common = COMMON
        .iter()
        .find(|(entity, _)| entity.strip_suffix(';') == Some(name));
    if let Some((_, text)) = common {
        plain.push_str(text);
        return true;
    }
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        // NUL is not a valid character in a document, and the Worker rejects it.
        let character = code.ok().filter(|&code| code != 0).and_then(of_code);
        plain.extend(character);
        return character.is_some();
    }
    match resolve_html5_entity(name) {
        Some(text) => {
            plain.push_str(text);
            true
        }
        None => false,
    }
}

/// The character of a numeric entity. 128 to 159 are read as windows-1252, as in browsers.
fn of_code(code: u32) -> Option<char> {
    match u8::try_from(code) {
        Ok(byte @ 0x80..=0x9f) => {
            let bytes = [byte];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
            text.chars().next()
        }
        _ => char::from_u32(code),
    }
}

/// Appends `text`, escaped as HTML.
pub fn push_escaped(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            character => html.push(character),
        }
    }
}

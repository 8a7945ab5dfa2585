//! HTML entities, undone exactly once.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

/// Most bytes of an entity's name; HTML's longest is `CounterClockwiseContourIntegral`.
const MAX_NAME_BYTES: usize = 32;

/// Undoes the entities of `text` once: `&lt;p&gt;` becomes `<p>`, `&amp;amp;` becomes `&amp;`. What is
/// no entity stays as it is.
pub fn unescape(text: &str) -> Cow<'_, str> {
    let Some(mut ampersand) = memchr::memchr(b'&', text.as_bytes()) else {
        return Cow::Borrowed(text);
    };
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let (before, entity) = rest.split_at_checked(ampersand).unwrap_or((rest, ""));
        plain.push_str(before);
        let body = entity.get(1..).unwrap_or_default();
        let window = body
            .as_bytes()
            .get(..MAX_NAME_BYTES)
            .unwrap_or(body.as_bytes());
        let resolved = memchr::memchr(b';', window)
            .and_then(|end| Some((body.get(..end)?, body.get(end + 1..)?)))
            .and_then(|(name, after)| push_entity(name, &mut plain).then_some(after));
        rest = resolved.unwrap_or_else(|| {
            plain.push('&');
            body
        });
        match memchr::memchr(b'&', rest.as_bytes()) {
            Some(next) => ampersand = next,
            None => break,
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// Appends the character of an entity, without its `&` and `;`. False if there is no such entity.
pub(crate) fn push_entity(name: &str, plain: &mut String) -> bool {
    // The usual ones first: the whole list is a long comparison.
    let common = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" | "#39" | "#x27" => "'",
        "nbsp" => "\u{a0}",
        _ => "",
    };
    if !common.is_empty() {
        plain.push_str(common);
        return true;
    }
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        // NUL is no character of a document, and the Worker refuses it.
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

/// The character of a numeric entity. 128 to 159 mean those of windows-1252, as in browsers.
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

/// Appends `text` as HTML.
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

//! The JSON-LD blocks of an HTML page.

use html5gum::Tokenizer;
use html5gum::emitters::default::{DefaultEmitter, Token};

use crate::rules::entities;

/// The texts of all `<script type="application/ld+json">`, regardless of case and other attributes.
pub(crate) fn json_ld_blocks(page: &str) -> Vec<String> {
    let mut emitter = DefaultEmitter::default();
    // The text of a script ends only at `</script>`.
    emitter.naively_switch_states(true);
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) if is(&tag.name, "script") => {
                let kind = tag.attributes.get(b"type".as_slice());
                let kind = kind.map(|kind| String::from_utf8_lossy(&kind.value).into_owned());
                let is_json_ld = kind
                    .as_deref()
                    .and_then(|kind| kind.split(';').next())
                    .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/ld+json"));
                if is_json_ld && !tag.self_closing {
                    block = Some(String::new());
                }
            }
            Token::String(text) => {
                if let Some(block) = &mut block {
                    block.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Token::EndTag(tag) if is(&tag.name, "script") => blocks.extend(block.take()),
            _ => {}
        }
    }
    // The page was truncated, or the end tag is missing.
    blocks.extend(block);
    blocks
}

/// Decodes a block whose whole JSON was HTML-escaped, once.
pub(crate) fn unescaped_block(block: &str) -> Option<String> {
    let start = block.trim_start();
    let is_escaped = start.starts_with('&') || (start.contains("&quot;") && !start.contains('"'));
    is_escaped.then(|| entities::unescape(block).into_owned())
}

fn is(name: &[u8], expected: &str) -> bool {
    name.eq_ignore_ascii_case(expected.as_bytes())
}

//! JSON with comments and trailing commas, as wrangler.jsonc may have them.

/// The same text as plain JSON. Comments and trailing commas become spaces, so that places in it stay.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start_matches('\u{feff}');
    // Where a comma is that nothing has followed yet.
    let mut comma: Option<usize> = None;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        rest = after;
        match first {
            '/' if len > 1 => {
                let blank = token.chars().map(|c| if c == '\n' { '\n' } else { ' ' });
                out.extend(blank);
                continue;
            }
            '}' | ']' => {
                if let Some(at) = comma {
                    out.replace_range(at..=at, " ");
                }
            }
            _ => {}
        }
        if first == ',' {
            comma = Some(out.len());
        } else if !first.is_whitespace() {
            comma = None;
        }
        out.push_str(token);
    }
    out
}

/// Bytes of the string at the beginning of `text`, with its quotes.
fn string_len(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn comments_and_trailing_commas_go() {
        let text = "{ // a \"\n \"b\": [1, 2, /* , */ ], \"c\": \"// , ] \\\" /*\",\n}";
        assert_eq!(
            plain(text),
            "{       \n \"b\": [1, 2          ], \"c\": \"// , ] \\\" /*\" \n}"
        );
    }
}

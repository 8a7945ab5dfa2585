//! Tokens of SQL text, with the same boundaries as `SQLite`'s own tokenizer, comments included.

/// What a token is. `closed: false` means that the text ended before the token did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// White space; a byte order mark counts as such, as it does in `SQLite`.
    Space,
    /// `-- …` up to, not including, the end of the line.
    LineComment,
    /// `/* … */`.
    BlockComment { closed: bool },
    /// A keyword, a bare identifier or a number.
    Word,
    /// `"x"`, `` `x` `` or `[x]`.
    Quoted { closed: bool },
    /// `'x'`.
    Text { closed: bool },
    /// `;`.
    Semicolon,
    /// Any other single character.
    Mark,
}

/// One token and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    /// Byte offset of the token in the text.
    pub start: usize,
}

impl Token<'_> {
    /// Byte offset just behind the token.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Neither white space nor a comment.
    pub fn is_useful(&self) -> bool {
        !matches!(
            self.kind,
            TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment { .. }
        )
    }

    /// Whether this is the bare word `word` (any case).
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Mark)
            && self.text.eq_ignore_ascii_case(word)
    }
}

/// All tokens of `sql`, without a gap: their texts put together are `sql`.
pub fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    while let Some(rest) = sql.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, len) = next(rest);
        out.push(Token {
            kind,
            text: rest.get(..len).unwrap_or(rest),
            start,
        });
        start += len.max(1);
    }
    out
}

/// TokenKind and length in bytes of the token at the beginning of `rest`, which is not empty.
fn next(rest: &str) -> (TokenKind, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        c if is_space(c) => (TokenKind::Space, len_while(rest, is_space)),
        '-' if rest.starts_with("--") => (
            TokenKind::LineComment,
            rest.find('\n').unwrap_or(rest.len()),
        ),
        '/' if rest.starts_with("/*") => {
            let body = rest.get(2..).unwrap_or_default();
            body.find("*/").map_or(
                (TokenKind::BlockComment { closed: false }, rest.len()),
                |at| (TokenKind::BlockComment { closed: true }, at + 4),
            )
        }
        '\'' => {
            let (closed, len) = quoted(rest, '\'');
            (TokenKind::Text { closed }, len)
        }
        '"' | '`' => {
            let (closed, len) = quoted(rest, first);
            (TokenKind::Quoted { closed }, len)
        }
        '[' => rest
            .find(']')
            .map_or((TokenKind::Quoted { closed: false }, rest.len()), |at| {
                (TokenKind::Quoted { closed: true }, at + 1)
            }),
        ';' => (TokenKind::Semicolon, 1),
        c if is_word(c) => (TokenKind::Word, len_while(rest, is_word)),
        c => (TokenKind::Mark, c.len_utf8()),
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c' | '\u{feff}')
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || (!c.is_ascii() && c != '\u{feff}')
}

fn len_while(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

/// Whether the quoted token at the beginning of `rest` ends, and its length; a doubled quote stands for one.
fn quoted(rest: &str, quote: char) -> (bool, usize) {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|&(_, after)| after == quote) {
                chars.next();
            } else {
                return (true, at + 1);
            }
        }
    }
    (false, rest.len())
}

/// The first comment, string or quoted name of `sql` that does not end.
pub fn unclosed(sql: &str) -> Option<Token<'_>> {
    tokens(sql).into_iter().find(|token| {
        matches!(
            token.kind,
            TokenKind::BlockComment { closed: false }
                | TokenKind::Text { closed: false }
                | TokenKind::Quoted { closed: false }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, tokens};
    use proptest::prelude::*;

    fn useful(sql: &str) -> Vec<&str> {
        tokens(sql)
            .into_iter()
            .filter(super::Token::is_useful)
            .map(|token| token.text)
            .collect()
    }

    #[test]
    fn comments_and_strings_keep_their_semicolons() {
        assert_eq!(
            useful("a 'x;''y' -- b;\n/* ; */ [q;] \"w\"\"; \";"),
            ["a", "'x;''y'", "[q;]", "\"w\"\"; \"", ";"]
        );
    }

    #[test]
    fn unterminated_tokens_say_so() {
        let last = |sql| tokens(sql).last().map(|token| token.kind);
        assert_eq!(
            last("a /* b"),
            Some(TokenKind::BlockComment { closed: false })
        );
        assert_eq!(last("a 'b"), Some(TokenKind::Text { closed: false }));
        assert_eq!(last("a [b"), Some(TokenKind::Quoted { closed: false }));
    }

    #[test]
    fn byte_order_mark_is_white_space() {
        assert_eq!(useful("\u{feff}CREATE"), ["CREATE"]);
    }

    proptest! {
        #[test]
        fn tokens_put_together_are_the_text(sql in "\\PC*") {
            let whole: String = tokens(&sql).iter().map(|token| token.text).collect();
            prop_assert_eq!(whole, sql);
        }
    }
}

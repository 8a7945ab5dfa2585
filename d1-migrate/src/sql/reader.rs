//! Tokens of one statement, without comments, read from the left.

use super::lex::{Token, tokens};
use super::name::unquote;

/// A position in the tokens of a text.
pub struct Reader<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Reader<'a> {
    pub fn new(sql: &'a str) -> Self {
        Self::of(tokens(sql).into_iter().filter(Token::is_useful).collect())
    }

    pub fn of(tokens: Vec<Token<'a>>) -> Self {
        Self { tokens, at: 0 }
    }

    pub fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    pub fn take(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    /// Takes the words if all of them come next.
    pub fn eat(&mut self, words: &[&str]) -> bool {
        let here = self.tokens.iter().skip(self.at);
        let all = words.len() <= self.tokens.len().saturating_sub(self.at)
            && here.zip(words).all(|(token, word)| token.is(word));
        if all {
            self.at += words.len();
        }
        all
    }

    /// A name, with or without a schema before it.
    pub fn name(&mut self) -> String {
        let mut name = self.word();
        while self.eat(&["."]) {
            name = self.word();
        }
        name
    }

    /// The next token without quotes.
    fn word(&mut self) -> String {
        self.take()
            .map(|token| unquote(token.text))
            .unwrap_or_default()
    }

    /// The tokens between a parenthesis that comes next and the one that closes it; `None` without one.
    pub fn group(&mut self) -> Option<Vec<Token<'a>>> {
        if !self.eat(&["("]) {
            return None;
        }
        let mut inner = Vec::new();
        let mut depth = 1_usize;
        while let Some(token) = self.take() {
            match token.text {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            inner.push(token);
        }
        Some(inner)
    }
}

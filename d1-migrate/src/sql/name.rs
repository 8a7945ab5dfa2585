//! Names in SQL: taking quotes off and putting them on, and one spelling for texts that mean the same.

use super::lex::{Token, TokenKind, tokens};

/// The name that a word or a quoted token stands for.
pub fn unquote(token: &str) -> String {
    let mut chars = token.chars();
    let (first, last) = (chars.next(), chars.next_back());
    let inner = chars.as_str();
    match (first, last) {
        (Some('"'), Some('"')) => inner.replace("\"\"", "\""),
        (Some('`'), Some('`')) => inner.replace("``", "`"),
        (Some('\''), Some('\'')) => inner.replace("''", "'"),
        (Some('['), Some(']')) => inner.to_owned(),
        _ => token.to_owned(),
    }
}

/// `name` as an identifier: bare when it is plain and no keyword, otherwise in double quotes.
pub fn ident(name: &str) -> String {
    let plain = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !is_keyword(name) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// `value` as a string literal.
pub fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// Names joined as identifiers, for a column list.
pub fn ident_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(ident).collect::<Vec<_>>().join(", ")
}

/// Whether two names mean the same object: `SQLite` compares ASCII letters without case.
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// One spelling for all texts that differ in nothing but comments, white space, letter case and the quotes of names.
/// Two texts with the same spelling build the same thing; it is for comparing, not for running.
pub fn spelling(sql: &str) -> String {
    let words: Vec<String> = useful(sql).map(|token| token_spelling(&token)).collect();
    words.join(" ")
}

fn token_spelling(token: &Token<'_>) -> String {
    match token.kind {
        TokenKind::Text { .. } => token.text.to_owned(),
        _ => unquote(token.text).to_ascii_lowercase(),
    }
}

/// `sql` on one line, without comments, with single spaces; fit to run.
pub fn one_line(sql: &str) -> String {
    let mut out = String::new();
    let mut previous: Option<Token<'_>> = None;
    for token in useful(sql) {
        if let Some(before) = previous
            && (before.end() != token.start || glued(&before, &token))
            && before.text != "("
            && token.text != ")"
        {
            out.push(' ');
        }
        out.push_str(token.text);
        previous = Some(token);
    }
    out
}

/// Two tokens that only a comment kept apart.
fn glued(a: &Token<'_>, b: &Token<'_>) -> bool {
    a.kind == TokenKind::Word && b.kind == TokenKind::Word
}

fn useful(sql: &str) -> impl Iterator<Item = Token<'_>> {
    tokens(sql).into_iter().filter(Token::is_useful)
}

/// Whether `sql` names `name` anywhere outside comments and strings.
pub fn mentions(sql: &str, name: &str) -> bool {
    useful(sql).any(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::Quoted { .. })
            && same(&unquote(token.text), name)
    })
}

/// Words that `SQLite` does not take for a name without quotes.
fn is_keyword(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "add",
        "all",
        "alter",
        "and",
        "as",
        "autoincrement",
        "between",
        "case",
        "check",
        "collate",
        "commit",
        "constraint",
        "create",
        "cross",
        "current_date",
        "current_time",
        "current_timestamp",
        "default",
        "deferrable",
        "delete",
        "distinct",
        "drop",
        "else",
        "escape",
        "except",
        "exists",
        "filter",
        "foreign",
        "from",
        "full",
        "group",
        "having",
        "if",
        "in",
        "index",
        "inner",
        "insert",
        "intersect",
        "into",
        "is",
        "isnull",
        "join",
        "left",
        "limit",
        "natural",
        "not",
        "nothing",
        "notnull",
        "null",
        "on",
        "or",
        "order",
        "outer",
        "over",
        "primary",
        "references",
        "returning",
        "right",
        "select",
        "set",
        "table",
        "then",
        "to",
        "transaction",
        "union",
        "unique",
        "update",
        "using",
        "values",
        "view",
        "when",
        "where",
        "window",
        "with",
        "begin",
        "end",
    ];
    KEYWORDS.iter().any(|keyword| same(keyword, name))
}

#[cfg(test)]
mod tests {
    use super::{ident, mentions, one_line, spelling, unquote};

    #[test]
    fn quotes_come_off_and_go_on() {
        assert_eq!(unquote("\"a\"\"b\""), "a\"b");
        assert_eq!(unquote("[a b]"), "a b");
        assert_eq!(ident("title"), "title");
        assert_eq!(ident("order"), "\"order\"");
        assert_eq!(ident("a\"b"), "\"a\"\"b\"");
    }

    #[test]
    fn spelling_ignores_comments_case_and_quotes_of_names() {
        assert_eq!(
            spelling("CREATE TABLE \"A\" (x TEXT -- c\n DEFAULT 'It')"),
            spelling("create table a(x text default 'It')")
        );
        assert_ne!(spelling("DEFAULT 'it'"), spelling("DEFAULT 'It'"));
    }

    #[test]
    fn one_line_still_runs() {
        assert_eq!(
            one_line("SELECT a,--c\n  count( * )/**/FROM t"),
            "SELECT a, count(*) FROM t"
        );
    }

    #[test]
    fn one_line_leaves_strings_and_quoted_names_alone() {
        let sql = "SELECT '( a )', \"( b )\" FROM t";
        assert_eq!(one_line(sql), sql);
    }

    #[test]
    fn mention_in_a_string_or_comment_is_none() {
        assert!(!mentions("SELECT 'jobs' -- jobs", "jobs"));
        assert!(mentions("SELECT * FROM \"Jobs\"", "jobs"));
    }
}

//! Statements of SQL text, split as wrangler and `SQLite` split them.

use super::lex::{Token, tokens};

/// One statement of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawStatement {
    /// Without its final semicolon, white space and leading comments.
    pub sql: String,
    /// Byte offset of `sql` in the text.
    pub start: usize,
    /// Whether a semicolon ends it.
    pub terminated: bool,
}

/// Where the scan is within a statement: the automaton of `sqlite3_complete()`, which wrangler's splitter copies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Normal,
    Explain,
    Create,
    Trigger,
    Semicolon,
    End,
}

/// All statements of `sql`; comments and empty statements are none.
pub fn statements(sql: &str) -> Vec<RawStatement> {
    let mut out = Vec::new();
    let mut state = State::Start;
    let mut useful: Option<(usize, usize)> = None;
    for token in tokens(sql).iter().filter(|token| token.is_useful()) {
        let before = state;
        state = after(before, token);
        if state == State::Start {
            if let Some((start, end)) = useful.take() {
                out.push(statement(sql, start, end, true));
            }
        } else {
            let start = useful.map_or(token.start, |(start, _)| start);
            useful = Some((start, token.end()));
        }
    }
    if let Some((start, end)) = useful {
        out.push(statement(sql, start, end, false));
    }
    out
}

fn statement(sql: &str, start: usize, end: usize, terminated: bool) -> RawStatement {
    RawStatement {
        sql: sql.get(start..end).unwrap_or_default().to_owned(),
        start,
        terminated,
    }
}

fn after(state: State, token: &Token<'_>) -> State {
    let semicolon = token.text == ";";
    match state {
        State::Start | State::Explain if token.is("create") => State::Create,
        State::Start if token.is("explain") => State::Explain,
        State::Explain if token.is("query") || token.is("plan") => State::Explain,
        State::Create if token.is("temp") || token.is("temporary") => State::Create,
        State::Create if token.is("trigger") => State::Trigger,
        State::Trigger | State::Semicolon | State::End if semicolon => match state {
            State::End => State::Start,
            _ => State::Semicolon,
        },
        State::Semicolon if token.is("end") => State::End,
        State::Trigger | State::Semicolon | State::End => State::Trigger,
        _ if semicolon => State::Start,
        _ => State::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::statements;

    fn texts(sql: &str) -> Vec<String> {
        statements(sql).into_iter().map(|one| one.sql).collect()
    }

    #[test]
    fn semicolons_in_strings_and_comments_do_not_split() {
        assert_eq!(
            texts("SELECT ';'; -- a; b\n SELECT 2 /* ; */;;"),
            ["SELECT ';'", "SELECT 2"]
        );
    }

    #[test]
    fn trigger_with_case_is_one_statement() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET b = CASE WHEN 1 THEN 2 END; SELECT 1; END";
        assert_eq!(
            texts(&format!("{trigger};\r\nSELECT 1")),
            [trigger, "SELECT 1"]
        );
    }

    #[test]
    fn last_statement_without_semicolon_is_not_terminated() {
        let all = statements("SELECT 1; SELECT 2 -- end");
        assert_eq!(
            all.iter().map(|one| one.terminated).collect::<Vec<_>>(),
            [true, false]
        );
    }
}

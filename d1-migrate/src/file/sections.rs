//! The four sections of a migration file.
//!
//! A marker is a comment line of its own: `-- migrate:up`, `-- migrate:data`, `-- migrate:verify`, `-- migrate:down`.
//! What is before the first marker belongs to UP, so that a file without markers is all UP.
//! DOWN is held behind `--` on every line: a line comment cannot end early, whatever the SQL in it. So is BACKFILL
//! (`-- migrate:backfill BATCH=1000`), which runs in batches when the file is applied.

use super::statement::{Allow, Section, Statement};
use crate::sql::lex::{Token, TokenKind, tokens};
use crate::sql::name::unquote;
use crate::sql::split;

/// A marker line; `section` is `None` when the name behind `migrate:` is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub section: Option<Section>,
    /// `BATCH=n` of a backfill.
    pub rows_per_batch: Option<u64>,
    pub start: usize,
}

/// What [`read`] finds.
pub struct Read {
    pub statements: Vec<Statement>,
    pub down: Vec<Statement>,
    pub backfill: Vec<Statement>,
    pub marks: Vec<Mark>,
    pub uncommented_down: Option<usize>,
    pub allows: Vec<Allow>,
    pub is_trimmed: bool,
}

/// The text without the first `BEGIN TRANSACTION;` and `COMMIT;`, which wrangler cuts out of a file that has one such
/// transaction. Spaces keep the offsets.
fn trimmed(text: &str) -> Option<String> {
    const BEGIN: &str = "BEGIN TRANSACTION";
    let mut out = text.to_owned();
    for words in ["BEGIN TRANSACTION;", "COMMIT;"] {
        out = out.replacen(words, &" ".repeat(words.len()), 1);
    }
    (text.contains(BEGIN) && !out.contains(BEGIN)).then_some(out)
}

/// Reads a file's text.
pub fn read(text: &str) -> Read {
    let trimmed = trimmed(text);
    let tokens = tokens(text);
    let comments = || {
        tokens
            .iter()
            .filter(|token| token.kind == TokenKind::LineComment)
    };
    let marks: Vec<Mark> = comments().filter_map(mark).collect();
    let down_at = marks
        .iter()
        .find(|mark| mark.section == Some(Section::Down))
        .map(|mark| mark.start)
        .or_else(|| {
            comments()
                .find(|token| is_foreign_down(token))
                .map(|token| token.start)
        });
    let uncommented_down = down_at.and_then(|at| {
        tokens
            .iter()
            .find(|token| {
                token.start > at && !matches!(token.kind, TokenKind::Space | TokenKind::LineComment)
            })
            .map(|token| token.start)
    });
    let down = match (down_at, uncommented_down) {
        (Some(at), None) => hidden_statements(text, at, text.len(), Section::Down),
        _ => Vec::new(),
    };
    let backfill = marks
        .iter()
        .position(|mark| mark.section == Some(Section::Backfill));
    let backfill = backfill.map_or_else(Vec::new, |index| {
        let start = marks.get(index).map_or(0, |mark| mark.start);
        let end = marks.get(index + 1).map_or(text.len(), |mark| mark.start);
        hidden_statements(text, start, end, Section::Backfill)
    });
    let statements = split::statements(trimmed.as_deref().unwrap_or(text))
        .into_iter()
        .map(|one| {
            let section = section_at(&marks, one.start);
            Statement::new(section, one.sql, one.start, one.terminated)
        })
        .collect();
    let allows = comments()
        .filter(|token| down_at.is_none_or(|at| token.start < at))
        .filter_map(allow)
        .collect();
    Read {
        statements,
        down,
        backfill,
        marks,
        uncommented_down,
        allows,
        is_trimmed: trimmed.is_some(),
    }
}

fn section_at(marks: &[Mark], offset: usize) -> Section {
    marks
        .iter()
        .take_while(|mark| mark.start < offset)
        .filter_map(|mark| mark.section)
        .last()
        .unwrap_or(Section::Up)
}

fn comment_body<'a>(token: &Token<'a>) -> &'a str {
    token.text.trim_start_matches('-').trim()
}

fn mark(token: &Token<'_>) -> Option<Mark> {
    // `-- -- migrate:up` is a comment within DOWN, not a marker.
    let body = token.text.strip_prefix("--")?.trim();
    let words = body.strip_prefix("migrate:")?.trim();
    let (word, option) = words.split_once(' ').unwrap_or((words, ""));
    let section = Section::ALL
        .into_iter()
        .find(|section| section.label().eq_ignore_ascii_case(word));
    let rows_per_batch = option.trim().strip_prefix("BATCH=");
    let rows_per_batch = rows_per_batch
        .and_then(|n| n.parse().ok())
        .filter(|n| *n > 0);
    let has_its_option = match section {
        Some(Section::Backfill) => rows_per_batch.is_some(),
        _ => option.is_empty(),
    };
    Some(Mark {
        section: section.filter(|_| has_its_option),
        rows_per_batch,
        start: token.start,
    })
}

/// The down markers of other tools (goose, sql-migrate, plain words): below them SQL must not run either.
fn is_foreign_down(token: &Token<'_>) -> bool {
    let body = comment_body(token).to_ascii_lowercase();
    let word = body
        .trim_start_matches("+goose")
        .trim_start_matches("+migrate")
        .trim()
        .trim_end_matches([':', '-', '=', ' ']);
    let word = word.trim_start_matches(['=', ' ', '-']);
    matches!(word, "down" | "down migration" | "rollback" | "undo")
}

fn allow(token: &Token<'_>) -> Option<Allow> {
    let rest = comment_body(token).strip_prefix("allow ")?;
    let (what, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let (code, names) = what.trim().split_once(' ').unwrap_or((what.trim(), ""));
    // Prose such as "allow nulls here" is no attempt at silencing a check.
    let digits = code.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let n_letters = code.len() - digits.len();
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    let looks_like_code =
        (1..=2).contains(&n_letters) && is_number && (names.is_empty() || digits.len() == 3);
    looks_like_code.then(|| Allow {
        code: code.to_ascii_uppercase(),
        names: names
            .split(',')
            .map(|name| unquote(name.trim()))
            .filter(|name| !name.is_empty())
            .collect(),
        reason: reason.trim().to_owned(),
        start: token.start,
    })
}

/// The statements of a section that is held behind `--`, from its marker to `end`, their places counted in the file.
fn hidden_statements(text: &str, marker_at: usize, end: usize, section: Section) -> Vec<Statement> {
    let mut sql = String::new();
    // Offset in `sql` of each line's beginning, and the offset in the file of what stands there.
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut at = marker_at;
    for (index, line) in text
        .get(marker_at..end)
        .unwrap_or_default()
        .split_inclusive('\n')
        .enumerate()
    {
        if index > 0 {
            let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            let behind = line.get(indent..).unwrap_or_default();
            let bare = behind.strip_prefix("--").unwrap_or(behind);
            let bare = bare.strip_prefix(' ').unwrap_or(bare);
            places.push((sql.len(), at + (line.len() - bare.len())));
            sql.push_str(&bare.replace("\r\n", "\n"));
        }
        at += line.len();
    }
    split::statements(&sql)
        .into_iter()
        .map(|one| {
            let start = places
                .iter()
                .rev()
                .find(|(from, _)| *from <= one.start)
                .map_or(marker_at, |(from, to)| to + (one.start - from));
            Statement::new(section, one.sql, start, one.terminated)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::Migration;
    use super::Section;

    const FILE: &str = "-- c\n-- migrate:up\nCREATE TABLE a (b);\n-- migrate:data\nINSERT INTO a VALUES ('-- migrate:down');\n\
        -- migrate:verify\nSELECT 1;\n-- migrate:down\n-- -- back\n-- DROP TABLE a; -- x */\n--\n-- SELECT 2;\n";

    fn of(text: &str) -> Vec<(Section, String)> {
        let file = Migration::parse("0001_a.sql", text);
        let down = file.down.unwrap_or_default();
        file.statements
            .into_iter()
            .chain(down)
            .map(|one| (one.section, one.sql))
            .collect()
    }

    #[test]
    fn statements_know_their_section() {
        let expected = [
            (Section::Up, "CREATE TABLE a (b)"),
            (Section::Data, "INSERT INTO a VALUES ('-- migrate:down')"),
            (Section::Verify, "SELECT 1"),
            (Section::Down, "DROP TABLE a"),
            (Section::Down, "SELECT 2"),
        ]
        .map(|(section, sql)| (section, sql.to_owned()));
        assert_eq!(of(FILE), expected);
        assert_eq!(of(&FILE.replace('\n', "\r\n")), expected);
        assert_eq!(of(&format!("\u{feff}{FILE}")), expected);
    }

    #[test]
    fn statement_of_down_knows_its_line() {
        let file = Migration::parse("0001_a.sql", FILE);
        let lines: Vec<usize> = file
            .down
            .iter()
            .flatten()
            .map(|one| file.line(one.start))
            .collect();
        assert_eq!(lines, [10, 12]);
    }

    #[test]
    fn file_without_markers_is_all_up() {
        assert_eq!(of("SELECT 1;"), [(Section::Up, "SELECT 1".to_owned())]);
    }

    #[test]
    fn sql_below_the_down_marker_is_seen() {
        let file = Migration::parse("0001_a.sql", "-- migrate:down\nDROP TABLE a;\n");
        assert_eq!(file.uncommented_down, Some(16));
        assert!(file.down.is_none());
    }

    #[test]
    fn allow_has_code_and_reason() {
        let file = Migration::parse(
            "0001_a.sql",
            "-- allow a405: values are checked\n-- allow FK301 a, \"b c\": gone\n-- allow nulls here\n-- allow 5 things\n",
        );
        let allows: Vec<_> = file
            .allows
            .iter()
            .map(|one| (one.code.as_str(), one.names.join("|"), one.reason.as_str()))
            .collect();
        let of = |code, names: &str, reason| (code, names.to_owned(), reason);
        assert_eq!(
            allows,
            [
                of("A405", "", "values are checked"),
                of("FK301", "a|b c", "gone")
            ]
        );
    }

    #[test]
    fn transaction_that_wrangler_cuts_out_is_no_statement() {
        let sql = |text: &str| {
            let all = Migration::parse("0001_a.sql", text).statements;
            all.into_iter().map(|one| one.sql).collect::<Vec<_>>()
        };
        assert_eq!(
            sql("BEGIN TRANSACTION;\nSELECT 1;\nCOMMIT;\n"),
            ["SELECT 1"]
        );
        // Wrangler refuses these, or leaves them as they are.
        let two = "BEGIN TRANSACTION;\nSELECT 1;\nBEGIN TRANSACTION;\n";
        assert_eq!(sql(two).len(), 3);
        assert_eq!(sql("begin transaction;\nCOMMIT;\n").len(), 2);
    }
}

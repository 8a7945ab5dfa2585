//! What a statement does, read from its first tokens. Names are without quotes.

use super::lex::TokenKind;
use super::name::{same, unquote};
use super::reader::Reader;

/// The kinds of statement that the checks tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    RenameTable {
        table: String,
        to: String,
    },
    RenameColumn {
        table: String,
        from: String,
        to: String,
    },
    AddColumn,
    DropColumn,
    /// `ALTER COLUMN … SET/DROP NOT NULL`, `ADD/DROP CONSTRAINT`: newer than D1.
    NewerAlter,
    CreateTable {
        table: String,
        /// Tables that the body names behind REFERENCES.
        references: Vec<String>,
    },
    CreateVirtualTable,
    CreateUniqueIndex {
        table: String,
        /// Plain columns; an expression counts as a column without a name.
        columns: Vec<String>,
    },
    CreateTrigger,
    DropTable {
        table: String,
    },
    Pragma {
        name: String,
        value: Option<String>,
    },
    /// BEGIN, COMMIT, END, ROLLBACK, SAVEPOINT or RELEASE.
    Transaction,
    /// INSERT, REPLACE, UPDATE or DELETE.
    Change {
        word: String,
        table: String,
    },
    Select,
    Other,
}

/// Reads the shape of one statement.
pub fn of(sql: &str) -> Shape {
    let mut reader = Reader::new(sql);
    let first = reader
        .take()
        .map(|token| token.text.to_ascii_lowercase())
        .unwrap_or_default();
    match first.as_str() {
        "begin" | "commit" | "end" | "rollback" | "savepoint" | "release" => Shape::Transaction,
        "alter" => alter(&mut reader),
        "create" => create(&mut reader),
        "drop" => drop_(&mut reader),
        "pragma" => pragma(&mut reader),
        "insert" | "replace" | "update" | "delete" => change(&first, &mut reader),
        "with" => with(&mut reader),
        "select" | "values" => Shape::Select,
        _ => Shape::Other,
    }
}

fn alter(reader: &mut Reader<'_>) -> Shape {
    reader.eat(&["table"]);
    let table = reader.name();
    if reader.eat(&["rename", "to"]) {
        let to = reader.name();
        return Shape::RenameTable { table, to };
    }
    if reader.eat(&["rename"]) {
        reader.eat(&["column"]);
        let from = reader.name();
        reader.eat(&["to"]);
        let to = reader.name();
        return Shape::RenameColumn { table, from, to };
    }
    if reader.eat(&["alter"]) || reader.eat(&["add", "constraint"]) || reader.eat(&["add", "check"])
    {
        return Shape::NewerAlter;
    }
    if reader.eat(&["drop", "constraint"]) {
        return Shape::NewerAlter;
    }
    if reader.eat(&["drop"]) {
        return Shape::DropColumn;
    }
    if reader.eat(&["add"]) {
        return Shape::AddColumn;
    }
    Shape::Other
}

fn create(reader: &mut Reader<'_>) -> Shape {
    let _temporary = reader.eat(&["temp"]) || reader.eat(&["temporary"]);
    if reader.eat(&["virtual", "table"]) {
        return Shape::CreateVirtualTable;
    }
    if reader.eat(&["trigger"]) {
        return Shape::CreateTrigger;
    }
    if reader.eat(&["table"]) {
        reader.eat(&["if", "not", "exists"]);
        let table = reader.name();
        let mut references = Vec::new();
        while let Some(token) = reader.take() {
            if token.is("references") {
                references.push(reader.name());
            }
        }
        return Shape::CreateTable { table, references };
    }
    if reader.eat(&["unique", "index"]) {
        reader.eat(&["if", "not", "exists"]);
        reader.name();
        reader.eat(&["on"]);
        let table = reader.name();
        let mut group = Reader::of(reader.group().unwrap_or_default());
        let mut columns = Vec::new();
        while group.peek().is_some() {
            columns.push(index_column(&mut group));
        }
        return Shape::CreateUniqueIndex { table, columns };
    }
    Shape::Other
}

/// One column of an index, up to the comma after it; empty for an expression.
fn index_column(reader: &mut Reader<'_>) -> String {
    let name = reader.name();
    let mut is_plain = true;
    while let Some(token) = reader.peek() {
        let is_order = ["asc", "desc", "collate"].iter().any(|word| token.is(word));
        if reader.eat(&[","]) {
            break;
        }
        is_plain &= is_order;
        // A collation has a name behind it.
        reader.eat(&["collate"]);
        if reader.group().is_none() {
            reader.take();
        }
    }
    if is_plain { name } else { String::new() }
}

fn drop_(reader: &mut Reader<'_>) -> Shape {
    if !reader.eat(&["table"]) {
        return Shape::Other;
    }
    reader.eat(&["if", "exists"]);
    Shape::DropTable {
        table: reader.name(),
    }
}

fn pragma(reader: &mut Reader<'_>) -> Shape {
    let name = reader.name().to_ascii_lowercase();
    let value = (reader.eat(&["="]) || reader.eat(&["("]))
        .then(|| reader.take())
        .flatten()
        .map(|token| unquote(token.text).to_ascii_lowercase());
    Shape::Pragma { name, value }
}

fn change(word: &str, reader: &mut Reader<'_>) -> Shape {
    while reader
        .peek()
        .is_some_and(|token| CHANGE_PREFIX.iter().any(|word| token.is(word)))
    {
        reader.take();
    }
    Shape::Change {
        word: word.to_owned(),
        table: reader.name(),
    }
}

/// Words between INSERT, UPDATE or DELETE and the table's name.
const CHANGE_PREFIX: &[&str] = &[
    "into", "from", "or", "replace", "ignore", "abort", "fail", "rollback",
];

/// The statement behind `WITH …`: the first such word outside parentheses.
fn with(reader: &mut Reader<'_>) -> Shape {
    let mut depth = 0_usize;
    while let Some(token) = reader.take() {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is("select") || token.is("values") => return Shape::Select,
            _ => {
                for word in ["insert", "replace", "update", "delete"] {
                    if token.is(word) {
                        return change(word, reader);
                    }
                }
            }
        }
    }
    Shape::Other
}

/// Whether a statement is an assertion of a VERIFY section: a SELECT whose one column is `json_extract('{}', …)`,
/// which fails unless the path it is given is `$`.
pub fn is_assertion(sql: &str) -> bool {
    let mut reader = Reader::new(sql);
    reader.eat(&["select", "json_extract", "("])
        && reader.take().is_some_and(|token| {
            token.kind == TokenKind::Text { closed: true } && token.text == "'{}'"
        })
}

/// Whether `sql` is a change of `table`.
pub fn changes_table(shape: &Shape, table: &str, words: &[&str]) -> bool {
    matches!(shape, Shape::Change { word, table: of } if same(of, table) && words.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{Shape, is_assertion, of};

    #[test]
    fn names_come_without_quotes_and_schema() {
        assert_eq!(
            of("ALTER TABLE main.\"a b\" RENAME TO [c]"),
            Shape::RenameTable {
                table: "a b".into(),
                to: "c".into()
            }
        );
        assert_eq!(
            of("DROP TABLE IF EXISTS `x`"),
            Shape::DropTable { table: "x".into() }
        );
    }

    #[test]
    fn change_behind_with_is_found() {
        assert_eq!(
            of("WITH x AS (SELECT 1) INSERT OR IGNORE INTO a SELECT * FROM x"),
            Shape::Change {
                word: "insert".into(),
                table: "a".into()
            }
        );
    }

    #[test]
    fn select_without_json_extract_asserts_nothing() {
        assert!(is_assertion("SELECT json_extract('{}', '$')"));
        assert!(!is_assertion("SELECT count(*) = 0 FROM jobs"));
        assert!(!is_assertion("SELECT json_extract(a, '$') FROM b"));
    }
}

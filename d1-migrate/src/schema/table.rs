//! One table: columns, foreign keys and what its CREATE statement says.

use crate::sql::lex::{Token, tokens};
use crate::sql::name::{same, spelling, unquote};

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub foreign_keys: Vec<ForeignKey>,
    /// The column that is another name of the rowid (`INTEGER PRIMARY KEY`).
    pub rowid_alias: Option<String>,
    /// What is behind the closing parenthesis: STRICT, WITHOUT ROWID.
    pub options: String,
    pub autoincrement: bool,
    /// Columns of each unique index of the whole table, those of constraints included.
    pub unique: Vec<Vec<String>>,
    /// Columns of each index that covers the whole table, those of constraints included.
    pub indexes: Vec<Vec<String>>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// As declared; empty without a type.
    pub declared: String,
    /// Everything behind the name, as written.
    pub definition: String,
    pub not_null: bool,
    /// The expression of its DEFAULT clause.
    pub default: Option<String>,
    /// Place in the primary key, from 1; 0 outside it.
    pub key_place: u32,
    /// Its value is computed, it cannot be written.
    pub generated: bool,
}

/// What becomes of a value that is stored in a column, after <https://www.sqlite.org/datatype3.html> 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

impl Column {
    /// NULL can be stored.
    pub fn takes_null(&self) -> bool {
        !self.not_null && self.key_place == 0
    }

    /// The affinity of the declared type.
    pub fn affinity(&self, strict: bool) -> Affinity {
        let declared = self.declared.to_ascii_uppercase();
        let has = |word: &str| declared.contains(word);
        if strict && declared == "ANY" {
            Affinity::Blob
        } else if has("INT") {
            Affinity::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Affinity::Text
        } else if declared.is_empty() || has("BLOB") {
            Affinity::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    }
}

/// What happens to a child's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    pub parent: String,
    pub from: Vec<String>,
    /// Columns of the parent; empty means its primary key.
    pub to: Vec<String>,
    pub on_update: String,
    pub on_delete: String,
}

impl ForeignKey {
    /// Deleting a parent's row changes the child.
    pub fn is_destructive_on_delete(&self) -> bool {
        is_destructive(&self.on_delete)
    }

    /// Changing a parent's key changes the child.
    pub fn is_destructive_on_update(&self) -> bool {
        is_destructive(&self.on_update)
    }
}

fn is_destructive(action: &str) -> bool {
    ["CASCADE", "SET NULL", "SET DEFAULT"]
        .iter()
        .any(|one| same(one, action))
}

impl Table {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|one| same(&one.name, name))
    }

    /// Columns that can be written.
    pub fn stored(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|one| !one.generated)
    }

    /// Columns of the primary key, in its order.
    pub fn key(&self) -> Vec<String> {
        let mut key: Vec<&Column> = self
            .columns
            .iter()
            .filter(|one| one.key_place > 0)
            .collect();
        key.sort_by_key(|one| one.key_place);
        key.into_iter().map(|one| one.name.clone()).collect()
    }

    /// A name of the rowid that can be read and written; `None` without a rowid, and when columns have all its names.
    pub fn rowid_name(&self) -> Option<String> {
        if self.is_without_rowid() {
            return None;
        }
        let of_sqlite = ["rowid", "_rowid_", "oid"].into_iter();
        self.rowid_alias.clone().or_else(|| {
            of_sqlite
                .filter(|name| self.column(name).is_none())
                .map(ToOwned::to_owned)
                .next()
        })
    }

    /// Whether an index begins with these columns, in any order: a search by all of them need not scan the table.
    pub fn is_indexed(&self, columns: &[String]) -> bool {
        let is_alias = |name: &String| self.rowid_alias.as_ref().is_some_and(|one| same(one, name));
        let is_rowid = columns.len() == 1 && columns.iter().all(is_alias);
        is_rowid
            || self.indexes.iter().any(|index| {
                let head = index.get(..columns.len()).unwrap_or_default();
                !head.is_empty()
                    && columns
                        .iter()
                        .all(|name| head.iter().any(|one| same(one, name)))
            })
    }

    /// Values must have the declared type.
    pub fn is_strict(&self) -> bool {
        self.options
            .split([' ', ','])
            .any(|word| same(word, "strict"))
    }

    /// The table has no rowid.
    pub fn is_without_rowid(&self) -> bool {
        self.options.contains("without rowid")
    }
}

/// A CREATE TABLE statement taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// Name and definition of each column, as written.
    pub columns: Vec<(String, String)>,
    /// Table constraints as written.
    pub constraints: Vec<String>,
    /// What is behind the closing parenthesis, in the spelling for comparisons.
    pub options: String,
}

/// Takes a CREATE TABLE statement apart. `SQLite` has accepted it before, so its form is known.
pub fn body(sql: &str) -> Body {
    let useful: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    let mut body = Body::default();
    let mut depth = 0_usize;
    let mut item: Option<(usize, usize)> = None;
    let mut options_from = sql.len();
    for token in useful {
        match token.text {
            "(" => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ")" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    body.push(sql, item.take());
                    options_from = token.end();
                    break;
                }
            }
            "," if depth == 1 => {
                body.push(sql, item.take());
                continue;
            }
            _ => {}
        }
        if depth >= 1 {
            let start = item.map_or(token.start, |(start, _)| start);
            item = Some((start, token.end()));
        }
    }
    body.options = spelling(sql.get(options_from..).unwrap_or_default());
    body
}

impl Body {
    fn push(&mut self, sql: &str, item: Option<(usize, usize)>) {
        let Some(text) = item.and_then(|(start, end)| sql.get(start..end)) else {
            return;
        };
        let Some(first) = tokens(text).into_iter().find(Token::is_useful) else {
            return;
        };
        let constraint = ["constraint", "primary", "unique", "check", "foreign"];
        if constraint.iter().any(|word| first.is(word)) {
            self.constraints.push(text.to_owned());
        } else {
            let definition = text.get(first.end()..).unwrap_or_default();
            self.columns
                .push((unquote(first.text), definition.trim().to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn body_is_split_at_its_own_commas() {
        let body = body(
            "CREATE TABLE \"a\" (id INTEGER PRIMARY KEY, -- x, y\n [b c] TEXT DEFAULT (max(1, 2)), CHECK (b IN (',', ')')) ) STRICT, WITHOUT ROWID",
        );
        assert_eq!(
            body.columns,
            [
                ("id".to_owned(), "INTEGER PRIMARY KEY".to_owned()),
                ("b c".to_owned(), "TEXT DEFAULT (max(1, 2))".to_owned())
            ]
        );
        assert_eq!(body.constraints, ["CHECK (b IN (',', ')'))"]);
        assert_eq!(body.options, "strict , without rowid");
    }
}

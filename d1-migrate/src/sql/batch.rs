//! An UPDATE or DELETE taken apart, to run it in batches.

use super::lex::{Token, tokens};
use super::name::ident;
use super::shape::{self, Shape};

/// `UPDATE table SET … WHERE condition` or `DELETE FROM table WHERE condition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batched {
    pub table: String,
    /// Everything up to WHERE.
    head: String,
    condition: String,
}

/// Takes a statement apart; `None` when it is no UPDATE or DELETE with a WHERE at its end.
pub fn of(sql: &str) -> Option<Batched> {
    let Shape::Change { word, table } = shape::of(sql) else {
        return None;
    };
    let all: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    let begins = all.first().is_some_and(|first| first.is(&word));
    let mut depth = 0_i64;
    let mut found = None;
    for token in &all {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth > 0 => {}
            _ if token.is("where") => found = Some(token),
            // FROM belongs to DELETE; in UPDATE it joins, and rows of several tables have no common rowid.
            _ if token.is("from") && word == "delete" => {}
            _ if ["returning", "order", "limit", "from"]
                .iter()
                .any(|one| token.is(one)) =>
            {
                return None;
            }
            _ => {}
        }
    }
    let found = found.filter(|_| begins && word != "insert" && word != "replace")?;
    Some(Batched {
        table,
        head: sql.get(..found.start)?.trim_end().to_owned(),
        condition: sql.get(found.end()..)?.trim().to_owned(),
    })
}

impl Batched {
    /// One batch; `key` is the rowid, or the columns of the primary key.
    pub fn batch(&self, key: &[String], n_rows: u64) -> String {
        let key: Vec<String> = key.iter().map(|name| ident(name)).collect();
        let key = key.join(", ");
        format!(
            "{} WHERE ({key}) IN (SELECT {key} FROM {} WHERE {} LIMIT {n_rows})",
            self.head,
            ident(&self.table),
            self.condition
        )
    }

    /// How many rows are left.
    pub fn count(&self) -> String {
        format!(
            "SELECT count(*) AS n FROM {} WHERE {}",
            ident(&self.table),
            self.condition
        )
    }

    /// 1 when a row is left, otherwise 0.
    pub fn is_left(&self) -> String {
        format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE {}) AS n",
            ident(&self.table),
            self.condition
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::of;

    #[test]
    fn statement_with_a_condition_runs_in_batches() {
        let key = ["rowid".to_owned()];
        assert_eq!(
            of("UPDATE a SET x = (SELECT 1 WHERE 2) WHERE x IS NULL AND y IN (1, 2)")
                .unwrap()
                .batch(&key, 5),
            "UPDATE a SET x = (SELECT 1 WHERE 2) WHERE (rowid) IN (SELECT rowid FROM a WHERE x IS NULL AND y IN (1, 2) LIMIT 5)"
        );
        let delete = of("DELETE FROM \"a b\" WHERE x = 1").unwrap();
        assert_eq!(
            delete.count(),
            "SELECT count(*) AS n FROM \"a b\" WHERE x = 1"
        );
        for other in [
            "UPDATE a SET x = 1",
            "INSERT INTO a SELECT 1 WHERE 1",
            "DELETE FROM a WHERE x LIMIT 1",
            "UPDATE a SET x = b.x FROM b WHERE a.id = b.id",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}

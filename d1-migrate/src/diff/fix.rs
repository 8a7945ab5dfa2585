//! Rebuilds of others (drizzle-kit's, Prisma's, by hand), rewritten so that they keep what they would lose: children's
//! rows, rowids, triggers and the AUTOINCREMENT counter.
//!
//! Two forms are known. The new table is created under another name, filled, and takes the place of the dropped one; or
//! the old table is renamed first, and dropped when the new one is filled.

use d1_sim::Simulator;

use super::rebuild::{self, Rowid};
use crate::error::Error;
use crate::file::{Migration, Section, Statement};
use crate::schema::{self, Kind, Object, Schema, Table};
use crate::sql::lex::{Token, tokens};
use crate::sql::name::{ident, ident_list, mentions, same, unquote};
use crate::sql::shape::Shape;

/// A migration's statements after the rewriting, without semicolons.
#[derive(Debug, Clone, Default)]
pub struct Fixed {
    pub statements: Vec<(Section, String)>,
    /// The tables whose rebuild was rewritten.
    pub tables: Vec<String>,
}

/// One rebuild.
struct Group<'a> {
    table: &'a str,
    /// The name under which the new table is created.
    created: &'a str,
    /// The name of the old table while its rows are copied.
    source: &'a str,
    create: &'a Statement,
    copies: Vec<&'a Statement>,
    drop: &'a Statement,
    rename: &'a Statement,
}

impl Group<'_> {
    fn has(&self, statement: &Statement) -> bool {
        let all = [self.create, self.drop, self.rename].into_iter();
        all.chain(self.copies.iter().copied())
            .any(|one| one.start == statement.start)
    }

    /// The statement in whose place the rebuild is written: the last of those that need the old rows.
    fn place(&self) -> usize {
        self.drop.start
    }
}

/// Rewrites the rebuilds of a migration. `database` has the schema before it, and no rows; it is taken to the one after.
pub fn rewrite(database: &Simulator, migration: &Migration, ledger: &str) -> Result<Fixed, Error> {
    let expected = {
        let copy = database.copy()?;
        let original = migration.statements.iter().map(|one| one.sql.as_str());
        copy.run(original)
            .map_err(|failure| refused(migration, &failure.message))?;
        schema::read(copy.connection(), ledger)?
    };
    let groups = groups(&migration.statements);
    let mut fixed = Fixed::default();
    let mut emit = |section: Section, all: Vec<String>| {
        let mut together = vec!["PRAGMA defer_foreign_keys = ON"];
        together.extend(all.iter().map(String::as_str));
        database
            .run(together)
            .map_err(|failure| refused(migration, &failure.message))?;
        fixed
            .statements
            .extend(all.into_iter().map(|one| (section, one)));
        Ok::<(), Error>(())
    };
    for statement in &migration.statements {
        let is_switch = matches!(&statement.shape, Shape::Pragma { name, .. } if name == "foreign_keys" || name == "defer_foreign_keys");
        if let Some(group) = groups.iter().find(|one| one.place() == statement.start) {
            let now = schema::read(database.connection(), ledger)?;
            let later = migration
                .statements
                .iter()
                .filter(|one| one.start > statement.start);
            let later: Vec<&Statement> = later.collect();
            emit(Section::Up, rebuilt(&now, group, &later, ledger)?)?;
        } else if !is_switch && !groups.iter().any(|one| one.has(statement)) {
            if let Some(group) = groups
                .iter()
                .find(|one| one.created != one.table && mentions(&statement.sql, one.created))
            {
                let message = format!(
                    "a statement beside the rebuild of {} names {}",
                    group.table, group.created
                );
                return Err(refused(migration, &message));
            }
            emit(statement.section, vec![statement.sql.clone()])?;
        }
    }
    let reached = schema::read(database.connection(), ledger)?;
    let differs = expected.tables().find(|table| {
        let of = |schema: &Schema| {
            schema
                .find(Kind::Table, &table.name)
                .map(|one| one.spelling.clone())
        };
        // A reference to a table that is gone is one of the faults that are corrected here.
        let mut keys = table.foreign_keys.iter();
        let dangles = keys.any(|key| expected.table(&key.parent).is_none());
        !dangles && of(&expected) != of(&reached)
    });
    if let Some(table) = differs {
        let message = format!("{} would get another form", table.name);
        return Err(refused(migration, &message));
    }
    fixed.tables = groups.iter().map(|one| one.table.to_owned()).collect();
    if !fixed.tables.is_empty() {
        let defer = "PRAGMA defer_foreign_keys = ON".to_owned();
        fixed.statements.insert(0, (Section::Up, defer));
    }
    Ok(fixed)
}

fn refused(migration: &Migration, message: &str) -> Error {
    Error::Hinted {
        message: format!("{} cannot be rewritten by rule: {message}", migration.name),
        hint: "change schema.sql and let `generate` write the rebuild".to_owned(),
    }
}

fn groups(statements: &[Statement]) -> Vec<Group<'_>> {
    let created = |name: &str| {
        statements
            .iter()
            .find(|one| matches!(&one.shape, Shape::CreateTable { table, .. } if same(table, name)))
    };
    let dropped = |name: &str| {
        statements
            .iter()
            .find(|one| matches!(&one.shape, Shape::DropTable { table } if same(table, name)))
    };
    let copies = |name: &str, source: &str| {
        statements
            .iter()
            .filter(|one| match &one.shape {
                Shape::Change { word, table } => {
                    word == "insert" && same(table, name) && mentions(&one.sql, source)
                }
                _ => false,
            })
            .collect::<Vec<_>>()
    };
    let mut out = Vec::new();
    for rename in statements {
        let Shape::RenameTable { table: from, to } = &rename.shape else {
            continue;
        };
        if let (Some(create), Some(drop)) = (created(from), dropped(to))
            && create.start < drop.start
            && drop.start < rename.start
        {
            out.push(Group {
                table: to,
                created: from,
                source: to,
                create,
                copies: copies(from, to),
                drop,
                rename,
            });
        } else if let (Some(create), Some(drop)) = (created(from), dropped(to))
            && rename.start < create.start
            && create.start < drop.start
        {
            out.push(Group {
                table: from,
                created: from,
                source: to,
                create,
                copies: copies(from, to),
                drop,
                rename,
            });
        }
    }
    out
}

/// The statements of one rebuild that keeps everything.
fn rebuilt(
    now: &Schema,
    group: &Group<'_>,
    later: &[&Statement],
    ledger: &str,
) -> Result<Vec<String>, Error> {
    let name = group.table;
    let to = after(now, group, ledger)?;
    let (Some(old), Some(new)) = (now.table(name), to.table(name)) else {
        return Err(Error::Refused(format!(
            "{name} is no table before the migration"
        )));
    };
    let copy = |aside: &str| {
        let all = group.copies.iter();
        all.map(|one| copy_sql(&one.sql, group, old, new, aside))
            .collect::<Option<Vec<String>>>()
            .unwrap_or_default()
    };
    if !group.copies.is_empty() && copy("aside").is_empty() {
        return Err(Error::Refused(format!(
            "the rows of {name} are copied in a way that is not known; let `generate` write the rebuild"
        )));
    }
    let reached = rebuild::reached(now, &[name.to_owned()]);
    let triggers: Vec<&Object> = now
        .of(Kind::Trigger)
        .filter(|one| reached.iter().any(|table| same(table, &one.table)))
        .collect();
    let is_made_later = |object: &Object| {
        let creates = |one: &&Statement| {
            one.sql.get(..6).is_some_and(|word| same(word, "create"))
                && mentions(&one.sql, &object.name)
        };
        later.iter().copied().any(|one| creates(&one))
    };
    let mut out: Vec<String> = triggers
        .iter()
        .map(|one| format!("DROP TRIGGER {}", ident(&one.name)))
        .collect();
    out.extend(rebuild::statements_with(now, &to, name, copy));
    let unique = |one: &Object| one.spelling.starts_with("create unique ");
    let indexes = to
        .of(Kind::Index)
        .filter(|one| same(&one.table, name) && !unique(one));
    out.extend(
        indexes
            .chain(triggers)
            .filter(|one| !is_made_later(one))
            .map(Object::print),
    );
    Ok(out)
}

/// The schema with the table in its new form, and with those of its indexes that fit and that no later statement makes.
fn after(now: &Schema, group: &Group<'_>, ledger: &str) -> Result<Schema, Error> {
    let is_of_table = |one: &Object| same(&one.table, group.table);
    let others = now.objects.iter().filter(|one| {
        let is_dependent = one.kind != Kind::Table && mentions(&one.sql, group.table);
        !is_of_table(one) && !is_dependent
    });
    let scratch = Simulator::from_schema(others.map(|one| one.sql.as_str()))?;
    scratch.connection().execute_batch(&group.create.sql)?;
    if !same(group.created, group.table) {
        let (from, to) = (ident(group.created), ident(group.table));
        scratch
            .connection()
            .execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}"))?;
    }
    for index in now.of(Kind::Index).filter(|one| is_of_table(one)) {
        // One that names a column that is gone goes with it.
        let _ = scratch.connection().execute_batch(&index.sql);
    }
    schema::read(scratch.connection(), ledger)
}

/// The statement that copies rows, from the table where they were put aside, with their rowids.
fn copy_sql(sql: &str, group: &Group<'_>, old: &Table, new: &Table, aside: &str) -> Option<String> {
    let all: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    let mut depth = 0_i64;
    let mut at_top = |token: &Token<'_>| {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0
    };
    let top: Vec<&Token<'_>> = all.iter().filter(|token| at_top(token)).collect();
    let find = |word: &str| top.iter().find(|token| token.is(word)).copied();
    let (into, select, from) = (find("into")?, find("select")?, find("from")?);
    let is_plain = [
        "union",
        "intersect",
        "except",
        "distinct",
        "group",
        "values",
    ]
    .iter()
    .all(|word| find(word).is_none());
    let source = all.iter().find(|token| token.start > from.start)?;
    if !is_plain || !same(&unquote(source.text), group.source) {
        return None;
    }
    let head = sql.get(into.end()..select.start)?;
    let mut columns = match head.split_once('(') {
        Some((_, list)) => list.rsplit_once(')')?.0.trim().to_owned(),
        None => ident_list(new.stored().map(|column| column.name.as_str())),
    };
    let mut values = sql.get(select.end()..from.start)?.trim().to_owned();
    if values == "*" {
        values = ident_list(old.columns.iter().map(|column| column.name.as_str()));
    }
    if let Some(rowid) = Rowid::of(old, new) {
        columns = format!("{}, {columns}", rowid.to);
        values = format!("{}, {values}", rowid.aside);
    }
    let rest = sql.get(source.end()..)?;
    let next = all.iter().find(|token| token.start > source.start);
    const CLAUSES: &[&str] = &[
        "where", "order", "limit", "left", "inner", "cross", "join", ",", "natural", "indexed",
    ];
    let has_alias = next.is_some_and(|token| !CLAUSES.iter().any(|word| token.is(word)));
    let alias = if has_alias {
        String::new()
    } else {
        // Columns may be named with the table.
        format!(" AS {}", ident(group.source))
    };
    // With OR IGNORE and the like.
    let insert = sql.get(..into.end())?;
    Some(format!(
        "{insert} {} ({columns}) SELECT {values} FROM {aside}{alias}{rest}",
        ident(group.table)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test may fail by panic"
    )]

    use d1_sim::Simulator;

    use super::{Fixed, rewrite};
    use crate::file::Migration;

    const BEFORE: &str = "CREATE TABLE user (id TEXT PRIMARY KEY NOT NULL, name TEXT, n INTEGER);
        CREATE TABLE post (id INTEGER PRIMARY KEY, user TEXT REFERENCES user (id) ON DELETE CASCADE);
        CREATE INDEX user_n ON user (n); CREATE INDEX user_name ON user (name);
        CREATE TRIGGER user_gone AFTER DELETE ON user BEGIN DELETE FROM post; END;
        CREATE VIEW names AS SELECT name FROM user;";

    const ROWS: &str = "INSERT INTO user VALUES ('x', 'a', 1), ('y', 'b', 2), ('z', 'c', 3);
        INSERT INTO post VALUES (1, 'y'), (2, 'z'); DROP TRIGGER user_gone; DELETE FROM user WHERE id = 'x';
        CREATE TRIGGER user_gone AFTER DELETE ON user BEGIN DELETE FROM post; END;";

    /// Rewrites, runs it on rows, and gives the statements.
    #[track_caller]
    fn fixed(file: &str) -> Fixed {
        let migration = Migration::parse("0002_a.sql", file);
        let empty = Simulator::empty().unwrap();
        empty.run_script(BEFORE).unwrap();
        let fixed = rewrite(&empty, &migration, "d1_migrations").unwrap();
        let live = Simulator::empty().unwrap();
        live.run_script(BEFORE).unwrap();
        live.run_script(ROWS).unwrap();
        let sql = fixed.statements.iter().map(|(_, sql)| sql.as_str());
        live.run(sql)
            .unwrap_or_else(|failure| panic!("{failure:?} {fixed:#?}"));
        let text = |sql: &str| -> String {
            live.connection()
                .query_row(sql, [], |row| row.get(0))
                .unwrap()
        };
        assert_eq!(
            text("SELECT group_concat(user, ' ') FROM post"),
            "y z",
            "{fixed:#?}"
        );
        assert_eq!(
            text("SELECT group_concat(rowid || name, ' ') FROM user"),
            "2B 3C"
        );
        let names = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name)";
        assert_eq!(text(names), "user_gone user_n user_name");
        fixed
    }

    #[test]
    fn rebuild_of_drizzle_keeps_children_rowids_and_triggers() {
        let fixed = fixed(
            "PRAGMA foreign_keys=OFF;--> statement-breakpoint\nCREATE TABLE `__new_user` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`name` text NOT NULL,\n\t`n` integer\n);\n--> statement-breakpoint\nINSERT INTO `__new_user`(\"id\", \"name\", \"n\") SELECT \"id\", upper(\"name\"), \"n\" FROM `user`;--> statement-breakpoint\nDROP TABLE `user`;--> statement-breakpoint\nDROP VIEW names;\nALTER TABLE `__new_user` RENAME TO `user`;--> statement-breakpoint\nPRAGMA foreign_keys=ON;--> statement-breakpoint\nCREATE INDEX `user_n` ON `user` (`n`);",
        );
        assert_eq!(fixed.tables, ["user"]);
        let sql = |part: &str| {
            fixed
                .statements
                .iter()
                .filter(|(_, sql)| sql.contains(part))
                .count()
        };
        assert_eq!(
            (sql("foreign_keys=OFF"), sql("user_n"), sql("user_name")),
            (0, 2, 1)
        );
    }

    #[test]
    fn rebuild_that_renames_first_is_known_too() {
        fixed(
            "DROP VIEW names;\nALTER TABLE user RENAME TO user_old;\nCREATE TABLE user (id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, n INTEGER);\nINSERT INTO user SELECT u.id, upper(u.name), u.n FROM user_old u WHERE u.id <> '';\nDROP TABLE user_old;\n",
        );
    }

    #[test]
    fn rebuild_of_prisma_is_known_too() {
        let fixed = fixed(
            "DROP VIEW names;\n-- RedefineTables\nPRAGMA defer_foreign_keys=ON;\nPRAGMA foreign_keys=OFF;\nCREATE TABLE \"new_user\" (\n    \"id\" TEXT NOT NULL PRIMARY KEY,\n    \"name\" TEXT NOT NULL,\n    \"n\" INTEGER\n);\nINSERT OR IGNORE INTO \"new_user\" (\"id\", \"name\", \"n\") SELECT \"id\", upper(\"user\".\"name\"), \"n\" FROM \"user\";\nDROP TABLE \"user\";\nALTER TABLE \"new_user\" RENAME TO \"user\";\nCREATE INDEX \"user_n\" ON \"user\"(\"n\");\nPRAGMA foreign_keys=ON;\nPRAGMA defer_foreign_keys=OFF;\n",
        );
        let has = |part: &str| fixed.statements.iter().any(|(_, sql)| sql.contains(part));
        assert!(has("INSERT OR IGNORE INTO user (rowid, "), "{fixed:#?}");
        assert!(!has("OFF"));
    }

    #[test]
    fn copy_that_is_not_understood_is_refused() {
        let migration = Migration::parse(
            "0002_a.sql",
            "DROP VIEW names; CREATE TABLE u (id TEXT PRIMARY KEY NOT NULL); INSERT INTO u SELECT DISTINCT id FROM user; DROP TABLE user; ALTER TABLE u RENAME TO user;",
        );
        let empty = Simulator::empty().unwrap();
        empty.run_script(BEFORE).unwrap();
        let error = rewrite(&empty, &migration, "d1_migrations").unwrap_err();
        assert!(error.to_string().contains("not known"), "{error}");
    }
}

//! FK301: children that lose rows or references with a dropped parent.

use crate::check::{Check, Example, Logic, Lost, Severity};
use crate::sql::name::same;
use crate::sql::shape::Shape;

/// FK301.
pub static CHECK: Check = Check {
    code: "FK301",
    severity: Severity::Error,
    why: "dropping a table deletes its rows first, which fires ON DELETE CASCADE, SET NULL and SET DEFAULT in its children, whatever the pragmas say; wrangler reports success",
    instead: "rebuild under the same name and put the children's rows back: change schema.sql and let `generate` write it",
    logic: &[Logic::Loss(explains)],
    bad: &[Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
DROP TABLE parent;
"#,
        ).also(&["A407"]),
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
PRAGMA foreign_keys = OFF;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, extra TEXT);
INSERT INTO parent_new (id, name) SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
"#,
        ),
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
ALTER TABLE parent ADD COLUMN extra TEXT;
-- migrate:down
-- CREATE TABLE parent_old (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
-- INSERT INTO parent_old SELECT id, name FROM parent;
-- DROP TABLE parent;
-- ALTER TABLE parent_old RENAME TO parent;
"#,
        ),
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER DEFAULT NULL REFERENCES parent (id) ON DELETE SET DEFAULT);"#,
            r#"-- migrate:up
PRAGMA foreign_keys = OFF;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, extra TEXT);
INSERT INTO parent_new (id, name) SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
"#,
        ),
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE SET NULL);"#,
            r#"-- migrate:up
PRAGMA foreign_keys = OFF;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, extra TEXT);
INSERT INTO parent_new (id, name) SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
"#,
        ),],
    good: &[
        // The key and what refers to it get another type together.
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE child (parent_id INTEGER REFERENCES parent (id));"#,
            r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE parent_rows AS SELECT * FROM parent;
CREATE TABLE child_rows AS SELECT * FROM child;
DROP TABLE child;
DROP TABLE parent;
CREATE TABLE parent (id TEXT NOT NULL PRIMARY KEY);
CREATE TABLE child (parent_id TEXT REFERENCES parent (id));
INSERT INTO parent SELECT * FROM parent_rows;
INSERT INTO child SELECT * FROM child_rows;
DROP TABLE parent_rows;
DROP TABLE child_rows;
"#,
        )
        .also(&["A405"]),
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE parent_rows AS SELECT * FROM parent;
CREATE TABLE child_rows AS SELECT * FROM child;
DROP TABLE parent;
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT, extra TEXT);
INSERT INTO parent (id, name) SELECT id, name FROM parent_rows;
DELETE FROM child;
INSERT INTO child (id, parent_id) SELECT id, parent_id FROM child_rows;
DROP TABLE parent_rows;
DROP TABLE child_rows;
-- migrate:down
-- PRAGMA defer_foreign_keys = ON;
-- CREATE TABLE parent_rows AS SELECT * FROM parent;
-- CREATE TABLE child_rows AS SELECT * FROM child;
-- DROP TABLE parent;
-- CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
-- INSERT INTO parent (id, name) SELECT id, name FROM parent_rows;
-- DELETE FROM child;
-- INSERT INTO child (id, parent_id) SELECT id, parent_id FROM child_rows;
-- DROP TABLE parent_rows;
-- DROP TABLE child_rows;
"#,
        ),
    ],
};

/// The DROP of a parent; for a child also any other DROP.
fn explains(lost: &Lost<'_>) -> Option<usize> {
    let is_child_of = |parent: &str| {
        [lost.step.before, lost.schema].iter().any(|schema| {
            schema
                .children(parent)
                .any(|(child, _)| same(&child.name, &lost.loss.table))
        })
    };
    let dropped = || {
        lost.statements.iter().filter_map(|one| match &one.shape {
            Shape::DropTable { table } => Some((table, one.start)),
            _ => None,
        })
    };
    let of_parent = dropped().find(|(table, _)| is_child_of(table));
    let of_another =
        || dropped().find(|(table, _)| lost.loss.is_child && !same(table, &lost.loss.table));
    of_parent.or_else(of_another).map(|(_, start)| start)
}

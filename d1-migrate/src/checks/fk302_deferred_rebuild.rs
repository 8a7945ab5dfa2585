//! FK302: rebuilds by drop and rename that fail at the end of the transaction.

use crate::check::{Check, Example, Failed, Logic, Severity};

/// FK302.
pub static CHECK: Check = Check {
    code: "FK302",
    severity: Severity::Error,
    why: "with defer_foreign_keys the rebuild by drop and rename ends in an opaque internal error as soon as a child with RESTRICT or NO ACTION has rows",
    instead: "rebuild under the same name: change schema.sql and let `generate` write it",
    logic: &[Logic::Failure(explains)],
    bad: &[
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE NO ACTION);"#,
            r#"-- migrate:up
PRAGMA foreign_keys = OFF;
PRAGMA defer_foreign_keys = ON;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, extra TEXT);
INSERT INTO parent_new (id, name) SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
"#,
        ),
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE RESTRICT);"#,
            r#"-- migrate:up
PRAGMA foreign_keys = OFF;
PRAGMA defer_foreign_keys = ON;
CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, extra TEXT);
INSERT INTO parent_new (id, name) SELECT id, name FROM parent;
DROP TABLE parent;
ALTER TABLE parent_new RENAME TO parent;
"#,
        ),
    ],
    good: &[Example::after(
        r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE RESTRICT);"#,
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
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    failed.is_at_commit() && !failed.rebuilds.is_empty()
}

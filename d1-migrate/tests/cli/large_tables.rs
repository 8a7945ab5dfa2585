//! Generated changes of a table with 100,000 rows and children under all five foreign-key actions, on real D1.

use crate::support::Folder;

const ACTIONS: [&str; 5] = [
    "CASCADE",
    "SET NULL",
    "SET DEFAULT",
    "RESTRICT",
    "NO ACTION",
];
const N_ROWS: i64 = 100_000;

/// A parent, five children, a grandchild, a table that refers to itself, an index, a view, a trigger.
fn schema() -> String {
    let mut sql = String::from(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, pay TEXT, up INTEGER REFERENCES parent (id) ON DELETE CASCADE);\n\
         CREATE INDEX parent_title ON parent (title);\n\
         CREATE VIEW titles AS SELECT id, title FROM parent;\n",
    );
    for (index, action) in ACTIONS.iter().enumerate() {
        sql.push_str(&format!(
            "CREATE TABLE child{index} (id INTEGER PRIMARY KEY, parent_id INTEGER DEFAULT NULL REFERENCES parent (id) ON DELETE {action});\n"
        ));
    }
    sql.push_str("CREATE TABLE grandchild (id INTEGER PRIMARY KEY, child_id INTEGER REFERENCES child0 (id) ON DELETE CASCADE);\n");
    sql.push_str("CREATE TRIGGER child0_gone AFTER DELETE ON child0 BEGIN UPDATE parent SET title = 'gone'; END;\n");
    sql
}

/// One number that changes when anything is lost.
const SUMS: &str = "SELECT (SELECT count(*) FROM parent) + (SELECT count(*) FROM parent WHERE title LIKE 'title %')
    + (SELECT count(up) FROM parent) + (SELECT count(parent_id) FROM child0) + (SELECT count(parent_id) FROM child1)
    + (SELECT count(parent_id) FROM child2) + (SELECT count(parent_id) FROM child3) + (SELECT count(parent_id) FROM child4)
    + (SELECT count(child_id) FROM grandchild) + (SELECT seq FROM sqlite_sequence WHERE name = 'parent') AS n";

#[test]
fn nothing_is_lost_by_any_kind_of_change() {
    let first = schema();
    let folder = Folder::with_versions(&[&first]);
    folder.db(&["migrate"]).exits(0);
    folder.sql(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {N_ROWS})
         INSERT INTO parent (id, title, pay, up) SELECT i, 'title ' || i, i, CASE WHEN i > 1 THEN i / 2 END FROM n"
    ));
    let mut children: String = (0..5)
        .map(|index| {
            format!("INSERT INTO child{index} SELECT id, id FROM parent WHERE id % 10 = 0;")
        })
        .collect();
    children.push_str("INSERT INTO grandchild SELECT id, id FROM child0;");
    children.push_str(&format!(
        "UPDATE sqlite_sequence SET seq = {} WHERE name = 'parent';",
        N_ROWS * 2
    ));
    folder.sql(&children);
    let before = folder.number(SUMS);
    assert_eq!(
        before,
        N_ROWS * 2 + (N_ROWS - 1) + 6 * N_ROWS / 10 + N_ROWS * 2
    );

    // One migration each: a column in the middle (rebuild), a new CHECK with a dropped column (rebuild), a rename,
    // a column at the end, new and changed objects.
    let middle = first.replace(
        "title TEXT NOT NULL",
        "kind TEXT NOT NULL DEFAULT 'job', title TEXT NOT NULL",
    );
    folder.next("middle", &middle);
    let checked = middle.replace(
        "title TEXT NOT NULL, pay TEXT",
        "title TEXT NOT NULL CHECK (length(title) < 100)",
    );
    folder.next("checked", &checked);
    let renamed = checked.replace("kind TEXT", "sort TEXT");
    folder.write("schema.sql", &renamed);
    folder
        .db(&["generate", "renamed", "--rename", "parent.kind:sort"])
        .exits(0);
    let added = renamed.replace(
        "ON DELETE CASCADE);\nCREATE INDEX",
        "ON DELETE CASCADE, note TEXT);\nCREATE INDEX",
    );
    folder.next("added", &added);
    let objects = added
        .replace("ON parent (title)", "ON parent (title, sort)")
        .replace("id, title FROM", "title FROM");
    folder.next("objects", &objects);

    folder
        .db(&["migrate"])
        .exits(0)
        .says("applied: 0006_objects.sql");
    assert_eq!(folder.number(SUMS), before);
    folder.db(&["pull", "--check"]).exits(0);
    folder.db(&["rollback", "5", "--yes"]).exits(0);
    assert_eq!(folder.number(SUMS), before);
    folder.db(&["pull", "--check"]).exits(0);
}

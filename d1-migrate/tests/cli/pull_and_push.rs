//! `pull` and `push` on local databases.

use crate::support::Folder;

#[test]
fn tables_named_like_shadow_tables_are_pulled() {
    let folder = Folder::with_versions(&[
        "CREATE VIRTUAL TABLE search USING fts5 (a); CREATE VIRTUAL TABLE search_words USING fts5vocab (search, 'row'); CREATE TABLE search_history (q TEXT);",
    ]);
    folder.db(&["migrate"]).exits(0);
    folder.db(&["pull", "--check"]).exits(0);
    let run = folder
        .db(&["pull"])
        .exits(0)
        .prints("CREATE TABLE search_history");
    assert!(run.stdout.contains("fts5vocab") && !run.stdout.contains("search_data"));
}

#[test]
fn ledger_list_status_and_pull_need_neither_schema_nor_template() {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT);"]);
    folder.db(&["migrate"]).exits(0);
    for file in ["schema.sql", "migrations/template"] {
        std::fs::remove_file(folder.path(file)).unwrap();
    }
    for args in [&["list"][..], &["status"], &["pull"], &["pull", "--check"]] {
        folder.db(args).exits(0);
    }
    folder.db(&["validate"]).exits(0).says("without schema.sql");
    folder
        .db(&["generate", "x"])
        .exits(1)
        .says("migrations/template")
        .says("`d1-migrate init`");
    folder.write("migrations/template", "{{up}}\n-- migrate:down\n{{down}}\n");
    folder
        .db(&["generate", "x"])
        .exits(1)
        .says("schema.sql")
        .says("`d1-migrate init`");
}

const A: &str = "CREATE TABLE a (x TEXT);";

#[test]
fn pull_prints_sql_that_builds_the_same() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["migrate"]).exits(0);
    folder.sql(
        "CREATE VIRTUAL TABLE w USING fts5 (word); CREATE INDEX i ON a (x);
         CREATE VIEW v AS SELECT '( spaces )' AS kept;",
    );
    let pulled = folder.db(&["pull"]).exits(0).stdout;
    insta::assert_snapshot!(pulled, @r"
    CREATE TABLE a (
      x TEXT
    );

    CREATE VIRTUAL TABLE w USING fts5 (word);

    CREATE INDEX i ON a (x);

    CREATE VIEW v AS SELECT '( spaces )' AS kept;
    ");
    folder.write("schema.sql", &pulled);
    folder.db(&["push"]).exits(0).says("nothing to do");
}

#[test]
fn pull_check_shows_drift() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["pull"]).exits(1).says("no local database");
    folder.db(&["migrate"]).exits(0);
    assert_eq!(
        folder.db(&["pull", "--check", "--json"]).exits(0).json(),
        serde_json::json!({ "environment": "dev", "database": "jobs", "location": "local", "same": true, "diff": "" })
    );
    folder.sql("ALTER TABLE a ADD COLUMN stray TEXT");
    folder
        .db(&["pull", "--check"])
        .exits(2)
        .prints("+  stray TEXT");
    let json = folder.db(&["pull", "--check", "--json"]).exits(2).json();
    assert_eq!(json["same"], false);
}

#[test]
fn push_makes_and_changes_a_local_database() {
    let folder = Folder::empty();
    folder.write("schema.sql", A);
    folder
        .db(&["push"])
        .exits(0)
        .prints("CREATE TABLE a")
        .says("ledger is as it was");
    folder.sql("INSERT INTO a VALUES ('kept')");
    folder.write(
        "schema.sql",
        "CREATE TABLE a (n INTEGER NOT NULL DEFAULT 1, x TEXT);",
    );
    folder.db(&["push"]).exits(0);
    assert_eq!(folder.number("SELECT n FROM a WHERE x = 'kept'"), 1);
    folder.write("schema.sql", "CREATE TABLE a (x TEXT);");
    folder
        .db(&["push"])
        .exits(1)
        .says("will be lost: a.n")
        .says("--yes");
    folder.db(&["push", "--yes"]).exits(0);
    folder.write("schema.sql", "CREATE TABLE a (z TEXT);");
    folder.db(&["push"]).exits(1).says("--rename a.x:z");
    folder.db(&["push", "--rename", "a.x:z"]).exits(0);
    assert_eq!(folder.number("SELECT count(*) FROM a WHERE z = 'kept'"), 1);
}

#[test]
fn push_and_studio_refuse_remote_databases() {
    let folder = Folder::empty();
    for env in ["staging", "production"] {
        for command in [&["push", "--yes"][..], &["studio"]] {
            folder
                .db(&[command, &["--env", env]].concat())
                .exits(1)
                .says("works on a local database only");
        }
    }
}

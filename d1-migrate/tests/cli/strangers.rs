//! Projects that know nothing of this tool: other configurations, other layouts, no files of ours.

use std::fs;

use crate::support::{Folder, Run};

/// A folder with these files and wrangler, and nothing else.
fn project(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::empty();
    for name in ["wrangler.toml", "schema.sql"] {
        fs::remove_file(folder.path(name)).unwrap();
    }
    fs::remove_dir_all(folder.path("migrations")).unwrap();
    for (name, text) in files {
        fs::create_dir_all(folder.path(name).parent().unwrap()).unwrap();
        folder.write(name, text);
    }
    folder
}

const JSONC: &str = r#"{
  // The Worker.
  "name": "shop",
  "compatibility_date": "2026-01-01",
  "d1_databases": [
    { "binding": "CACHE", "database_name": "cache" },
    {
      "binding": "SHOP",
      "database_name": "shop-db",
      "migrations_dir": "db/migrations",
      "migrations_pattern": "db/migrations/*/migration.sql",
      "migrations_table": "applied",
    },
  ],
}"#;

#[test]
fn nested_folders_of_a_jsonc_project_are_adopted_migrated_and_checked() {
    let folder = project(&[
        ("wrangler.jsonc", JSONC),
        (
            "db/migrations/20260101000000_first/migration.sql",
            "CREATE TABLE `item` (\n\t`id` integer PRIMARY KEY NOT NULL,\n\t`name` text NOT NULL\n);\n--> statement-breakpoint\nCREATE UNIQUE INDEX `item_name` ON `item` (`name`);",
        ),
        (
            "db/migrations/20260102000000_second/migration.sql",
            "ALTER TABLE `item` ADD `price` integer DEFAULT 0 NOT NULL;",
        ),
    ]);
    let shop = ["--binding", "SHOP"];
    let run = |args: &[&str]| folder.db(&[args, &shop].concat());
    folder
        .db(&["list"])
        .exits(1)
        .says("hint: choose one: --binding CACHE, --binding SHOP");
    folder.db(&["list", "--binding", "X"]).exits(64);
    run(&["list"])
        .exits(0)
        .prints("20260102000000_second/migration.sql");
    run(&["init"])
        .exits(0)
        .says("configuration: wrangler.jsonc")
        .says("database: shop-db (dev, local)")
        .says("migrations: 2 files in db/migrations, pattern */migration.sql")
        .says("ledger: applied, no database to read it from")
        .says("drizzle-kit wrote these files")
        .says("checks: no findings")
        .prints("schema.sql")
        .prints("db/migrations/template")
        .prints("db/migrations/checksums.txt");
    insta::assert_snapshot!(folder.read("schema.sql"), @r"
    CREATE TABLE item (
      id integer PRIMARY KEY NOT NULL,
      name text NOT NULL,
      price integer DEFAULT 0 NOT NULL
    );

    CREATE UNIQUE INDEX `item_name` ON `item` (`name`);
    ");
    run(&["validate", "--strict"]).exits(0);
    run(&["migrate"])
        .exits(0)
        .says("applied: 20260101000000_first/migration.sql");
    run(&["status"]).exits(0).says("2 applied, 0 pending");
    run(&["pull", "--check"]).exits(0);
    // Wrangler itself sees nothing to do.
    folder
        .wrangler(&["d1", "migrations", "list", "shop-db", "--local"])
        .exits(0)
        .prints("No migrations to apply");
    folder.replace("schema.sql", "name text NOT NULL,", "name text,");
    run(&["generate", "loose"])
        .exits(0)
        .prints("db/migrations/20260102000001_loose/migration.sql");
    run(&["migrate"]).exits(0);
    run(&["rollback", "--yes"]).exits(0);
    // A second time nothing is changed.
    let run = run(&["init"]).exits(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn configuration_is_the_given_one_or_the_nearest_in_wranglers_order() {
    let database = |name: &str| {
        format!(
            "{{\"name\": \"x\", \"d1_databases\": [{{\"binding\": \"DB\", \"database_name\": \"{name}\"}}]}}"
        )
    };
    let folder = project(&[
        (
            "wrangler.toml",
            "name = 'x'\n[[d1_databases]]\nbinding = 'DB'\ndatabase_name = 'toml'\n",
        ),
        ("wrangler.jsonc", &database("jsonc")),
        ("wrangler.json", &database("json")),
        (
            "apps/api/wrangler.toml",
            "name = 'x'\n[[d1_databases]]\nbinding = 'DB'\ndatabase_name = 'near'\n[env.qa]\n[[env.qa.d1_databases]]\nbinding = 'DB'\ndatabase_name = 'near-qa'\n",
        ),
        ("apps/api/src/x.txt", ""),
    ]);
    let says = |dir: &str, args: &[&str], text: &str| {
        let mut command = folder.command(&[&["status"], args].concat());
        let output = command.current_dir(folder.path(dir)).output().unwrap();
        Run::from(&output).exits(0).says(text);
    };
    says(".", &[], "json (dev, local): 0 applied");
    fs::remove_file(folder.path("wrangler.json")).unwrap();
    says(".", &[], "jsonc (dev, local)");
    says(".", &["--config", "wrangler.toml"], "toml (dev, local)");
    says("apps/api/src", &[], "near (dev, local)");
    says(
        "apps/api/src",
        &["--env", "qa", "--local"],
        "near-qa (qa, local)",
    );
    let mut command = folder.command(&["status", "--env", "nothing"]);
    let output = command
        .current_dir(folder.path("apps/api"))
        .output()
        .unwrap();
    Run::from(&output)
        .exits(64)
        .says("has no environment nothing")
        .says("--env qa");
}

#[test]
fn database_without_migrations_is_adopted_from_what_is_live() {
    let folder = project(&[(
        "wrangler.json",
        r#"{ "name": "x", "compatibility_date": "2026-01-01", "d1_databases": [{ "binding": "DB", "database_name": "old" }] }"#,
    )]);
    folder
        .wrangler(&[
            "d1",
            "execute",
            "old",
            "--local",
            "--command",
            "CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('1');",
        ])
        .exits(0);
    folder
        .db(&["init", "--live"])
        .exits(0)
        .says("`d1-migrate generate first`")
        .says("`d1-migrate baseline 1`");
    assert_eq!(
        folder.read("schema.sql"),
        "CREATE TABLE a (\n  x TEXT\n);\n"
    );
    folder.db(&["generate", "first"]).exits(0);
    folder.db(&["baseline", "1", "--yes"]).exits(0);
    folder.db(&["status"]).exits(0).says("1 applied, 0 pending");
    folder.db(&["pull", "--check"]).exits(0);
}

#[test]
fn folder_that_the_pattern_does_not_see_is_pointed_at() {
    let folder = project(&[
        (
            "wrangler.toml",
            "name = 'x'\n[[d1_databases]]\nbinding = 'DB'\ndatabase_name = 'd'\nmigrations_dir = 'drizzle'\n",
        ),
        ("drizzle/0000_a/migration.sql", "CREATE TABLE a (x TEXT);"),
    ]);
    folder
        .db(&["init"])
        .exits(0)
        .says("set \"migrations_pattern\": \"drizzle/*/migration.sql\"");
}

#[test]
fn transaction_of_an_old_file_is_cut_out_as_wrangler_does() {
    let folder = project(&[
        (
            "wrangler.toml",
            "name = 'x'\ncompatibility_date = '2026-01-01'\n[[d1_databases]]\nbinding = 'DB'\ndatabase_name = 'd'\n",
        ),
        (
            "migrations/0001_a.sql",
            "BEGIN TRANSACTION;\nCREATE TABLE a (x TEXT);\nINSERT INTO a VALUES ('1');\nCOMMIT;\n",
        ),
    ]);
    folder.db(&["init"]).exits(0).says("checks: 1 warning");
    folder
        .db(&["validate", "--real"])
        .exits(0)
        .prints("warning[T107]");
    folder.db(&["migrate"]).exits(0).says("applied: 0001_a.sql");
}

#[test]
fn loss_of_an_adopted_file_stops_nothing() {
    let folder = project(&[
        (
            "wrangler.toml",
            "name = 'x'\ncompatibility_date = '2026-01-01'\n[[d1_databases]]\nbinding = 'DB'\n",
        ),
        (
            "migrations/0001_a.sql",
            "CREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p INTEGER REFERENCES p ON DELETE CASCADE);\n",
        ),
        (
            "migrations/0002_b.sql",
            "CREATE TABLE q (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO q (id) SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE q RENAME TO p;\n",
        ),
    ]);
    folder.db(&["validate"]).exits(1).prints("error[FK301]");
    folder.db(&["init"]).exits(0).says("checks: 1 warning");
    folder
        .db(&["validate"])
        .exits(0)
        .prints("warning[FK301]")
        .prints("this has happened");
    folder.db(&["migrate"]).exits(0).says("applied: 0002_b.sql");
    folder.write("migrations/0003_c.sql", "DROP TABLE nowhere;\n");
    folder.db(&["migrate"]).exits(1).says("error[S601]");
}

#[test]
fn man_pages_are_printed() {
    let folder = Folder::empty();
    folder.db(&["man"]).exits(0).prints(".TH d1-migrate 1");
    folder
        .db(&["man", "generate"])
        .exits(0)
        .prints("\\-\\-rename");
    folder.db(&["man", "nothing"]).exits(1);
    for command in ["init", "generate", "migrate", "validate"] {
        folder.db(&["help", command]).exits(0).prints("Examples:");
    }
}

#[test]
fn repository_of_another_tool_has_no_false_alarm() {
    // What drizzle-kit and people write, after the kinds of public projects.
    let folder = project(&[
        (
            "wrangler.toml",
            "name = 'x'\n[[d1_databases]]\nbinding = 'DB'\ndatabase_name = 'd'\n",
        ),
        (
            "migrations/0000_init.sql",
            "CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, email TEXT UNIQUE, created_at DATETIME DEFAULT CURRENT_TIMESTAMP);\nCREATE TABLE posts (id TEXT PRIMARY KEY, user_id TEXT NOT NULL, slug TEXT, FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE);\nCREATE UNIQUE INDEX posts_slug ON posts (slug);\n",
        ),
        (
            "migrations/0001_seed.sql",
            "INSERT OR IGNORE INTO users (id, email) VALUES ('u1', 'a@example.org');\n",
        ),
        (
            "migrations/2_more.sql",
            "ALTER TABLE users ADD COLUMN handle TEXT;\nCREATE UNIQUE INDEX users_handle ON users (handle);\nCREATE UNIQUE INDEX users_id_email ON users (id, email);\n",
        ),
        (
            "migrations/0003_plan.sql",
            "CREATE TABLE plans (code TEXT PRIMARY KEY CHECK (code GLOB 'p[0-9]_?'));\nINSERT INTO plans VALUES ('p1_a');\nUPDATE users SET email = lower(email);\n",
        ),
        (
            "migrations/0004_plan.sql",
            "ALTER TABLE plans ADD COLUMN price INTEGER NOT NULL DEFAULT 0;\n",
        ),
    ]);
    folder.db(&["validate", "--strict"]).exits(0);
}

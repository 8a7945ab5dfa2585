//! `fix`: a rebuild of drizzle-kit, from the finding to rows that stay.

use crate::support::Folder;

const REBUILD: &str = "PRAGMA foreign_keys=OFF;--> statement-breakpoint\nCREATE TABLE `__new_p` (\n\t`id` text PRIMARY KEY NOT NULL,\n\t`name` text DEFAULT ''\n);\n--> statement-breakpoint\nINSERT INTO `__new_p`(\"id\", \"name\") SELECT \"id\", \"name\" FROM `p`;--> statement-breakpoint\nDROP TABLE `p`;--> statement-breakpoint\nALTER TABLE `__new_p` RENAME TO `p`;--> statement-breakpoint\nPRAGMA foreign_keys=ON;";

const SCHEMA: &str = "CREATE TABLE p (id text PRIMARY KEY NOT NULL, name text); CREATE TABLE c (id integer PRIMARY KEY, p text REFERENCES p (id) ON DELETE CASCADE);";

fn folder() -> Folder {
    let folder = Folder::empty();
    folder.write(
        "migrations/0000_first.sql",
        "CREATE TABLE `p` (`id` text PRIMARY KEY NOT NULL, `name` text);\n--> statement-breakpoint\nCREATE TABLE `c` (`id` integer PRIMARY KEY NOT NULL, `p` text REFERENCES `p`(`id`) ON DELETE CASCADE);\n",
    );
    folder.write("schema.sql", SCHEMA);
    folder
}

#[test]
fn rebuild_that_empties_its_children_is_rewritten() {
    let folder = folder();
    folder.db(&["migrate"]).exits(0);
    folder.sql("INSERT INTO p VALUES ('a', 'x'); INSERT INTO c VALUES (1, 'a');");
    folder.write("migrations/0001_second.sql", REBUILD);
    folder.write(
        "schema.sql",
        &SCHEMA.replace("name text", "name text DEFAULT ''"),
    );
    folder.db(&["migrate"]).exits(1).says("error[FK301]");
    folder
        .db(&["fix", "1", "--dry-run"])
        .exits(2)
        .prints("-DROP TABLE `p`")
        .prints("+CREATE TABLE c_aside");
    folder.db(&["fix", "1"]).exits(1).says("--yes");
    assert_eq!(folder.read("migrations/0001_second.sql"), REBUILD);
    folder
        .db(&["fix", "migrations/0001_second.sql", "--yes"])
        .exits(0)
        .says("rewritten: the rebuild of p in 0001_second.sql");
    insta::assert_snapshot!(folder.read("migrations/0001_second.sql"), @r#"
    PRAGMA defer_foreign_keys = ON;
    --> statement-breakpoint
    CREATE TABLE p_aside AS SELECT rowid AS rowid_aside, id, name FROM p;
    --> statement-breakpoint
    CREATE TABLE c_aside AS SELECT id, p FROM c;
    --> statement-breakpoint
    DELETE FROM c;
    --> statement-breakpoint
    DROP TABLE p;
    --> statement-breakpoint
    CREATE TABLE p (
      id text PRIMARY KEY NOT NULL,
      name text DEFAULT ''
    );
    --> statement-breakpoint
    INSERT INTO p (rowid, "id", "name") SELECT rowid_aside, "id", "name" FROM p_aside AS p;
    --> statement-breakpoint
    INSERT INTO c (id, p) SELECT id, p FROM c_aside;
    --> statement-breakpoint
    DROP TABLE p_aside;
    --> statement-breakpoint
    DROP TABLE c_aside;
    --> statement-breakpoint
    SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM pragma_foreign_key_check) = 0 THEN '$' ELSE 'verify: every reference finds its row' END);
    "#);
    folder
        .db(&["migrate"])
        .exits(0)
        .says("applied: 0001_second.sql");
    assert_eq!(
        folder.number("SELECT count(*) FROM c JOIN p ON p.id = c.p"),
        1
    );
    // Applied and sealed: too late.
    folder.db(&["fix", "1"]).exits(1).says("is sealed");
}

#[test]
fn file_without_a_rebuild_is_left_alone() {
    let folder = folder();
    folder.db(&["fix", "0"]).exits(0).says("nothing to do");
    folder.db(&["fix", "7"]).exits(1).says("no migration 7");
}

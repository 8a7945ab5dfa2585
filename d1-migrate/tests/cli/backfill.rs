//! Backfills in batches, and the estimate before `migrate`.

use crate::support::Folder;

const V1: &str = "CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL);";

const BACKFILL: &str = "-- migrate:up
ALTER TABLE jobs ADD COLUMN slug TEXT;
-- migrate:backfill BATCH=1000
-- UPDATE jobs SET slug = lower(title) WHERE slug IS NULL;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN slug;
";

fn folder(n_rows: u32) -> Folder {
    let folder = Folder::with_versions(&[V1]);
    folder.db(&["migrate"]).exits(0);
    folder.sql(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n_rows}) INSERT INTO jobs SELECT i, 'Title ' || i FROM n"
    ));
    folder
}

#[test]
fn backfill_runs_in_batches_and_goes_on_where_it_stopped() {
    let folder = folder(2500);
    folder.write("schema.sql", &V1.replace("NULL)", "NULL, slug TEXT)"));
    folder.write("migrations/0002_slug.sql", BACKFILL);
    // Wrangler applies the file and none of the backfill.
    folder
        .wrangler(&["d1", "migrations", "apply", "jobs", "--local"])
        .exits(0);
    assert_eq!(folder.number("SELECT count(slug) FROM jobs"), 0);
    folder.sql("UPDATE jobs SET slug = 'mine' WHERE id <= 200");
    folder
        .db(&["migrate", "--dry-run"])
        .exits(0)
        .says("up to date");
    assert_eq!(folder.number("SELECT count(slug) FROM jobs"), 200);
    folder
        .db(&["migrate"])
        .exits(0)
        .says("backfill of 0002_slug.sql: 2300 rows of jobs in 3 batches")
        .says("backfill of 0002_slug.sql: done");
    assert_eq!(
        folder.number("SELECT count(*) FROM jobs WHERE slug = lower(title)"),
        2300
    );
    let run = folder.db(&["migrate"]).exits(0);
    assert!(!run.stderr.contains("backfill"), "{}", run.stderr);
}

#[test]
fn rows_and_seconds_of_a_rebuild_are_said_before_it() {
    let folder = folder(20_000);
    folder.next(
        "v2",
        &V1.replace("title TEXT NOT NULL", "company TEXT, title TEXT NOT NULL"),
    );
    folder
        .db(&["migrate", "--dry-run"])
        .exits(2)
        .says("0002_v2.sql: about 60000 row writes in jobs (20000 rows), about 2 s of the 30 s");
}

//! Statements that check whether the database has the schema that this Worker was built for.

use std::sync::LazyLock;

use super::upsert::STATE_COLUMNS;
use crate::content_hash::CONTENT_HASH_COLUMN;
use crate::field::FIELDS;

/// Names in wrangler's ledger of applied migrations. Fails with "no such table" without a ledger.
pub const APPLIED_MIGRATIONS: &str = "SELECT name FROM d1_migrations ORDER BY id";

/// Returns no rows, and fails unless every table and column exists.
pub static PROBE_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let state = STATE_COLUMNS.join(", ");
    let columns = FIELDS.each_ref().map(|spec| spec.column).join(", ");
    format!(
        "SELECT 1 FROM (SELECT id, {columns}, {CONTENT_HASH_COLUMN}, ingested_at, created_at, {state} FROM jobs LIMIT 0), \
         (SELECT token_name, id, source, status, received, inserted, updated, unchanged, \
         duplicates, rejected, body_bytes, duration_ms, started_at, finished_at, closed, reopened, closing \
         FROM ingest_runs LIMIT 0), \
         (SELECT token_name, key, fingerprint, run_id, findings, created_at \
         FROM ingest_keys LIMIT 0), \
         (SELECT token_name, run_id, rejects FROM ingest_rejects LIMIT 0), \
         (SELECT source, observed_at, token_name, run_id, listed, withheld FROM ingest_sources LIMIT 0)"
    )
});

/// What the Worker requires beyond tables and columns: kind, table, and columns in alphabetical
/// order, or a name. A board that recreates a table may lose it although no migration is missing.
const NEEDED: [(&str, &str, &str); 8] = [
    // Runs count new rows by ids, so a new row's id must be one above the largest.
    ("primary key", "jobs", "id"),
    // The conflict target of the upsert.
    ("unique key", "jobs", "external_id,source"),
    ("trigger", "jobs", "jobs_forget_content_hash"),
    ("unique key", "ingest_runs", "id,token_name"),
    // NULL here fails a batch whose unsent rows have changed.
    ("not null", "ingest_runs", "unchanged"),
    // Without it a repeat is written again.
    ("unique key", "ingest_keys", "key,token_name"),
    ("unique key", "ingest_rejects", "run_id,token_name"),
    ("unique key", "ingest_sources", "source"),
];

/// Returns the name of each of these that does not exist.
pub static MISSING_OBJECTS: LazyLock<String> = LazyLock::new(|| {
    let needed = NEEDED.map(|(kind, table, what)| format!("('{kind}', '{table}', '{what}')"));
    format!(
        "WITH needed (kind, tbl, what) AS (VALUES {})\n\
         SELECT CASE kind WHEN 'trigger' THEN 'trigger ' || what\n  \
         ELSE kind || ' ' || tbl || ' (' || replace(what, ',', ', ') || ')' END AS missing\n\
         FROM needed WHERE NOT CASE kind\n  \
         WHEN 'primary key' THEN EXISTS (SELECT 1 FROM pragma_table_info(tbl)\n    \
         WHERE name = what AND pk = 1 AND type = 'INTEGER')\n  \
         WHEN 'not null' THEN EXISTS (SELECT 1 FROM pragma_table_info(tbl)\n    \
         WHERE name = what AND \"notnull\" = 1)\n  \
         WHEN 'trigger' THEN EXISTS (SELECT 1 FROM sqlite_schema\n    \
         WHERE type = 'trigger' AND name = what AND tbl_name = tbl)\n  \
         ELSE EXISTS (SELECT 1 FROM pragma_index_list(tbl) AS list\n    \
         WHERE list.\"unique\" = 1 AND list.partial = 0 AND what = (SELECT group_concat(name, ',')\n      \
         FROM (SELECT info.name FROM pragma_index_info(list.name) AS info ORDER BY info.name)))\n\
         END",
        needed.join(", ")
    )
});

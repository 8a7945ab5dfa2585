//! The SQL text and the statements of a request's batch. Nothing from a request is ever part of a
//! text: values travel as parameters.

use std::sync::LazyLock;

use crate::field::FIELDS;
use crate::options::Options;

/// One statement of a batch: its text and its parameters, `?1` first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub sql: &'static str,
    pub params: Vec<String>,
}

/// The batch of an ingest. Its results are read by [`crate::outcome::Tally::from_results`].
///
/// `now` is the time that new and changed rows carry, ISO 8601 in UTC with milliseconds.
pub fn ingest_batch(params: Vec<String>, options: Options, now: &str) -> Vec<Statement> {
    if options.dry_run {
        let sql = match options.touch {
            true => COUNT_TOUCH.as_str(),
            false => COUNT.as_str(),
        };
        return params
            .into_iter()
            .map(|rows| Statement {
                sql,
                params: vec![rows],
            })
            .collect();
    }
    let upsert = match options.touch {
        true => UPSERT_TOUCH.as_str(),
        false => UPSERT.as_str(),
    };
    let bare = |sql| Statement {
        sql,
        params: Vec::new(),
    };
    let mut batch = Vec::with_capacity(2 * params.len() + 2);
    batch.push(bare(MAX_ID));
    for rows in params {
        batch.push(Statement {
            sql: upsert,
            params: vec![rows, now.to_owned()],
        });
        batch.push(bare(WRITTEN));
    }
    batch.push(bare(MAX_ID));
    batch
}

/// Before and after the upserts. A new row's id is one above the largest, and nothing else runs in
/// the transaction, so the difference is the number of rows inserted; counting rows by their keys
/// would read each of them once more.
pub const MAX_ID: &str = "SELECT coalesce(max(id), 0) AS max_id FROM jobs";

/// Right after an upsert: the rows that it inserted or updated. Unlike the `changes` of D1's meta
/// it leaves out what triggers of the board write.
pub const WRITTEN: &str = "SELECT changes() AS written";

/// `?1` rows, `?2` now. Leaves rows alone that differ in nothing but time.
pub static UPSERT: LazyLock<String> =
    LazyLock::new(|| format!("{}\nWHERE {}", upsert(), differs()));

/// The same, but every row is written.
pub static UPSERT_TOUCH: LazyLock<String> = LazyLock::new(upsert);

/// `?1` rows: what [`UPSERT`] would do.
pub static COUNT: LazyLock<String> = LazyLock::new(|| count(&differs()));

/// `?1` rows: what [`UPSERT_TOUCH`] would do.
pub static COUNT_TOUCH: LazyLock<String> = LazyLock::new(|| count("true"));

/// Every column that a posting sets, in the order of a row.
fn columns() -> String {
    FIELDS.map(|spec| spec.column).join(", ")
}

/// The elements of a row in a parameter.
fn elements() -> String {
    let elements: Vec<String> = (0..FIELDS.len())
        .map(|place| format!("value ->> {place}"))
        .collect();
    elements.join(", ")
}

/// The columns that an update sets and compares: all but the key.
fn updated_columns() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().skip(1).map(|spec| spec.column)
}

/// Whether the stored row and the sent one differ in anything but time.
fn differs() -> String {
    let terms: Vec<String> = updated_columns()
        .map(|column| format!("jobs.{column} IS NOT excluded.{column}"))
        .collect();
    terms.join("\n  OR ")
}

fn upsert() -> String {
    let assignments: Vec<String> = updated_columns()
        .chain(["ingested_at"])
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    // `WHERE true` keeps SQLite from reading ON CONFLICT as a join's ON.
    format!(
        "INSERT INTO jobs ({columns}, ingested_at, created_at)\n\
         SELECT {elements}, ?2, ?2\n\
         FROM json_each(?1) WHERE true\n\
         ON CONFLICT (external_id) DO UPDATE SET\n  {assignments}",
        columns = columns(),
        elements = elements(),
        assignments = assignments.join(",\n  "),
    )
}

/// Named like the upsert's own pseudo-table, the rows are compared by the same text.
fn count(differs: &str) -> String {
    format!(
        "WITH excluded ({columns}) AS (SELECT {elements} FROM json_each(?1))\n\
         SELECT count(*) - count(jobs.id) AS inserted,\n  \
         count(*) FILTER (WHERE jobs.id IS NOT NULL AND ({differs})) AS updated\n\
         FROM excluded LEFT JOIN jobs ON jobs.external_id = excluded.external_id",
        columns = columns(),
        elements = elements(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::D1_MAX_STATEMENT_BYTES;

    #[test]
    fn texts() {
        insta::assert_snapshot!(*UPSERT, @"
        INSERT INTO jobs (external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, description, ingested_at, created_at)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, ?2, ?2
        FROM json_each(?1) WHERE true
        ON CONFLICT (external_id) DO UPDATE SET
          title = excluded.title,
          company_id = excluded.company_id,
          location = excluded.location,
          salary = excluded.salary,
          job_type = excluded.job_type,
          work_mode = excluded.work_mode,
          category_id = excluded.category_id,
          is_featured = excluded.is_featured,
          source = excluded.source,
          description = excluded.description,
          ingested_at = excluded.ingested_at
        WHERE jobs.title IS NOT excluded.title
          OR jobs.company_id IS NOT excluded.company_id
          OR jobs.location IS NOT excluded.location
          OR jobs.salary IS NOT excluded.salary
          OR jobs.job_type IS NOT excluded.job_type
          OR jobs.work_mode IS NOT excluded.work_mode
          OR jobs.category_id IS NOT excluded.category_id
          OR jobs.is_featured IS NOT excluded.is_featured
          OR jobs.source IS NOT excluded.source
          OR jobs.description IS NOT excluded.description
        ");
        insta::assert_snapshot!(*COUNT, @"
        WITH excluded (external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, description) AS (SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10 FROM json_each(?1))
        SELECT count(*) - count(jobs.id) AS inserted,
          count(*) FILTER (WHERE jobs.id IS NOT NULL AND (jobs.title IS NOT excluded.title
          OR jobs.company_id IS NOT excluded.company_id
          OR jobs.location IS NOT excluded.location
          OR jobs.salary IS NOT excluded.salary
          OR jobs.job_type IS NOT excluded.job_type
          OR jobs.work_mode IS NOT excluded.work_mode
          OR jobs.category_id IS NOT excluded.category_id
          OR jobs.is_featured IS NOT excluded.is_featured
          OR jobs.source IS NOT excluded.source
          OR jobs.description IS NOT excluded.description)) AS updated
        FROM excluded LEFT JOIN jobs ON jobs.external_id = excluded.external_id
        ");
        assert!(UPSERT.starts_with(UPSERT_TOUCH.as_str()));
    }

    #[test]
    fn texts_are_far_below_the_limit() {
        for sql in [&UPSERT, &UPSERT_TOUCH, &COUNT, &COUNT_TOUCH] {
            assert!(sql.len() < D1_MAX_STATEMENT_BYTES / 10);
        }
    }
}

//! The upsert and what it would do. Columns and their order come from `FIELDS`.

use std::sync::LazyLock;

use crate::content_hash::CONTENT_HASH_COLUMN;
use crate::field::{FIELDS, Field};
use crate::options::Options;

/// Which postings an upsert writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upsert {
    /// Leaves rows alone that differ in nothing but time.
    Changed,
    /// Writes every row.
    Touch,
}

impl From<Options> for Upsert {
    fn from(options: Options) -> Self {
        match options.touch {
            true => Self::Touch,
            false => Self::Changed,
        }
    }
}

static CHANGED: LazyLock<String> = LazyLock::new(|| upsert(false, &where_differs()));
static TOUCH: LazyLock<String> = LazyLock::new(|| upsert(false, ""));
static LIMITED_CHANGED: LazyLock<String> = LazyLock::new(|| upsert(true, &where_differs()));
static LIMITED_TOUCH: LazyLock<String> = LazyLock::new(|| upsert(true, ""));
static COUNT: LazyLock<String> = LazyLock::new(|| count(&differs()));
static COUNT_TOUCH: LazyLock<String> = LazyLock::new(|| count("true"));

impl Upsert {
    /// `?1` rows, `?2` now; for a limited token `?3` its sources, `?4` the positions in `?1` of rows
    /// that are left out.
    pub fn sql(self, is_limited: bool) -> &'static str {
        match (self, is_limited) {
            (Self::Changed, false) => &CHANGED,
            (Self::Touch, false) => &TOUCH,
            (Self::Changed, true) => &LIMITED_CHANGED,
            (Self::Touch, true) => &LIMITED_TOUCH,
        }
    }

    /// `?1` rows. What the upsert would do: `inserted`, `updated`.
    pub fn count_sql(self) -> &'static str {
        match self {
            Self::Changed => &COUNT,
            Self::Touch => &COUNT_TOUCH,
        }
    }
}

/// `?1` rows, `?2` sources. The positions in `?1` of rows whose id belongs to another source, and as many
/// of their ids and of them as an answer lists.
pub const CONFLICTS: &str = "\
SELECT key AS position,
  CASE WHEN row_number() OVER () <= 100 THEN value ->> 0 END AS external_id,
  CASE WHEN row_number() OVER () <= 100 THEN value END AS row
FROM json_each(?1) JOIN jobs ON jobs.external_id = value ->> 0
WHERE jobs.source NOT IN (SELECT value FROM json_each(?2))";

/// What the message of a failed batch holds when a limited token met a row of another source.
pub const FOREIGN_ROW: &str = "NOT NULL constraint failed: jobs.source";

/// Every column that a posting sets, in the order of a row.
fn columns() -> String {
    FIELDS.map(|spec| spec.column).join(", ")
}

/// The elements of a row of [`ROWS`].
fn elements() -> String {
    let elements: Vec<String> = (0..FIELDS.len())
        .map(|place| format!("posting ->> {place}"))
        .collect();
    elements.join(", ")
}

/// The rows of a parameter. `json_each` writes the text of a row anew wherever `value` is named; this
/// subquery names it once, and LIMIT keeps SQLite from merging it into the query around it.
const ROWS: &str = "(SELECT key AS position, value AS posting FROM json_each(?1) LIMIT -1)";

/// The fields that an update sets and compares: all but the key.
fn updated_fields() -> impl Iterator<Item = (Field, &'static str)> {
    FIELDS.iter().skip(1).map(|spec| (spec.field, spec.column))
}

/// Whether the stored row and the sent one differ in anything but time.
fn differs() -> String {
    let terms: Vec<String> = updated_fields()
        .map(|(_, column)| format!("jobs.{column} IS NOT excluded.{column}"))
        .collect();
    terms.join("\n  OR ")
}

fn where_differs() -> String {
    format!("\nWHERE {}", differs())
}

fn upsert(is_limited: bool, update_where: &str) -> String {
    let assignment = |(field, column): (Field, &str)| match field {
        // Null is not allowed there: a row of another source fails the whole batch, and since its
        // source is not the one that was sent, the WHERE never passes over it.
        Field::Source if is_limited => format!(
            "{column} = CASE WHEN jobs.{column} IN (SELECT value FROM json_each(?3)) \
             THEN excluded.{column} END"
        ),
        _ => format!("{column} = excluded.{column}"),
    };
    let assignments: Vec<String> = updated_fields()
        .map(assignment)
        .chain(
            ["ingested_at", CONTENT_HASH_COLUMN]
                .map(|column| format!("{column} = excluded.{column}")),
        )
        .collect();
    // Without a WHERE SQLite would read ON CONFLICT as a join's ON.
    let rows_where = match is_limited {
        true => "position NOT IN (SELECT value FROM json_each(?4))",
        false => "true",
    };
    format!(
        "INSERT INTO jobs ({columns}, {CONTENT_HASH_COLUMN}, ingested_at, created_at)\n\
         SELECT {elements}, posting ->> {hash}, ?2, ?2\n\
         FROM {ROWS} WHERE {rows_where}\n\
         ON CONFLICT (external_id) DO UPDATE SET\n  {assignments}{update_where}",
        columns = columns(),
        elements = elements(),
        // A row has it behind its fields.
        hash = FIELDS.len(),
        assignments = assignments.join(",\n  "),
    )
}

/// Named like the upsert's own pseudo-table, the rows are compared by the same text.
fn count(differs: &str) -> String {
    format!(
        "WITH excluded ({columns}) AS (SELECT {elements} FROM {ROWS})\n\
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
    use crate::limits::{D1_MAX_STATEMENT_BYTES, MAX_LISTED_FINDINGS};

    #[test]
    fn text_of_the_upsert() {
        insta::assert_snapshot!(Upsert::Changed.sql(false), @"
        INSERT INTO jobs (external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, description, content_hash, ingested_at, created_at)
        SELECT posting ->> 0, posting ->> 1, posting ->> 2, posting ->> 3, posting ->> 4, posting ->> 5, posting ->> 6, posting ->> 7, posting ->> 8, posting ->> 9, posting ->> 10, posting ->> 11, ?2, ?2
        FROM (SELECT key AS position, value AS posting FROM json_each(?1) LIMIT -1) WHERE true
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
          ingested_at = excluded.ingested_at,
          content_hash = excluded.content_hash
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
    }

    #[test]
    fn text_of_the_limited_upsert() {
        insta::assert_snapshot!(Upsert::Touch.sql(true), @"
        INSERT INTO jobs (external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, description, content_hash, ingested_at, created_at)
        SELECT posting ->> 0, posting ->> 1, posting ->> 2, posting ->> 3, posting ->> 4, posting ->> 5, posting ->> 6, posting ->> 7, posting ->> 8, posting ->> 9, posting ->> 10, posting ->> 11, ?2, ?2
        FROM (SELECT key AS position, value AS posting FROM json_each(?1) LIMIT -1) WHERE position NOT IN (SELECT value FROM json_each(?4))
        ON CONFLICT (external_id) DO UPDATE SET
          title = excluded.title,
          company_id = excluded.company_id,
          location = excluded.location,
          salary = excluded.salary,
          job_type = excluded.job_type,
          work_mode = excluded.work_mode,
          category_id = excluded.category_id,
          is_featured = excluded.is_featured,
          source = CASE WHEN jobs.source IN (SELECT value FROM json_each(?3)) THEN excluded.source END,
          description = excluded.description,
          ingested_at = excluded.ingested_at,
          content_hash = excluded.content_hash
        ");
    }

    #[test]
    fn text_of_the_count() {
        insta::assert_snapshot!(Upsert::Changed.count_sql(), @"
        WITH excluded (external_id, title, company_id, location, salary, job_type, work_mode, category_id, is_featured, source, description) AS (SELECT posting ->> 0, posting ->> 1, posting ->> 2, posting ->> 3, posting ->> 4, posting ->> 5, posting ->> 6, posting ->> 7, posting ->> 8, posting ->> 9, posting ->> 10 FROM (SELECT key AS position, value AS posting FROM json_each(?1) LIMIT -1))
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
    }

    #[test]
    fn as_many_conflicts_are_whole_as_an_answer_lists() {
        let limit = format!("row_number() OVER () <= {MAX_LISTED_FINDINGS} ");
        assert_eq!(CONFLICTS.matches("row_number").count(), 2);
        assert_eq!(CONFLICTS.matches(&limit).count(), 2);
    }

    #[test]
    fn texts_are_far_below_the_limit() {
        for upsert in [Upsert::Changed, Upsert::Touch] {
            for sql in [upsert.sql(false), upsert.sql(true), upsert.count_sql()] {
                assert!(sql.len() < D1_MAX_STATEMENT_BYTES / 10);
            }
        }
    }
}

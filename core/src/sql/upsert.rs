//! The upsert, and the count of a dry run. Columns and their order come from `FIELDS`.
//!
//! `?1` is a JSON array of rows, `?2` the default source, `?3` now. A row is an array: its hash,
//! its source or null for the default one, its id, then the other values in the order of `FIELDS`.
//! Omitted trailing values count as null or, with `missing=keep`, as [`KEEP_JSON`].

use crate::content_hash::CONTENT_HASH_COLUMN;
use crate::field::{FIELDS, FieldSpec, KEEP_JSON};
use crate::options::{Defaults, Missing, Options};

/// Which postings an upsert writes, and how it treats values that a posting does not mention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Upsert {
    /// Write every row; otherwise rows that differ only in their time are not written.
    pub touch: bool,
    pub missing: Missing,
    pub defaults: Defaults,
    pub each: Each,
    /// Whether closed rows may be among those of `?4`, a JSON array of their rowids, which reopens them.
    /// A closed row that is not expected fails the batch: reopened rows are counted before the upsert.
    pub reopens: bool,
    /// Whether an unchanged row that lacks the hash of what is sent fails the batch.
    pub finds_stale: bool,
}

impl From<Options> for Upsert {
    fn from(options: Options) -> Self {
        Self {
            touch: options.touch,
            missing: options.missing,
            defaults: options.defaults,
            each: Each::default(),
            reopens: false,
            finds_stale: false,
        }
    }
}

/// The function that reads the rows of a parameter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Each {
    /// Returns each row in SQLite's binary form, so its text is parsed once and not once per value.
    #[default]
    Jsonb,
    /// Fallback if `jsonb_each` is refused: it is not in workerd's list of functions, and whether
    /// production allows it is not documented.
    Json,
}

/// Part of the message of a batch that failed because [`Each::Jsonb`] is refused.
pub const JSONB_EACH: &str = "jsonb_each";

/// What closing and complete lists set; null for an open posting that is listed.
pub const STATE_COLUMNS: [&str; 3] = ["closed_at", "closed_reason", "missing_since"];

impl Each {
    /// `?1` rows, `?2` default source: the closed ones among them, as a row of
    /// [`crate::result_row::ResultRow`].
    pub fn find_closed_sql(self) -> String {
        format!(
            "SELECT 'reopened' AS kind, count(*) AS n, json_group_array(jobs.id) AS ids\n\
             FROM {} CROSS JOIN jobs\n  \
             ON jobs.source = ifnull(posting ->> 1, ?2) AND jobs.external_id = posting ->> 2\n\
             WHERE jobs.closed_at IS NOT NULL",
            rows_of(self)
        )
    }
}

/// Part of the message of a batch that failed because it would reopen a row unexpectedly.
pub const REOPENS: &str = "NOT NULL constraint failed: jobs.ingested_at";

/// The fields of the key, which come first.
const N_KEY_FIELDS: usize = 2;

/// The rows of a parameter. Both functions produce a row again wherever `value` is referenced. The
/// subquery references it once, and LIMIT keeps SQLite from flattening it.
fn rows_of(each: Each) -> String {
    let function = match each {
        Each::Jsonb => JSONB_EACH,
        Each::Json => "json_each",
    };
    format!("(SELECT value AS posting FROM {function}(?1) LIMIT -1)")
}

impl Upsert {
    /// `?1` rows of at most `n_fields` values, `?2` default source, `?3` now.
    pub fn sql(self, n_fields: usize) -> String {
        let fields = self.inserted(n_fields);
        let columns = list(fields.iter().map(|(_, spec)| spec.column.to_owned()));
        let elements = list(fields.iter().map(|field| self.element(*field, n_fields)));
        let set = |column: &str| format!("{column} = excluded.{column}");
        let compared = self.compared(n_fields).iter().map(|spec| spec.column);
        let expected = match self.reopens {
            true => " OR jobs.id IN (SELECT value FROM json_each(?4))",
            false => "",
        };
        let ingested_at = format!(
            "ingested_at = CASE WHEN jobs.closed_at IS NULL{expected} THEN excluded.ingested_at END"
        );
        let differs = self.differs(n_fields);
        let (update_where, created_at) = match (self.touch, self.finds_stale) {
            (true, _) => (String::new(), None),
            (false, false) => (format!("\nWHERE {differs}"), None),
            (false, true) => (
                format!(
                    "\nWHERE {differs}\n  \
                     OR instr(jobs.{CONTENT_HASH_COLUMN}, excluded.{CONTENT_HASH_COLUMN}) IS NOT TRUE"
                ),
                // Null, which fails the batch, if it is only the hash.
                Some(format!(
                    "created_at = CASE WHEN {differs} THEN jobs.created_at END"
                )),
            ),
        };
        let assignments: Vec<String> = compared
            .chain([CONTENT_HASH_COLUMN])
            .map(set)
            .chain([ingested_at])
            .chain(created_at)
            .chain(STATE_COLUMNS.map(|column| format!("{column} = NULL")))
            .collect();
        // Without a WHERE SQLite would read ON CONFLICT as a join's ON.
        format!(
            "INSERT INTO jobs ({columns}, {CONTENT_HASH_COLUMN}, ingested_at, created_at)\n\
             SELECT {elements}, posting ->> 0, ?3, ?3\n\
             FROM {rows} WHERE true\n\
             ON CONFLICT (source, external_id) DO UPDATE SET\n  {assignments}{update_where}",
            rows = self.rows(),
            assignments = assignments.join(",\n  "),
        )
    }

    /// `?1` rows of at most `n_fields` values, `?2` default source. Returns what the upsert would
    /// do: `inserted`, `updated`. The CTE has the name of the upsert's pseudo-table `excluded`, so
    /// both compare rows with the same text.
    pub fn count_sql(self, n_fields: usize) -> String {
        let columns = list(FIELDS.iter().map(|spec| spec.column.to_owned()));
        let elements = list(
            FIELDS
                .iter()
                .enumerate()
                .map(|field| self.element(field, n_fields)),
        );
        let differs = match self.touch {
            true => "true".to_owned(),
            false => self.differs(n_fields),
        };
        format!(
            "WITH excluded ({columns}) AS (SELECT {elements} FROM {rows})\n\
             SELECT count(*) - count(jobs.id) AS inserted,\n  \
             count(*) FILTER (WHERE jobs.id IS NOT NULL AND ({differs})) AS updated,\n  \
             count(*) FILTER (WHERE jobs.closed_at IS NOT NULL) AS reopened\n\
             FROM excluded LEFT JOIN jobs\n  \
             ON jobs.source = excluded.source AND jobs.external_id = excluded.external_id",
            rows = self.rows(),
        )
    }

    /// The rows, joined with the stored ones if values may come from there.
    fn rows(self) -> String {
        let rows = rows_of(self.each);
        match self.missing {
            Missing::Default => rows,
            Missing::Keep => format!(
                "{rows} LEFT JOIN jobs AS stored\n  \
                 ON stored.source = ifnull(posting ->> 1, ?2) AND stored.external_id = posting ->> 2"
            ),
        }
    }

    /// The fields that an insert sets, with their indices: those of the rows, and those with a
    /// default. The other columns are null in a new row.
    fn inserted(self, n_fields: usize) -> Vec<(usize, &'static FieldSpec)> {
        let has_default = |spec: &FieldSpec| spec.default_json(self.defaults) != "null";
        let fields = FIELDS.iter().enumerate();
        fields
            .filter(|(index, spec)| *index < n_fields || has_default(spec))
            .collect()
    }

    /// The fields that an update sets and compares: all but the key or, with `missing=keep`, those
    /// of the rows.
    fn compared(self, n_fields: usize) -> &'static [FieldSpec] {
        let end = match self.missing {
            Missing::Default => FIELDS.len(),
            Missing::Keep => n_fields,
        };
        FIELDS.get(N_KEY_FIELDS..end).unwrap_or_default()
    }

    /// The condition that the stored and the sent row differ in more than their times.
    fn differs(self, n_fields: usize) -> String {
        let term = |spec: &FieldSpec| {
            let column = spec.column;
            format!("jobs.{column} IS NOT excluded.{column}")
        };
        let terms = self.compared(n_fields).iter().map(term);
        // A row without a mark is open and not missing.
        let marks =
            ["closed_at", "missing_since"].map(|column| format!("jobs.{column} IS NOT NULL"));
        let terms: Vec<String> = terms.chain(marks).collect();
        terms.join("\n  OR ")
    }

    /// The expression for a field's value in a row. The row's hash comes before its fields.
    fn element(self, (index, spec): (usize, &FieldSpec), n_fields: usize) -> String {
        let element = index + 1;
        let value = format!("posting ->> {element}");
        if index == 0 {
            return format!("ifnull({value}, ?2)");
        }
        if index < N_KEY_FIELDS {
            return value;
        }
        let is_in_rows = index < n_fields;
        match self.missing {
            Missing::Default if is_in_rows => value,
            Missing::Default => "NULL".to_owned(),
            Missing::Keep => {
                let stored = format!("stored.{}", spec.column);
                let kept = match spec.default_json(self.defaults) {
                    "null" => stored,
                    json => format!(
                        "CASE WHEN stored.id IS NULL THEN {} ELSE {stored} END",
                        json.replace('"', "'")
                    ),
                };
                match is_in_rows {
                    true => format!(
                        "CASE WHEN ifnull(posting -> {element}, '{KEEP_JSON}') = '{KEEP_JSON}' \
                         THEN {kept} ELSE {value} END"
                    ),
                    false => kept,
                }
            }
        }
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::limits::D1_MAX_STATEMENT_BYTES;

    #[test]
    fn key_fields_come_first() {
        let key = FIELDS
            .first_chunk()
            .map(|[source, id]| (source.field, id.field));
        assert_eq!(key, Some((Field::Source, Field::ExternalId)));
    }

    #[test]
    fn texts_are_far_below_the_limit() {
        for missing in [Missing::Default, Missing::Keep] {
            for n_fields in N_KEY_FIELDS..=FIELDS.len() {
                let upsert = Upsert {
                    missing,
                    ..Upsert::default()
                };
                for sql in [upsert.sql(n_fields), upsert.count_sql(n_fields)] {
                    assert!(sql.len() < D1_MAX_STATEMENT_BYTES / 10, "{}", sql.len());
                }
            }
        }
    }

    #[test]
    fn text_of_the_upsert() {
        insta::assert_snapshot!(Upsert::default().sql(11));
    }

    #[test]
    fn text_of_the_upsert_that_keeps() {
        let upsert = Upsert {
            missing: Missing::Keep,
            ..Upsert::default()
        };
        insta::assert_snapshot!(upsert.sql(5));
    }

    #[test]
    fn text_of_the_upsert_that_finds_stale_hashes() {
        let upsert = Upsert {
            finds_stale: true,
            ..Upsert::default()
        };
        insta::assert_snapshot!(upsert.sql(5));
    }

    #[test]
    fn text_of_the_upsert_that_touches() {
        let upsert = Upsert {
            touch: true,
            ..Upsert::default()
        };
        insta::assert_snapshot!(upsert.sql(11));
    }

    #[test]
    fn text_of_the_count() {
        insta::assert_snapshot!(Upsert::default().count_sql(11));
    }
}

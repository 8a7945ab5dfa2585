//! Statements about complete lists, closing, and sources.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::statement::Statement;
use super::unchanged::{has_hash, sent_hash, sent_id};
use crate::limits::{MAX_SHOWN_CLOSINGS, MAX_SHOWN_POSITIONS, ROWID_GROUPS};
use crate::list::{IdList, NO_HASH};

/// An [`IdList`] whose texts are bound.
#[derive(Debug, Clone)]
pub struct BoundIds<V> {
    /// JSON array of the positions of the first entries.
    starts: V,
    params: Vec<V>,
}

impl<V: Clone> BoundIds<V> {
    /// Frees each text as soon as it is bound.
    pub fn new(list: IdList, bind: impl Fn(String) -> V) -> Self {
        let starts: Vec<String> = list.starts.iter().map(usize::to_string).collect();
        Self {
            starts: bind(format!("[{}]", starts.join(","))),
            params: list.params.into_iter().map(bind).collect(),
        }
    }

    /// The parameters as a table, with the positions of their first entries. `?2` are these, `?3` and the following
    /// the entries.
    fn params(&self) -> String {
        // Not UNION ALL, of which D1 allows five: VALUES have no limit.
        let params: Vec<String> = (0..self.params.len())
            .map(|number| format!("(?2 ->> {number}, ?{})", FIRST_IDS_PARAM + number))
            .collect();
        let params = match params.is_empty() {
            // A list without ids has no parameters, and no rows.
            true => "SELECT 0, '[]' WHERE ?2 IS NULL".to_owned(),
            false => format!("VALUES {}", params.join(", ")),
        };
        format!("WITH params (start, ids) AS ({params})")
    }

    fn statement(&self, sql: String, source: V, rest: impl IntoIterator<Item = V>) -> Statement<V> {
        let mut params = vec![source, self.starts.clone()];
        params.extend(self.params.iter().cloned());
        params.extend(rest);
        Statement::new(sql, params)
    }
}

/// The first parameter with entries: after the source and the starts.
const FIRST_IDS_PARAM: usize = 3;

/// The entries of the parameters.
const ENTRIES: &str = "params CROSS JOIN json_each(params.ids) AS sent";
const POSITION: &str = "params.start + sent.key";
const SENT_HASH: &str = sent_hash!();
const SENT_ID: &str = sent_id!();

/// The stored row of each entry.
const ROW_OF_ENTRY: &str = concat!(
    "jobs ON jobs.source = ?1 AND jobs.external_id = ",
    sent_id!()
);

/// Whether an entry is not stored, or not with its hash.
fn is_unstored() -> String {
    format!(
        "{} IS NOT TRUE AND (jobs.id IS NULL OR {SENT_HASH} <> '{NO_HASH}')",
        has_hash!()
    )
}

/// How a list of a source compares with its stored postings: rows of [`crate::result_row::ResultRow`].
/// With `finds_unstored` also the positions of entries that are not stored, or not with their hash.
/// `times` are when the list was fetched, and until when what was marked missing is due.
///
/// Each entry is looked up once, and the source's entries of the index are passed over once, of which only those that
/// are not listed lead to a read of their rows.
pub fn compare<V: Clone>(
    source: V,
    ids: &BoundIds<V>,
    times: [V; 2],
    finds_unstored: bool,
) -> Statement<V> {
    let observed = FIRST_IDS_PARAM + ids.params.len();
    let due = observed + 1;
    let unstored = match finds_unstored {
        true => format!("\n    WHEN {} THEN 'unstored'", is_unstored()),
        false => String::new(),
    };
    let mut sql = ids.params();
    // LIMIT keeps SQLite from flattening the subquery: it would read each row before it groups.
    let _ = write!(
        sql,
        ",\n\
         listed (id, kind, position) AS MATERIALIZED (\n  \
         SELECT jobs.id, CASE{unstored}\n    \
         WHEN closed_at IS NOT NULL THEN 'reopened'\n    \
         WHEN missing_since IS NOT NULL THEN 'relisted' END, {POSITION}\n  \
         FROM {ENTRIES} LEFT JOIN {ROW_OF_ENTRY}\n)\n\
         SELECT kind, count(*) AS n, json_group_array(id) FILTER (WHERE kind IN ('fresh', 'due')) AS ids\n\
         FROM (SELECT id, CASE\n    \
         WHEN id IN (SELECT id FROM listed) THEN 'listed'\n    \
         WHEN closed_at IS NOT NULL THEN 'closed'\n    \
         WHEN missing_since IS NULL THEN iif(ingested_at > ?{observed}, 'newer', 'fresh')\n    \
         WHEN missing_since <= ?{due} AND ingested_at <= ?{observed} THEN 'due'\n    \
         ELSE 'waiting' END AS kind\n  \
         FROM jobs WHERE source = ?1 LIMIT -1)\n\
         GROUP BY kind, iif(kind IN ('fresh', 'due'), id % {ROWID_GROUPS}, 0)\n\
         UNION ALL SELECT kind, count(*), json_group_array(id)\n  \
         FROM (SELECT DISTINCT kind, id FROM listed WHERE kind IN ('reopened', 'relisted'))\n  \
         GROUP BY kind, id % {ROWID_GROUPS}\n\
         UNION ALL SELECT 'last', 0, json_object('observed_at', observed_at, 'run_id', run_id)\n  \
         FROM ingest_sources WHERE source = ?1 AND run_id IS NOT NULL"
    );
    if finds_unstored {
        let _ = write!(
            sql,
            "\nUNION ALL SELECT 'unstored', count(*), \
             json_group_array(position) FILTER (WHERE number <= {MAX_SHOWN_POSITIONS})\n\
             FROM (SELECT position, row_number() OVER () AS number FROM listed WHERE kind = 'unstored')"
        );
    }
    ids.statement(sql, source, times)
}

/// The entries that are not stored, or not with their hash: a row of [`crate::result_row::ResultRow`]. Reads
/// each stored row once, without a table of the entries: most of them are found as listed.
pub fn find_unstored<V: Clone>(source: V, ids: &BoundIds<V>) -> Statement<V> {
    let sql = format!(
        "{}\nSELECT 'unstored' AS kind, count(*) AS n, json_group_array({POSITION}) AS ids\n\
         FROM {ENTRIES} LEFT JOIN {ROW_OF_ENTRY}\n\
         WHERE {}",
        ids.params(),
        is_unstored(),
    );
    ids.statement(sql, source, [])
}

/// What closing the listed postings of a source would do: rows of [`crate::result_row::ResultRow`] of the
/// kinds `open`, `already_closed` and `unknown`.
pub fn find_to_close<V: Clone>(source: V, ids: &BoundIds<V>) -> Statement<V> {
    let sql = format!(
        "{}\nSELECT CASE WHEN jobs.id IS NULL THEN 'unknown'\n  \
         WHEN closed_at IS NULL THEN 'open' ELSE 'already_closed' END AS kind, count(*) AS n,\n  \
         json_group_array(jobs.id) FILTER (WHERE closed_at IS NULL AND jobs.id IS NOT NULL) AS ids\n\
         FROM (SELECT DISTINCT {SENT_ID} AS id FROM {ENTRIES}) AS wanted LEFT JOIN jobs\n  \
         ON jobs.source = ?1 AND jobs.external_id = wanted.id\n\
         GROUP BY 1, jobs.id % {ROWID_GROUPS}",
        ids.params()
    );
    ids.statement(sql, source, [])
}

/// `?1` token name, `?2` run, `?3` rowids: counts further closed rows that the batch opens, before it does.
pub const COUNT_REOPENED: &str = "\
UPDATE ingest_runs SET reopened = reopened + (SELECT count(*) FROM jobs
  WHERE id IN (SELECT value FROM json_each(?3)) AND closed_at IS NOT NULL)
WHERE token_name = ?1 AND id = ?2
RETURNING reopened";

/// `?1` rowids, `?2` now, `?3` reason, `?4` when the list was fetched: closes open rows that have not
/// been written since. A closed row has no hash, so that its posting is sent again when it reappears.
pub const CLOSE: &str = "\
UPDATE jobs SET closed_at = ?2, closed_reason = ?3, missing_since = NULL, content_hash = NULL
WHERE id IN (SELECT value FROM json_each(?1)) AND closed_at IS NULL AND ingested_at <= ?4";

/// `?1` token name, `?2` run. Right after [`CLOSE`].
pub const COUNT_CLOSED: &str = "\
UPDATE ingest_runs SET closed = closed + changes() WHERE token_name = ?1 AND id = ?2 RETURNING closed";

/// `?1` rowids, `?2` when the list was fetched: marks open rows that have not been written since as
/// missing. They lose their hash, so that a posting that is listed again is written and loses the mark.
pub const MARK_MISSING: &str = "\
UPDATE jobs SET missing_since = ?2, content_hash = NULL
WHERE id IN (SELECT value FROM json_each(?1))
  AND closed_at IS NULL AND missing_since IS NULL AND ingested_at <= ?2";

/// `?1` rowids: opens rows and removes their mark.
pub const OPEN: &str = "\
UPDATE jobs SET closed_at = NULL, closed_reason = NULL, missing_since = NULL
WHERE id IN (SELECT value FROM json_each(?1)) AND (closed_at IS NOT NULL OR missing_since IS NOT NULL)";

/// `?1` source, `?2` when the list was fetched, `?3` token name, `?4` run, `?5` number of ids listed,
/// `?6` JSON of what was withheld or null. Records a committed complete list.
pub const RECORD_LIST: &str = "\
INSERT INTO ingest_sources (source, observed_at, token_name, run_id, listed, withheld)
VALUES (?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), nullif(?6, ''))
ON CONFLICT (source) DO UPDATE SET observed_at = excluded.observed_at, token_name = excluded.token_name,
  run_id = excluded.run_id, listed = excluded.listed, withheld = excluded.withheld";

/// `?1` source, `?2` JSON of what was withheld. Records a list that closed nothing and is not the last one.
pub const RECORD_WITHHELD: &str = "\
INSERT INTO ingest_sources (source, withheld) VALUES (?1, ?2)
ON CONFLICT (source) DO UPDATE SET withheld = excluded.withheld";

/// `?1` rowids: the first ids of what a dry run would close.
pub static SHOW_CLOSINGS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT external_id AS text FROM jobs WHERE id IN (SELECT value FROM json_each(?1)) \
         ORDER BY external_id LIMIT {MAX_SHOWN_CLOSINGS}"
    )
});

/// `?1` source: the first open postings that are marked missing, as one JSON array.
pub static SHOW_MISSING: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT json_group_array(json_object('externalId', external_id, 'title', title, \
         'missing_since', missing_since)) AS text\n\
         FROM (SELECT external_id, title, missing_since FROM jobs\n  \
         WHERE source = ?1 AND closed_at IS NULL AND missing_since IS NOT NULL\n  \
         ORDER BY external_id LIMIT {MAX_SHOWN_CLOSINGS})"
    )
});

/// Sources with their counts and last lists: read by
/// [`crate::source_status::SourceStatus::of_row`]. A list of ids
/// has no postings, so its number of received ones is null. The parameters are those of the subquery that names them.
fn sources_sql(names: &str) -> String {
    format!(
        "WITH names (source) AS MATERIALIZED ({names})\n\
         SELECT names.source AS source, counted.open AS open, counted.closed AS closed, counted.missing AS missing,\n  \
         last.observed_at AS observed_at, last.run_id AS run_id, last.listed AS listed,\n  \
         iif(runs.received = runs.inserted + runs.updated + runs.unchanged + runs.duplicates + runs.rejected, \
         runs.received, NULL) AS received, runs.unchanged AS unchanged, last.withheld AS withheld\n\
         FROM names LEFT JOIN (SELECT source,\n    \
         sum(closed_at IS NULL) AS open, sum(closed_at IS NOT NULL) AS closed,\n    \
         sum(closed_at IS NULL AND missing_since IS NOT NULL) AS missing\n  \
         FROM jobs WHERE source IN (SELECT source FROM names) GROUP BY source) AS counted\n  \
         ON counted.source = names.source\n\
         LEFT JOIN ingest_sources AS last ON last.source = names.source\n\
         LEFT JOIN ingest_runs AS runs ON runs.token_name = last.token_name AND runs.id = last.run_id\n\
         ORDER BY names.source"
    )
}

/// `?1` source.
pub static FIND_SOURCE: LazyLock<String> = LazyLock::new(|| sources_sql("SELECT ?1"));

/// `?1` a source, `?2` a number: that many sources after it, by name. Each is found by one step in an
/// index: of the postings, or of the lists.
pub static LIST_SOURCES: LazyLock<String> = LazyLock::new(|| {
    let after = |source: &str| {
        format!(
            "(SELECT min(source) FROM (SELECT min(source) AS source FROM jobs WHERE source > {source}\n      \
             UNION ALL SELECT min(source) FROM ingest_sources WHERE source > {source}))"
        )
    };
    sources_sql(&format!(
        "SELECT source FROM (\n  \
         WITH RECURSIVE next (source, n) AS (\n    \
         SELECT {}, 1\n    \
         UNION ALL SELECT {}, n + 1 FROM next\n    \
         WHERE next.source IS NOT NULL AND n < CAST(?2 AS INTEGER)\n  )\n  \
         SELECT source FROM next WHERE source IS NOT NULL)",
        after("?1"),
        after("next.source"),
    ))
});

/// `?1` a source, `?2` a number, `?3` a JSON array of sources: that many of these after it, by name.
pub static LIST_OWN_SOURCES: LazyLock<String> = LazyLock::new(|| {
    sources_sql(
        "SELECT DISTINCT value FROM json_each(?3) WHERE value > ?1 ORDER BY value LIMIT CAST(?2 AS INTEGER)",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    /// D1 refuses a statement with a parameter that its text does not mention.
    #[test]
    fn text_mentions_every_parameter() {
        for ids in [&[][..], &["a"], &["a", "b"]] {
            let list = IdList::of_escaped(ids.iter().copied());
            let ids = BoundIds::new(list, |text| text);
            let text = || "x".to_owned();
            for Statement { sql, params } in [
                compare(text(), &ids, [text(), text()], false),
                compare(text(), &ids, [text(), text()], true),
                find_unstored(text(), &ids),
                find_to_close(text(), &ids),
            ] {
                for number in 1..=params.len() {
                    assert!(sql.contains(&format!("?{number}")), "?{number}: {sql}");
                }
            }
        }
    }
}

//! Finds the rows of a request that the table already has, by their hashes.

use std::sync::LazyLock;

use crate::content_hash::CONTENT_HASH_CHARS;
use crate::limits::MAX_REFRESHED_ROWS;

/// The hash of the stamp, or entry of a list, `sent.value`, which begins with it; a test compares its length.
macro_rules! sent_hash {
    () => {
        "substr(sent.value, 1, 11)"
    };
}

/// The id, which follows.
macro_rules! sent_id {
    () => {
        "substr(sent.value, 12)"
    };
}

/// The rows of the stamps of a parameter, whose form `ingest::unchanged` describes: `part.value` has some
/// of the rows, `list.key` is a source, `sent.value` a stamp of it.
macro_rules! rows_of_stamps {
    ($param:literal, $join:literal) => {
        concat!(
            "json_each(",
            $param,
            ") AS part CROSS JOIN json_each(part.value) AS list CROSS JOIN json_each(list.value) AS sent ",
            $join,
            " JOIN jobs\n    \
             ON jobs.source = list.key AND jobs.external_id = ",
            sent_id!()
        )
    };
}

/// Whether a stored row has the hash of its stamp. `content_hash` may hold two, see [`REFRESH`]; most hold one, and
/// comparing with `=` first saves an eighth of the statement's time.
macro_rules! has_hash {
    () => {
        concat!(
            "(jobs.content_hash = ",
            sent_hash!(),
            " OR instr(jobs.content_hash, ",
            sent_hash!(),
            "))"
        )
    };
}

/// Counts the stamps in a parameter whose rows are stored as sent.
macro_rules! count_unchanged {
    ($param:literal) => {
        concat!(
            "SELECT count(*) FROM ",
            rows_of_stamps!($param, "CROSS"),
            " AND ",
            has_hash!()
        )
    };
}
pub(super) use {count_unchanged, has_hash, rows_of_stamps, sent_hash, sent_id};

/// `?1` stamps of a sample, `?2` of all rows, `?3` the number of those of the sample. Returns `changed`, a JSON
/// array of `[part, source, index among its stamps]` in `?2` of the rows that are not stored as sent; NULL if
/// that is more than half of the sample. The other columns are those of [`crate::run::Written`].
pub const FIND_CHANGED: &str = concat!(
    "SELECT CASE WHEN 2 * (",
    count_unchanged!("?1"),
    ") >= CAST(?3 AS INTEGER) THEN (\n  \
       SELECT json_group_array(json_array(part.key, list.key, sent.key)) FROM ",
    rows_of_stamps!("?2", "LEFT"),
    "\n  WHERE ",
    has_hash!(),
    " IS NOT TRUE\n) END AS changed, total_changes() AS total_changes, last_insert_rowid() AS last_rowid"
);

/// `?1` stamps of rows that the batch has upserted, `?2` now: gives the hashes of their stamps to rows that
/// equal what was sent but lack them, in bounded numbers. Rows written by the batch have theirs, or somebody's
/// trigger has edited them. The hash before is kept beside the new one, so that two clients, or one in both
/// modes of `missing`, that send a posting in turns do not write it each time.
pub static REFRESH: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE jobs SET content_hash = sent.hash || ifnull(' ' || substr(content_hash, 1, {CONTENT_HASH_CHARS}), '')\n\
         FROM (SELECT jobs.id AS id, {} AS hash\n    \
         FROM {}\n    \
         WHERE {} IS NOT TRUE AND jobs.ingested_at <> ?2\n    \
         LIMIT {MAX_REFRESHED_ROWS}) AS sent\n\
         WHERE jobs.id = sent.id",
        sent_hash!(),
        rows_of_stamps!("?1", "CROSS"),
        has_hash!(),
    )
});

/// Part of the message of a batch that failed because an unchanged row lacks the hash of what is sent.
pub const STALE: &str = "NOT NULL constraint failed: jobs.created_at";

/// Part of the message of a batch that failed because an unsent row has changed.
pub const OVERTAKEN: &str = "NOT NULL constraint failed: ingest_runs.unchanged";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamp_offsets_match_its_parts() {
        let hash = format!("substr(sent.value, 1, {CONTENT_HASH_CHARS})");
        let id = format!("substr(sent.value, {})", CONTENT_HASH_CHARS + 1);
        assert_eq!((sent_hash!(), sent_id!()), (hash.as_str(), id.as_str()));
    }

    #[test]
    fn text_of_find_changed() {
        insta::assert_snapshot!(FIND_CHANGED);
    }

    #[test]
    fn text_of_refresh() {
        insta::assert_snapshot!(REFRESH.as_str());
    }
}

//! Finds the rows of a request that the table already has.

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
             ON jobs.source = list.key AND jobs.external_id = substr(sent.value, 12)"
        )
    };
}

/// Counts the stamps in a parameter whose rows are stored as sent.
macro_rules! count_unchanged {
    ($param:literal) => {
        concat!(
            "SELECT count(*) FROM ",
            rows_of_stamps!($param, "CROSS"),
            " AND jobs.content_hash = substr(sent.value, 1, 11)"
        )
    };
}
pub(super) use {count_unchanged, rows_of_stamps};

/// `?1` stamps of a sample, `?2` of all rows, `?3` the number of those of the sample. Returns a JSON
/// array of `[part, source, index among its stamps]` in `?2` of the rows that are not stored as sent; NULL if
/// that is more than half of the sample.
pub const FIND_CHANGED: &str = concat!(
    "SELECT CASE WHEN 2 * (",
    count_unchanged!("?1"),
    ") >= CAST(?3 AS INTEGER) THEN (\n  \
       SELECT json_group_array(json_array(part.key, list.key, sent.key)) FROM ",
    rows_of_stamps!("?2", "LEFT"),
    "\n  WHERE jobs.content_hash IS NOT substr(sent.value, 1, 11)\n) END AS changed"
);

/// Part of the message of a batch that failed because an unsent row has changed.
pub const OVERTAKEN: &str = "NOT NULL constraint failed: ingest_runs.unchanged";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content_hash::CONTENT_HASH_CHARS;

    #[test]
    fn stamp_offsets_match_its_parts() {
        let hash = format!("substr(sent.value, 1, {CONTENT_HASH_CHARS})");
        let id = format!("substr(sent.value, {})", CONTENT_HASH_CHARS + 1);
        for part in [hash, id] {
            assert_eq!(FIND_CHANGED.matches(part.as_str()).count(), 2, "{part}");
        }
    }

    #[test]
    fn text_of_find_changed() {
        insta::assert_snapshot!(FIND_CHANGED);
    }
}

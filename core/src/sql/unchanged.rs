//! Asking which rows of a request the table has already.

/// The number of the stamps in a parameter whose rows are there as they were sent.
macro_rules! count_unchanged {
    ($param:literal) => {
        concat!(
            "SELECT count(*) FROM json_each(",
            $param,
            ") AS sent CROSS JOIN jobs\n    \
             ON jobs.external_id = substr(sent.value, 12) AND jobs.content_hash = substr(sent.value, 1, 11)"
        )
    };
}
pub(super) use count_unchanged;

/// `?1` stamps of a few rows, `?2` of all. A JSON array of the positions in `?2` of the rows that are
/// not there as they were sent; null when that is more than half of the few.
pub const FIND_CHANGED: &str = concat!(
    "SELECT CASE WHEN 2 * (",
    count_unchanged!("?1"),
    ") >= json_array_length(?1) THEN (\n  \
       SELECT json_group_array(sent.key) FROM json_each(?2) AS sent LEFT JOIN jobs\n    \
       ON jobs.external_id = substr(sent.value, 12)\n  \
       WHERE jobs.content_hash IS NOT substr(sent.value, 1, 11)\n) END AS changed"
);

/// What the message of a failed batch holds when a row that was there as sent no longer is.
pub const OVERTAKEN: &str = "NOT NULL constraint failed: ingest_runs.unchanged";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content_hash::CONTENT_HASH_CHARS;

    #[test]
    fn a_stamp_is_cut_where_its_hash_ends() {
        let hash = format!("substr(sent.value, 1, {CONTENT_HASH_CHARS})");
        let key = format!("substr(sent.value, {})", CONTENT_HASH_CHARS + 1);
        assert_eq!(FIND_CHANGED.matches("substr").count(), 4);
        assert_eq!(FIND_CHANGED.matches(&hash).count(), 2);
        assert_eq!(FIND_CHANGED.matches(&key).count(), 2);
    }

    #[test]
    fn text_of_the_question() {
        insta::assert_snapshot!(FIND_CHANGED, @"
        SELECT CASE WHEN 2 * (SELECT count(*) FROM json_each(?1) AS sent CROSS JOIN jobs
            ON jobs.external_id = substr(sent.value, 12) AND jobs.content_hash = substr(sent.value, 1, 11)) >= json_array_length(?1) THEN (
          SELECT json_group_array(sent.key) FROM json_each(?2) AS sent LEFT JOIN jobs
            ON jobs.external_id = substr(sent.value, 12)
          WHERE jobs.content_hash IS NOT substr(sent.value, 1, 11)
        ) END AS changed
        ");
    }
}

//! Finds the rows of a request that the table already has.

/// Matches the row of the stamp `sent.value` by its source and id. `$default_source` is a
/// parameter.
macro_rules! is_row_of_stamp {
    ($default_source:literal) => {
        concat!(
            "jobs.source = CASE substr(sent.value, 12, 3) WHEN '000' THEN ",
            $default_source,
            " ELSE substr(sent.value, 15, substr(sent.value, 12, 3)) END\n    \
             AND jobs.external_id = substr(sent.value, 15 + substr(sent.value, 12, 3))"
        )
    };
}

/// Counts the stamps in a parameter whose rows are stored as sent.
macro_rules! count_unchanged {
    ($param:literal, $default_source:literal) => {
        concat!(
            "SELECT count(*) FROM json_each(",
            $param,
            ") AS sent CROSS JOIN jobs\n    ON ",
            is_row_of_stamp!($default_source),
            "\n    AND jobs.content_hash = substr(sent.value, 1, 11)"
        )
    };
}
pub(super) use {count_unchanged, is_row_of_stamp};

/// `?1` stamps of a sample, `?2` of all rows, `?3` default source. Returns a JSON array of the
/// indices in `?2` of the rows that are not stored as sent; NULL if that is more than half of the
/// sample.
pub const FIND_CHANGED: &str = concat!(
    "SELECT CASE WHEN 2 * (",
    count_unchanged!("?1", "?3"),
    ") >= json_array_length(?1) THEN (\n  \
       SELECT json_group_array(sent.key) FROM json_each(?2) AS sent LEFT JOIN jobs\n    ON ",
    is_row_of_stamp!("?3"),
    "\n  WHERE jobs.content_hash IS NOT substr(sent.value, 1, 11)\n) END AS changed"
);

/// Part of the message of a batch that failed because an unsent row has changed.
pub const OVERTAKEN: &str = "NOT NULL constraint failed: ingest_runs.unchanged";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content_hash::CONTENT_HASH_CHARS;
    use crate::ingest::SOURCE_CHARS_DIGITS;

    #[test]
    fn stamp_offsets_match_its_parts() {
        let hash = format!("substr(sent.value, 1, {CONTENT_HASH_CHARS})");
        let n_chars = format!(
            "substr(sent.value, {}, {SOURCE_CHARS_DIGITS})",
            CONTENT_HASH_CHARS + 1
        );
        let rest = CONTENT_HASH_CHARS + SOURCE_CHARS_DIGITS + 1;
        let source = format!("substr(sent.value, {rest}, {n_chars})");
        let id = format!("substr(sent.value, {rest} + {n_chars})");
        for (part, n_times) in [(&hash, 2), (&n_chars, 6), (&source, 2), (&id, 2)] {
            assert_eq!(
                FIND_CHANGED.matches(part.as_str()).count(),
                n_times,
                "{part}"
            );
        }
        assert_eq!(FIND_CHANGED.matches("substr").count(), 2 + 6 + 2 + 2);
    }

    #[test]
    fn text_of_find_changed() {
        insta::assert_snapshot!(FIND_CHANGED);
    }
}

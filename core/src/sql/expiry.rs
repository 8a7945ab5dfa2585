//! Postings whose dates are over, a bounded number of rows at a time.

use std::sync::LazyLock;

use super::statement::Statement;
use crate::iso_time::iso_time;
use crate::limits::{
    DATE_LINE_HOURS, EXPIRY_NIGHTS, EXPIRY_RANGES, EXPIRY_ROWS, EXPIRY_STATEMENTS, LISTED_DAYS,
    MIN_EXPIRY_RANGE,
};

/// The smallest and the largest id as `text`, with a blank between; null without rows.
pub const BOUNDS: &str = "SELECT min(id) || ' ' || max(id) AS text FROM jobs";

/// `?1` to `?2` ids, `?3` now, `?4` the last date that is over everywhere, `?5` the time since which the
/// sources with a complete list are left alone: what they list is open, whatever its date.
static EXPIRE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "UPDATE jobs SET closed_at = ?3, closed_reason = 'expired', missing_since = NULL, content_hash = NULL\n\
         WHERE id IN (SELECT id FROM jobs\n  \
         WHERE id BETWEEN CAST(?1 AS INTEGER) AND CAST(?2 AS INTEGER) AND closed_at IS NULL\n    \
         AND CASE length(valid_through) WHEN 10 THEN valid_through <= ?4 ELSE valid_through < ?3 END\n    \
         AND NOT EXISTS (SELECT 1 FROM ingest_sources\n      \
         WHERE ingest_sources.source = jobs.source AND ingest_sources.observed_at >= ?5)\n  \
         LIMIT {EXPIRY_ROWS})\n\
         RETURNING 1 AS n"
    )
});

/// `?1` to `?2` ids, `?3` the oldest time of closing to keep.
static DELETE_CLOSED: LazyLock<String> = LazyLock::new(|| {
    format!(
        "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs\n  \
         WHERE id BETWEEN CAST(?1 AS INTEGER) AND CAST(?2 AS INTEGER) AND closed_at < ?3\n  \
         LIMIT {EXPIRY_ROWS})\n\
         RETURNING 1 AS n"
    )
});

const HOUR_MS: f64 = 3_600_000.0;
const DAY_MS: f64 = 24.0 * HOUR_MS;

/// The ranges of ids of a night, from [`BOUNDS`]: as many as a night looks through, others every night.
pub fn ranges(bounds: &str, now_ms: f64) -> Vec<[String; 2]> {
    let bounds = bounds.split_once(' ');
    let bounds = bounds.and_then(|(min, max)| Some((min.parse().ok()?, max.parse().ok()?)));
    let Some((min, max)): Option<(i64, i64)> = bounds else {
        return Vec::new();
    };
    // In 128 bits, since ids can be any of 64.
    let (min, max) = (i128::from(min), i128::from(max));
    let n_ids = max - min + 1;
    let all_ranges = (EXPIRY_RANGES * EXPIRY_NIGHTS) as i128;
    let range = i128::from(MIN_EXPIRY_RANGE).max((n_ids + all_ranges - 1) / all_ranges);
    let n_ranges = (n_ids + range - 1) / range;
    let night = (now_ms / DAY_MS) as i128;
    let first = night * EXPIRY_RANGES as i128;
    (0..n_ranges.min(EXPIRY_RANGES as i128))
        .map(|number| {
            let start = min + (first + number) % n_ranges * range;
            [start.to_string(), (start + range - 1).min(max).to_string()]
        })
        .collect()
}

/// The statements of a range: closes what has expired and, with a retention, deletes what has been closed
/// for longer. The results are the rows changed.
pub fn step<V: Clone>(
    range: [V; 2],
    closed_retention_days: Option<u64>,
    now_ms: f64,
    bind: impl Fn(String) -> V,
) -> Vec<Statement<V>> {
    let [from, to] = range;
    let date_ms = now_ms - DATE_LINE_HOURS as f64 * HOUR_MS - DAY_MS;
    let date: String = iso_time(date_ms).chars().take(10).collect();
    let listed_since = iso_time(now_ms - LISTED_DAYS as f64 * DAY_MS);
    let expire = [from.clone(), to.clone()].into_iter();
    let expire = expire.chain([iso_time(now_ms), date, listed_since].map(&bind));
    let mut step = Vec::with_capacity(EXPIRY_STATEMENTS);
    step.push(Statement::new(EXPIRE.as_str(), expire.collect::<Vec<V>>()));
    if let Some(days) = closed_retention_days {
        let oldest = bind(iso_time(now_ms - days as f64 * DAY_MS));
        step.push(Statement::new(DELETE_CLOSED.as_str(), [from, to, oldest]));
    }
    step
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: f64 = 1_795_779_296_789.0;

    fn numbers(bounds: &str, now_ms: f64) -> Vec<(i64, i64)> {
        let ranges = ranges(bounds, now_ms).into_iter();
        ranges
            .map(|[from, to]| (from.parse().unwrap(), to.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_small_table_is_looked_through_every_night() {
        assert_eq!(numbers("1 5000", NOW_MS), [(1, 5_000)]);
        assert_eq!(numbers("7 7", NOW_MS), [(7, 7)]);
        let ranges = numbers("1 250000", NOW_MS);
        assert_eq!(ranges.len(), 3);
        assert!(ranges.contains(&(200_001, 250_000)));
        assert!(ranges_are_none(""));
    }

    fn ranges_are_none(bounds: &str) -> bool {
        ranges(bounds, NOW_MS).is_empty()
    }

    #[test]
    fn a_large_table_is_looked_through_within_the_nights() {
        let bounds = [
            "1 2400000".to_owned(),
            "1 90000000".to_owned(),
            format!("{} {}", i64::MIN, i64::MAX),
        ];
        for bounds in bounds {
            let nights = 0..EXPIRY_NIGHTS;
            let mut all: Vec<(i64, i64)> = nights
                .flat_map(|night| numbers(&bounds, NOW_MS + night as f64 * DAY_MS))
                .collect();
            all.sort_unstable();
            all.dedup();
            let (min, max) = bounds.split_once(' ').unwrap();
            assert_eq!(
                all.first().map(|(from, _)| from.to_string()).as_deref(),
                Some(min)
            );
            assert_eq!(
                all.last().map(|(_, to)| to.to_string()).as_deref(),
                Some(max)
            );
            assert!(
                all.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0),
                "{bounds}"
            );
        }
    }
}

//! What a request says about its complete list.

use crate::limits::{DEFAULT_MAX_CLOSE_PERCENT, DEFAULT_MAX_CLOSE_ROWS};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// When the list was fetched, in milliseconds since 1970; the request's own time by default.
    pub observed_at_ms: Option<i64>,
    pub max_close: MaxClose,
    /// Whether a list without postings closes all of them.
    pub allow_empty: bool,
}

impl ListOptions {
    /// When the list was fetched. A time in the future counts as now: clocks differ.
    pub fn observed_ms(self, now_ms: f64) -> f64 {
        let observed_ms = self.observed_at_ms.map_or(now_ms, |ms| ms as f64);
        observed_ms.min(now_ms)
    }

    /// Part of an idempotency key's fingerprint.
    pub fn fingerprint(self) -> String {
        let observed_at = self.observed_at_ms.unwrap_or(-1);
        let MaxClose { rows, percent } = self.max_close;
        let allow_empty = u8::from(self.allow_empty);
        format!(" list={observed_at},{rows},{percent}%,{allow_empty}")
    }
}

/// How many postings that are missing for the first time a list may close at once. More of them wait for
/// a second list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxClose {
    pub rows: u64,
    /// Of the source's open postings.
    pub percent: u64,
}

impl Default for MaxClose {
    fn default() -> Self {
        Self {
            rows: DEFAULT_MAX_CLOSE_ROWS,
            percent: DEFAULT_MAX_CLOSE_PERCENT,
        }
    }
}

impl MaxClose {
    /// What `max_close` accepts.
    pub const EXPECTED: &'static str = "a number of postings (25) or a share (40%)";

    /// `25` or `40%`.
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, is_share) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        // At most 9 digits: no feed has more postings, and products of two such numbers fit.
        let is_number =
            (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_number)?;
        match is_share {
            true => (number <= 100).then_some(Self {
                rows: 0,
                percent: number,
            }),
            false => Some(Self {
                rows: number,
                percent: 0,
            }),
        }
    }

    /// The number of postings for a source with `n_open` open ones: the larger of both.
    pub fn limit(self, n_open: u64) -> u64 {
        self.rows.max(n_open.saturating_mul(self.percent) / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::MaxClose;

    #[test]
    fn a_number_or_a_share() {
        let of = |rows, percent| Some(MaxClose { rows, percent });
        assert_eq!(MaxClose::parse("0"), of(0, 0));
        assert_eq!(MaxClose::parse("25"), of(25, 0));
        assert_eq!(MaxClose::parse("999999999"), of(999_999_999, 0));
        assert_eq!(MaxClose::parse("0%"), of(0, 0));
        assert_eq!(MaxClose::parse("100%"), of(0, 100));
        for text in [
            "",
            "%",
            "-1",
            "+1",
            "1.5",
            "101%",
            "1000000000",
            "10 %",
            "ten",
        ] {
            assert_eq!(MaxClose::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_default_is_the_larger_of_10_postings_and_30_percent() {
        let limit = |n_open| MaxClose::default().limit(n_open);
        assert_eq!(limit(0), 10);
        assert_eq!(limit(33), 10);
        assert_eq!(limit(36), 10);
        assert_eq!(limit(37), 11);
        assert_eq!(limit(1_000), 300);
    }
}

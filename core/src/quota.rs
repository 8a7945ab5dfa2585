//! Quotas: how many rows and bytes the requests of one token name may bring in a day, in UTC.
//!
//! What a name has used is the sum over its runs of the day; a quota costs no write.

use crate::limits::QUOTA_SETTLED_MS;
use crate::request_id::first_uuid_v7;

/// The names of the quotas, in an entry of the secret and in an answer.
pub const ROWS: &str = "rows_per_day";
pub const BYTES: &str = "bytes_per_day";
/// The variables that set them for all tokens without a quota of their own.
pub const ROWS_VARIABLE: &str = "ROWS_PER_DAY";
pub const BYTES_VARIABLE: &str = "BYTES_PER_DAY";

const DAY_MS: u64 = 86_400_000;

/// The most that a day may bring; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Postings that were accepted, whether or not they had changed: `upserted` of the answers.
    pub rows: Option<u64>,
    /// Bytes of the bodies that brought them, after decompression.
    pub bytes: Option<u64>,
}

impl Quota {
    pub fn is_unlimited(self) -> bool {
        self == Self::default()
    }
}

/// Rows and bytes of accepted requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub rows: u64,
    pub bytes: u64,
}

impl Usage {
    pub fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows.saturating_add(other.rows),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }
}

/// A request that would exceed a quota of its token's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// [`ROWS`] or [`BYTES`].
    pub quota: &'static str,
    pub limit: u64,
    pub used: u64,
    pub requested: u64,
}

impl Quota {
    /// Whether a request fits into what the day has left.
    pub fn check(self, used: Usage, requested: Usage) -> Result<(), Exceeded> {
        for (quota, limit, used, requested) in [
            (ROWS, self.rows, used.rows, requested.rows),
            (BYTES, self.bytes, used.bytes, requested.bytes),
        ] {
            if let Some(limit) = limit
                && used.saturating_add(requested) > limit
            {
                return Err(Exceeded {
                    quota,
                    limit,
                    used,
                    requested,
                });
            }
        }
        Ok(())
    }
}

/// The day of a moment, and which of its runs can no longer grow in number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub starts_ms: u64,
    /// When the next day starts.
    pub ends_ms: u64,
    /// Every request that began before this moment has left its run, if it ever will.
    pub settled_ms: u64,
}

impl Day {
    /// Days of UTC have no leap seconds in Unix time.
    pub fn of(now_ms: u64) -> Self {
        let starts_ms = now_ms - now_ms % DAY_MS;
        Self {
            starts_ms,
            ends_ms: starts_ms + DAY_MS,
            settled_ms: now_ms.saturating_sub(QUOTA_SETTLED_MS).max(starts_ms),
        }
    }

    /// Whole seconds until the day ends, at least one.
    pub fn seconds_left(self, now_ms: u64) -> u64 {
        self.ends_ms.saturating_sub(now_ms).div_ceil(1_000).max(1)
    }
}

/// What a name has used of a day in runs that have settled: they need not be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    starts_ms: u64,
    until_ms: u64,
    usage: Usage,
}

impl Settled {
    /// Nothing is known of the day.
    pub fn none(day: Day) -> Self {
        Self {
            starts_ms: day.starts_ms,
            until_ms: day.starts_ms,
            usage: Usage::default(),
        }
    }

    /// What is known, if it is of this day.
    pub fn of_day(self, day: Day) -> Self {
        match self.starts_ms == day.starts_ms {
            true => self,
            false => Self::none(day),
        }
    }

    /// The parameters of `sql::quota::USAGE` after the token's name: ids from which on runs are read,
    /// and from which on they have not settled.
    pub fn params(self, day: Day) -> [String; 2] {
        [self.until_ms, day.settled_ms.max(self.until_ms)].map(first_uuid_v7)
    }

    /// What is known after a query with these parameters, and the usage of the day so far.
    pub fn add(self, day: Day, settled: Usage, unsettled: Usage) -> (Self, Usage) {
        let settled = Self {
            until_ms: day.settled_ms.max(self.until_ms),
            usage: self.usage.plus(settled),
            ..self
        };
        (settled, settled.usage.plus(unsettled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USED: Usage = Usage {
        rows: 90,
        bytes: 900,
    };

    #[test]
    fn a_quota_has_the_name_of_its_variable() {
        assert_eq!(ROWS, ROWS_VARIABLE.to_lowercase());
        assert_eq!(BYTES, BYTES_VARIABLE.to_lowercase());
    }

    #[test]
    fn a_quota_is_reached_and_not_exceeded() {
        let quota = Quota {
            rows: Some(100),
            bytes: Some(1_000),
        };
        let check = |rows, bytes| quota.check(USED, Usage { rows, bytes });
        assert_eq!(check(10, 100), Ok(()));
        let exceeded = |quota, limit, used, requested| {
            Err(Exceeded {
                quota,
                limit,
                used,
                requested,
            })
        };
        assert_eq!(check(11, 100), exceeded(ROWS, 100, 90, 11));
        assert_eq!(check(10, 101), exceeded(BYTES, 1_000, 900, 101));
        assert_eq!(check(u64::MAX, 1), exceeded(ROWS, 100, 90, u64::MAX));
    }

    #[test]
    fn without_a_quota_nothing_is_too_much() {
        let most = Usage {
            rows: u64::MAX,
            bytes: u64::MAX,
        };
        assert_eq!(Quota::default().check(most, most), Ok(()));
    }

    #[test]
    fn a_day_is_one_of_utc() {
        let starts_ms = 20_000 * DAY_MS;
        for now_ms in [starts_ms, starts_ms + 1, starts_ms + DAY_MS - 1] {
            let day = Day::of(now_ms);
            assert_eq!(
                (day.starts_ms, day.ends_ms),
                (starts_ms, starts_ms + DAY_MS)
            );
            assert!((starts_ms..=now_ms).contains(&day.settled_ms));
        }
        assert_eq!(Day::of(starts_ms - 1).ends_ms, starts_ms);
        let seconds_left = |now_ms| Day::of(now_ms).seconds_left(now_ms);
        assert_eq!(seconds_left(starts_ms), 86_400);
        assert_eq!(seconds_left(starts_ms + DAY_MS - 1), 1);
        assert_eq!(seconds_left(starts_ms + DAY_MS - 1_001), 2);
    }

    #[test]
    fn what_has_settled_is_read_once() {
        let usage = |rows| Usage { rows, bytes: 0 };
        let start = 20_000 * DAY_MS;
        let ids = |[from, unsettled]: [String; 2]| {
            let ms = |id: String| {
                u64::from_str_radix(
                    &id.replace('-', "").chars().take(12).collect::<String>(),
                    16,
                )
                .expect("an id")
            };
            (ms(from) - start, ms(unsettled) - start)
        };
        let later = 3 * QUOTA_SETTLED_MS;

        let day = Day::of(start + 1);
        let settled = Settled::none(day);
        assert_eq!(ids(settled.params(day)), (0, 0));
        let (settled, used) = settled.add(day, usage(0), usage(3));
        assert_eq!(used, usage(3));

        let day = Day::of(start + later);
        let settled = settled.of_day(day);
        assert_eq!(ids(settled.params(day)), (0, later - QUOTA_SETTLED_MS));
        let (settled, used) = settled.add(day, usage(5), usage(2));
        assert_eq!(used, usage(7));

        // A clock that was set back forgets nothing and counts nothing twice.
        let earlier = Day::of(start + later - 1);
        let from = later - QUOTA_SETTLED_MS;
        assert_eq!(ids(settled.params(earlier)), (from, from));
        let (settled, used) = settled.add(earlier, usage(0), usage(4));
        assert_eq!(used, usage(9));

        let tomorrow = Day::of(start + DAY_MS);
        assert_eq!(settled.of_day(tomorrow), Settled::none(tomorrow));
    }
}

//! Quotas: how many rows and bytes the requests of one token name may bring per day, in UTC.
//!
//! Usage is the sum over the token name's runs of the day, so a quota costs no write.

use crate::limits::QUOTA_SETTLED_MS;
use crate::request_id::first_uuid_v7;

/// Names of the quotas, in an entry of the secret and in a response.
pub const ROWS: &str = "rows_per_day";
pub const BYTES: &str = "bytes_per_day";
/// The variables that set them for tokens without a quota of their own.
pub const ROWS_VARIABLE: &str = "ROWS_PER_DAY";
pub const BYTES_VARIABLE: &str = "BYTES_PER_DAY";

const DAY_MS: u64 = 86_400_000;

/// The quotas of a day; `None` is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Quota {
    /// Accepted postings, whether changed or not: the sum of `upserted` in the responses.
    pub rows: Option<u64>,
    /// Bytes of the bodies that contained them, after decompression.
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
    /// Checks that a request fits into what is left of the day.
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

/// A day in UTC, and the moment before which its runs are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub starts_ms: u64,
    /// When the next day starts.
    pub ends_ms: u64,
    /// Every request that started before this moment has written its run, if it ever will.
    pub settled_ms: u64,
}

impl Day {
    /// Unix time has no leap seconds, so all days have the same length.
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

/// The usage of a day in runs that are final, which need not be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    starts_ms: u64,
    until_ms: u64,
    usage: Usage,
}

impl Settled {
    /// Nothing is known about the day.
    pub fn none(day: Day) -> Self {
        Self {
            starts_ms: day.starts_ms,
            until_ms: day.starts_ms,
            usage: Usage::default(),
        }
    }

    /// Keeps what is known if it is of this day.
    pub fn of_day(self, day: Day) -> Self {
        match self.starts_ms == day.starts_ms {
            true => self,
            false => Self::none(day),
        }
    }

    /// The parameters of `sql::quota::USAGE` after the token's name: the id from which to read
    /// runs, and the id from which they are not final.
    pub fn params(self, day: Day) -> [String; 2] {
        [self.until_ms, day.settled_ms.max(self.until_ms)].map(first_uuid_v7)
    }

    /// Adds the result of a query with these parameters. Also returns the usage of the day so far.
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
    fn quota_names_match_their_variables() {
        assert_eq!(ROWS, ROWS_VARIABLE.to_lowercase());
        assert_eq!(BYTES, BYTES_VARIABLE.to_lowercase());
    }

    #[test]
    fn accepts_up_to_the_quota() {
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
    fn no_quota_is_unlimited() {
        let most = Usage {
            rows: u64::MAX,
            bytes: u64::MAX,
        };
        assert_eq!(Quota::default().check(most, most), Ok(()));
    }

    #[test]
    fn days_are_in_utc() {
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
    fn settled_runs_are_read_once() {
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

        // A clock that goes backwards loses nothing and counts nothing twice.
        let earlier = Day::of(start + later - 1);
        let from = later - QUOTA_SETTLED_MS;
        assert_eq!(ids(settled.params(earlier)), (from, from));
        let (settled, used) = settled.add(earlier, usage(0), usage(4));
        assert_eq!(used, usage(9));

        let tomorrow = Day::of(start + DAY_MS);
        assert_eq!(settled.of_day(tomorrow), Settled::none(tomorrow));
    }
}

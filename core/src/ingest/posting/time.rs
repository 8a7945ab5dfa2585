//! Dates and times in the forms that feeds use; stored as ISO 8601 in UTC, so that texts sort by
//! time. A date stays a date.

use super::stated::Stated;
use super::violation::{Excerpt, Violation};
use crate::iso_time::{push_date, push_time_of_day};
use crate::json::{Raw, Scanner, value_of};

pub(crate) const EXPECTED: &str = "a date (2026-11-25), a time (2026-11-25T13:56:45Z or \
     2026-11-25 13:56:45) or seconds or milliseconds since 1970";

const SECONDS_A_DAY: i64 = 86_400;
/// Smaller numbers are not times: `2026` and `20261125` would be days of 1970. This one is in 1973.
const FIRST_SECONDS: f64 = 1e8;
/// Larger numbers are milliseconds: this one is the year 5138 in seconds and 1973 in milliseconds.
const FIRST_MILLISECONDS: f64 = 1e11;
/// 10000-01-01T00:00:00Z.
const END_SECONDS: i64 = 253_402_300_800;

/// A parsed date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Days since 1970.
    Date(i64),
    Millis(i64),
}

/// Accepts a date or time; 0 counts as missing.
pub fn write<'a>(row: &mut String, value: Raw<'a>) -> Result<Stated, Violation<'a>> {
    let (when, excerpt) = match value {
        Raw::Number(literal) => (epoch(value_of(literal)), Excerpt::Number(literal)),
        Raw::String(string) => {
            let text = string.decode();
            (read(text.trim()), Excerpt::Text(string.raw))
        }
        other => return Err(Violation::WrongType(other, EXPECTED)),
    };
    let seconds = match when {
        None => return Err(Violation::Invalid(excerpt, EXPECTED)),
        Some(When::Millis(0)) => return Ok(Stated::Absent),
        Some(When::Millis(millis)) => millis.div_euclid(1_000),
        Some(When::Date(days)) => days * SECONDS_A_DAY,
    };
    if !(0..END_SECONDS).contains(&seconds) {
        return Err(Violation::TimeOutOfRange(excerpt));
    }
    row.push('"');
    push_date(row, seconds.div_euclid(SECONDS_A_DAY));
    if let Some(When::Millis(millis)) = when {
        push_time_of_day(row, millis.rem_euclid(SECONDS_A_DAY * 1_000));
    }
    row.push('"');
    Ok(Stated::Value)
}

/// The milliseconds since 1970 of a date or time from 1970 to 9999.
pub(crate) fn time_millis(text: &str) -> Option<i64> {
    let millis = match read(text.trim())? {
        When::Millis(millis) => millis,
        When::Date(days) => days * SECONDS_A_DAY * 1_000,
    };
    (0..END_SECONDS * 1_000).contains(&millis).then_some(millis)
}

/// Seconds or milliseconds since 1970.
fn epoch(number: f64) -> Option<When> {
    if number != 0.0 && number.abs() < FIRST_SECONDS {
        return None;
    }
    let millis = match number.abs() < FIRST_MILLISECONDS {
        true => number * 1_000.0,
        false => number,
    };
    // Rounded, because 1.001 × 1,000 is slightly less than 1,001. The cast saturates, and the
    // saturated value is out of range.
    Some(When::Millis(millis.round() as i64))
}

/// Accepts `YYYY-MM-DD`, RFC 3339, RFC 3339 with a blank for the `T` and ` UTC` or nothing for the
/// zone, or a number. A time without a zone is UTC.
fn read(text: &str) -> Option<When> {
    let mut scanner = Scanner::new(text);
    if let (Ok(Raw::Number(literal)), Ok(())) = (scanner.value(), scanner.end()) {
        return epoch(value_of(literal));
    }
    let mut rest = text;
    let year = number(&mut rest, 4)?;
    let month = after(&mut rest, "-").and_then(|()| number(&mut rest, 2))?;
    let day = after(&mut rest, "-").and_then(|()| number(&mut rest, 2))?;
    let days = days(year, month, day)?;
    if rest.is_empty() {
        return Some(When::Date(days));
    }
    rest = rest.strip_prefix(['T', 't', ' '])?;
    let hour = number(&mut rest, 2)?;
    let minute = after(&mut rest, ":").and_then(|()| number(&mut rest, 2))?;
    // Only seconds have a fraction.
    let (second, millis) = match after(&mut rest, ":") {
        Some(()) => (number(&mut rest, 2)?, fraction_millis(&mut rest)?),
        None => (0, 0),
    };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // A leap second counts as the second before it.
    let second_of_day = hour * 3_600 + minute * 60 + second.min(59);
    let offset_minutes = offset_minutes(rest)?;
    let seconds = days * SECONDS_A_DAY + second_of_day - offset_minutes * 60;
    Some(When::Millis(seconds * 1_000 + millis))
}

/// Consumes a required prefix.
fn after(rest: &mut &str, prefix: &str) -> Option<()> {
    *rest = rest.strip_prefix(prefix)?;
    Some(())
}

/// Consumes a number of exactly `n_digits`.
fn number(rest: &mut &str, n_digits: usize) -> Option<i64> {
    let (digits, after) = rest.split_at_checked(n_digits)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    *rest = after;
    digits.parse().ok()
}

/// Consumes a fraction of a second, if present, and returns its first three digits.
fn fraction_millis(rest: &mut &str) -> Option<i64> {
    let Some(after_point) = rest.strip_prefix(['.', ',']) else {
        return Some(0);
    };
    let n_digits = after_point
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(after_point.len());
    let (digits, after) = after_point.split_at_checked(n_digits)?;
    *rest = after;
    let millis = digits.bytes().chain(*b"00").take(3);
    (n_digits > 0).then(|| millis.fold(0, |millis, digit| millis * 10 + i64::from(digit - b'0')))
}

/// Minutes east of Greenwich.
fn offset_minutes(zone: &str) -> Option<i64> {
    let zone = zone.trim_start();
    if ["", "Z", "z", "UTC", "GMT"].contains(&zone) {
        return Some(0);
    }
    let (sign, mut rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let hours = number(&mut rest, 2)?;
    let minutes = match rest {
        "" => 0,
        rest => {
            let mut minutes = rest.strip_prefix(':').unwrap_or(rest);
            number(&mut minutes, 2).filter(|_| minutes.is_empty())?
        }
    };
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
}

/// Returns the days from 1970-01-01 to a date, if the date exists. Algorithm from
/// howardhinnant.github.io/date_algorithms.html, where years start in March.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last_day = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(is_leap),
        _ => return None,
    };
    if !(1..=last_day).contains(&day) {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::iso_time::civil;

    fn stored(json: &str) -> Result<String, String> {
        let value = Scanner::new(json).value().expect("JSON");
        let mut row = String::new();
        match write(&mut row, value) {
            Ok(Stated::Value) => Ok(row.trim_matches('"').to_owned()),
            Ok(stated) => Err(format!("{stated:?}")),
            Err(violation) => Err(violation.to_string()),
        }
    }

    #[test]
    fn accepted_forms_of_times() {
        for (sent, is_stored_as) in [
            ("\"2026-11-25\"", "2026-11-25"),
            ("\"2026-11-25T13:56:45Z\"", "2026-11-25T13:56:45.000Z"),
            (
                "\"2026-11-25t13:56:45.1239999z\"",
                "2026-11-25T13:56:45.123Z",
            ),
            ("\"2026-11-25T13:56:45+02:00\"", "2026-11-25T11:56:45.000Z"),
            ("\"2026-11-25T00:30:00-0530\"", "2026-11-25T06:00:00.000Z"),
            ("\"2026-11-25 13:56:45 UTC\"", "2026-11-25T13:56:45.000Z"),
            ("\"2026-11-25 13:56:45\"", "2026-11-25T13:56:45.000Z"),
            ("\" 2026-11-25T13:56 \"", "2026-11-25T13:56:00.000Z"),
            ("\"2024-02-29T23:59:60Z\"", "2024-02-29T23:59:59.000Z"),
            ("1764079005", "2025-11-25T13:56:45.000Z"),
            ("100000000", "1973-03-03T09:46:40.000Z"),
            ("1764079005.5", "2025-11-25T13:56:45.500Z"),
            ("1000000001.001", "2001-09-09T01:46:41.001Z"),
            ("1764079005123", "2025-11-25T13:56:45.123Z"),
            ("\"1764079005\"", "2025-11-25T13:56:45.000Z"),
            ("\"9999-12-31T23:59:59.999Z\"", "9999-12-31T23:59:59.999Z"),
            ("\"1970-01-01\"", "1970-01-01"),
        ] {
            assert_eq!(stored(sent).as_deref(), Ok(is_stored_as), "{sent}");
        }
    }

    #[test]
    fn invalid_times_are_quoted() {
        for sent in [
            "\"Posted 3 Days Ago\"",
            "\"25/11/2026\"",
            "\"2026-02-29\"",
            "\"2026-13-01\"",
            "\"2026-11-25T24:00:00Z\"",
            "\"2026-11-25T13:56:45.Z\"",
            "\"2026-11-25T13:56.5Z\"",
            "\"2026-11-25T13:56:45+02:\"",
            "\"2026-11-25T13:56:45+02:0\"",
            "\"2026-11-25T13:56:45 CET\"",
            "\"2026-11-25x\"",
            "2026",
            "\"20261125\"",
            "99999999",
            "-1",
            "true",
        ] {
            let message = stored(sent).expect_err(sent);
            assert!(message.contains(EXPECTED), "{sent}: {message}");
        }
        for sent in [
            "-100000000",
            "1e300",
            "\"1969-12-31\"",
            "\"1969-12-31T23:59:59Z\"",
            "\"9999-12-31T23:59:59-00:01\"",
        ] {
            let message = stored(sent).expect_err(sent);
            assert!(message.contains("from 1970 to 9999"), "{sent}: {message}");
        }
        assert_eq!(stored("0"), Err("Absent".to_owned()));
    }

    proptest! {
        #[test]
        fn days_and_civil_are_inverse(day in 0_i64..END_SECONDS / SECONDS_A_DAY) {
            let (year, month, day_of_month) = civil(day);
            prop_assert_eq!(days(year, month, day_of_month), Some(day));
            let (next_year, next_month, next_day) = civil(day + 1);
            prop_assert!((year, month, day_of_month) < (next_year, next_month, next_day));
        }

        #[test]
        fn storing_a_stored_time_does_not_change_it(seconds in 100_000_000..END_SECONDS, millis in 0_i64..1_000) {
            let sent = format!("{seconds}.{millis:03}");
            let first = stored(&sent).expect("a time");
            prop_assert_eq!(stored(&format!("\"{first}\"")), Ok(first.clone()));
        }
    }
}

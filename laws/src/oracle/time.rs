//! The rules of times, using the calendar of another library.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike};

use super::verdict::No;
use crate::json::Json;

pub enum When {
    /// 1970-01-01T00:00:00Z, which counts as missing.
    Epoch,
    /// A date or time as stored.
    Stored(String),
}

pub fn read(value: Json<'_>) -> Result<When, No> {
    match value {
        Json::Number(literal) => number(literal),
        Json::Text(text) => {
            let text = text.trim();
            match serde_json::from_str::<serde_json::Number>(text) {
                Ok(_) => number(text.trim_matches(['\t', '\r', '\n', ' '])),
                Err(_) => moment(text).ok_or(No::Rejected),
            }
        }
        _ => Err(No::Rejected),
    }
}

/// Seconds since 1970, or milliseconds if as seconds they would be in the year 5138 or later.
fn number(literal: &str) -> Result<When, No> {
    let number = literal.parse::<f64>().map_err(|_| No::Abstain)?;
    if number != 0.0 && number.abs() < 1e8 {
        return Err(No::Rejected);
    }
    let millis = if number.abs() < 1e11 {
        number * 1_000.0
    } else {
        number
    };
    of_millis(millis.round() as i64).ok_or(No::Rejected)
}

fn of_millis(millis: i64) -> Option<When> {
    if millis == 0 {
        return Some(When::Epoch);
    }
    let time = DateTime::from_timestamp_millis(millis)?;
    let (date, clock) = (stored_date(time.date_naive())?, time.time());
    let (hour, minute, second) = (clock.hour(), clock.minute(), clock.second());
    let millis = time.timestamp_subsec_millis();
    Some(When::Stored(format!(
        "{date}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
    )))
}

fn stored_date(date: NaiveDate) -> Option<String> {
    let (year, month, day) = (date.year(), date.month(), date.day());
    (1970..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// A date, or a date and time, in UTC unless a zone is given.
fn moment(text: &str) -> Option<When> {
    let (date, rest) = text.split_at_checked("YYYY-MM-DD".len())?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let date = NaiveDate::from_ymd_opt(year.try_into().ok()?, month, day)?;
    if rest.is_empty() {
        return stored_date(date).map(When::Stored);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let clock_end = rest.find(|c: char| !c.is_ascii_digit() && !":.,".contains(c));
    let (clock, zone) = rest.split_at(clock_end.unwrap_or(rest.len()));
    let (clock, fraction) = match clock.split_once(['.', ',']) {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let [hour, minute, second] = match (numbers(clock, ':', [2, 2, 2]), fraction) {
        (Some(clock), _) => clock,
        // Only seconds have a fraction.
        (None, None) => {
            let [hour, minute] = numbers(clock, ':', [2, 2])?;
            [hour, minute, 0]
        }
        (None, Some(_)) => return None,
    };
    // A leap second counts as the second before it.
    let second = if second == 60 { 59 } else { second };
    let time = date.and_hms_opt(hour, minute, second)?.and_utc();
    let millis = match fraction {
        None => 0,
        Some(digits) if !digits.is_empty() && !digits.contains(|c: char| !c.is_ascii_digit()) => {
            format!("{digits}00").get(..3)?.parse().ok()?
        }
        Some(_) => return None,
    };
    let time =
        time.checked_sub_signed(TimeDelta::try_minutes(minutes_east(zone.trim_start())?)?)?;
    of_millis(time.timestamp_millis() + millis)
}

fn minutes_east(zone: &str) -> Option<i64> {
    if ["", "Z", "z", "UTC", "GMT"].contains(&zone) {
        return Some(0);
    }
    let (sign, digits) = match zone.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, zone.strip_prefix('+')?),
    };
    let [hours, minutes] = match digits.len() {
        2 => {
            let [hours] = numbers(digits, ':', [2])?;
            [hours, 0]
        }
        4 => {
            let (hours, minutes) = digits.split_at_checked(2)?;
            numbers(&format!("{hours}:{minutes}"), ':', [2, 2])?
        }
        _ => numbers(digits, ':', [2, 2])?,
    };
    (hours < 24 && minutes < 60).then_some(sign * i64::from(hours * 60 + minutes))
}

/// Numbers with exactly `n_digits` digits, separated by `separator`.
fn numbers<const N: usize>(text: &str, separator: char, n_digits: [usize; N]) -> Option<[u32; N]> {
    let parts: Vec<&str> = text.split(separator).collect();
    let mut numbers = [0; N];
    if parts.len() != N {
        return None;
    }
    for ((number, part), n_digits) in numbers.iter_mut().zip(parts).zip(n_digits) {
        if part.len() != n_digits || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    Some(numbers)
}

//! Times: a date stays a date, a time is converted to UTC.

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use crate::json::Json;
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Time {
    /// ISO 8601: `2026-08-05` or `2026-08-05T09:41:37Z`.
    pub iso: String,
    /// Whether the text had no zone and was read as UTC.
    pub without_zone: bool,
}

impl Time {
    /// The day in UTC.
    pub fn day(&self) -> &str {
        self.iso.get(..10).unwrap_or(&self.iso)
    }
}

/// Smaller epoch numbers are seconds, others milliseconds: 1e11 seconds are the year 5138.
const MIN_EPOCH_MS: f64 = 100_000_000_000.0;

/// The time in a JSON field; `Ok(None)` if it is not stated.
pub fn of_json(value: &Json<'_>) -> Result<Option<Time>, String> {
    match value {
        Json::Null => Ok(None),
        Json::Int(_) | Json::Float(_) => match value.number() {
            Some(0.0) | None => Ok(None),
            Some(number) => of_epoch(number).map(Some).ok_or_else(|| number.to_string()),
        },
        Json::Text(text) => of_text(text),
        other => Err(format!("{other:?}")),
    }
}

/// The time in a text; `Ok(None)` if it is empty.
pub fn of_text(text: &str) -> Result<Option<Time>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| text.to_owned())
}

fn parse(text: &str) -> Option<Time> {
    let bytes = text.as_bytes();
    if bytes.len() >= 9 && bytes.iter().all(u8::is_ascii_digit) {
        return of_epoch(text.parse().ok()?);
    }
    if bytes.len() == 10
        && let Ok(date) = text.parse::<Date>()
    {
        return plausible(date).then(|| Time {
            iso: date.to_string(),
            without_zone: false,
        });
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return of_timestamp(timestamp, false);
    }
    if let Some(zoneless) = text
        .strip_suffix(" UTC")
        .or_else(|| text.strip_suffix(" GMT"))
        && let Ok(time) = zoneless.trim().parse::<DateTime>()
    {
        return of_timestamp(in_utc(time)?, false);
    }
    // "2026-08-05 09:41:37 +0200" is ISO except for its blanks.
    if let Some((time, offset)) = text.rsplit_once(' ')
        && offset.starts_with(['+', '-'])
        && let Ok(timestamp) = format!("{time}{offset}").parse::<Timestamp>()
    {
        return of_timestamp(timestamp, false);
    }
    if let Ok(zoned) = rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
    {
        return of_timestamp(zoned, false);
    }
    let time = text.parse::<DateTime>().ok()?;
    of_timestamp(in_utc(time)?, true)
}

fn in_utc(time: DateTime) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(time).ok()
}

fn of_epoch(number: f64) -> Option<Time> {
    let milliseconds = if number < MIN_EPOCH_MS {
        number * 1_000.0
    } else {
        number
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates, and jiff refuses what is out of its range"
    )]
    let milliseconds = milliseconds as i64;
    of_timestamp(Timestamp::from_millisecond(milliseconds).ok()?, false)
}

fn of_timestamp(timestamp: Timestamp, without_zone: bool) -> Option<Time> {
    let timestamp = timestamp
        .round(
            jiff::TimestampRound::new()
                .smallest(Unit::Millisecond)
                .mode(jiff::RoundMode::Trunc),
        )
        .ok()?;
    plausible(TimeZone::UTC.to_datetime(timestamp).date()).then(|| Time {
        iso: timestamp.to_string(),
        without_zone,
    })
}

/// Whether a date is plausible for a posting, and not a placeholder such as year 1.
fn plausible(date: Date) -> bool {
    (1_970..=9_998).contains(&date.year())
}

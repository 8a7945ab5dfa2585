//! Times as they are stored: ISO 8601 in UTC with milliseconds, so that texts sort by time.

const MS_A_DAY: i64 = 86_400_000;

/// From milliseconds since 1970; the cast saturates.
pub fn iso_time(ms: f64) -> String {
    let ms = ms as i64;
    let (year, month, day) = civil(ms.div_euclid(MS_A_DAY));
    let in_day = ms.rem_euclid(MS_A_DAY);
    let (hour, minute) = (in_day / 3_600_000, in_day / 60_000 % 60);
    let (second, milli) = (in_day / 1_000 % 60, in_day % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The year, month and day of a number of days since 1970-01-01 in the proleptic Gregorian calendar
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"), for days within 10^15.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::iso_time;

    #[test]
    fn writes_what_javascript_writes() {
        for (ms, text) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (-1.0, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000.0, "2000-02-29T00:00:00.000Z"),
            (1_795_779_296_789.0, "2026-11-27T11:34:56.789Z"),
            (253_402_300_799_999.0, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(iso_time(ms), text);
        }
        for ms in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(iso_time(ms).ends_with('Z'));
        }
    }
}

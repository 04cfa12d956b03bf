//! Dates, times and durations as text: ISO 8601, with the zone's name in brackets where there is one.

use crate::value::{DAY_NANOS, MAX_ZONE, Moment, date_from_text};

const SECOND: u64 = 1_000_000_000;
const DAY: i64 = 86_400;

/// What a text can say about a point in time.
#[derive(Debug, PartialEq)]
pub(super) enum When<'a> {
    /// `2026-11-23T09:30:00Z`.
    Instant(Moment),
    /// `2026-11-23T09:30:00+02:00`: the instant, and minutes.
    Offset(Moment, i32),
    /// `2026-11-23T09:30:00+01:00[Europe/Berlin]`.
    Zoned(Moment, i32, &'a str),
    /// `2026-11-23T09:30:00`: days since 1970, nanoseconds of the day.
    Local(i64, u64),
}

/// Reads a point in time.
pub(super) fn when(text: &str) -> Option<When<'_>> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let days = date_from_text(date)?;
    let (rest, zone) = match rest.strip_suffix(']') {
        Some(rest) => rest.split_once('[').map(|(rest, zone)| (rest, Some(zone)))?,
        None => (rest, None),
    };
    if zone.is_some_and(|zone| zone.is_empty() || zone.len() > MAX_ZONE) {
        return None;
    }
    let (clock, minutes) = match rest.find(['Z', '+', '-']) {
        Some(at) => (&rest[..at], Some(offset(&rest[at..])?)),
        None => (rest, None),
    };
    let nanos = time(clock)?;
    let Some(minutes) = minutes else { return zone.is_none().then_some(When::Local(days, nanos)) };
    let seconds = days * DAY + (nanos / SECOND) as i64 - i64::from(minutes) * 60;
    let moment = Moment { seconds, nanos: (nanos % SECOND) as u32 };
    Some(match zone {
        Some(zone) => When::Zoned(moment, minutes, zone),
        None if rest.ends_with('Z') => When::Instant(moment),
        None => When::Offset(moment, minutes),
    })
}

fn offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let (hours, minutes) = text[1..].split_once(':')?;
    let minutes = number(hours, 2, 23)? * 60 + number(minutes, 2, 59)?;
    Some(if text.starts_with('-') { -(minutes as i32) } else { minutes as i32 })
}

/// Reads `09:30`, `09:30:15` or `09:30:15.000000001`: nanoseconds of the day.
pub(super) fn time(text: &str) -> Option<u64> {
    let (hours, rest) = text.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "00"));
    let (seconds, fraction) = seconds.split_once('.').map_or((seconds, None), |(s, f)| (s, Some(f)));
    let seconds = (number(hours, 2, 23)? * 60 + number(minutes, 2, 59)?) * 60 + number(seconds, 2, 59)?;
    Some(seconds * SECOND + fraction.map_or(Some(0), nanos)?)
}

fn number(text: &str, width: usize, most: u64) -> Option<u64> {
    let plain = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| plain && *n <= most)
}

/// Digits after the point of a second.
fn nanos(fraction: &str) -> Option<u64> {
    let fits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| format!("{fraction:0<9}").parse().ok())?
}

/// Reads `PT1.5S`, `P1DT2H3M`, `-PT0.1S`, or seconds as a plain number.
pub(super) fn duration(text: &str) -> Option<Moment> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, nanos) = match text.strip_prefix('P') {
        Some(parts) => parts_of(parts)?,
        None => seconds(text)?,
    };
    let all = i128::from(whole) * i128::from(SECOND) + i128::from(nanos);
    let all = if negative { -all } else { all };
    let second = i128::from(SECOND);
    Some(Moment { seconds: i64::try_from(all.div_euclid(second)).ok()?, nanos: all.rem_euclid(second) as u32 })
}

fn parts_of(parts: &str) -> Option<(i64, u64)> {
    let (days, clock) = parts.split_once('T').map_or((parts, None), |(days, clock)| (days, Some(clock)));
    let (mut whole, mut fraction) = (0i64, 0);
    let units = [(days, &[("D", DAY)][..]), (clock.unwrap_or_default(), &[("H", 3600), ("M", 60)][..])];
    let mut seen = false;
    for (mut rest, units) in units {
        for (letter, size) in units {
            if let Some((count, after)) = rest.split_once(letter) {
                whole = whole.checked_add(plain(count)?.checked_mul(*size)?)?;
                (rest, seen) = (after, true);
            }
        }
        if let Some(count) = rest.strip_suffix('S') {
            let (more, nanos) = seconds(count)?;
            (whole, fraction, seen, rest) = (whole.checked_add(more)?, nanos, true, "");
        }
        if !rest.is_empty() {
            return None;
        }
    }
    (seen && clock != Some("")).then_some((whole, fraction))
}

fn seconds(text: &str) -> Option<(i64, u64)> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    Some((plain(whole)?, fraction.map_or(Some(0), nanos)?))
}

fn plain(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) { None } else { text.parse().ok() }
}

/// Writes an instant, with `minutes` as the clock there showed it.
pub(super) fn instant_text(moment: Moment, minutes: Option<i32>) -> String {
    let shown = moment.seconds + i64::from(minutes.unwrap_or(0)) * 60;
    let nanos = shown.rem_euclid(DAY) as u64 * SECOND + u64::from(moment.nanos);
    let zone = match minutes {
        None => "Z".into(),
        Some(minutes) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{:02}", minutes.unsigned_abs() / 60, minutes.unsigned_abs() % 60)
        }
    };
    format!("{}{zone}", local_text(shown.div_euclid(DAY), nanos))
}

/// Writes a local date-time.
pub(super) fn local_text(days: i64, nanos: u64) -> String {
    format!("{}T{}", date_text(days), time_text(nanos))
}

/// Writes a date. A year of more than four digits has its sign.
pub(super) fn date_text(days: i64) -> String {
    // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last one.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let year = if (0..=9999).contains(&year) { format!("{year:04}") } else { format!("{year:+05}") };
    format!("{year}-{month:02}-{day:02}")
}

/// Writes a local time, with as many digits after the point as it needs: none, 3, 6 or 9.
pub(super) fn time_text(nanos: u64) -> String {
    let nanos = nanos % DAY_NANOS;
    let seconds = nanos / SECOND;
    format!("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction_text(nanos % SECOND))
}

fn fraction_text(nanos: u64) -> String {
    match nanos {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1000 == 0 => format!(".{:06}", n / 1000),
        n => format!(".{n:09}"),
    }
}

/// Writes a duration: `PT1H2M3.5S`.
pub(super) fn duration_text(length: Moment) -> String {
    let all = i128::from(length.seconds) * i128::from(SECOND) + i128::from(length.nanos);
    let (sign, all) = (if all < 0 { "-" } else { "" }, all.unsigned_abs());
    let (seconds, nanos) = (all / u128::from(SECOND), (all % u128::from(SECOND)) as u64);
    let part = |count: u128, letter: char| if count == 0 { String::new() } else { format!("{count}{letter}") };
    let (hours, minutes, rest) = (part(seconds / 3600, 'H'), part(seconds / 60 % 60, 'M'), seconds % 60);
    let end = if rest > 0 || nanos > 0 || seconds == 0 { format!("{rest}{}S", fraction_text(nanos)) } else { String::new() };
    format!("{sign}PT{hours}{minutes}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(when: &When<'_>) -> String {
        match when {
            When::Instant(moment) => instant_text(*moment, None),
            When::Offset(moment, minutes) => instant_text(*moment, Some(*minutes)),
            When::Zoned(moment, minutes, zone) => format!("{}[{zone}]", instant_text(*moment, Some(*minutes))),
            When::Local(days, nanos) => local_text(*days, *nanos),
        }
    }

    #[test]
    fn moments_lead_back() {
        for text in [
            "2013-03-21T20:04:00Z",
            "1969-12-31T23:59:59.999999999Z",
            "0001-01-01T00:00:00Z",
            "2026-11-23T09:30:00.500",
            "2026-11-23T09:30:00+02:00",
            "2026-01-01T00:10:00-11:30",
            "2013-03-21T21:04:00.000001+01:00[Europe/Berlin]",
        ] {
            assert_eq!(when(text).as_ref().map(written).as_deref(), Some(text));
        }
        assert_eq!(when("2013-03-21T20:04:00Z"), Some(When::Instant(Moment { seconds: 1_363_896_240, nanos: 0 })));
        assert_eq!(when("2013-03-21 20:04").as_ref().map(written).as_deref(), Some("2013-03-21T20:04:00"));
        for bad in
            ["", "2026-02-30T00:00Z", "2026-11-23", "2026-11-23T25:00Z", "2026-11-23T09:30[Europe/Berlin]", "2026-11-23T09:30+1", "T"]
        {
            assert_eq!(when(bad), None, "{bad}");
        }
    }

    #[test]
    fn dates_of_every_year() {
        for days in (-800_000..3_000_000).step_by(97) {
            let text = date_text(days);
            if text.len() == 10 {
                assert_eq!(date_from_text(&text), Some(days));
            }
        }
        assert_eq!((date_text(365_241_780_471).as_str(), date_text(-365_243_219_162).as_str()), ("+999999999-12-31", "-999999999-01-01"));
    }

    #[test]
    fn durations_lead_back() {
        for text in ["PT0S", "PT1.500S", "-PT0.000000001S", "PT2H", "PT1H1M1S", "PT2562047788015215H30M7S"] {
            assert_eq!(duration(text).map(duration_text).as_deref(), Some(text));
        }
        assert_eq!(duration("1.5"), Some(Moment { seconds: 1, nanos: 500_000_000 }));
        assert_eq!(duration("-1.5"), Some(Moment { seconds: -2, nanos: 500_000_000 }));
        assert_eq!(duration("P1DT2H3M4S").map(duration_text).as_deref(), Some("PT26H3M4S"));
        for bad in ["", "P", "PT", "P1DT", "1h", "PT1", "PT1S2M", "PT1.S", "PT-1S", "P1M", "PT99999999999999999H"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}

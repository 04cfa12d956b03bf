//! Dates, times and durations as text (ISO 8601, as Java writes them), and back.

use crate::value::{DAY_NANOS, MAX_ZONE, Moment, Writer, date_from_text, tag};

const DAY: i64 = 86_400;
const NANOS: u64 = 1_000_000_000;

/// `2026-11-28`; years beyond four digits have a sign.
pub(super) fn date_text(days: i64) -> String {
    // Howard Hinnant's civil_from_days: years begin in March, so that the leap day is the last one.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let of_years = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * of_years + of_years / 4 - of_years / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = of_years + era * 400 + i64::from(month <= 2);
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+05}-{month:02}-{day:02}"),
    }
}

/// `14:05:00.5`.
pub(super) fn time_text(nanos: u64) -> String {
    let (seconds, part) = (nanos / NANOS, nanos % NANOS);
    format!("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, fraction(part as u32))
}

fn fraction(nanos: u32) -> String {
    if nanos == 0 { String::new() } else { format!(".{nanos:09}").trim_end_matches('0').to_owned() }
}

/// `2026-11-28T14:05:00`.
pub(super) fn local_text(days: i64, nanos: u64) -> String {
    format!("{}T{}", date_text(days), time_text(nanos))
}

/// `2026-11-28T14:05:00Z`, or with an offset `+01:00`.
pub(super) fn moment_text(moment: Moment, offset: Option<i32>) -> String {
    let local = moment.seconds + 60 * i64::from(offset.unwrap_or(0));
    let nanos = local.rem_euclid(DAY) as u64 * NANOS + u64::from(moment.nanos);
    let tail = match offset {
        None => "Z".to_owned(),
        Some(minutes) => format!("{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60),
    };
    format!("{}{tail}", local_text(local.div_euclid(DAY), nanos))
}

/// `2026-11-28T14:05:00+01:00[Europe/Berlin]`.
pub(super) fn zoned_text(moment: Moment, offset: i32, zone: &str) -> String {
    format!("{}[{zone}]", moment_text(moment, Some(offset)))
}

/// `PT90.5S`, `PT-0.25S`.
pub(super) fn duration_text(duration: Moment) -> String {
    // The seconds are floored: -0.25 s is -1 s and 750,000,000 ns.
    if duration.seconds < 0 && duration.nanos > 0 {
        let seconds = (duration.seconds + 1).unsigned_abs();
        return format!("PT-{seconds}{}S", fraction(NANOS as u32 - duration.nanos));
    }
    format!("PT{}{}S", duration.seconds, fraction(duration.nanos))
}

/// Writes the date that stands in a text; nothing if it is none.
pub(super) fn write_date(text: &str, out: &mut Writer) -> Option<()> {
    out.tag(tag::DATE);
    out.signed(date_from_text(text)?);
    Some(())
}

/// Writes the time of day that stands in a text.
pub(super) fn write_time(text: &str, out: &mut Writer) -> Option<()> {
    let nanos = time(text)?;
    out.tag(tag::LOCAL_TIME);
    out.unsigned(nanos);
    Some(())
}

/// Writes a date-time: with `Z` an instant, with an offset one with that offset, with a zone a zoned one, with neither a local one.
pub(super) fn write_date_time(text: &str, out: &mut Writer) -> Option<()> {
    let (text, zone) = match text.strip_suffix(']') {
        Some(rest) => rest.split_once('[').map(|(text, zone)| (text, Some(zone)))?,
        None => (text, None),
    };
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let days = date_from_text(date)?;
    let (clock, offset) = match rest.find(['Z', 'z', '+', '-']) {
        None => (rest, None),
        Some(at) => (rest.get(..at)?, Some(offset(rest.get(at..)?)?)),
    };
    let nanos = time(clock)?;
    let Some(minutes) = offset else {
        if zone.is_some() {
            return None;
        }
        out.tag(tag::LOCAL_DATE_TIME);
        out.array(2);
        out.signed(days);
        out.unsigned(nanos);
        return Some(());
    };
    let seconds = days * DAY + (nanos / NANOS) as i64 - 60 * minutes.unwrap_or(0);
    let part = (nanos % NANOS) as u32;
    match (zone, minutes) {
        (None, None) => out.moment(tag::INSTANT, seconds, part),
        (zone, minutes) => {
            out.tag(if zone.is_some() { tag::ZONED } else { tag::OFFSET });
            out.array(2 + usize::from(zone.is_some()));
            out.moment(tag::INSTANT, seconds, part);
            out.signed(minutes.unwrap_or(0));
            if let Some(zone) = zone {
                let plain = zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-:".contains(&b));
                if zone.is_empty() || zone.len() > MAX_ZONE || zone.starts_with('/') || !plain {
                    return None;
                }
                out.text(zone);
            }
        }
    }
    Some(())
}

/// Writes a duration: `P1DT2H3M4.5S`, each part with a sign of its own, or seconds as protobuf writes them: `90.5s`.
pub(super) fn write_duration(text: &str, out: &mut Writer) -> Option<()> {
    let nanos = match text.strip_suffix('s') {
        Some(seconds) => scaled(seconds, 1)?,
        None => iso_duration(text)?,
    };
    let seconds = i64::try_from(nanos.div_euclid(i128::from(NANOS))).ok()?;
    out.moment(tag::DURATION, seconds, nanos.rem_euclid(i128::from(NANOS)) as u32);
    Some(())
}

fn iso_duration(text: &str) -> Option<i128> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let rest = text.strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        None if !rest.is_empty() => (rest, ""),
        _ => return None,
    };
    let mut nanos = 0i128;
    if !days.is_empty() {
        nanos = nanos.checked_add(scaled(whole(days.strip_suffix('D')?)?, DAY)?)?;
    }
    let mut clock = clock;
    for (unit, seconds) in [('H', 3600), ('M', 60), ('S', 1)] {
        if let Some((number, rest)) = clock.split_once(unit) {
            nanos = nanos.checked_add(scaled(if unit == 'S' { number } else { whole(number)? }, seconds)?)?;
            clock = rest;
        }
    }
    if !clock.is_empty() {
        return None;
    }
    Some(if negative { -nanos } else { nanos })
}

fn whole(text: &str) -> Option<&str> {
    (!text.contains('.')).then_some(text)
}

/// A number with at most nine digits behind its point, times so many seconds, in nanoseconds.
fn scaled(text: &str, seconds: i64) -> Option<i128> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() > 19 || part.len() > 9 || !whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part: i128 = format!("{part:0<9}").parse().ok()?;
    let nanos = (whole.parse::<i128>().ok()? * i128::from(NANOS) + part) * i128::from(seconds);
    Some(if negative { -nanos } else { nanos })
}

/// Nanoseconds of the day: `14:05`, `14:05:00`, `14:05:00.123`.
fn time(text: &str) -> Option<u64> {
    let number = |text: &str, most: u64| {
        let good = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        good.then(|| text.parse::<u64>().ok().filter(|n| *n < most)).flatten()
    };
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (number(parts.next()?, 24)?, number(parts.next()?, 60)?);
    let (seconds, part) = match parts.next() {
        None => (0, 0),
        Some(rest) => {
            let (seconds, part) = rest.split_once('.').map_or((rest, None), |(seconds, part)| (seconds, Some(part)));
            let part = match part {
                None => 0,
                Some(part) if (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) => {
                    format!("{part:0<9}").parse().ok()?
                }
                Some(_) => return None,
            };
            (number(seconds, 60)?, part)
        }
    };
    Some((hours * 3600 + minutes * 60 + seconds) * NANOS + part).filter(|nanos| *nanos < DAY_NANOS)
}

/// Minutes of an offset: nothing for `Z`, else those of `+01:00`.
fn offset(text: &str) -> Option<Option<i64>> {
    if matches!(text, "Z" | "z") {
        return Some(None);
    }
    let negative = text.starts_with('-');
    let minutes = time(text.get(1..).filter(|rest| rest.len() == 5)?)? / NANOS / 60;
    Some(Some(if negative { -(minutes as i64) } else { minutes as i64 }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Head, Reader, Scalar};

    fn back(text: &str, write: fn(&str, &mut Writer) -> Option<()>) -> Option<String> {
        let mut writer = Writer::new();
        write(text, &mut writer)?;
        let mut reader = Reader::new(&writer.0);
        let Ok(Head::Tag(number)) = reader.head() else { panic!("{text}: no tag") };
        Some(match Scalar::read(&mut reader, number).unwrap().unwrap() {
            Scalar::Instant(moment) => moment_text(moment, None),
            Scalar::Offset(moment, minutes) => moment_text(moment, Some(minutes)),
            Scalar::Zoned(moment, minutes, zone) => zoned_text(moment, minutes, zone),
            Scalar::LocalTime(nanos) => time_text(nanos),
            Scalar::LocalDateTime(days, nanos) => local_text(days, nanos),
            Scalar::Date(days) => date_text(days),
            Scalar::Duration(duration) => duration_text(duration),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn moments_lead_back() {
        for text in [
            "2026-11-28T14:05:00Z",
            "1969-12-31T23:59:59.999999999Z",
            "2026-11-28T14:05:00.5+01:00",
            "2026-01-01T00:30:00-09:30",
            "2026-11-28T14:05:00+01:00[Europe/Berlin]",
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59.000000001",
        ] {
            assert_eq!(back(text, write_date_time).as_deref(), Some(text));
        }
        for bad in [
            "",
            "2026-11-28",
            "2026-02-30T00:00:00Z",
            "2026-11-28T24:00:00Z",
            "2026-11-28T14:05:00[Europe/Berlin]",
            "2026-11-28T14:05:00Z[/etc]",
            "2026-11-28T14:05:00+24:00",
        ] {
            assert_eq!(back(bad, write_date_time), None, "{bad}");
        }
    }

    #[test]
    fn dates_times_and_durations_lead_back() {
        for text in ["1970-01-01", "2000-02-29", "1600-03-01", "0000-12-31"] {
            assert_eq!(back(text, write_date).as_deref(), Some(text));
        }
        assert_eq!((date_text(2_932_897).as_str(), date_text(-719_529).as_str()), ("+10000-01-01", "-0001-12-31"));
        assert_eq!(
            (back("14:05", write_time).as_deref(), back("00:00:00.120", write_time).as_deref()),
            (Some("14:05:00"), Some("00:00:00.12"))
        );
        for (text, shown) in [
            ("PT90.5S", "PT90.5S"),
            ("PT-0.25S", "PT-0.25S"),
            ("-PT0.25S", "PT-0.25S"),
            ("P1DT2H3M4S", "PT93784S"),
            ("P2D", "PT172800S"),
            ("-1.5s", "PT-1.5S"),
            ("PT0S", "PT0S"),
            ("PT-3S", "PT-3S"),
        ] {
            assert_eq!(back(text, write_duration).as_deref(), Some(shown), "{text}");
        }
        for bad in ["", "P", "PT", "PT1.5H", "1", "PT1S1M", "P1Y", "PT99999999999999999999S", "s"] {
            assert_eq!(back(bad, write_duration), None, "{bad}");
        }
    }
}

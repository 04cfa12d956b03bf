//! Dates and times: Python's `datetime` module and the classes of `twinspan` that keep nanoseconds.

use super::known;
use super::trouble::{Outcome, Trouble};
use parking_lot::Mutex;
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::collections::HashMap;
use std::ops::RangeInclusive;
use twinspan::value::{DAY_NANOS, Moment, Writer, tag};

/// Days since 1970-01-01 that a Python date can have.
const DAYS: RangeInclusive<i64> = -719_162..=2_932_896;
/// Ordinal of 1970-01-01.
const EPOCH_ORDINAL: i64 = 719_163;
const DAY_SECONDS: i64 = 86_400;

/// Writes an aware or naive `datetime`; with `nanos` it has a `nanosecond` too.
pub(super) fn encode_datetime(out: &mut Writer, value: &Bound<'_, PyAny>, nanos: bool) -> Outcome<()> {
    let py = value.py();
    let nanos = if nanos { below_micro(value.getattr(intern!(py, "nanosecond"))?)? } else { 0 };
    let zone = value.getattr(intern!(py, "tzinfo"))?;
    let epoch = if zone.is_none() { known::epoch(py)? } else { known::epoch_utc(py)? };
    let since = value.sub(epoch)?;
    let (days, seconds, micros) = delta_parts(&since)?;
    let nanos = micros * 1000 + nanos;
    if zone.is_none() {
        out.tag(tag::LOCAL_DATE_TIME);
        out.array(2);
        out.signed(days);
        out.unsigned(seconds as u64 * 1_000_000_000 + u64::from(nanos));
        return Ok(());
    }
    let seconds = days * DAY_SECONDS + seconds;
    if zone.is(known::utc(py)?) {
        out.moment(tag::INSTANT, seconds, nanos);
        return Ok(());
    }
    let minutes = offset_minutes(value)?;
    if zone.get_type().is(known::timezone(py)?) {
        out.tag(tag::OFFSET);
        out.array(2);
        out.moment(tag::INSTANT, seconds, nanos);
        out.signed(minutes);
        return Ok(());
    }
    if !is_zone_info(&zone)? {
        let class = zone.get_type().fully_qualified_name()?;
        return Err(Trouble::new(format!("a datetime in a zone of type {class}; use datetime.timezone or zoneinfo.ZoneInfo")));
    }
    let key = zone.getattr(intern!(py, "key"))?;
    let Ok(key) = key.cast::<PyString>() else {
        return Err(Trouble::new("a datetime in a ZoneInfo without a key, which nobody else can look up"));
    };
    // An hour that the clock skips has no instant of its own.
    let back = moment_utc(py, seconds, micros)?.call_method1(intern!(py, "astimezone"), (&zone,))?;
    let wall = |moment: &Bound<'_, PyAny>| -> PyResult<_> { delta_parts(&naive(moment)?.sub(known::epoch(py)?)?) };
    if wall(&back)? != wall(value)? {
        return Err(Trouble::new(format!("{value}, a time that the clocks of {key} skip")));
    }
    out.tag(tag::ZONED);
    out.array(3);
    out.moment(tag::INSTANT, seconds, nanos);
    out.signed(minutes);
    out.text(key.to_str()?);
    Ok(())
}

/// Writes a `date`.
pub(super) fn encode_date(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let ordinal: i64 = value.call_method0(intern!(value.py(), "toordinal"))?.extract()?;
    out.tag(tag::DATE);
    out.signed(ordinal - EPOCH_ORDINAL);
    Ok(())
}

/// Writes a naive `time`.
pub(super) fn encode_time(out: &mut Writer, value: &Bound<'_, PyAny>, nanos: bool) -> Outcome<()> {
    let py = value.py();
    if !value.getattr(intern!(py, "tzinfo"))?.is_none() {
        return Err(Trouble::new("a time with a zone, which has no counterpart in other languages; send an aware datetime"));
    }
    let part = |name: &Bound<'_, PyString>| -> PyResult<u64> { value.getattr(name)?.extract() };
    let seconds = (part(intern!(py, "hour"))? * 60 + part(intern!(py, "minute"))?) * 60 + part(intern!(py, "second"))?;
    let nanos = if nanos { u64::from(below_micro(value.getattr(intern!(py, "nanosecond"))?)?) } else { 0 };
    out.tag(tag::LOCAL_TIME);
    out.unsigned(seconds * 1_000_000_000 + part(intern!(py, "microsecond"))? * 1000 + nanos);
    Ok(())
}

/// Writes a `timedelta`.
pub(super) fn encode_delta(out: &mut Writer, value: &Bound<'_, PyAny>, nanos: bool) -> Outcome<()> {
    let (days, seconds, micros) = delta_parts(value)?;
    let nanos = if nanos { below_micro(value.getattr(intern!(value.py(), "nanoseconds"))?)? } else { 0 };
    out.moment(tag::DURATION, days * DAY_SECONDS + seconds, micros * 1000 + nanos);
    Ok(())
}

/// An instant as an aware `datetime` in UTC.
pub(super) fn instant<'py>(py: Python<'py>, moment: Moment) -> Outcome<Bound<'py, PyAny>> {
    in_range(moment.seconds.div_euclid(DAY_SECONDS))?;
    moment_utc(py, moment.seconds, moment.nanos / 1000)
}

/// A date-time with offset as an aware `datetime` with a `timezone`.
pub(super) fn with_offset<'py>(py: Python<'py>, moment: Moment, minutes: i32) -> Outcome<Bound<'py, PyAny>> {
    let zone = if minutes == 0 {
        // Equal to `timezone.utc`, but not the same: that one is written as an instant.
        known::no_offset(py)?.clone()
    } else {
        known::timezone(py)?.call1((known::timedelta(py)?.call1((0, i64::from(minutes) * 60))?,))?
    };
    moved(&instant(py, moment)?, &zone)
}

/// A zoned date-time as an aware `datetime` with a `ZoneInfo`.
pub(super) fn zoned<'py>(py: Python<'py>, moment: Moment, minutes: i32, zone: &str) -> Outcome<Bound<'py, PyAny>> {
    let value = moved(&instant(py, moment)?, &zone_info(py, zone)?)?;
    let here = offset_minutes(&value)?;
    if here != i64::from(minutes) {
        return Err(Trouble::new(format!(
            "a date-time in {zone} at {minutes} minutes from UTC, but by the time zone data of this host it is {here}"
        )));
    }
    Ok(value)
}

/// The zone with this id. Python forgets all but the last eight, and reading one again takes a while.
fn zone_info<'py>(py: Python<'py>, id: &str) -> Outcome<Bound<'py, PyAny>> {
    static ZONES: Mutex<Option<HashMap<String, Py<PyAny>>>> = Mutex::new(None);
    if let Some(zone) = ZONES.lock().as_ref().and_then(|zones| zones.get(id)).map(|zone| zone.clone_ref(py)) {
        return Ok(zone.into_bound(py));
    }
    let zone = known::zone_info(py)?.call1((id,)).map_err(|e| ordinary(py, e, &format!("the zone {id} isn't known here")))?;
    let mut zones = ZONES.lock();
    let zones = zones.get_or_insert_default();
    // There are some six hundred.
    if zones.len() < 1024 {
        zones.insert(id.to_owned(), zone.clone().unbind());
    }
    Ok(zone)
}

/// A local date-time as a naive `datetime`.
pub(super) fn local<'py>(py: Python<'py>, days: i64, nanos: u64) -> Outcome<Bound<'py, PyAny>> {
    in_range(days)?;
    let since = delta(py, days, (nanos / 1_000_000_000) as i64, (nanos % 1_000_000_000 / 1000) as u32)?;
    Ok(known::epoch(py)?.add(since)?)
}

/// A local date.
pub(super) fn date<'py>(py: Python<'py>, days: i64) -> Outcome<Bound<'py, PyAny>> {
    in_range(days)?;
    Ok(known::date(py)?.call_method1(intern!(py, "fromordinal"), (days + EPOCH_ORDINAL,))?)
}

/// A local time.
pub(super) fn time<'py>(py: Python<'py>, nanos: u64) -> Outcome<Bound<'py, PyAny>> {
    debug_assert!(nanos < DAY_NANOS);
    let seconds = nanos / 1_000_000_000;
    let micros = nanos % 1_000_000_000 / 1000;
    Ok(known::time(py)?.call1((seconds / 3600, seconds / 60 % 60, seconds % 60, micros))?)
}

/// A duration as a `timedelta`.
pub(super) fn duration<'py>(py: Python<'py>, moment: Moment) -> Outcome<Bound<'py, PyAny>> {
    let days = moment.seconds.div_euclid(DAY_SECONDS);
    if days.unsigned_abs() > 999_999_999 {
        return Err(Trouble::new("a duration of more than Python's 999999999 days"));
    }
    delta(py, days, moment.seconds.rem_euclid(DAY_SECONDS), moment.nanos / 1000)
}

/// The same moment as an instance of `class`, which keeps the nanoseconds below the microsecond.
pub(super) fn keeping<'py>(class: &Bound<'py, PyAny>, value: Bound<'py, PyAny>, nanos: u32) -> Outcome<Bound<'py, PyAny>> {
    Ok(class.call_method1(intern!(value.py(), "_of"), (value, nanos % 1000))?)
}

fn moment_utc<'py>(py: Python<'py>, seconds: i64, micros: u32) -> Outcome<Bound<'py, PyAny>> {
    let (year, month, day) = civil(seconds.div_euclid(DAY_SECONDS));
    let clock = seconds.rem_euclid(DAY_SECONDS);
    // Made in one call: twice as fast as a `timedelta` and a sum.
    let parts = (year, month, day, clock / 3600, clock / 60 % 60, clock % 60, micros, known::utc(py)?);
    Ok(known::datetime(py)?.call1(parts)?)
}

/// Year, month and day of so many days since 1970-01-01, in the Gregorian calendar; years are counted from March, so that the day
/// which leap years have more is their last one.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn moved<'py>(instant: &Bound<'py, PyAny>, zone: &Bound<'py, PyAny>) -> Outcome<Bound<'py, PyAny>> {
    let py = instant.py();
    let moved = instant.call_method1(intern!(py, "astimezone"), (zone,));
    moved.map_err(|e| ordinary(py, e, "a date-time beyond Python's years 1 to 9999"))
}

fn naive<'py>(moment: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = moment.py();
    let without = PyDict::new(py);
    without.set_item(intern!(py, "tzinfo"), py.None())?;
    moment.call_method(intern!(py, "replace"), (), Some(&without))
}

fn delta<'py>(py: Python<'py>, days: i64, seconds: i64, micros: u32) -> Outcome<Bound<'py, PyAny>> {
    Ok(known::timedelta(py)?.call1((days, seconds, micros))?)
}

fn delta_parts(delta: &Bound<'_, PyAny>) -> PyResult<(i64, i64, u32)> {
    let py = delta.py();
    Ok((
        delta.getattr(intern!(py, "days"))?.extract()?,
        delta.getattr(intern!(py, "seconds"))?.extract()?,
        delta.getattr(intern!(py, "microseconds"))?.extract()?,
    ))
}

fn offset_minutes(value: &Bound<'_, PyAny>) -> Outcome<i64> {
    let offset = value.call_method0(intern!(value.py(), "utcoffset"))?;
    let (days, seconds, micros) = delta_parts(&offset)?;
    if seconds % 60 != 0 || micros != 0 {
        return Err(Trouble::new(format!("{value}, at an offset that isn't whole minutes")));
    }
    Ok((days * DAY_SECONDS + seconds) / 60)
}

fn is_zone_info(zone: &Bound<'_, PyAny>) -> PyResult<bool> {
    match known::if_loaded(zone.py(), "zoneinfo", "ZoneInfo")? {
        Some(class) => zone.is_instance(&class),
        None => Ok(false),
    }
}

fn below_micro(value: Bound<'_, PyAny>) -> Outcome<u32> {
    match value.extract::<u32>() {
        Ok(nanos @ 0..=999) => Ok(nanos),
        _ => Err(Trouble::new(format!("nanoseconds beyond the microsecond are {value}, not 0 to 999"))),
    }
}

fn in_range(days: i64) -> Outcome<()> {
    if DAYS.contains(&days) { Ok(()) } else { Err(Trouble::new("a date beyond Python's years 1 to 9999")) }
}

fn ordinary(py: Python<'_>, error: PyErr, what: &str) -> Trouble {
    if error.is_instance_of::<PyException>(py) { Trouble::caused(what, error) } else { error.into() }
}

//! Tagged values without parts of their own: numbers, moments, UUIDs, arrays of numbers, references.

use super::{DAY_NANOS, Element, Fault, Head, MAX_BIGNUM, MAX_ZONE, Numbers, Reader, Reference, tag};

/// An integer of any size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Integer<'a> {
    /// From 0 up.
    Unsigned(u64),
    /// -1 - n.
    Negative(u64),
    /// The magnitude, or with `negative` -1 - magnitude, big-endian, beyond 64 bits.
    Big {
        /// Whether it is -1 - magnitude.
        negative: bool,
        /// Without leading zeros, at most [`MAX_BIGNUM`] bytes.
        magnitude: &'a [u8],
    },
}

/// Whole seconds since 1970-01-01T00:00Z (or of a duration), floored, and nanoseconds below 10^9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Whole seconds, floored.
    pub seconds: i64,
    /// Nanoseconds beyond them.
    pub nanos: u32,
}

/// A tagged value that is one thing to its receiver.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// An integer beyond 64 bits.
    Integer(Integer<'a>),
    /// mantissa × 10^exponent.
    Decimal {
        /// Within ±(2^31 - 1).
        exponent: i32,
        /// Any size.
        mantissa: Integer<'a>,
    },
    /// A point in time.
    Instant(Moment),
    /// A point in time and the offset of the clock that showed it.
    Offset(Moment, i32),
    /// A point in time, the offset, and the zone that decided it.
    Zoned(Moment, i32, &'a str),
    /// Nanoseconds of the day.
    LocalTime(u64),
    /// Days since 1970-01-01, nanoseconds of the day.
    LocalDateTime(i64, u64),
    /// Days since 1970-01-01.
    Date(i64),
    /// A length of time.
    Duration(Moment),
    /// A UUID.
    Uuid([u8; 16]),
    /// Real and imaginary part.
    Complex(f64, f64),
    /// Start, stop, and step, which isn't 0.
    Range([Integer<'a>; 3]),
    /// An array of numbers.
    Numbers(Numbers<'a>),
    /// A table: one Arrow IPC stream, which only the reader that takes it looks into.
    Table(&'a [u8]),
    /// A reference to a service or a node.
    Reference(Reference<'a>),
}

// Java's Instant and LocalDate, the wider of the two languages.
const SECONDS: std::ops::RangeInclusive<i64> = -31_557_014_167_219_200..=31_556_889_864_403_199;
const DAYS: std::ops::RangeInclusive<i64> = -365_243_219_162..=365_241_780_471;

impl<'a> Scalar<'a> {
    /// Reads the value of a tag that was just read; `None` when the tag isn't a scalar's, and nothing was read.
    pub fn read(reader: &mut Reader<'a>, number: u64) -> Result<Option<Scalar<'a>>, Fault> {
        let scalar = match number {
            tag::BIGNUM | tag::NEGATIVE_BIGNUM => Scalar::Integer(bignum(reader, number)?),
            tag::DECIMAL => decimal(reader)?,
            tag::INSTANT => Scalar::Instant(instant(reader)?),
            tag::DURATION => Scalar::Duration(moment(reader, "a duration")?),
            tag::OFFSET => {
                parts(reader, 2, "a date-time with offset")?;
                let (moment, minutes) = offset(reader)?;
                Scalar::Offset(moment, minutes)
            }
            tag::ZONED => {
                parts(reader, 3, "a zoned date-time")?;
                let (moment, minutes) = offset(reader)?;
                Scalar::Zoned(moment, minutes, zone(reader)?)
            }
            tag::LOCAL_TIME => Scalar::LocalTime(day_nanos(reader)?),
            tag::LOCAL_DATE_TIME => {
                parts(reader, 2, "a local date-time")?;
                Scalar::LocalDateTime(days(reader)?, day_nanos(reader)?)
            }
            tag::DATE => Scalar::Date(days(reader)?),
            tag::DATE_TEXT => match reader.head()? {
                Head::Text(length) => {
                    let text = reader.text(length)?;
                    Scalar::Date(date_from_text(text).ok_or_else(|| Fault::new("a date that isn't YYYY-MM-DD"))?)
                }
                other => return Err(Fault::new(format!("a date in {}", other.noun()))),
            },
            tag::UUID => match reader.head()? {
                Head::Bytes(16) => {
                    let mut id = [0; 16];
                    id.copy_from_slice(reader.take(16)?);
                    Scalar::Uuid(id)
                }
                _ => return Err(Fault::new("a UUID that isn't 16 bytes")),
            },
            tag::COMPLEX => {
                parts(reader, 2, "a complex number")?;
                match (reader.head()?, reader.head()?) {
                    (Head::Float(re), Head::Float(im)) => Scalar::Complex(re, im),
                    _ => return Err(Fault::new("a complex number whose parts aren't floats")),
                }
            }
            tag::RANGE => {
                parts(reader, 3, "a range")?;
                let range = [integer(reader)?, integer(reader)?, integer(reader)?];
                if range[2] == Integer::Unsigned(0) {
                    return Err(Fault::new("a range with step 0"));
                }
                Scalar::Range(range)
            }
            tag::TABLE => match reader.head()? {
                Head::Bytes(length) => Scalar::Table(reader.take(length)?),
                other => return Err(Fault::new(format!("a table in {}", other.noun()))),
            },
            tag::REFERENCE => match reader.head()? {
                Head::Text(length) => Scalar::Reference(Reference::parse(reader.text(length)?)?),
                other => return Err(Fault::new(format!("a reference in {}", other.noun()))),
            },
            tag::ND_ARRAY => Scalar::Numbers(Numbers::with_shape(reader)?),
            other => match Element::of_tag(other) {
                Some(element) => Scalar::Numbers(Numbers::plain(reader, element)?),
                None => return Ok(None),
            },
        };
        Ok(Some(scalar))
    }

    /// What the value is, for messages.
    pub fn noun(&self) -> &'static str {
        match self {
            Scalar::Integer(_) => "an integer",
            Scalar::Decimal { .. } => "a decimal",
            Scalar::Instant(_) => "an instant",
            Scalar::Offset(..) => "a date-time with offset",
            Scalar::Zoned(..) => "a zoned date-time",
            Scalar::LocalTime(_) => "a local time",
            Scalar::LocalDateTime(..) => "a local date-time",
            Scalar::Date(_) => "a date",
            Scalar::Duration(_) => "a duration",
            Scalar::Uuid(_) => "a UUID",
            Scalar::Complex(..) => "a complex number",
            Scalar::Range(_) => "a range",
            Scalar::Numbers(_) => "an array of numbers",
            Scalar::Table(_) => "a table",
            Scalar::Reference(reference) => reference.kind().noun(),
        }
    }
}

fn parts(reader: &mut Reader<'_>, count: usize, what: &str) -> Result<(), Fault> {
    match reader.head()? {
        Head::Array(n) if n == count => Ok(()),
        _ => Err(Fault::new(format!("{what} that isn't an array of {count} parts"))),
    }
}

fn bignum<'a>(reader: &mut Reader<'a>, number: u64) -> Result<Integer<'a>, Fault> {
    match reader.head()? {
        Head::Bytes(length) if length > MAX_BIGNUM => Err(Fault::new(format!("an integer of {length} bytes; {MAX_BIGNUM} are allowed"))),
        Head::Bytes(length) => {
            let magnitude = reader.take(length)?;
            if length <= 8 || magnitude.first() == Some(&0) {
                return Err(Fault::new("a bignum that isn't in its shortest form"));
            }
            Ok(Integer::Big { negative: number == tag::NEGATIVE_BIGNUM, magnitude })
        }
        other => Err(Fault::new(format!("a bignum in {}", other.noun()))),
    }
}

fn integer<'a>(reader: &mut Reader<'a>) -> Result<Integer<'a>, Fault> {
    match reader.head()? {
        Head::Unsigned(n) => Ok(Integer::Unsigned(n)),
        Head::Negative(n) => Ok(Integer::Negative(n)),
        Head::Tag(number @ (tag::BIGNUM | tag::NEGATIVE_BIGNUM)) => bignum(reader, number),
        other => Err(Fault::new(format!("{} where an integer belongs", other.noun()))),
    }
}

/// An integer of 64 bits with sign.
fn small(reader: &mut Reader<'_>, what: &str) -> Result<i64, Fault> {
    let number = match reader.head()? {
        Head::Unsigned(n) => i64::try_from(n).ok(),
        Head::Negative(n) => i64::try_from(n).ok().map(|n| !n),
        other => return Err(Fault::new(format!("{what} in {}", other.noun()))),
    };
    number.ok_or_else(|| Fault::new(format!("{what} beyond 64 bits")))
}

fn decimal<'a>(reader: &mut Reader<'a>) -> Result<Scalar<'a>, Fault> {
    parts(reader, 2, "a decimal")?;
    let exponent = i32::try_from(small(reader, "an exponent")?).ok().filter(|e| *e != i32::MIN);
    let exponent = exponent.ok_or_else(|| Fault::new("a decimal with an exponent beyond 32 bits"))?;
    Ok(Scalar::Decimal { exponent, mantissa: integer(reader)? })
}

fn moment(reader: &mut Reader<'_>, what: &str) -> Result<Moment, Fault> {
    let pairs = match reader.head()? {
        Head::Map(pairs @ (1 | 2)) => pairs,
        _ => return Err(Fault::new(format!("{what} that isn't {{1: seconds, -9: nanoseconds}}"))),
    };
    if reader.head()? != Head::Unsigned(1) {
        return Err(Fault::new(format!("{what} that doesn't begin with its seconds")));
    }
    let seconds = small(reader, "seconds")?;
    if pairs == 1 {
        return Ok(Moment { seconds, nanos: 0 });
    }
    match (reader.head()?, reader.head()?) {
        (Head::Negative(8), Head::Unsigned(nanos @ 1..=999_999_999)) => Ok(Moment { seconds, nanos: nanos as u32 }),
        _ => Err(Fault::new(format!("{what} whose second part isn't 1 to 999999999 nanoseconds"))),
    }
}

fn instant(reader: &mut Reader<'_>) -> Result<Moment, Fault> {
    let moment = moment(reader, "an instant")?;
    if SECONDS.contains(&moment.seconds) { Ok(moment) } else { Err(Fault::new("an instant beyond the year ±1000000000")) }
}

fn offset(reader: &mut Reader<'_>) -> Result<(Moment, i32), Fault> {
    if reader.head()? != Head::Tag(tag::INSTANT) {
        return Err(Fault::new("a date-time that doesn't begin with its instant"));
    }
    let moment = instant(reader)?;
    let minutes = small(reader, "an offset")?;
    if minutes.unsigned_abs() >= 1440 {
        return Err(Fault::new(format!("an offset of {minutes} minutes, a day or more")));
    }
    Ok((moment, minutes as i32))
}

fn zone<'a>(reader: &mut Reader<'a>) -> Result<&'a str, Fault> {
    let Head::Text(length) = reader.head()? else {
        return Err(Fault::new("a zone that isn't a text"));
    };
    let id = reader.text(length)?;
    // Receivers look zones up in files: nothing that can leave their folder.
    let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-:".contains(&b));
    if id.is_empty() || id.len() > MAX_ZONE || !plain || id.starts_with('/') {
        return Err(Fault::new("a zone id that can't be one"));
    }
    Ok(id)
}

fn day_nanos(reader: &mut Reader<'_>) -> Result<u64, Fault> {
    match reader.head()? {
        Head::Unsigned(nanos) if nanos < DAY_NANOS => Ok(nanos),
        _ => Err(Fault::new("a local time that isn't nanoseconds of a day")),
    }
}

fn days(reader: &mut Reader<'_>) -> Result<i64, Fault> {
    let days = small(reader, "a date")?;
    if DAYS.contains(&days) { Ok(days) } else { Err(Fault::new("a date beyond the year ±999999999")) }
}

/// Days since 1970-01-01 of a date written as YYYY-MM-DD.
pub fn date_from_text(text: &str) -> Option<i64> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        bytes[range].iter().try_fold(0, |all, b| b.is_ascii_digit().then(|| all * 10 + i64::from(b - b'0')))
    };
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_as_text() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("1940-10-09", Some(-10_676)),
            ("2000-02-29", Some(11_016)),
            ("0001-01-01", Some(-719_162)),
            ("9999-12-31", Some(2_932_896)),
            ("1900-02-29", None),
            ("2026-13-01", None),
            ("2026-00-01", None),
            ("2026-01-00", None),
            ("2026-1-001", None),
            ("+026-01-01", None),
        ] {
            assert_eq!(date_from_text(text), days, "{text}");
        }
    }
}

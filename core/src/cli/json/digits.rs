//! Integers and decimals of any size as digits.

use crate::value::{Integer, MAX_BIGNUM};

/// Most digits of an integer that can cross: its magnitude has at most [`MAX_BIGNUM`] bytes.
const DIGITS_MOST: usize = MAX_BIGNUM * 8 * 302 / 1000;
const GROUP: u32 = 1_000_000_000;

/// A number as the digits of JSON (or of a decimal in a text) say it: `digits × 10^exponent`.
#[derive(Debug, PartialEq)]
pub(super) struct Digits {
    pub(super) negative: bool,
    digits: String,
    pub(super) exponent: i32,
}

impl Digits {
    /// Reads `-12.30e5`; `None` if it is no number, or one beyond all limits.
    pub(super) fn read(text: &str) -> Option<Digits> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || digits.len() > DIGITS_MOST || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?).filter(|e| *e != i32::MIN)?;
        Some(Digits { negative, digits, exponent })
    }

    /// Sign and magnitude for [`crate::value::Writer::integer`]: below zero it is `-1 - magnitude`. `None` for -0 of a decimal.
    pub(super) fn integer(&self) -> Option<(bool, Vec<u8>)> {
        let mut limbs: Vec<u32> = Vec::new();
        let (digits, first) = (self.digits.as_bytes(), self.digits.len() % 9);
        for group in std::iter::once(&digits[..first]).filter(|g| !g.is_empty()).chain(digits[first..].chunks(9)) {
            let value = group.iter().fold(0u32, |all, b| all * 10 + u32::from(b - b'0'));
            let mut carry = u64::from(value);
            for limb in &mut limbs {
                let sum = u64::from(*limb) * 10u64.pow(group.len() as u32) + carry;
                *limb = sum as u32;
                carry = sum >> 32;
            }
            if carry > 0 {
                limbs.push(carry as u32);
            }
        }
        if self.negative {
            // -n is -1 - (n - 1).
            let at = limbs.iter().position(|limb| *limb != 0)?;
            limbs[at] -= 1;
            limbs[..at].fill(u32::MAX);
        }
        Some((self.negative, limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect()))
    }
}

/// The digits of an integer.
pub(super) fn of(integer: &Integer<'_>) -> String {
    match integer {
        Integer::Unsigned(n) => n.to_string(),
        Integer::Negative(n) => (-1 - i128::from(*n)).to_string(),
        Integer::Big { negative, magnitude } => big(*negative, magnitude),
    }
}

fn big(negative: bool, magnitude: &[u8]) -> String {
    let mut limbs: Vec<u32> = magnitude.rchunks(4).map(|chunk| chunk.iter().fold(0u32, |all, byte| all << 8 | u32::from(*byte))).collect();
    if negative {
        limbs.push(0);
        for limb in &mut limbs {
            let (sum, over) = limb.overflowing_add(1);
            *limb = sum;
            if !over {
                break;
            }
        }
    }
    let mut groups = Vec::new();
    while let Some(top) = limbs.iter().rposition(|limb| *limb != 0) {
        limbs.truncate(top + 1);
        let rest = limbs.iter_mut().rev().fold(0u64, |rest, limb| {
            let all = rest << 32 | u64::from(*limb);
            *limb = (all / u64::from(GROUP)) as u32;
            all % u64::from(GROUP)
        });
        groups.push(rest);
    }
    let mut text = String::from(if negative { "-" } else { "" });
    for (at, group) in groups.iter().rev().enumerate() {
        text += &if at == 0 { group.to_string() } else { format!("{group:09}") };
    }
    text
}

/// A decimal as Python and Java write it: plain digits, with an exponent only where zeros would be made up.
pub(super) fn decimal(exponent: i32, mantissa: &Integer<'_>) -> String {
    let text = of(mantissa);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let exponent = i64::from(exponent);
    let adjusted = exponent + digits.len() as i64 - 1;
    if exponent == 0 {
        return text;
    }
    if exponent < 0 && adjusted >= -6 {
        let places = exponent.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        return format!("{sign}{whole}.{fraction}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E{adjusted:+}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Head, Reader, Scalar, Writer};

    fn there_and_back(text: &str) -> String {
        let (negative, magnitude) = Digits::read(text).expect("digits").integer().expect("an integer");
        let mut writer = Writer::new();
        writer.integer(negative, &magnitude);
        let mut reader = Reader::new(&writer.0);
        match reader.head().expect("a head") {
            Head::Unsigned(n) => of(&Integer::Unsigned(n)),
            Head::Negative(n) => of(&Integer::Negative(n)),
            Head::Tag(tag) => match Scalar::read(&mut reader, tag).expect("a scalar") {
                Some(Scalar::Integer(integer)) => of(&integer),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn integers_of_any_size() {
        let huge = format!("-9{}", "0123456789".repeat(300));
        for text in ["0", "7", "-1", "18446744073709551615", "18446744073709551616", "-18446744073709551616", "-18446744073709551617"]
            .into_iter()
            .chain(["340282366920938463463374607431768211456", "1000000000000000000000000000", &huge])
        {
            assert_eq!(there_and_back(text), text);
        }
        assert_eq!(there_and_back("0007"), "7");
        assert_eq!(Digits::read("-0").and_then(|d| d.integer()), None);
        assert_eq!(Digits::read(&"9".repeat(DIGITS_MOST + 1)), None);
    }

    #[test]
    fn decimals() {
        for (text, shown) in [
            ("1.50", "1.50"),
            ("-0.001", "-0.001"),
            ("100", "100"),
            ("1e3", "1E+3"),
            ("12e3", "1.2E+4"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("0.00", "0.00"),
            ("1.5E-2", "0.015"),
        ] {
            let digits = Digits::read(text).expect("digits");
            let (negative, magnitude) = digits.integer().expect("an integer");
            let n = magnitude.iter().fold(0u64, |all, b| all << 8 | u64::from(*b));
            let mantissa = if negative { Integer::Negative(n) } else { Integer::Unsigned(n) };
            assert_eq!(decimal(digits.exponent, &mantissa), shown, "{text}");
        }
        for bad in ["", "-", ".", "1.2.3", "e5", "1e", "0x1", "NaN", "1 ", "1e99999999999"] {
            assert_eq!(Digits::read(bad), None, "{bad}");
        }
    }
}

//! Integers of any size and decimals as text, and back.

use crate::value::{Integer, MAX_BIGNUM, Writer, tag};

/// Longest text of a number that is read: the digits of the longest bignum, and an exponent.
const TEXT_MOST: usize = MAX_BIGNUM * 5 / 2 + 32;
const CHUNK: u64 = 1_000_000_000;
const CHUNK_DIGITS: usize = 9;

/// An integer in decimal digits.
pub(super) fn integer_text(integer: Integer<'_>) -> String {
    let (negative, digits) = digits(integer);
    if negative { format!("-{digits}") } else { digits }
}

/// Sign and digits without leading zeros.
fn digits(integer: Integer<'_>) -> (bool, String) {
    match integer {
        Integer::Unsigned(n) => (false, n.to_string()),
        Integer::Negative(n) => (true, (u128::from(n) + 1).to_string()),
        Integer::Big { negative, magnitude } => {
            let mut limbs = limbs_of(magnitude);
            if negative {
                add(&mut limbs, 1);
            }
            (negative, limbs_text(limbs))
        }
    }
}

/// Big-endian bytes as 32-bit limbs, the lowest first.
fn limbs_of(magnitude: &[u8]) -> Vec<u32> {
    magnitude.rchunks(4).map(|chunk| chunk.iter().fold(0, |all, b| all << 8 | u32::from(*b))).collect()
}

fn add(limbs: &mut Vec<u32>, more: u32) {
    let mut carry = u64::from(more);
    for limb in limbs.iter_mut() {
        let sum = u64::from(*limb) + carry;
        *limb = sum as u32;
        carry = sum >> 32;
    }
    if carry != 0 {
        limbs.push(carry as u32);
    }
}

fn limbs_text(mut limbs: Vec<u32>) -> String {
    let mut chunks = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        let mut rest = 0u64;
        for limb in limbs.iter_mut().rev() {
            let all = rest << 32 | u64::from(*limb);
            *limb = (all / CHUNK) as u32;
            rest = all % CHUNK;
        }
        while limbs.last() == Some(&0) {
            limbs.pop();
        }
        chunks.push(rest);
    }
    let mut text = chunks.pop().unwrap_or(0).to_string();
    for chunk in chunks.iter().rev() {
        text.push_str(&format!("{chunk:0CHUNK_DIGITS$}"));
    }
    text
}

/// Decimal digits as big-endian bytes without leading zeros.
fn magnitude_of(digits: &str) -> Option<Vec<u8>> {
    let mut limbs = Vec::new();
    let bytes = digits.as_bytes();
    // The first chunk takes what is over, so that all others are full.
    let mut at = 0;
    while at < bytes.len() {
        let length = match (bytes.len() - at) % CHUNK_DIGITS {
            0 => CHUNK_DIGITS,
            over => over,
        };
        let mut chunk = 0u32;
        for byte in bytes.get(at..at + length)? {
            chunk = chunk * 10 + u32::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        let mut carry = u64::from(chunk);
        for limb in &mut limbs {
            let product = u64::from(*limb) * 10u64.pow(length as u32) + carry;
            *limb = product as u32;
            carry = product >> 32;
        }
        if carry != 0 {
            limbs.push(carry as u32);
        }
        at += length;
    }
    let bytes: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    let start = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
    (bytes.len() - start <= MAX_BIGNUM).then(|| bytes.get(start..).unwrap_or_default().to_vec())
}

/// A decimal as both languages write it: `12.50`, `1E+3`, `1.5E-9`.
pub(super) fn decimal_text(exponent: i32, mantissa: Integer<'_>) -> String {
    let (negative, digits) = digits(mantissa);
    let mut text = String::with_capacity(digits.len() + 16);
    if negative {
        text.push('-');
    }
    // Where the first digit stands: 0 for units.
    let adjusted = i64::from(exponent) + digits.len() as i64 - 1;
    if exponent == 0 {
        text.push_str(&digits);
    } else if exponent < 0 && adjusted >= -6 {
        let after = exponent.unsigned_abs() as usize;
        if digits.len() > after {
            let (whole, part) = digits.split_at(digits.len() - after);
            text.push_str(whole);
            text.push('.');
            text.push_str(part);
        } else {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', after - digits.len()));
            text.push_str(&digits);
        }
    } else {
        let (first, rest) = digits.split_at(1);
        text.push_str(first);
        if !rest.is_empty() {
            text.push('.');
            text.push_str(rest);
        }
        text.push_str(&format!("E{adjusted:+}"));
    }
    text
}

/// Writes a decimal that stands in a text; nothing if it is none.
pub(super) fn write_decimal(text: &str, out: &mut Writer) -> Option<()> {
    if text.len() > TEXT_MOST {
        return None;
    }
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (number, exponent) = match rest.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i64>().ok()?),
        None => (rest, 0),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let magnitude = magnitude_of(&format!("{whole}{part}"))?;
    let exponent = i32::try_from(exponent.checked_sub(part.len() as i64)?).ok().filter(|e| *e != i32::MIN)?;
    // There is no negative zero among decimals that cross.
    if negative && magnitude.is_empty() {
        return None;
    }
    out.tag(tag::DECIMAL);
    out.array(2);
    out.signed(exponent.into());
    if negative {
        out.integer(true, &less_one(magnitude))
    } else {
        out.integer(false, &magnitude)
    }
    Some(())
}

/// A magnitude above 0, less 1.
fn less_one(mut magnitude: Vec<u8>) -> Vec<u8> {
    for byte in magnitude.iter_mut().rev() {
        let (less, borrowed) = byte.overflowing_sub(1);
        *byte = less;
        if !borrowed {
            break;
        }
    }
    magnitude
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Head, Reader, Scalar};

    fn back(text: &str) -> Option<String> {
        let mut writer = Writer::new();
        write_decimal(text, &mut writer)?;
        let mut reader = Reader::new(&writer.0);
        assert_eq!(reader.head(), Ok(Head::Tag(tag::DECIMAL)));
        match Scalar::read(&mut reader, tag::DECIMAL) {
            Ok(Some(Scalar::Decimal { exponent, mantissa })) => Some(decimal_text(exponent, mantissa)),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn decimals_lead_back() {
        let long = format!("-{}.{}", "9".repeat(4000), "1".repeat(3000));
        for text in
            ["0", "1", "-1", "12.50", "0.000001", "0.00", "1E+3", "1.5E-9", "-0.01", "18446744073709551616", "-18446744073709551617", &long]
        {
            assert_eq!(back(text).as_deref(), Some(text), "{text:.40}");
        }
        assert_eq!((back("+.5").as_deref(), back("1e2").as_deref(), back("007.").as_deref()), (Some("0.5"), Some("1E+2"), Some("7")));
        assert_eq!(back("1E+2147483647").as_deref(), Some("1E+2147483647"));
        for bad in ["", "-", ".", "1.2.3", "1e", "NaN", "Infinity", "-0", "1_000", "1e99999999999", "٣", &"9".repeat(20_000)] {
            assert_eq!(back(bad), None, "{bad:.40}");
        }
    }

    #[test]
    fn integers_of_any_size() {
        let big = Integer::Big { negative: true, magnitude: &[1, 0, 0, 0, 0, 0, 0, 0, 0] };
        assert_eq!(integer_text(big), "-18446744073709551617");
        assert_eq!(integer_text(Integer::Negative(u64::MAX)), "-18446744073709551616");
        assert_eq!(integer_text(Integer::Big { negative: true, magnitude: &[0xff; 9] }), "-4722366482869645213696");
    }
}

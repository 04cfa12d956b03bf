//! Decimals: between the text that Python writes and reads exactly, and exponent and mantissa.

use super::known;
use super::trouble::{Outcome, Trouble};
use pyo3::prelude::*;
use pyo3::types::PyString;
use twinspan::value::{Integer, MAX_BIGNUM, Writer, tag};

/// Digits that a mantissa of [`MAX_BIGNUM`] bytes can have.
const MAX_DIGITS: usize = MAX_BIGNUM * 2_408_240 / 1_000_000 + 1;

/// Writes a `Decimal`. Its `str` is exact, and cheaper than `as_tuple`.
pub(super) fn encode(out: &mut Writer, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let text = value.str()?;
    let text = text.to_str()?;
    let (negative, number) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Trouble::new(format!("Decimal('{text}'), which isn't a number that can cross")));
    }
    let (digits, exponent) = number.split_once('E').unwrap_or((number, "0"));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i64 = exponent.parse().map_err(|_| Trouble::new("a Decimal with an exponent beyond 64 bits"))?;
    let exponent = exponent - part.len() as i64;
    if i32::try_from(exponent).is_err() || exponent == i64::from(i32::MIN) {
        return Err(Trouble::new(format!("a Decimal with the exponent {exponent}; ±2147483647 is the limit")));
    }
    let digits = || whole.bytes().chain(part.bytes()).map(|b| b - b'0').skip_while(|d| *d == 0);
    let count = digits().count();
    if negative && count == 0 {
        return Err(Trouble::new("the Decimal -0, which has no counterpart in other languages"));
    }
    if count > MAX_DIGITS {
        return Err(Trouble::new(format!("a Decimal of {count} digits; {MAX_DIGITS} are the limit")));
    }
    let mut magnitude = to_bytes(digits(), count);
    if negative {
        decrement(&mut magnitude);
    }
    if magnitude.len() > MAX_BIGNUM {
        return Err(Trouble::new(format!("a Decimal whose digits take more than {MAX_BIGNUM} bytes")));
    }
    out.tag(tag::DECIMAL);
    out.array(2);
    out.signed(exponent);
    out.integer(negative, &magnitude);
    Ok(())
}

/// The `Decimal` of an exponent and a mantissa.
pub(super) fn decode<'py>(py: Python<'py>, exponent: i32, mantissa: Integer<'_>) -> Outcome<Bound<'py, PyAny>> {
    let text = match mantissa {
        Integer::Unsigned(n) => format!("{n}E{exponent}"),
        Integer::Negative(n) => format!("-{}E{exponent}", u128::from(n) + 1),
        Integer::Big { negative, magnitude } => {
            let mut bytes = magnitude.to_vec();
            if negative {
                increment(&mut bytes);
            }
            format!("{}{}E{exponent}", if negative { "-" } else { "" }, to_digits(&bytes))
        }
    };
    Ok(known::decimal(py)?.call1((PyString::new(py, &text),))?)
}

/// Decimal digits to big-endian bytes without leading zeros, nine digits a step.
fn to_bytes(digits: impl Iterator<Item = u8>, count: usize) -> Vec<u8> {
    // Limbs of 32 bits, lowest first.
    let mut limbs: Vec<u32> = Vec::new();
    let mut chunk = 0u64;
    for (at, digit) in digits.enumerate() {
        chunk = chunk * 10 + u64::from(digit);
        let left = count - 1 - at;
        if left.is_multiple_of(9) {
            let mut carry = chunk;
            for limb in &mut limbs {
                let sum = u64::from(*limb) * 1_000_000_000 + carry;
                *limb = sum as u32;
                carry = sum >> 32;
            }
            if carry != 0 {
                limbs.push(carry as u32);
            }
            chunk = 0;
        }
    }
    let mut bytes: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    bytes.drain(..zeros);
    bytes
}

/// Big-endian bytes to decimal digits, nine digits a step.
fn to_digits(bytes: &[u8]) -> String {
    let mut limbs: Vec<u32> = bytes.rchunks(4).rev().map(|chunk| chunk.iter().fold(0, |all, b| all << 8 | u32::from(*b))).collect();
    let mut chunks = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        let mut rest = 0u64;
        for limb in &mut limbs {
            let sum = rest << 32 | u64::from(*limb);
            *limb = (sum / 1_000_000_000) as u32;
            rest = sum % 1_000_000_000;
        }
        chunks.push(rest);
        let zeros = limbs.iter().take_while(|limb| **limb == 0).count();
        limbs.drain(..zeros);
    }
    let mut text = String::with_capacity(chunks.len() * 9 + 1);
    for (at, chunk) in chunks.iter().rev().enumerate() {
        text.push_str(&if at == 0 { chunk.to_string() } else { format!("{chunk:09}") });
    }
    if text.is_empty() { "0".to_owned() } else { text }
}

/// n - 1 of a number that isn't 0.
fn decrement(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().rev() {
        let (less, borrow) = byte.overflowing_sub(1);
        *byte = less;
        if !borrow {
            break;
        }
    }
}

/// n + 1.
fn increment(bytes: &mut Vec<u8>) {
    for byte in bytes.iter_mut().rev() {
        let (more, carry) = byte.overflowing_add(1);
        *byte = more;
        if !carry {
            return;
        }
    }
    bytes.insert(0, 1);
}

//! 16-bit floats: the shortest form of many numbers.

/// The number that these bits stand for.
pub fn widen(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let mantissa = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    }
}

/// The 16 bits of a number that isn't NaN, if they hold it exactly.
pub(super) fn narrow(number: f32) -> Option<u16> {
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let exponent = (bits >> 23 & 0xff) as i32 - 127;
    let mantissa = bits & 0x7f_ffff;
    match exponent {
        -127 if mantissa == 0 => Some(sign),
        128 if mantissa == 0 => Some(sign | 0x7c00),
        -14..=15 if mantissa & 0x1fff == 0 => Some(sign | ((exponent + 15) as u16) << 10 | (mantissa >> 13) as u16),
        -24..=-15 => {
            let whole = mantissa | 0x80_0000;
            let shift = -exponent - 1;
            (whole.trailing_zeros() as i32 >= shift).then_some(sign | (whole >> shift) as u16)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_comes_back() {
        for bits in 0..=u16::MAX {
            let wide = widen(bits);
            if !wide.is_nan() {
                assert_eq!(narrow(wide as f32), Some(bits), "{bits:04x}");
            }
        }
    }

    #[test]
    fn others_are_not_rounded() {
        for number in [1.1f32, 65536.0, 65505.0, 2f32.powi(-25), 2f32.powi(-24) * 1.5, f32::MIN_POSITIVE, 1e-45] {
            assert_eq!(narrow(number), None, "{number}");
        }
    }
}

//! Lengths of time on the command line.

use std::time::Duration;

/// Reads `500ms`, `2s`, `1.5m`, or plain seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time: write 500ms, 2s, 1.5m or seconds");
    let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let unit = match &text[at..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let count: f64 = text[..at].parse().map_err(|_| wrong())?;
    match Duration::try_from_secs_f64(count * unit) {
        Ok(length) if length >= Duration::from_millis(1) => Ok(length),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (text, ms) in [("500ms", 500), ("2s", 2000), ("2", 2000), ("0.25", 250), ("1.5m", 90_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)));
        }
        for bad in ["", "s", "-1", "0", "1d", "1e3", "99999999999999999999h", "1.2.3"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}

//! Where a call stands in its trace, as W3C Trace Context says it.

use crate::{
    env,
    error::{Error, Kind, Result},
};
use std::{fmt, str::FromStr};

/// Somebody decided that this trace is to be recorded: nobody decided otherwise.
const SAMPLED: u8 = 1;

/// The trace, the span and the flags of one call. It is written as a `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    id: [u8; 16],
    span: [u8; 8],
    flags: u8,
}

impl Trace {
    /// Length in a frame.
    pub const LENGTH: usize = 25;

    /// A trace of its own.
    pub fn fresh() -> Trace {
        let (high, low) = (u128::from(nonzero()), u128::from(nonzero()));
        Trace { id: (high << 64 | low).to_be_bytes(), span: nonzero().to_be_bytes(), flags: SAMPLED }
    }

    /// Another span of the same trace.
    #[must_use]
    pub fn child(self) -> Trace {
        Trace { span: nonzero().to_be_bytes(), ..self }
    }

    /// The trace id, 32 hexadecimal digits.
    pub fn id(&self) -> String {
        self.to_string()[3..35].to_owned()
    }

    /// As it stands in a frame: trace, span, flags.
    pub fn bytes(&self) -> [u8; Trace::LENGTH] {
        let mut bytes = [0; Trace::LENGTH];
        bytes[..16].copy_from_slice(&self.id);
        bytes[16..24].copy_from_slice(&self.span);
        bytes[24] = self.flags;
        bytes
    }

    /// Reads what stands in a frame; an id of zeros is none.
    pub fn from_bytes(bytes: &[u8; Trace::LENGTH]) -> Option<Trace> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (span, [flags]) = rest.split_first_chunk::<8>()? else { return None };
        (*id != [0; 16] && *span != [0; 8]).then_some(Trace { id: *id, span: *span, flags: *flags })
    }
}

fn nonzero() -> u64 {
    env::cheap_random().max(1)
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.id.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("-")?;
        self.span.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", self.flags)
    }
}

impl FromStr for Trace {
    type Err = Error;

    /// Reads a `traceparent`; of a version beyond 00 the part that every version has.
    fn from_str(text: &str) -> Result<Trace> {
        parse(text.as_bytes()).ok_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            Error::new(Kind::BadArguments, format!("`{shown}` is not a traceparent")).advice(
                "Give it as W3C Trace Context writes it: `00-`, 32 hexadecimal digits, `-`, 16 digits, `-`, 2 digits, in lower case.",
            )
        })
    }
}

fn parse(text: &[u8]) -> Option<Trace> {
    let (known, more) = text.split_at_checked(55)?;
    let [version] = hex(&known[..2])?;
    let ends_well = if version == 0 { more.is_empty() } else { more.first().is_none_or(|next| *next == b'-') };
    if version == 0xff || !ends_well || [known[2], known[35], known[52]] != [b'-'; 3] {
        return None;
    }
    let (id, span, [flags]) = (hex(&known[3..35])?, hex(&known[36..52])?, hex(&known[53..])?);
    (id != [0; 16] && span != [0; 8]).then_some(Trace { id, span, flags })
}

fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = digit(*digits.get(2 * at)?)? << 4 | digit(*digits.get(2 * at + 1)?)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_traceparent_leads_back() {
        let trace: Trace = TEXT.parse().unwrap();
        assert_eq!((trace.to_string().as_str(), trace.id().as_str()), (TEXT, &TEXT[3..35]));
        assert_eq!(Trace::from_bytes(&trace.bytes()), Some(trace));
        let child = trace.child();
        assert!(child.id() == trace.id() && child != trace);
        assert_ne!(Trace::fresh().id(), Trace::fresh().id());
    }

    #[test]
    fn later_versions_are_read_as_far_as_they_are_known() {
        let later = |end: &str| format!("01{}{end}", &TEXT[2..]).parse::<Trace>();
        assert_eq!(later("-more").unwrap().to_string(), TEXT);
        assert!(later("").is_ok() && later("more").is_err());
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        let upper = TEXT.to_uppercase();
        let (no_trace, no_span) =
            (format!("00-{}-{}-01", "0".repeat(32), "1".repeat(16)), format!("00-{}-{}-01", "1".repeat(32), "0".repeat(16)));
        let (invalid, longer) = (format!("ff{}", &TEXT[2..]), format!("{TEXT}-more"));
        for text in
            ["", "x", &TEXT[..54], &upper, &no_trace, &no_span, &invalid, &longer, &TEXT.replace('-', "_"), "\u{fc}".repeat(55).as_str()]
        {
            assert_eq!(text.parse::<Trace>().unwrap_err().kind(), Kind::BadArguments, "{text}");
        }
    }
}

//! Reads an encoded error of anybody: in one pass, without recursion beyond the chain that is kept, and never more than a bounded part of it.

use super::{
    Executed, Parts,
    failure::{Failure, Frame, MAX_CHAIN, MAX_FRAMES, MAX_LINE},
};

/// Most bytes of an encoded error that are looked at. What lies beyond is dropped, and what was read till then is kept.
pub const MAX_ENCODED: usize = 128 << 10;
/// Most exceptions that one error holds: itself, its causes and what they suppressed.
const MAX_FAILURES: usize = 32;
/// Most entries of one map: keys that come twice must not keep the reader busy.
const MAX_KEYS: u64 = 32;

/// Why reading ended before the end.
#[derive(Debug)]
enum Stop {
    /// Only the beginning is looked at, and it is read.
    Cut,
    /// It is no encoded error.
    Wrong(String),
}

type Read<T> = Result<T, Stop>;

struct Reader<'b> {
    rest: &'b [u8],
    /// Whether more followed than is looked at.
    cut: bool,
    failures: usize,
}

/// An encoded error: the map of `Parts`.
pub(super) fn error(bytes: &[u8]) -> Result<Parts, String> {
    let mut parts = Parts::default();
    Reader::new(bytes).whole(|reader| reader.error(&mut parts)).map(|()| parts)
}

/// An encoded failure.
pub(super) fn failure(bytes: &[u8]) -> Result<Failure, String> {
    let mut failure = Failure::default();
    Reader::new(bytes).whole(|reader| reader.failure(&mut failure, 0, MAX_FAILURES)).map(|()| failure)
}

impl<'b> Reader<'b> {
    fn new(bytes: &'b [u8]) -> Reader<'b> {
        Reader { rest: &bytes[..bytes.len().min(MAX_ENCODED)], cut: bytes.len() > MAX_ENCODED, failures: 0 }
    }

    fn whole(mut self, read: impl FnOnce(&mut Self) -> Read<()>) -> Result<(), String> {
        match read(&mut self) {
            Err(Stop::Wrong(why)) => Err(why),
            // The parts were filled in as they came.
            Ok(()) | Err(Stop::Cut) => Ok(()),
        }
    }

    fn error(&mut self, parts: &mut Parts) -> Read<()> {
        for _ in 0..self.map()? {
            match self.key()? {
                "kind" => parts.kind = u16::try_from(self.number()?).unwrap_or(u16::MAX),
                "executed" => {
                    parts.executed = match self.word()?.as_str() {
                        "no" => Executed::No,
                        "maybe" => Executed::Maybe,
                        "yes" => Executed::Yes,
                        other => return wrong(format!("`executed` is `{other:.20}`")),
                    };
                }
                "retryable" => parts.retryable = self.flag()?,
                "operation" => self.text(&mut parts.operation)?,
                "message" => self.text(&mut parts.message)?,
                "advice" => self.text(&mut parts.advice)?,
                "node" => self.text(&mut parts.node)?,
                "trace_id" => self.text(&mut parts.trace_id)?,
                "failure" if self.is_null() => {}
                "failure" => {
                    let failure = parts.failure.insert(Failure::default());
                    self.failure(failure, 0, MAX_FAILURES)?;
                }
                other => return wrong(format!("unknown key `{other:.40}`")),
            }
        }
        Ok(())
    }

    /// One exception with what is behind it. `most` counts all failures that were read when this one is.
    fn failure(&mut self, into: &mut Failure, depth: usize, most: usize) -> Read<()> {
        self.failures += 1;
        for _ in 0..self.map()? {
            match self.key()? {
                "type" => self.text(&mut into.class)?,
                "also" => self.texts(&mut into.also)?,
                "message" => self.text(&mut into.message)?,
                "language" => self.text(&mut into.language)?,
                "node" => self.text(&mut into.node)?,
                "frames" => self.frames(&mut into.frames)?,
                "details" | "cause" if self.is_null() => {}
                "details" => into.details = self.bytes()?,
                "notes" => self.texts(&mut into.notes)?,
                "cause" if depth < MAX_CHAIN && self.failures < most => {
                    let cause = into.cause.insert(Box::default());
                    self.failure(cause, depth + 1, most)?;
                }
                "suppressed" if depth < MAX_CHAIN => self.suppressed(&mut into.suppressed, depth + 1, most)?,
                "cause" | "suppressed" => self.skip()?,
                other => return wrong(format!("unknown key `{other:.40}`")),
            }
        }
        Ok(())
    }

    /// They share what room is left: each may have suppressed many others.
    fn suppressed(&mut self, into: &mut Vec<Failure>, depth: usize, most: usize) -> Read<()> {
        let count = self.array()?;
        let kept = count.min(MAX_CHAIN as u64) as usize;
        for at in 0..kept {
            let share = self.failures + most.saturating_sub(self.failures).div_ceil(kept - at);
            if self.failures < share {
                into.push(Failure::default());
                if let Some(last) = into.last_mut() {
                    self.failure(last, depth, share)?;
                }
            } else {
                self.skip()?;
            }
        }
        for _ in kept as u64..count {
            self.skip()?;
        }
        Ok(())
    }

    /// The innermost frames say most; they stand last.
    fn frames(&mut self, into: &mut Vec<Frame>) -> Read<()> {
        into.clear();
        for _ in 0..self.array()? {
            if into.len() >= 2 * MAX_FRAMES {
                into.drain(..MAX_FRAMES);
            }
            let mut frame = Frame::default();
            let read = self.frame(&mut frame);
            into.push(frame);
            read?;
        }
        Ok(())
    }

    fn frame(&mut self, into: &mut Frame) -> Read<()> {
        for _ in 0..self.map()? {
            match self.key()? {
                "file" => self.text(&mut into.file)?,
                "function" => self.text(&mut into.function)?,
                "line" => into.line = u32::try_from(self.number()?.clamp(0, i128::from(MAX_LINE))).unwrap_or(0),
                other => return wrong(format!("unknown key `{other:.40}`")),
            }
        }
        Ok(())
    }

    // ---- items

    /// Major type and argument of the next item.
    fn head(&mut self) -> Read<(u8, u64)> {
        let (first, mut rest) = self.rest.split_first().ok_or_else(|| self.ended())?;
        let argument = match first & 31 {
            info @ 0..=23 => u64::from(info),
            info @ 24..=27 => {
                let (number, after) = rest.split_at_checked(1 << (info - 24)).ok_or_else(|| self.ended())?;
                rest = after;
                number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
            }
            _ => return wrong("an item of indefinite length"),
        };
        self.rest = rest;
        Ok((first >> 5, argument))
    }

    fn ended(&self) -> Stop {
        if self.cut { Stop::Cut } else { Stop::Wrong("it ends too early".into()) }
    }

    /// Up to `length` bytes, and whether these are all.
    fn take(&mut self, length: u64) -> (&'b [u8], bool) {
        let most = usize::try_from(length).unwrap_or(usize::MAX).min(self.rest.len());
        let (taken, rest) = self.rest.split_at(most);
        self.rest = rest;
        (taken, taken.len() as u64 == length)
    }

    fn map(&mut self) -> Read<u64> {
        match self.head()? {
            (5, pairs) if pairs <= MAX_KEYS => Ok(pairs),
            (5, pairs) => wrong(format!("a map has {pairs} keys")),
            _ => wrong("a map was expected"),
        }
    }

    fn array(&mut self) -> Read<u64> {
        match self.head()? {
            (4, items) => Ok(items),
            _ => wrong("an array was expected"),
        }
    }

    fn key(&mut self) -> Read<&'b str> {
        match self.head()? {
            (3, length) => match self.take(length) {
                (key, true) => std::str::from_utf8(key).map_err(|_| Stop::Wrong("a key is no UTF-8".into())),
                _ => Err(self.ended()),
            },
            _ => wrong("a key is no text"),
        }
    }

    /// A text; of one that is cut off, its beginning.
    fn text(&mut self, into: &mut String) -> Read<()> {
        let (3, length) = self.head()? else { return wrong("a text was expected") };
        let (bytes, whole) = self.take(length);
        *into = match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(e) if !whole && e.error_len().is_none() => String::from_utf8_lossy(&bytes[..e.valid_up_to()]).into_owned(),
            Err(_) => return wrong("a text is no UTF-8"),
        };
        if whole { Ok(()) } else { Err(self.ended()) }
    }

    fn word(&mut self) -> Read<String> {
        let mut word = String::new();
        self.text(&mut word).map(|()| word)
    }

    fn texts(&mut self, into: &mut Vec<String>) -> Read<()> {
        into.clear();
        for at in 0..self.array()? {
            if at < MAX_CHAIN as u64 {
                into.push(String::new());
                if let Some(last) = into.last_mut() {
                    self.text(last)?;
                }
            } else {
                self.skip()?;
            }
        }
        Ok(())
    }

    /// Bytes are worth nothing in part.
    fn bytes(&mut self) -> Read<Option<Vec<u8>>> {
        match self.head()? {
            (2, length) => match self.take(length) {
                (bytes, true) => Ok(Some(bytes.into())),
                _ => Err(self.ended()),
            },
            _ => wrong("bytes were expected"),
        }
    }

    fn number(&mut self) -> Read<i128> {
        match self.head()? {
            (0, number) => Ok(i128::from(number)),
            (1, number) => Ok(-1 - i128::from(number)),
            _ => wrong("a whole number was expected"),
        }
    }

    fn flag(&mut self) -> Read<bool> {
        match self.head()? {
            (7, 20) => Ok(false),
            (7, 21) => Ok(true),
            _ => wrong("true or false was expected"),
        }
    }

    /// Takes a null if one is next.
    fn is_null(&mut self) -> bool {
        let null = self.rest.first() == Some(&0xf6);
        if null {
            self.rest = &self.rest[1..];
        }
        null
    }

    /// Leaves out one item, however deep it is nested.
    fn skip(&mut self) -> Read<()> {
        let mut left = 1u64;
        while left > 0 {
            left -= 1;
            match self.head()? {
                (2 | 3, length) if !self.take(length).1 => return Err(self.ended()),
                (4, items) => left = left.saturating_add(items),
                (5, pairs) => left = left.saturating_add(pairs.saturating_mul(2)),
                (6, _) => left = left.saturating_add(1),
                _ => {}
            }
        }
        Ok(())
    }
}

fn wrong<T>(why: impl Into<String>) -> Read<T> {
    Err(Stop::Wrong(why.into()))
}

//! An exception of a handler on its way to the caller.

use minicbor_serde::{from_slice, to_vec};
use serde::{Deserialize, Serialize};

/// Most frames that one failure carries.
pub const MAX_FRAMES: usize = 64;
/// Longest message, in bytes; a longer one is cut at a character and marked.
pub const MAX_MESSAGE: usize = 16 << 10;
/// Deepest chain of causes, and most suppressed failures of one level.
pub const MAX_CHAIN: usize = 16;
/// Highest line number that is passed on: a language builds stack frames from it.
pub const MAX_LINE: u32 = 1 << 24;

/// One line of a stack trace, innermost call last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// File name as the language knows it; only ever shown, never opened.
    pub file: String,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Function, or `package.Class.method` in Java.
    pub function: String,
}

/// What a handler raised: structured, capped in size, without code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Failure {
    /// Registered or qualified name of the class, such as `builtins.ValueError`.
    #[serde(rename = "type")]
    pub class: String,
    /// Names under which `is` and `as` also answer: bases and standard pairs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The exception's own text.
    pub message: String,
    /// `python`, `java` or `rust`.
    pub language: String,
    /// Name of the node on which it was raised.
    pub node: String,
    /// Stack, innermost call last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<Frame>,
    /// Fields of a registered exception: one encoded value.
    #[serde(skip_serializing_if = "Option::is_none", with = "serde_bytes")]
    pub details: Option<Vec<u8>>,
    /// Python's `__notes__`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Failure>>,
    /// Java's suppressed exceptions, Python's members of a group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Failure>,
}

impl Failure {
    /// Reads what a language or a peer sent, and cuts it to size.
    pub fn decode(bytes: &[u8]) -> Result<Failure, String> {
        if !super::depth::is_shallow(bytes) {
            return Err("it is nested too deep".into());
        }
        let mut failure: Failure = from_slice(bytes).map_err(|e| e.to_string())?;
        failure.clamp(MAX_CHAIN);
        Ok(failure)
    }

    /// The encoded form: one map with text keys.
    pub fn encode(&self) -> Vec<u8> {
        to_vec(self).unwrap_or_default()
    }

    /// Cuts every part to its limit, so that no peer can make a caller hold or show too much.
    pub fn clamp(&mut self, depth: usize) {
        cut(&mut self.message, MAX_MESSAGE);
        cut(&mut self.class, 512);
        cut(&mut self.node, 128);
        cut(&mut self.language, 16);
        self.also.truncate(MAX_CHAIN);
        self.notes.truncate(MAX_CHAIN);
        for text in self.also.iter_mut().chain(&mut self.notes) {
            cut(text, 1024);
        }
        if self.frames.len() > MAX_FRAMES {
            // The innermost frames say most; they stand last.
            self.frames.drain(..self.frames.len() - MAX_FRAMES);
        }
        for frame in &mut self.frames {
            cut(&mut frame.file, 512);
            cut(&mut frame.function, 512);
            frame.line = frame.line.min(MAX_LINE);
        }
        if depth == 0 {
            self.cause = None;
            self.suppressed.clear();
        }
        self.suppressed.truncate(MAX_CHAIN);
        for inner in self.suppressed.iter_mut().chain(self.cause.as_deref_mut()) {
            inner.clamp(depth.saturating_sub(1));
        }
    }
}

fn cut(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let mut at = most;
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.truncate(at);
    text.push('…');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let failure = Failure {
            class: "builtins.ValueError".into(),
            message: "bad".into(),
            language: "python".into(),
            frames: vec![Frame { file: "a.py".into(), line: 3, function: "f".into() }],
            details: Some(vec![0xa0]),
            cause: Some(Box::new(Failure { class: "builtins.KeyError".into(), ..Failure::default() })),
            ..Failure::default()
        };
        assert_eq!(Failure::decode(&failure.encode()), Ok(failure));
    }

    #[test]
    fn hostile_parts_are_cut() {
        let mut failure = Failure {
            message: "ä".repeat(MAX_MESSAGE),
            frames: vec![Frame { line: u32::MAX, ..Frame::default() }; 200],
            ..Failure::default()
        };
        for _ in 0..40 {
            failure = Failure { cause: Some(Box::new(failure)), ..Failure::default() };
        }
        failure.clamp(MAX_CHAIN);
        let mut depth = 0;
        let mut at = &failure;
        while let Some(cause) = &at.cause {
            depth += 1;
            at = cause;
        }
        assert_eq!(depth, MAX_CHAIN);
        let mut one = Failure {
            message: "ä".repeat(MAX_MESSAGE),
            frames: vec![Frame { line: u32::MAX, ..Frame::default() }; 200],
            ..Failure::default()
        };
        one.clamp(1);
        assert!(one.message.len() <= MAX_MESSAGE + 3);
        assert_eq!((one.frames.len(), one.frames[0].line), (MAX_FRAMES, MAX_LINE));
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(Failure::decode(&[0xa1, 0x61, b'x', 0x01]).is_err());
    }
}

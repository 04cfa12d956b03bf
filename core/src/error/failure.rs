//! An exception of a handler on its way to the caller.

use super::reader;
use minicbor_serde::to_vec;
use serde::Serialize;

/// Most frames that one failure carries.
pub const MAX_FRAMES: usize = 64;
/// Most frames of a failure with all its causes, from which on each cause keeps its innermost only.
const MAX_ALL_FRAMES: usize = 256;
/// Innermost frames that a cause keeps in any case: where it was raised says most.
const LEAST_FRAMES: usize = 4;
/// Longest message, in bytes; a longer one is cut at a character and marked.
pub const MAX_MESSAGE: usize = 16 << 10;
/// Deepest chain of causes, and most suppressed failures, notes and other names of one level.
pub const MAX_CHAIN: usize = 16;
/// Most bytes of a registered exception's encoded fields; larger ones are left out.
pub const MAX_DETAILS: usize = 64 << 10;
/// Highest line number that is passed on: a language builds stack frames from it.
pub const MAX_LINE: u32 = 1 << 24;
/// Longest name of a class, a file or a function, in bytes.
const MAX_NAME: usize = 512;
/// Longest note, in bytes.
const MAX_NOTE: usize = 1024;

/// One line of a stack trace, innermost call last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// File name as the language knows it; only ever shown, never opened.
    pub file: String,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Function, or `package.Class.method` in Java.
    pub function: String,
}

/// What a handler raised: structured, capped in size, without code.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
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
        let mut failure = reader::failure(bytes)?;
        failure.clamp();
        Ok(failure)
    }

    /// The encoded form: one map with text keys.
    pub fn encode(&self) -> Vec<u8> {
        to_vec(self).unwrap_or_default()
    }

    /// Cuts every part to its limit, so that no peer can make a caller hold or show too much, and makes names plain: a node's name
    /// stands before the names of files, and what stands there must neither look like a path of the reader's nor break a line.
    pub fn clamp(&mut self) {
        self.clamp_within(MAX_CHAIN, &mut { MAX_ALL_FRAMES });
    }

    /// Keeps what a caller decides by, and nothing that a person wrote or that shows where code is.
    pub(super) fn hide(&mut self) {
        let Failure { class, also, language, node, .. } = std::mem::take(self);
        *self = Failure { class, also, language, node, ..Failure::default() };
    }

    /// Names the node where none is named.
    pub(super) fn raised_at(&mut self, node: &str) {
        if self.node.is_empty() {
            self.node = node.into();
        }
        self.cause.as_deref_mut().into_iter().chain(&mut self.suppressed).for_each(|inner| inner.raised_at(node));
    }

    fn clamp_within(&mut self, depth: usize, frames: &mut usize) {
        cut(&mut self.message, MAX_MESSAGE);
        tidy(&mut self.class, MAX_NAME);
        if self.class.is_empty() {
            self.class = "unknown".into();
        }
        tidy(&mut self.language, 16);
        tidy_node(&mut self.node);
        self.also.truncate(MAX_CHAIN);
        self.also.iter_mut().for_each(|name| tidy(name, MAX_NAME));
        self.notes.truncate(MAX_CHAIN);
        self.notes.iter_mut().for_each(|note| cut(note, MAX_NOTE));
        // The innermost frames say most; they stand last.
        let kept = self.frames.len().min(MAX_FRAMES).min((*frames).max(LEAST_FRAMES));
        self.frames.drain(..self.frames.len() - kept);
        *frames = frames.saturating_sub(kept);
        for frame in &mut self.frames {
            tidy(&mut frame.file, MAX_NAME);
            tidy(&mut frame.function, MAX_NAME);
            frame.line = frame.line.min(MAX_LINE);
        }
        self.details.take_if(|details| details.len() > MAX_DETAILS);
        if depth == 0 {
            self.cause = None;
            self.suppressed.clear();
        }
        self.suppressed.truncate(MAX_CHAIN);
        for inner in self.cause.as_deref_mut().into_iter().chain(&mut self.suppressed) {
            inner.clamp_within(depth.saturating_sub(1), frames);
        }
    }
}

/// Cuts a text at a character and marks it.
pub(super) fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}

/// A name on one line: control characters, and those that turn the direction of writing, become question marks.
pub(super) fn tidy(name: &mut String, most: usize) {
    cut(name, most);
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.contains(breaks) {
        *name = name.replace(breaks, "?");
    }
}

/// A node's name has no separators: nothing that is put behind it can become a path.
pub(super) fn tidy_node(name: &mut String) {
    cut(name, 128);
    let strange = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if name.contains(strange) {
        *name = name.replace(strange, "_");
    }
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;

//! The stream among the arguments of a call: items are sent by a thread of their own while the call runs.

use super::json::{self, Json, Type};
use crate::{
    bridge::{self, Op},
    env,
    error::{Error, Kind, Result},
};
use bytes::Bytes;
use parking_lot::Mutex;
use std::{
    fs::File,
    io::{BufRead, BufReader},
    sync::Arc,
    time::Duration,
};

/// Longest line.
const LINE_MOST: usize = 256 << 20;
const LOOK: Duration = Duration::from_millis(200);

/// Items on their way.
pub(super) struct Feed {
    /// The sending end, for the call.
    pub(super) stream: u64,
    failed: Arc<Mutex<Option<Error>>>,
}

impl Feed {
    /// Why the items ended early, if that was on this side: then what the provider says of it is only a consequence.
    pub(super) fn failed(&self) -> Option<Error> {
        self.failed.lock().take()
    }
}

/// Items of a JSON array.
pub(super) fn from_list(items: Json, kind: Type) -> Result<Feed> {
    let Json::List(items) = items else {
        return Err(Error::new(Kind::BadConfig, "the stream among the arguments is no array")
            .advice("Give its items as a JSON array, or as JSON lines with --items FILE."));
    };
    start(items.into_iter().map(Ok), kind)
}

/// Items of a file of JSON lines; `-` is standard input.
pub(super) fn from_file(file: &str, kind: Type) -> Result<Feed> {
    let source: Box<dyn BufRead + Send> = if file == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let opened = File::open(file).map_err(|e| Error::new(Kind::BadConfig, format!("--items: {file} can't be read: {e}")));
        Box::new(BufReader::new(opened?))
    };
    let lines = source.lines().enumerate().filter(|(_, line)| !line.as_ref().is_ok_and(|line| line.trim().is_empty()));
    start(lines.map(|(at, line)| parsed(at + 1, line)), kind)
}

fn parsed(number: usize, line: std::io::Result<String>) -> Result<Json> {
    let bad = |why: String| Error::new(Kind::BadArguments, format!("line {number} of the items is no JSON: {why}"));
    let line = line.map_err(|e| bad(e.to_string()))?;
    if line.len() > LINE_MOST {
        return Err(bad("it is too long".into()));
    }
    line.parse().map_err(bad)
}

/// The sending end; the thread ends with the items, or when nobody wants more.
fn start(items: impl Iterator<Item = Result<Json>> + Send + 'static, kind: Type) -> Result<Feed> {
    let stream = bridge::stream_open()?;
    let failed = Arc::new(Mutex::new(None));
    let told = failed.clone();
    let feeding = env::thread("twinspan-items", move || {
        let ended = items.map(|item| json::item(&item?, &kind)).try_for_each(|item| match item {
            Ok(item) => send(stream, item).map_err(|_| None),
            Err(error) => Err(Some(error)),
        });
        // In vain when the call has ended already, which its caller sees.
        let _ = match ended {
            Ok(()) => bridge::stream_end(stream, None),
            Err(Some(error)) => {
                *told.lock() = Some(error.clone());
                bridge::stream_end(stream, Some(error.encode()))
            }
            Err(None) => Ok(()),
        };
    });
    feeding.map_err(|e| Error::internal(format!("no thread: {e}")))?;
    Ok(Feed { stream, failed })
}

fn send(stream: u64, item: Vec<u8>) -> Result<()> {
    if bridge::stream_send(stream, vec![Bytes::from(item)])? {
        return Ok(());
    }
    let mut room = bridge::start(Op::Room { stream })?;
    loop {
        if let Some(answer) = room.park(LOOK) {
            return answer.map(drop);
        }
    }
}

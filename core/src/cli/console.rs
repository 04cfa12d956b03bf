//! What a command has: where it writes, whether as JSON, and whether somebody pressed Ctrl-C.

use super::exit::{Done, OK, Stop};
use crate::{
    env,
    error::{Error, Result},
};
use std::{
    fmt::Display,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::Notify,
};

/// The outside of a command.
pub(super) struct Console<'a> {
    /// Facts as JSON.
    pub(super) json: bool,
    pub(super) out: &'a mut dyn Write,
}

impl Console<'_> {
    /// Writes a line and shows it at once.
    pub(super) fn line(&mut self, line: impl Display) -> Done {
        writeln!(self.out, "{line}").and_then(|()| self.out.flush()).map_err(|e| cannot_write(&e))
    }

    /// Facts, on one line as JSON; `people` is what people read.
    pub(super) fn facts(&mut self, json: &serde_json::Value, people: impl Display) -> Done {
        if self.json {
            return self.line(json);
        }
        write!(self.out, "{people}").and_then(|()| self.out.flush()).map_err(|e| cannot_write(&e))
    }
}

/// Why a command ends that can't write. Nobody reads any more (`twinspan ... | head`): that is no failure.
pub(super) fn cannot_write(error: &io::Error) -> Stop {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Stop::Interrupted(OK);
    }
    Error::internal(format!("the result can't be written: {error}")).advice("Check where standard output leads.").into()
}

/// Text of a peer as one line for a terminal: what would steer it is shown as what it is.
pub(super) fn shown(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// Whether the command was asked to end: Ctrl-C, or SIGTERM. The second time the process ends at once.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<Heard>);

#[derive(Default)]
struct Heard {
    code: AtomicU8,
    bell: Notify,
}

impl Interrupt {
    /// Listens from now on, instead of ending the process at the first signal.
    pub(super) fn listen() -> Result<Interrupt> {
        let heard = Arc::new(Heard::default());
        let told = heard.clone();
        let (ready, listening) = std::sync::mpsc::sync_channel(1);
        env::spawn(async move {
            let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else { return };
            // Nobody waits any more when the command ended meanwhile.
            let _ = ready.send(());
            loop {
                let number = tokio::select! { _ = int.recv() => 130, _ = term.recv() => 143 };
                if told.code.swap(number, Ordering::AcqRel) != 0 {
                    std::process::exit(number.into());
                }
                told.bell.notify_one();
            }
        })?;
        listening.recv().map_err(|_| Error::internal("signals can't be heard"))?;
        Ok(Interrupt(heard))
    }

    /// The exit code that the signal asks for.
    pub(super) fn code(&self) -> Option<u8> {
        Some(self.0.code.load(Ordering::Acquire)).filter(|code| *code != 0)
    }

    /// Waits for the signal; gives its exit code.
    pub(super) async fn heard(&self) -> u8 {
        loop {
            if let Some(code) = self.code() {
                return code;
            }
            self.0.bell.notified().await;
        }
    }
}

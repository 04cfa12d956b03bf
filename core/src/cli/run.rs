//! `twinspan run`.

use super::exit::Done;
use crate::error::{Error, Kind};
use clap::Args;
use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const EXAMPLES: &str = "Options, passed on to `python3 -m twinspan run`:
  --processes N       so many processes, a node each
  --cluster, --name, --seeds, --listen, --advertise, --identity, --local, --workers, --max-threads, --transport,
  --health, --hide-errors
                      settings, as in docs/settings.md
  --drain SECONDS     what running handlers get at the end

Examples:
  twinspan run shop.pricing:app --cluster shop
  twinspan run shop.pricing:app --processes 4
  TWINSPAN_PYTHON=.venv/bin/python twinspan run shop.pricing:app";

/// Serve an App written in Python until SIGTERM: runs `python3 -m twinspan run`.
///
/// The interpreter is TWINSPAN_PYTHON, else the python3 that is found; the package `twinspan` must be installed there.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Run {
    /// The App, then options
    #[arg(value_name = "MODULE:APP", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Run {
    /// Becomes the interpreter: signals and the exit code are its own.
    pub(super) fn run(&self) -> Done {
        let python = interpreter()?;
        let asked =
            Command::new(&python).args(["-c", "import twinspan"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        match asked {
            Ok(status) if status.success() => {}
            Ok(_) => return Err(no_package(&python).into()),
            Err(e) => return Err(cannot_run(&python, &e).into()),
        }
        let error = Command::new(&python).args(["-m", "twinspan", "run"]).args(&self.arguments).exec();
        Err(cannot_run(&python, &error).into())
    }
}

fn interpreter() -> Result<PathBuf, Error> {
    if let Some(python) = std::env::var_os("TWINSPAN_PYTHON").filter(|python| !python.is_empty()) {
        return Ok(python.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join("python3")).find(|file| file.is_file()).ok_or_else(|| {
        Error::new(Kind::BadConfig, "no python3 is found on PATH, and `run` serves an App written in Python")
            .advice("Install Python 3.11 or newer with the package `twinspan`, or set TWINSPAN_PYTHON to an interpreter that has it.")
    })
}

fn no_package(python: &Path) -> Error {
    Error::new(Kind::BadConfig, format!("{} can't import the package `twinspan`", python.display())).advice(format!(
        "Install it there ({} -m pip install twinspan), or set TWINSPAN_PYTHON to an interpreter that has it.",
        python.display()
    ))
}

fn cannot_run(python: &Path, why: &std::io::Error) -> Error {
    Error::new(Kind::BadConfig, format!("{} can't be run: {why}", python.display())).advice("Set TWINSPAN_PYTHON to a Python interpreter.")
}

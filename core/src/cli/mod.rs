//! The `twinspan` command: a plain binary, and the same function for the Python wheel's entry point.

mod arguments;
mod call;
mod certs;
mod check;
mod cluster;
mod console;
mod contract;
mod describe;
mod dev_certs;
mod doctor;
mod duration;
mod exit;
mod feed;
mod json;
mod members;
mod node;
mod run;
mod services;
mod session;
mod status;
mod stubs;
mod table;

pub use exit::exit_code;

use crate::error::{Error, Kind};
use call::Call;
use certs::Certs;
use check::Check;
use clap::{Parser, Subcommand, error::ErrorKind};
use console::{Console, cannot_write};
use contract::Contract;
use describe::Describe;
use dev_certs::DevCerts;
use doctor::Doctor;
use exit::{Done, INTERNAL, OK, Stop, USAGE};
use members::Members;
use node::PlainNode;
use run::Run;
use services::Services;
use status::Status;
use std::io::{self, Write};
use stubs::Stubs;

/// Where a command writes. Results go to `out`, everything for people about failures to `err`.
pub struct Streams<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
}

/// Python and Java programs in one cluster.
#[derive(Parser)]
#[command(name = "twinspan", version, arg_required_else_help = true, after_help = exit::HELP)]
struct Line {
    /// Write results, and errors on stderr, as JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Members(Members),
    Services(Services),
    Describe(Describe),
    Call(Call),
    Stubs(Stubs),
    Contract(Contract),
    Check(Check),
    Status(Status),
    Doctor(Doctor),
    Run(Run),
    Node(PlainNode),
    DevCerts(DevCerts),
    Certs(Certs),
}

/// Runs the command. `argv` begins with the program's name. Answers the exit code.
pub fn main(argv: Vec<String>) -> u8 {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    run(argv, &mut Streams { out: &mut out, err: &mut err })
}

/// The same with other streams.
pub fn run(argv: Vec<String>, streams: &mut Streams<'_>) -> u8 {
    let json = argv.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json");
    let line = match Line::try_parse_from(argv) {
        Ok(line) => line,
        Err(e) => return usage(&e, json, streams),
    };
    let mut console = Console { json, out: streams.out };
    let done = match &line.command {
        Command::Members(command) => command.run(&mut console),
        Command::Services(command) => command.run(&mut console),
        Command::Describe(command) => command.run(&mut console),
        Command::Call(command) => command.run(&mut console),
        Command::Stubs(command) => command.run(&mut console, streams.err),
        Command::Contract(command) => command.run(&mut console),
        Command::Check(command) => command.run(&mut console),
        Command::Status(command) => command.run(&mut console),
        Command::Doctor(command) => command.run(&mut console),
        Command::Run(command) => command.run(),
        Command::Node(command) => command.run(&mut console),
        Command::DevCerts(command) => command.run(&mut console),
        Command::Certs(command) => command.run(&mut console),
    };
    match done.and_then(|()| streams.out.flush().or_else(closed_pipe)) {
        Ok(()) => OK,
        Err(Stop::Interrupted(code)) => code,
        Err(Stop::Failed(e)) => exit::report(&e, json, streams.err),
    }
}

/// Help and version go to standard output and are no failure; everything else is a usage error.
fn usage(error: &clap::Error, json: bool, streams: &mut Streams<'_>) -> u8 {
    let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if json && !asked {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        return exit::report(&Error::new(Kind::BadConfig, message).advice("`twinspan --help` shows how it is written."), json, streams.err);
    }
    let stream = if asked { &mut streams.out } else { &mut streams.err };
    let written = write!(stream, "{}", error.render()).and_then(|()| stream.flush());
    match (asked, written.or_else(closed_pipe)) {
        (true, Ok(())) => OK,
        (true, Err(_)) => INTERNAL,
        (false, _) => USAGE,
    }
}

/// `twinspan ... | head` is no failure.
fn closed_pipe(error: io::Error) -> Done {
    match cannot_write(&error) {
        Stop::Interrupted(OK) => Ok(()),
        stop => Err(stop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_with(arguments: &[&str]) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let argv = ["twinspan"].iter().chain(arguments).map(|a| (*a).to_owned()).collect();
        let code = run(argv, &mut Streams { out: &mut out, err: &mut err });
        (code, String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text"))
    }

    #[test]
    fn help_and_version() {
        let (code, out, err) = run_with(&["--version"]);
        assert_eq!((code, out.as_str(), err.as_str()), (0, concat!("twinspan ", env!("CARGO_PKG_VERSION"), "\n"), ""));
        let (code, out, _) = run_with(&["--help"]);
        assert_eq!(code, 0);
        assert!(out.contains("dev-certs") && out.contains("Exit codes"), "{out}");
        let (code, out, _) = run_with(&["dev-certs", "--help"]);
        assert!(code == 0 && out.contains("--cluster") && out.contains("[default: 365]"), "{out}");
    }

    #[test]
    fn usage_errors_go_to_stderr() {
        for arguments in [&[][..], &["dev-cert"], &["dev-certs"], &["dev-certs", "d"], &["dev-certs", "d", "a", "--days", "x"]] {
            let (code, out, err) = run_with(arguments);
            assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
            assert!(!err.is_empty(), "{arguments:?}");
        }
    }

    #[test]
    fn usage_errors_may_be_json() {
        for arguments in [&["--json", "member"][..], &["call", "--json"], &["members", "--timeout", "x", "--json"]] {
            let (code, out, err) = run_with(arguments);
            let value: serde_json::Value = serde_json::from_str(&err).expect("JSON");
            assert_eq!((code, out.as_str(), value["kind"].as_str()), (2, "", Some("BadConfig")), "{err}");
            assert!(!value["message"].as_str().expect("text").is_empty());
        }
    }

    #[test]
    fn every_command_has_help_with_examples() {
        for command in ["members", "services", "describe", "call", "stubs", "check", "status", "doctor", "run", "node"] {
            let (code, out, _) = run_with(&[command, "--help"]);
            assert!(code == 0 && out.contains("Examples:") && out.contains(&format!("  twinspan {command} ")), "{out}");
        }
    }

    #[test]
    fn dev_certs_says_what_it_made_and_what_to_do_with_it() {
        let temp = tempfile::tempdir().expect("temp");
        let dir = temp.path().join("certs").to_string_lossy().into_owned();
        let (code, out, err) = run_with(&["dev-certs", &dir, "web", "ops"]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.contains(&format!("{dir}/web")) && out.contains("identity="), "{out}");
        let (code, out, _) = run_with(&["dev-certs", &dir, "third", "--json"]);
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((code, value["cluster"].as_str()), (0, Some("dev")));
        assert_eq!(value["nodes"][0]["identity"].as_str(), Some(format!("{dir}/third").as_str()));
    }

    #[test]
    fn errors_have_two_lines_or_json() {
        let (code, out, err) = run_with(&["dev-certs", "/nowhere", "a b"]);
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 2), "{err}");
        let (code, _, err) = run_with(&["--json", "dev-certs", "/nowhere", "a b"]);
        let value: serde_json::Value = serde_json::from_str(&err).expect("JSON");
        assert_eq!((code, value["kind"].as_str(), value["executed"].as_str()), (2, Some("BadConfig"), Some("no")));
        for key in ["retryable", "message", "advice", "node", "trace_id"] {
            assert!(value.get(key).is_some(), "{key}");
        }
    }
}

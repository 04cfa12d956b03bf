//! The `twinspan` command.

fn main() -> std::process::ExitCode {
    let argv = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    twinspan::cli::main(argv).into()
}

//! `twinspan contract`.

use super::{
    cluster::Cluster,
    console::Console,
    describe::one,
    exit::{Done, Stop},
    session::Session,
};
use crate::{
    contract::ContractFile,
    error::{Error, Kind},
};
use clap::{Args, Subcommand};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

const EXAMPLES: &str = "Examples:
  twinspan contract record pricing --cluster shop
  twinspan contract record pricing --out tests/pricing.contract.json
  twinspan contract record pricing --out - | jq .service.methods";

/// Contracts: what the callers of a service rely on, in a file.
#[derive(Args)]
pub(super) struct Contract {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    Record(Record),
}

/// Record what a live service offers: its methods, parameters, results and classes.
///
/// Tests of the caller and of the provider hold their side against the file, and `twinspan check` holds it against a cluster.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
struct Record {
    /// The service
    service: String,
    /// The file, replaced if it is there; `-` is standard output [default: SERVICE.contract.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    cluster: Cluster,
}

impl Contract {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let What::Record(record) = &self.command;
        record.run(console)
    }
}

impl Record {
    fn run(&self, console: &mut Console<'_>) -> Done {
        let session = Session::open(&self.cluster)?;
        let service = one(&session, &self.service)?.spec();
        let text = ContractFile::of(&service).text()?;
        let file = self.out.clone().unwrap_or_else(|| ContractFile::name(&service.name).into());
        if file == Path::new("-") {
            return console.line(text.trim_end());
        }
        fs::write(&file, text).map_err(|e| cannot_write_file(&file, &e))?;
        let json = json!({"cluster": session.cluster, "service": service.name, "file": file, "methods": service.methods.len()});
        console.facts(&json, format!("{}\n", file.display()))
    }
}

pub(super) fn cannot_write_file(file: &Path, error: &std::io::Error) -> Stop {
    Error::new(Kind::BadConfig, format!("{} can't be written: {error}", file.display())).advice("Give another place with --out.").into()
}

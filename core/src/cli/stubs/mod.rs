//! `twinspan stubs`.

mod classes;
mod errors;
mod files;
mod java;
mod names;
mod python;

use super::{
    cluster::Cluster,
    console::{Console, shown},
    describe::one,
    exit::Done,
    session::Session,
};
use crate::{
    config::ServiceSpec,
    contract::ContractFile,
    error::{Error, Kind, Result},
};
use clap::{Args, ValueEnum};
use files::Generated;
use serde_json::json;
use std::{io::Write, path::PathBuf};

const EXAMPLES: &str = "Examples:
  twinspan stubs pricing --lang python --out stubs --cluster shop
  twinspan stubs pricing --lang java --out src/main/java --package com.example.pricing
  twinspan check stubs --against shop                    later: does the running service still fit?";

/// Write a typed interface to a live service, for Python or for Java.
///
/// Python gets a module with a Protocol for nodes that block, `Pricing`, one for nodes that await, `AsyncPricing`, and the dataclasses
/// and enums that they name. Java gets an interface, and records, enums and sealed interfaces. Beside them stands the contract of the
/// service, SERVICE.contract.json, for `twinspan check`. What the language can't say is left out, and told on standard error. Files are
/// replaced if they were made by this command.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Stubs {
    /// The service
    service: String,
    /// The language of the callers
    #[arg(long, value_name = "LANGUAGE")]
    lang: Language,
    /// Folder for the files; what Python's path or Java's sources begin with
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The package, such as com.example.pricing [default: Java's is the service's name, Python's module is in none]
    #[arg(long, value_name = "PACKAGE")]
    package: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    Python,
    Java,
}

impl Language {
    fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Java => "java",
        }
    }
}

/// What a language's generator makes.
struct Made {
    files: Vec<Generated>,
    /// What was left out, and why: a line each.
    left_out: Vec<String>,
}

impl Stubs {
    pub(super) fn run(&self, console: &mut Console<'_>, err: &mut dyn Write) -> Done {
        let package = self.package()?;
        let session = Session::open(&self.cluster)?;
        let service = one(&session, &self.service)?.spec();
        let mut made = generate(&service, self.lang, &package);
        made.files.push(Generated { path: ContractFile::name(&service.name).into(), text: ContractFile::of(&service).text()? });
        files::write(&self.out, &made.files, &mark(&service, self.lang.name()))?;
        for line in &made.left_out {
            // Nowhere else to say it; the files have it as comments.
            let _ = writeln!(err, "left out: {}", shown(line));
        }
        let paths: Vec<PathBuf> = made.files.iter().map(|file| self.out.join(&file.path)).collect();
        let text: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
        console.facts(&json!({"cluster": session.cluster, "service": service.name, "files": paths, "left_out": made.left_out}), text)
    }

    /// The parts of the package, each of them a name.
    fn package(&self) -> Result<Vec<String>> {
        let keywords = match self.lang {
            Language::Python => names::PYTHON,
            Language::Java => names::JAVA,
        };
        let parts: Vec<String> = match (&self.package, self.lang) {
            (Some(package), _) => package.split('.').map(str::to_owned).collect(),
            (None, Language::Python) => Vec::new(),
            (None, Language::Java) => self.service.split('.').map(|part| names::as_name(&part.to_lowercase(), keywords)).collect(),
        };
        match parts.iter().find(|part| !names::is_name(part, keywords)) {
            None => Ok(parts),
            Some(part) => Err(Error::new(Kind::BadConfig, format!("`{part}` is no part of a package's name"))
                .advice("Write it as --package com.example.pricing.")),
        }
    }
}

fn generate(service: &ServiceSpec, language: Language, package: &[String]) -> Made {
    match language {
        Language::Python => python::generate(service, package),
        Language::Java => java::generate(service, package),
    }
}

/// The first line of each file, without the sign of a comment.
fn head(service: &ServiceSpec, language: &str) -> String {
    format!("{} of version {}: make it again instead of editing it.", mark(service, language), env!("CARGO_PKG_VERSION"))
}

/// How it begins, whichever version made it.
fn mark(service: &ServiceSpec, language: &str) -> String {
    format!("{} {} --lang {language}`", files::MARK, shown(&service.name))
}

#[cfg(test)]
mod tests;

//! `twinspan check`.

use super::{
    cluster::Cluster,
    console::{Console, shown},
    describe::one,
    exit::{BREAKING, Done, Stop},
    session::Session,
};
use crate::{
    contract::{Change, ContractFile, compare},
    error::{Error, Kind, Result},
};
use clap::Args;
use serde_json::json;
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// Deepest folder below the given one in which contracts are sought.
const DEEPEST: u32 = 16;

const EXAMPLES: &str = "Examples:
  twinspan check stubs/ --against shop
  twinspan check pricing.contract.json --against shop
  twinspan check stubs/ --against shop --json | jq '.services[].changes[] | select(.breaking)'";

/// Check that a running service still fits the stubs or the contract that callers were written for.
///
/// Says what changed, and whether it breaks them. Ends with 9 if it does, with 0 if it fits, with 3 if nobody serves it.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// A contract file, or a folder with some, as `twinspan stubs` leaves one
    #[arg(value_name = "STUBS_OR_CONTRACT")]
    contract: PathBuf,
    /// Name of the cluster to hold it against; the same as --cluster
    #[arg(long, value_name = "CLUSTER", conflicts_with = "cluster")]
    against: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

impl Check {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let contracts = read(&self.contract)?;
        let against = self.against.clone().or_else(|| self.cluster.cluster.clone());
        let session = Session::open(&Cluster { cluster: against, ..self.cluster.clone() })?;
        let mut text = String::new();
        let mut services = Vec::new();
        for contract in &contracts {
            let wanted = &contract.service;
            let changes = compare(wanted, &one(&session, &wanted.name)?.spec());
            told(&mut text, &wanted.name, &changes);
            services.push(json!({"service": wanted.name, "fits": fits(&changes), "changes": changes}));
        }
        let ok = services.iter().all(|service| service["fits"] == true);
        console.facts(&json!({"cluster": session.cluster, "ok": ok, "services": services}), text)?;
        // Said on standard output already; the code is for the build.
        if ok { Ok(()) } else { Err(Stop::Interrupted(BREAKING)) }
    }
}

fn fits(changes: &[Change]) -> bool {
    changes.iter().all(|change| !change.breaking)
}

fn told(text: &mut String, service: &str, changes: &[Change]) {
    let breaking = changes.iter().filter(|change| change.breaking).count();
    let count = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let verdict = match (changes.len(), breaking) {
        (0, _) => "fits, nothing changed".to_owned(),
        (all, 0) => format!("fits, {}", count(all, "change", "changes")),
        (all, breaking) => format!("{}, {}", count(all, "change", "changes"), count(breaking, "breaks callers", "break callers")),
    };
    let _ = writeln!(text, "{}: {verdict}", shown(service));
    // What breaks comes first.
    for (mark, wanted) in [("breaks", true), ("fits", false)] {
        for change in changes.iter().filter(|change| change.breaking == wanted) {
            let _ = writeln!(text, "  {mark:6}  {} {}", shown(&change.place), shown(&change.what));
        }
    }
}

/// The contracts in a file, or in a folder and those below it.
fn read(path: &Path) -> Result<Vec<ContractFile>> {
    let mut files = Vec::new();
    if path.is_dir() {
        find(path, &mut files, 0)?
    } else {
        files.push(path.to_owned())
    }
    files.sort();
    if files.is_empty() {
        let error = Error::new(Kind::BadConfig, format!("{} has no contract: no file SERVICE.contract.json", path.display()));
        return Err(error.advice("Make one with `twinspan stubs` or `twinspan contract record`."));
    }
    let one = |file: &PathBuf| {
        let text = fs::read(file).map_err(|e| unreadable(file, &e))?;
        ContractFile::read(&text).map_err(|e| e.operation(file.display().to_string()))
    };
    files.iter().map(one).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>, depth: u32) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let entry = entry.map_err(|e| unreadable(folder, &e))?;
        let kind = entry.file_type().map_err(|e| unreadable(folder, &e))?;
        if kind.is_dir() && depth < DEEPEST {
            find(&entry.path(), files, depth + 1)?;
        } else if kind.is_file() && entry.file_name().to_string_lossy().ends_with(".contract.json") {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let advice = "Give a contract file, or the folder that `twinspan stubs` wrote.";
    Error::new(Kind::BadConfig, format!("{} can't be read: {error}", path.display())).advice(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(place: &str, breaking: bool) -> Change {
        Change { place: place.into(), what: "is gone".into(), breaking }
    }

    #[test]
    fn what_breaks_comes_first() {
        for (changes, expected) in [
            (vec![], "s: fits, nothing changed\n"),
            (vec![change("a", false)], "s: fits, 1 change\n  fits    a is gone\n"),
            (vec![change("a", false), change("b", true)], "s: 2 changes, 1 breaks callers\n  breaks  b is gone\n  fits    a is gone\n"),
        ] {
            let mut text = String::new();
            told(&mut text, "s", &changes);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn contracts_in_a_folder() {
        let temp = tempfile::tempdir().expect("temp");
        let error = read(temp.path()).expect_err("none");
        assert!(error.message().contains("has no contract"), "{error}");
        assert!(read(&temp.path().join("gone")).is_err());
        let inner = temp.path().join("a/b");
        fs::create_dir_all(&inner).expect("folders");
        fs::write(inner.join("x.contract.json"), r#"{"contract": 1, "service": {"name": "x"}}"#).expect("written");
        fs::write(temp.path().join("y.json"), "{}").expect("written");
        let names: Vec<String> = read(temp.path()).expect("read").into_iter().map(|file| file.service.name).collect();
        assert_eq!(names, ["x"]);
        fs::write(temp.path().join("z.contract.json"), "{").expect("written");
        let error = read(temp.path()).expect_err("broken");
        assert!(error.to_string().contains("z.contract.json"), "{error}");
    }
}

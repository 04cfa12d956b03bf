//! This host: version, limits, the state directory, sockets.

use super::{Finding, shown};
use crate::{
    error::{Error, Kind},
    membership::host::{HostState, stale_sockets},
    wire,
};
use rustix::{
    fs::{Access, access},
    process::{Resource, getrlimit},
};
use std::path::Path;

/// Every link is a descriptor, and so are listeners, locks and doorbells.
const FILES_FEW: u64 = 1024;
const FILES_TOO_FEW: u64 = 256;

pub(super) fn version() -> Finding {
    Finding::ok("version", format!("Twinspan {}, protocol {}", env!("CARGO_PKG_VERSION"), wire::VERSION))
}

pub(super) fn files() -> Finding {
    let limit = getrlimit(Resource::Nofile);
    judge_files(limit.current.unwrap_or(u64::MAX), limit.maximum.unwrap_or(u64::MAX))
}

fn judge_files(soft: u64, hard: u64) -> Finding {
    let what = format!("a process may open {soft} files");
    let advice = match hard >= FILES_FEW {
        true => "Raise it: `ulimit -n 4096` in the shell, LimitNOFILE=4096 in a systemd unit.".to_owned(),
        false => format!("Raise it: the hard limit is {hard}, in /etc/security/limits.conf, or LimitNOFILE=4096 in a systemd unit."),
    };
    match soft {
        0..FILES_TOO_FEW => Finding::fail("files", Kind::Overloaded, what + ", too few for a node with many peers", advice),
        FILES_TOO_FEW..FILES_FEW => Finding::warn("files", what, advice),
        _ => Finding::ok("files", what),
    }
}

/// The state directory of this host's cluster, and what dead nodes left in it.
pub(super) fn state(cluster: &str) -> Vec<Finding> {
    let folder = match HostState::clusters() {
        Ok(folder) => folder.join(cluster),
        Err(error) => return vec![Finding::error("state", &error)],
    };
    if !folder.exists() {
        return vec![missing(cluster, &folder)];
    }
    let state = match HostState::open(cluster) {
        Ok(state) => state,
        Err(error) => return vec![Finding::error("state", &error)],
    };
    let mut findings = vec![Finding::ok("state", format!("{} is this user's alone, its CA is sound", shown(&folder)))];
    match state.dead() {
        Ok(dead) if dead.is_empty() => {}
        Ok(dead) => findings.push(Finding::warn(
            "records",
            format!("{} dead nodes left their records in {}: {}", dead.len(), shown(&folder), dead.join(", ")),
            "Nothing to do: the next node that joins removes them. Many of them mean that nodes are killed instead of closed.",
        )),
        Err(error) => findings.push(Finding::error("records", &error)),
    }
    findings
}

/// The first node that joins makes it, if it may.
fn missing(cluster: &str, folder: &Path) -> Finding {
    let there = folder.ancestors().find(|dir| dir.exists()).unwrap_or(Path::new("/"));
    if let Err(e) = access(there, Access::WRITE_OK | Access::EXEC_OK) {
        let error =
            Error::new(Kind::PermissionDenied, format!("{} can't be made: {} is closed to this user ({e})", shown(folder), shown(there)));
        return Finding::error("state", &error.advice("Set TWINSPAN_HOME to a directory of this user, or open that one."));
    }
    Finding::warn(
        "state",
        format!("this host has no cluster `{cluster}` yet ({} is not there)", shown(folder)),
        "The first program that joins makes it. Check the name, the user and TWINSPAN_HOME if there should be one.",
    )
}

/// Sockets without anybody behind them.
pub(super) fn sockets() -> Finding {
    let stale = stale_sockets();
    let Some(folder) = stale.first().and_then(|path| path.parent()) else {
        return Finding::ok("sockets", "every socket of a node has somebody behind it");
    };
    let what = format!(
        "{} sockets have nobody behind them: {} and the like",
        stale.len(),
        stale.first().map(|path| shown(path)).unwrap_or_default()
    );
    Finding::warn(
        "sockets",
        what,
        format!("The next node that joins removes those of its cluster; the others can be removed: rm '{}'/ID.sock.", shown(folder)),
    )
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn few_files_are_told() {
        for (soft, hard, state, advice) in [
            (255, 4096, State::Fail, "ulimit -n"),
            (256, 4096, State::Warn, "ulimit -n"),
            (1023, 1023, State::Warn, "hard limit is 1023"),
            (1024, 1024, State::Ok, ""),
        ] {
            let finding = judge_files(soft, hard);
            assert!(finding.state == state && finding.advice.contains(advice), "{finding}");
        }
    }
}

//! The others: whether they answer, who they are, what they say about time and version.

use super::{Finding, State, clock::Happened};
use crate::{
    cli::{
        cluster::Cluster,
        exit::Stop,
        session::{Member, Session, Silent},
    },
    config::{Settings, dialled},
    error::{Error, Kind},
    membership::host::HostState,
    security::inspect,
};
use std::time::Duration;

/// What a visit showed.
#[derive(Default)]
pub(super) struct Met {
    /// What happened, for the clock.
    pub(super) moments: Vec<Happened>,
    members: Vec<Member>,
    /// The name in the identity is that of a node which runs.
    taken: bool,
}

impl Met {
    /// The node of these settings, if it runs already.
    pub(super) fn names<'s>(&self, settings: &'s Settings) -> Option<&'s str> {
        let there = self.taken || self.members.iter().any(|member| member.name == settings.name);
        there.then_some(settings.name.as_str())
    }
}

/// Visits the cluster: by each seed, or on this host.
pub(super) fn meet(settings: &Settings, cluster: &Cluster, findings: &mut Vec<Finding>) -> Result<Met, Stop> {
    let mut met = Met::default();
    if let Some(found) = settings.identity.as_deref().and_then(|dir| inspect(dir).ok()) {
        met.moments.push(Happened { what: "the CA of this identity was made".into(), at: found.ca.from });
    }
    if settings.seeds.is_empty() {
        if settings.identity.is_none() {
            here(settings, cluster, &mut met, findings)?;
        } else if let Some(address) = settings.listen.as_deref().and_then(dialled) {
            own(&address, cluster, &mut met)?;
        }
    } else {
        seeds(settings, cluster, &mut met, findings)?;
    }
    versions(&met.members, findings);
    Ok(met)
}

/// A cluster of several hosts without seeds: only the node of this identity itself could be there.
fn own(address: &str, cluster: &Cluster, met: &mut Met) -> Result<(), Stop> {
    match visit(cluster, Some(address)) {
        Ok((members, _)) => met.hear(members),
        Err(Stop::Failed(error)) => met.taken = error.kind() == Kind::AlreadyExists,
        Err(stop) => return Err(stop),
    }
    Ok(())
}

fn here(settings: &Settings, cluster: &Cluster, met: &mut Met, findings: &mut Vec<Finding>) -> Result<(), Stop> {
    let there = HostState::clusters().is_ok_and(|folder| folder.join(&settings.cluster).join("ca.pem").exists());
    if !there {
        return Ok(());
    }
    match visit(cluster, None) {
        Ok((members, silent)) => {
            findings.push(Finding::ok("members", format!("joined on this host, and met {}", names(&members))));
            findings.extend(silent.iter().map(silence));
            met.hear(members);
        }
        Err(Stop::Failed(error)) if error.kind() == Kind::Unavailable => {
            findings.push(Finding::warn("members", error.message(), "Start a program that joins it."));
        }
        Err(Stop::Failed(error)) => findings.push(Finding::error("members", &error)),
        Err(stop) => return Err(stop),
    }
    Ok(())
}

fn silence(silent: &Silent) -> Finding {
    Finding::fail(
        "members",
        Kind::Unavailable,
        format!("node `{}` (process {}) is listed on this host, but doesn't answer", silent.name, silent.pid),
        format!("Look whether process {} is stopped or starved (`ps -o stat,wchan {}`), and end it if it is.", silent.pid, silent.pid),
    )
}

/// Each seed by itself: one that fails is told even where another answers.
fn seeds(settings: &Settings, cluster: &Cluster, met: &mut Met, findings: &mut Vec<Finding>) -> Result<(), Stop> {
    let mut failed = Vec::new();
    for seed in &settings.seeds {
        match visit(cluster, Some(seed)) {
            Ok((members, _)) => {
                findings.push(Finding::ok("seeds", format!("{seed} answers; by it there are {}", names(&members))));
                met.hear(members);
            }
            // Refused because of its name only: reached, and of the same cluster.
            Err(Stop::Failed(error)) if error.kind() == Kind::AlreadyExists => {
                met.taken = true;
                findings.push(Finding::ok("seeds", format!("{seed} answers; the node `{}` runs already", settings.name)));
            }
            Err(Stop::Failed(error)) => failed.push((seed, error)),
            Err(stop) => return Err(stop),
        }
    }
    // One seed is enough; a certificate that is refused is wrong everywhere.
    let answered = failed.len() < settings.seeds.len();
    for (seed, error) in failed {
        let mut finding = refused(seed, &error);
        if answered && error.kind() == Kind::Unavailable {
            finding.state = State::Warn;
        }
        findings.push(finding);
    }
    Ok(())
}

fn refused(seed: &str, error: &Error) -> Finding {
    let why = error.message().strip_prefix("no seed answered: ").unwrap_or(error.message());
    let what = if why.contains(seed) { why.to_owned() } else { format!("{seed}: {why}") };
    let advice = match error.kind() {
        Kind::Unavailable => "Start the node there, correct the address, or let the firewall pass it.",
        _ => error.advice_text(),
    };
    Finding::fail("seeds", error.kind(), what, advice)
}

fn visit(cluster: &Cluster, seed: Option<&str>) -> Result<(Vec<Member>, Vec<Silent>), Stop> {
    let mut cluster = cluster.clone();
    if let Some(seed) = seed {
        cluster.seeds = vec![seed.to_owned()];
    }
    let session = Session::open(&cluster)?;
    let mut members = session.members()?;
    members.retain(|member| !member.is_visitor());
    Ok((members, session.silent.clone()))
}

fn names(members: &[Member]) -> String {
    let names: Vec<String> = members.iter().take(8).map(|member| format!("`{}`", member.name)).collect();
    match members.len() {
        0 => "no other node".into(),
        count if count > names.len() => format!("{count} nodes: {} and more", names.join(", ")),
        1 => format!("1 node: {}", names.join(", ")),
        count => format!("{count} nodes: {}", names.join(", ")),
    }
}

impl Met {
    fn hear(&mut self, members: Vec<Member>) {
        for member in members {
            if self.members.iter().all(|known| known.id != member.id) {
                let what = format!("node `{}` on {} started", member.name, member.host);
                self.moments.push(Happened { what, at: Duration::from_millis(member.started) });
                self.members.push(member);
            }
        }
    }
}

fn versions(members: &[Member], findings: &mut Vec<Finding>) {
    let own = env!("CARGO_PKG_VERSION");
    let others: Vec<String> =
        members.iter().filter(|member| member.version != own).map(|member| format!("`{}` {}", member.name, member.version)).collect();
    if !others.is_empty() {
        findings.push(Finding::warn(
            "version",
            format!("this is Twinspan {own}, others have another: {}", others.join(", ")),
            "They speak the same protocol. Install one version everywhere when you can.",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, version: &str) -> Member {
        Member {
            id: name.into(),
            name: name.into(),
            language: "python".into(),
            pid: 1,
            host: "h".into(),
            version: version.into(),
            app: String::new(),
            app_version: String::new(),
            started: 1000,
            addresses: Vec::new(),
            state: "ready".into(),
            services: Vec::new(),
        }
    }

    #[test]
    fn other_versions_are_told() {
        let mut findings = Vec::new();
        versions(&[member("a", env!("CARGO_PKG_VERSION"))], &mut findings);
        assert!(findings.is_empty());
        versions(&[member("a", env!("CARGO_PKG_VERSION")), member("b", "9.9.9")], &mut findings);
        assert!(findings.len() == 1 && findings[0].state == State::Warn && findings[0].what.contains("`b` 9.9.9"), "{findings:?}");
    }

    #[test]
    fn a_refused_version_fails_with_its_own_kind() {
        let error = Error::new(Kind::VersionMismatch, "`a` speaks versions 1 to 1, `b` 7 to 9");
        let finding = refused("10.0.0.1:7700", &error);
        assert!(
            finding.state == State::Fail && finding.kind == Kind::VersionMismatch && finding.what.starts_with("10.0.0.1:7700: "),
            "{finding}"
        );
    }

    #[test]
    fn a_member_seen_twice_counts_once() {
        let mut met = Met::default();
        met.hear(vec![member("a", "1")]);
        met.hear(vec![member("a", "1"), member("b", "1")]);
        assert_eq!((met.members.len(), met.moments.len(), met.moments[0].at), (2, 2, Duration::from_secs(1)));
    }
}

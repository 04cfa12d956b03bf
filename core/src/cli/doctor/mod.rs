//! `twinspan doctor`: what is wrong on this host, and what to do.

mod certificate;
mod clock;
mod cluster;
mod finding;
mod host;
mod port;

use super::{
    cluster::{Cluster, PROGRAM},
    console::Console,
    exit::Done,
};
use crate::{
    config::{JoinSpec, Settings},
    env,
    error::Error,
    security::names_in,
};
use clap::Args;
use finding::{Finding, State};
use serde_json::json;
use std::path::Path;

const EXAMPLES: &str = "Examples:
  twinspan doctor --cluster shop
  twinspan doctor --identity certs/web --seeds 10.0.0.1:7700 --listen 0.0.0.0:7700
  twinspan doctor --json | jq -r '.findings[] | select(.state == \"fail\") | .advice'";

/// Find out what keeps nodes of this host from working: settings, certificate, clock, ports, peers, versions, limits, files.
///
/// Takes the settings that a program in this folder would join with. Each finding is ok, warn or fail, with one line that says what
/// is, and one that says what to do. Ends with 0 if nothing failed, else with the exit code of the first failure's kind.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Doctor {
    /// Where a node would listen
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Where others would reach it
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Option<String>,
    #[command(flatten)]
    cluster: Cluster,
}

impl Doctor {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let mut findings = vec![host::version(), host::files()];
        let settings = self.settings();
        let now = env::wall_clock();
        let identity =
            settings.as_ref().ok().and_then(|found| found.identity.clone()).or_else(|| self.cluster.identity.clone().map(Into::into));
        findings.push(finding::settings(&settings));
        if let Some(identity) = &identity {
            findings.push(certificate::check(identity, now));
        }
        if let Ok(settings) = &settings {
            self.check_cluster(settings, &mut findings)?;
        }
        self.tell(&findings, console)
    }

    /// As a node here would have them: a visitor's leave out where it listens.
    fn settings(&self) -> Result<Settings, Error> {
        let spec = JoinSpec {
            visitor: false,
            program: PROGRAM.into(),
            listen: self.listen.clone(),
            advertise: self.advertise.clone(),
            ..self.cluster.visit()
        };
        Settings::resolve(&spec, &names_in)
    }

    fn check_cluster(&self, settings: &Settings, findings: &mut Vec<Finding>) -> Done {
        if settings.identity.is_none() {
            findings.extend(host::state(&settings.cluster));
            findings.push(host::sockets());
        }
        let met = cluster::meet(settings, &self.cluster, findings)?;
        if let Some(listen) = &settings.listen {
            findings.push(port::listen(listen, met.names(settings)));
            if let Some(advertise) = &settings.advertise {
                findings.extend(port::advertise(advertise, listen, met.names(settings)));
            }
        }
        findings.push(clock::check(env::wall_clock(), &met.moments));
        Ok(())
    }

    fn tell(&self, findings: &[Finding], console: &mut Console<'_>) -> Done {
        let failed: Vec<&Finding> = findings.iter().filter(|finding| finding.state == State::Fail).collect();
        let list: Vec<_> = findings.iter().map(Finding::to_json).collect();
        let text: String = findings.iter().map(ToString::to_string).collect();
        console.facts(&json!({"ok": failed.is_empty(), "findings": list}), text)?;
        let Some(first) = failed.first() else { return Ok(()) };
        let checks: Vec<&str> = failed.iter().map(|finding| finding.check).collect();
        let text = format!("{} of {} checks failed: {}", failed.len(), findings.len(), checks.join(", "));
        Err(Error::new(first.kind, text).advice(first.advice.as_str()).into())
    }
}

/// `path` for people.
fn shown(path: &Path) -> String {
    super::console::shown(&path.display().to_string())
}

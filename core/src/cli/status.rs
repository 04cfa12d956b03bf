//! `twinspan status`.

use super::{
    cluster::Cluster,
    console::{Console, shown},
    exit::Done,
    members::rows,
    session::{Member, Service, Session, Silent},
    table::table,
};
use crate::error::{Error, Kind};
use clap::Args;
use serde_json::json;
use std::fmt::Write;

const EXAMPLES: &str = "Examples:
  twinspan status --cluster shop
  twinspan status --json | jq .problems
  until twinspan status >/dev/null 2>&1; do sleep 1; done";

/// Show a cluster on one screen: members and their states, services and their ready providers.
///
/// Ends with 3 if something is wrong: a member is silent, a service has no provider that takes calls, or nobody is there. The
/// problems stand below the tables, and in `problems` with --json.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Status {
    #[command(flatten)]
    cluster: Cluster,
}

impl Status {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let session = Session::open(&self.cluster)?;
        let mut members = session.members()?;
        members.retain(|member| !member.is_visitor());
        let services = session.services()?;
        let problems = problems(&members, &services, &session.silent);
        let list: Vec<_> = services.iter().map(|s| json!({"name": s.name, "providers": s.providers.len(), "ready": ready(s)})).collect();
        let json = json!({
            "cluster": session.cluster,
            "ok": problems.is_empty(),
            "members": members,
            "services": list,
            "problems": problems,
        });
        console.facts(&json, screen(&session.cluster, &members, &services, &problems))?;
        if problems.is_empty() {
            return Ok(());
        }
        let text = format!("{} in the cluster `{}`: {}", counted(problems.len(), "problem"), session.cluster, problems.join("; "));
        Err(Error::new(Kind::Unavailable, text).advice("Look at the nodes that are named; `twinspan doctor` looks at this host.").into())
    }
}

fn ready(service: &Service) -> usize {
    service.providers.iter().filter(|provider| provider.ready).count()
}

fn problems(members: &[Member], services: &[Service], silent: &[Silent]) -> Vec<String> {
    let mut problems = Vec::new();
    if members.is_empty() {
        problems.push("no node is there".to_owned());
    }
    for member in members.iter().filter(|member| member.state == "suspect") {
        problems.push(format!("node `{}` (process {} on {}) is silent", member.name, member.pid, member.host));
    }
    for one in silent {
        problems.push(format!("node `{}` (process {} of this host) doesn't answer: it stands still, or is leaving", one.name, one.pid));
    }
    for service in services.iter().filter(|service| ready(service) == 0) {
        problems.push(format!("service `{}` has no provider that takes calls", service.name));
    }
    problems
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn screen(cluster: &str, members: &[Member], services: &[Service], problems: &[String]) -> String {
    let count = |state: &str| members.iter().filter(|member| member.state == state).count();
    let states: Vec<String> = ["ready", "joining", "draining", "suspect"]
        .into_iter()
        .filter(|state| count(state) > 0)
        .map(|state| format!("{} {state}", count(state)))
        .collect();
    let mut text = format!(
        "Cluster {cluster}: {}{}, {}\n\n",
        counted(members.len(), "member"),
        if states.is_empty() { String::new() } else { format!(" ({})", states.join(", ")) },
        counted(services.len(), "service")
    );
    text += &rows(members);
    if !services.is_empty() {
        let row = |s: &Service| {
            let names: Vec<&str> = s.providers.iter().filter(|p| p.ready).map(|p| p.name.as_str()).collect();
            vec![shown(&s.name), format!("{} of {}", ready(s), s.providers.len()), shown(&names.join(" "))]
        };
        text.push('\n');
        text += &table(&["SERVICE", "READY", "PROVIDERS"], services.iter().map(row).collect());
    }
    if !problems.is_empty() {
        text.push('\n');
        for problem in problems {
            let _ = writeln!(text, "! {}", shown(problem));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::session::Provider;

    #[test]
    fn each_problem_is_told() {
        let provider = |ready| Provider { id: "1".into(), name: "a".into(), language: "java".into(), ready };
        let service = |ready| Service {
            name: "geo".into(),
            doc: None,
            providers: vec![provider(false), provider(ready)],
            methods: Vec::new(),
            types: Vec::new(),
        };
        let member = |state: &str| Member {
            id: "1".into(),
            name: "a".into(),
            language: "java".into(),
            pid: 7,
            host: "h".into(),
            version: "1".into(),
            app: String::new(),
            app_version: String::new(),
            started: 0,
            addresses: Vec::new(),
            state: state.into(),
            services: vec!["geo".into()],
        };
        let silent = [Silent { name: "b".into(), pid: 8 }];
        assert_eq!(problems(&[member("ready"), member("draining")], &[service(true)], &[]), Vec::<String>::new());
        let told = problems(&[member("suspect")], &[service(false)], &silent).join("; ");
        for part in ["`a` (process 7 on h) is silent", "`b` (process 8", "`geo` has no provider that takes calls"] {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(problems(&[], &[], &[]), ["no node is there"]);
    }
}

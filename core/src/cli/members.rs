//! `twinspan members`.

use super::{
    cluster::Cluster,
    console::{Console, shown},
    exit::Done,
    session::{Member, Session},
};
use crate::cli::table::table;
use clap::Args;

const EXAMPLES: &str = "Examples:
  twinspan members --cluster shop
  twinspan members --json | jq -r '.members[] | select(.state != \"ready\") | .name'";

/// List the nodes of a cluster: name, language, state, process, services.
///
/// States: ready (takes calls), joining (is here, takes none yet), draining (is leaving), suspect (silent). The command's own node and
/// those of other commands are left out.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Members {
    #[command(flatten)]
    cluster: Cluster,
    /// Also list the nodes of commands like this one
    #[arg(long)]
    all: bool,
}

impl Members {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let session = Session::open(&self.cluster)?;
        let mut members = session.members()?;
        members.retain(|member| self.all || !member.is_visitor());
        let json = serde_json::json!({"cluster": session.cluster, "members": members});
        console.facts(&json, rows(&members))
    }
}

/// A line a member.
pub(super) fn rows(members: &[Member]) -> String {
    let row = |member: &Member| {
        let place = format!("{} on {}", member.pid, member.host);
        let services = if member.services.is_empty() { "-".into() } else { member.services.join(" ") };
        [&member.name, &member.state, &member.language, &place, &services].map(|text| shown(text)).to_vec()
    };
    table(&["NODE", "STATE", "LANGUAGE", "PROCESS", "SERVICES"], members.iter().map(row).collect())
}

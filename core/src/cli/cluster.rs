//! How a command finds its cluster.

use super::duration::duration;
use crate::config::JoinSpec;
use clap::Args;
use std::time::Duration;

/// The program in names of nodes that the command line joins with.
pub(super) const PROGRAM: &str = "twinspan-cli";
/// The language of such nodes.
pub(super) const LANGUAGE: &str = "cli";

/// Which cluster; everything else comes from TWINSPAN_* and twinspan.toml, as for a program that joins.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Cluster {
    /// Name of the cluster [else TWINSPAN_CLUSTER, or `cluster` in twinspan.toml]
    #[arg(long, value_name = "NAME", help_heading = "Cluster")]
    pub(super) cluster: Option<String>,
    /// Members of a cluster of several hosts, separated by commas
    #[arg(long, value_name = "HOST:PORT", value_delimiter = ',', help_heading = "Cluster")]
    pub(super) seeds: Vec<String>,
    /// Folder with cert.pem, key.pem and ca.pem, as `twinspan dev-certs` makes it
    #[arg(long, value_name = "DIR", help_heading = "Cluster")]
    pub(super) identity: Option<String>,
    /// This host's own cluster, even where one of several hosts is expected
    #[arg(long, help_heading = "Cluster")]
    pub(super) local: bool,
    /// How long the command may take: 500ms, 2s, 1m [default: 10s; a call 30s]
    #[arg(long, value_name = "TIME", value_parser = duration, help_heading = "Cluster")]
    pub(super) timeout: Option<Duration>,
}

impl Cluster {
    /// The join of a node that looks, calls, and leaves again.
    pub(super) fn visit(&self) -> JoinSpec {
        JoinSpec {
            language: LANGUAGE.into(),
            program: PROGRAM.into(),
            visitor: true,
            cluster: self.cluster.clone(),
            seeds: (!self.seeds.is_empty()).then(|| self.seeds.clone()),
            identity: self.identity.clone(),
            local: self.local.then_some(true),
            ..JoinSpec::default()
        }
    }

    pub(super) fn limit(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(10))
    }
}

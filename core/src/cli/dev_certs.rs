//! `twinspan dev-certs`.

use super::{
    console::{Console, cannot_write},
    exit::Done,
};
use crate::security::dev_certs;
use clap::Args;
use std::{io::Write, path::PathBuf};

/// Make certificates for a cluster of several hosts: a folder a node, and the CA that signs them.
///
/// The CA (DIR/ca.pem, DIR/ca-key.pem) is made once and reused for further names. Copy DIR/NAME to the node's host and join with
/// identity="NAME"; keep ca-key.pem here.
#[derive(Args)]
pub(super) struct DevCerts {
    /// Folder for the CA and the nodes' folders.
    dir: PathBuf,
    /// Names of the nodes.
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Name of the cluster.
    #[arg(long, default_value = "dev")]
    cluster: String,
    /// How long the certificates are valid.
    #[arg(long, default_value_t = 365)]
    days: u32,
}

impl DevCerts {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let folders = dev_certs(&self.dir, &self.names, &self.cluster, self.days)?;
        let written = if console.json {
            let nodes: Vec<_> =
                self.names.iter().zip(&folders).map(|(name, folder)| serde_json::json!({"name": name, "identity": folder})).collect();
            writeln!(console.out, "{}", serde_json::json!({"cluster": self.cluster, "ca": self.dir.join("ca.pem"), "nodes": nodes}))
        } else {
            self.tell(&folders, console.out)
        };
        written.map_err(|e| cannot_write(&e))
    }

    fn tell(&self, folders: &[PathBuf], out: &mut dyn Write) -> std::io::Result<()> {
        for folder in folders {
            writeln!(out, "{}", folder.display())?;
        }
        let first = folders.first().map(|folder| folder.display().to_string()).unwrap_or_default();
        writeln!(
            out,
            "\nCluster `{}`, valid for {} days. On each host: join(identity=\"{first}\", listen=\"0.0.0.0:7700\")",
            self.cluster, self.days
        )
    }
}

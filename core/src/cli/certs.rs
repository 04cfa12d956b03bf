//! `twinspan certs`.

use super::{
    console::{Console, cannot_write},
    exit::Done,
};
use crate::{
    config::{JoinSpec, Settings},
    membership::host::HostState,
    security::{CLIENT_DAYS_MOST, client_certs, names_in},
};
use clap::{Args, Subcommand};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Certificates of this host's cluster.
#[derive(Args)]
pub(super) struct Certs {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    Export(Export),
}

/// Write a certificate for a client that is no node, such as a gRPC client.
///
/// DIR gets ca.pem, cert.pem and key.pem (readable by you only). Whoever has the key may call every service of the cluster until the
/// certificate ends; it can't be used to join. For clusters of several hosts make certificates with `twinspan dev-certs`.
#[derive(Args)]
struct Export {
    /// Folder for the certificate.
    #[arg(long, value_name = "DIR", required = true)]
    client: PathBuf,
    /// Name of the cluster; that of twinspan.toml or TWINSPAN_CLUSTER if not given.
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Name of the client, as logs show it.
    #[arg(long, default_value = "client")]
    name: String,
    /// How long the certificate is valid, at most 30 days.
    #[arg(long, default_value_t = CLIENT_DAYS_MOST)]
    days: u32,
}

impl Certs {
    pub(super) fn run(&self, console: &mut Console<'_>) -> Done {
        let What::Export(export) = &self.command;
        export.run(console)
    }
}

impl Export {
    fn run(&self, console: &mut Console<'_>) -> Done {
        let spec = JoinSpec { cluster: self.cluster.clone(), local: Some(true), ..JoinSpec::default() };
        let cluster = match &self.cluster {
            Some(cluster) => cluster.clone(),
            None => Settings::resolve(&spec, &names_in)?.cluster,
        };
        let state = HostState::open(&cluster)?;
        client_certs(&state.ca(crate::env::wall_clock())?, &state.root_pem()?, &self.client, &cluster, &self.name, self.days)?;
        let records = state.live()?;
        let sockets =
            records.iter().filter(|record| !record.socket.as_os_str().is_empty()).map(|record| format!("unix:{}", record.socket.display()));
        let addresses: Vec<String> = sockets.chain(records.iter().flat_map(|record| record.tcp.iter().cloned())).collect();
        let written = if console.json {
            let files = ["ca", "cert", "key"].map(|name| self.client.join(format!("{name}.pem")));
            let [ca, cert, key] = &files;
            let told =
                serde_json::json!({"cluster": cluster, "days": self.days, "ca": ca, "cert": cert, "key": key, "addresses": addresses});
            writeln!(console.out, "{told}")
        } else {
            self.tell(&cluster, &addresses, console.out)
        };
        written.map_err(|e| cannot_write(&e))
    }

    fn tell(&self, cluster: &str, addresses: &[String], out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n\nCluster `{cluster}`, valid for {} days. Keep key.pem to yourself.", self.client.display(), self.days)?;
        match addresses.first() {
            Some(address) => writeln!(out, "List its services: {}", grpcurl(&self.client, address)),
            None => writeln!(out, "No node of the cluster runs on this host now; export again once one does to see where it listens."),
        }
    }
}

/// The command that lists the services behind an address.
fn grpcurl(dir: &Path, address: &str) -> String {
    let file = |name: &str| quoted(&dir.join(name).display().to_string());
    let certificates = format!("-cacert {} -cert {} -key {}", file("ca.pem"), file("cert.pem"), file("key.pem"));
    match address.strip_prefix("unix:") {
        // The certificate names hosts, not sockets.
        Some(path) => format!("grpcurl {certificates} -authority localhost -unix {} list", quoted(path)),
        None => format!("grpcurl {certificates} {} list", quoted(address)),
    }
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-:[]".contains(&b));
    if plain && !text.contains('[') { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_the_address() {
        let dir = Path::new("/tmp/my client");
        let files = "-cacert '/tmp/my client/ca.pem' -cert '/tmp/my client/cert.pem' -key '/tmp/my client/key.pem'";
        assert_eq!(grpcurl(dir, "unix:/run/a.sock"), format!("grpcurl {files} -authority localhost -unix /run/a.sock list"));
        assert_eq!(grpcurl(dir, "[::1]:7700"), format!("grpcurl {files} '[::1]:7700' list"));
        assert_eq!(quoted("it's"), "'it'\\''s'");
    }
}

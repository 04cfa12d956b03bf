//! Certificates for clients that are no nodes: `twinspan certs export`.

use super::{
    ca_folder::ClusterCa,
    folder::Folder,
    name::{PeerCertificate, Role},
};
use crate::{
    config::{check_cluster, check_node},
    env,
    error::{Error, Kind, Result},
};
use std::{path::Path, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// An issuer with less than this left is replaced, so every client's certificate can have as much.
pub const CLIENT_DAYS_MOST: u32 = 30;

/// Writes `cert.pem`, `key.pem` (for its owner only) and `ca.pem`, which is `root`, into `dir`: a client of the cluster may call with them,
/// but be no node.
pub fn client_certs(ca: &ClusterCa, root: &[u8], dir: &Path, cluster: &str, name: &str, days: u32) -> Result<()> {
    check_cluster(cluster)?;
    check_node(name)?;
    if !(1..=CLIENT_DAYS_MOST).contains(&days) {
        return Err(Error::new(Kind::BadConfig, format!("days: {days} is not between 1 and {CLIENT_DAYS_MOST}"))
            .advice("Choose another number of days; export again before they are over."));
    }
    let holder = PeerCertificate { cluster: cluster.into(), role: Role::Client, id: None, name: name.into() };
    let leaf = ca.issuer.leaf(&holder, &[], env::wall_clock(), days * DAY)?;
    let folder = Folder::open(dir, 0o700)?;
    // The key first: with a certificate that belongs to another key the folder would be of no use.
    folder.write("key.pem", leaf.key.serialize_pem().as_bytes(), 0o600)?;
    folder.write("cert.pem", format!("{}{}", leaf.certificate.pem(), ca.issuer.certificate_pem()).as_bytes(), 0o644)?;
    folder.write("ca.pem", root, 0o644)
}

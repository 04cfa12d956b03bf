//! Who is a member: the cluster's CA, the certificates it issues, and the verifiers of both directions.
//!
//! TLS 1.3 with a certificate on both sides, on every link, on Unix sockets too. Nothing is resumed: resumption would skip the
//! client's certificate.

mod alone;
mod authority;
mod ca_folder;
mod client_certs;
mod dev_certs;
mod explain;
mod folder;
mod identity;
mod inspect;
mod leaf;
mod name;
mod pem;
mod provider;
mod verifier;

#[cfg(test)]
pub(crate) mod handshakes;

pub use authority::Validity;
pub use ca_folder::ClusterCa;
pub use client_certs::{CLIENT_DAYS_MOST, client_certs};
pub use dev_certs::dev_certs;
pub use explain::explain;
pub use folder::{Folder, Locked, inode, read_all};
pub use identity::{ALPN, ALPN_OUTSIDE, Identity, names_in, server_name};
pub use inspect::{Inspection, inspect};
pub use leaf::{Leaf, LeafSource};
pub use name::{PeerCertificate, Role};
pub use verifier::Expect;

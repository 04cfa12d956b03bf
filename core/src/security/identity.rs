//! Who this node is: its certificate, and the TLS configurations made from it.

use super::{
    authority::Validity,
    leaf::{Leaf, LeafSource, Showing},
    name::{PeerCertificate, Role},
    pem,
    provider::{WallClock, provider},
    verifier::{AcceptVerifier, DialVerifier, Expect, Trust},
};
use crate::{
    config::NodeId,
    env,
    error::{Error, Kind, Result, io},
};
use aws_lc_rs::digest::{SHA256, digest};
use parking_lot::Mutex;
use rustls::{
    ClientConfig, ServerConfig,
    client::Resumption,
    pki_types::{CertificateDer, ServerName},
    server::NoServerSessionStorage,
    version::TLS13,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

/// The protocol that a link speaks inside TLS.
pub const ALPN: &[u8] = b"twinspan/1";
/// The protocol of clients that are no nodes: HTTP/2.
pub const ALPN_OUTSIDE: &[u8] = b"h2";

/// After a renewal that failed or brought nothing newer, the next attempt is made this much later.
const RETRY: Duration = Duration::from_secs(300);

/// One node's certificate with its key, and whom it trusts. New handshakes always show the newest leaf.
pub struct Identity {
    holder: PeerCertificate,
    node: NodeId,
    cluster_id: [u8; 16],
    trust: Arc<Trust>,
    showing: Arc<Showing>,
    server: Arc<ServerConfig>,
    client: ClientConfig,
    source: Box<dyn LeafSource>,
    due: Mutex<Duration>,
}

impl Identity {
    /// An identity whose leaves come from `source`. The first of `roots` gives the cluster its id.
    pub fn new(node: NodeId, roots: &[CertificateDer<'static>], source: Box<dyn LeafSource>) -> Result<Arc<Identity>> {
        let leaf = source.leaf(env::wall_clock())?;
        let holder = leaf.holder.clone();
        if holder.role == Role::Client {
            return Err(Error::new(
                Kind::BadConfig,
                format!("identity: the certificate of `{}` is for a client, which can be no node", holder.name),
            )
            .advice("Make one for a node with `twinspan dev-certs`, or leave `identity` out for this host's own cluster."));
        }
        if holder.id.is_some_and(|id| id != node) {
            return Err(Error::new(Kind::BadConfig, format!("identity: the certificate of `{}` was made for one join only", holder.name))
                .advice("Make one that lasts with `twinspan dev-certs`."));
        }
        let trust = Arc::new(Trust::new(&holder.cluster, roots)?);
        let due = leaf.renewal();
        let showing = Arc::new(Showing::new(leaf));
        Ok(Arc::new(Identity {
            cluster_id: cluster_id(roots, &holder.cluster)?,
            server: Arc::new(server_config(&trust, &showing)?),
            client: client_config(&trust, &showing)?,
            holder,
            node,
            trust,
            showing,
            source,
            due: Mutex::new(due),
        }))
    }

    /// The identity that a user gave: a folder with `cert.pem`, `key.pem` and `ca.pem`.
    pub fn from_folder(dir: &Path, node: NodeId) -> Result<Arc<Identity>> {
        let roots = pem::certificates(&read(dir, "ca.pem")?).map_err(|e| in_folder(dir, &e))?;
        if roots.is_empty() {
            return Err(in_folder(dir, &Error::new(Kind::BadConfig, "ca.pem holds no certificate")));
        }
        let (now, source) = (env::wall_clock(), FolderSource { dir: dir.to_owned() });
        let validity = source.leaf(now)?.validity;
        if !validity.holds(now) {
            let why = if now < validity.from { "is not valid yet" } else { "has expired" };
            return Err(in_folder(dir, &Error::new(Kind::BadConfig, format!("cert.pem {why}")))
                .advice("Make a new one with `twinspan dev-certs`, or set this host's clock."));
        }
        Identity::new(node, &roots, Box::new(source))
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.holder.cluster
    }

    /// SHA-256(public key info of the root ‖ cluster name), the first 16 bytes: same CA and name are one cluster.
    pub fn cluster_id(&self) -> [u8; 16] {
        self.cluster_id
    }

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.holder.name
    }

    /// The node's role.
    pub fn role(&self) -> Role {
        self.holder.role
    }

    /// The node's id.
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// For the side that accepts: TLS 1.3, a client certificate of the cluster is mandatory, nothing is resumed.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }

    /// For the side that dials `expect`.
    pub fn client_config(&self, expect: &Expect) -> Arc<ClientConfig> {
        let mut config = self.client.clone();
        let verifier = DialVerifier { trust: Arc::clone(&self.trust), expect: expect.clone() };
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        Arc::new(config)
    }

    /// Who the peer of a finished handshake is.
    pub fn peer(&self, certificates: &[CertificateDer<'_>]) -> Result<PeerCertificate> {
        let own = certificates.first().ok_or_else(|| Error::new(Kind::Unauthenticated, "the peer showed no certificate"))?;
        let peer = PeerCertificate::read(own)?;
        if peer.cluster != self.cluster() {
            return Err(Error::new(Kind::Unauthenticated, format!("the peer `{}` is of the cluster `{}`", peer.name, peer.cluster)));
        }
        Ok(peer)
    }

    /// When [`Identity::renew_if_due`] has something to do, as time since 1970.
    pub fn renewal_due(&self) -> Duration {
        *self.due.lock()
    }

    /// From when until when the current leaf is valid.
    pub fn validity(&self) -> Validity {
        self.showing.leaf().validity
    }

    /// Puts a new leaf in place if two thirds of the current one's life are over. Open links stay. Blocks on files.
    /// True if there is a new one; after a failure the next attempt is due five minutes later.
    pub fn renew_if_due(&self, now: Duration) -> Result<bool> {
        if now < self.renewal_due() {
            return Ok(false);
        }
        *self.due.lock() = now + RETRY;
        let next = self.source.leaf(now)?;
        if next.holder != self.holder {
            let message = format!("identity: the new certificate is of `{}`, this node is `{}`", next.holder, self.holder);
            return Err(Error::new(Kind::BadConfig, message).advice("Renew the certificate of this node's own name."));
        }
        if next.validity.until <= self.validity().until {
            return Ok(false);
        }
        *self.due.lock() = next.renewal();
        self.showing.swap(next);
        Ok(true)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({} {})", self.holder, self.node)
    }
}

/// What the dialling side passes to rustls where that wants a DNS name: it is neither sent nor checked.
pub fn server_name() -> ServerName<'static> {
    ServerName::IpAddress(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST).into())
}

/// Cluster and node name of an identity's folder, for the settings.
pub fn names_in(dir: &Path) -> Result<(String, String)> {
    let leaf = FolderSource { dir: dir.to_owned() }.leaf(env::wall_clock())?;
    Ok((leaf.holder.cluster, leaf.holder.name))
}

fn server_config(trust: &Arc<Trust>, showing: &Arc<Showing>) -> Result<ServerConfig> {
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(WallClock))
        .with_protocol_versions(&[&TLS13])
        .map_err(no_tls)?
        .with_client_cert_verifier(Arc::new(AcceptVerifier::new(Arc::clone(trust))?))
        .with_cert_resolver(Arc::clone(showing) as _);
    // The first that the client offers too: whoever speaks both is a node.
    config.alpn_protocols = vec![ALPN.to_vec(), ALPN_OUTSIDE.to_vec()];
    // Links seal their records themselves.
    config.enable_secret_extraction = true;
    // Resumption would skip the client's certificate.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(config)
}

fn client_config(trust: &Arc<Trust>, showing: &Arc<Showing>) -> Result<ClientConfig> {
    let verifier = DialVerifier { trust: Arc::clone(trust), expect: Expect::default() };
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(WallClock))
        .with_protocol_versions(&[&TLS13])
        .map_err(no_tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(Arc::clone(showing) as _);
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.enable_secret_extraction = true;
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config.enable_early_data = false;
    Ok(config)
}

fn cluster_id(roots: &[CertificateDer<'_>], cluster: &str) -> Result<[u8; 16]> {
    let root = roots.first().ok_or_else(|| Error::internal("no root"))?;
    let (_, parsed) =
        X509Certificate::from_der(root).map_err(|e| Error::new(Kind::BadConfig, format!("the CA's certificate can't be read: {e}")))?;
    let digest = digest(&SHA256, &[parsed.public_key().raw, cluster.as_bytes()].concat());
    let mut id = [0; 16];
    id.copy_from_slice(&digest.as_ref()[..16]);
    Ok(id)
}

/// Reads again what the user put there: a certificate renewed on disk is taken without a restart.
struct FolderSource {
    dir: PathBuf,
}

impl LeafSource for FolderSource {
    fn leaf(&self, _: Duration) -> Result<Leaf> {
        let chain = pem::certificates(&read(&self.dir, "cert.pem")?);
        let key = pem::private_key(&read(&self.dir, "key.pem")?);
        chain.and_then(|chain| Leaf::new(chain, key?)).map_err(|e| in_folder(&self.dir, &e))
    }
}

pub(super) fn read(dir: &Path, file: &str) -> Result<Vec<u8>> {
    let path = dir.join(file);
    fs::read(&path).map_err(|e| {
        let error = io(format_args!("identity: cannot read {}", path.display()), e);
        Error::new(Kind::BadConfig, error.message())
            .advice("`identity` names a folder with cert.pem, key.pem and ca.pem, as `twinspan dev-certs` makes it.")
    })
}

pub(super) fn in_folder(dir: &Path, error: &Error) -> Error {
    Error::new(Kind::BadConfig, format!("identity: {}: {}", dir.display(), error.message())).advice(error.advice_text())
}

fn no_tls(error: rustls::Error) -> Error {
    Error::internal(format!("no TLS: {error}"))
}

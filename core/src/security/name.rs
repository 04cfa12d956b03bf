//! What a certificate says about its holder: one SPIFFE name in one URI.

use crate::{
    config::{NodeId, check_cluster, check_node},
    error::{Error, Kind, Result},
};
use rustls::pki_types::CertificateDer;
use std::fmt;
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::{FromDer, ParsedExtension},
};

/// What the holder of a certificate may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Serves and calls; the default.
    Worker,
    /// May also hold replicas and vote.
    Voter,
    /// May also administer the cluster.
    Admin,
    /// Calls from outside; never a node.
    Client,
}

impl Role {
    fn parse(text: &str) -> Option<Role> {
        [Role::Worker, Role::Voter, Role::Admin, Role::Client].into_iter().find(|role| role.text() == text)
    }

    /// As written in a certificate.
    pub fn text(self) -> &'static str {
        match self {
            Role::Worker => "worker",
            Role::Voter => "voter",
            Role::Admin => "admin",
            Role::Client => "client",
        }
    }
}

/// The holder of a certificate. Written as `spiffe://<cluster>/role/<role>/node/<id>/<name>` when the cluster issued it for one
/// join, as `spiffe://<cluster>/role/<role>/name/<name>` when it was made ahead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// The cluster: the trust domain.
    pub cluster: String,
    /// The role.
    pub role: Role,
    /// The node's id, if the cluster issued the certificate for one join.
    pub id: Option<NodeId>,
    /// The node's name.
    pub name: String,
}

impl PeerCertificate {
    /// Reads the name out of its URI.
    pub fn parse(uri: &str) -> Result<PeerCertificate> {
        let no =
            |why: &str| Error::new(Kind::Unauthenticated, format!("the certificate's name `{uri:.200}` is not one of Twinspan: {why}"));
        let rest = uri.strip_prefix("spiffe://").ok_or_else(|| no("it doesn't begin with spiffe://"))?;
        let parts: Vec<&str> = rest.split('/').collect();
        let (cluster, role, id, name) = match parts[..] {
            [cluster, "role", role, "node", id, name] => (cluster, role, Some(id), name),
            [cluster, "role", role, "name", name] => (cluster, role, None, name),
            _ => return Err(no("its path is neither /role/<role>/node/<id>/<name> nor /role/<role>/name/<name>")),
        };
        check_cluster(cluster).map_err(|e| no(e.message()))?;
        check_node(name).map_err(|e| no(e.message()))?;
        let role = Role::parse(role).ok_or_else(|| no("its role is unknown"))?;
        let id = match id.map(str::parse::<NodeId>).transpose() {
            // One spelling only: two texts for one node would pass two deny lists.
            Ok(parsed) if parsed.map(|p| p.to_string()).as_deref() == id => parsed,
            _ => return Err(no("its node id is not 32 lower-case hexadecimal digits")),
        };
        Ok(PeerCertificate { cluster: cluster.into(), role, id, name: name.into() })
    }

    /// Reads it out of a certificate, which has exactly one URI among its alternative names. Checks no signature.
    pub fn read(certificate: &CertificateDer<'_>) -> Result<PeerCertificate> {
        let no = |why: &str| Error::new(Kind::Unauthenticated, format!("a certificate is not one of Twinspan: {why}"));
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|e| no(&e.to_string()))?;
        let mut uris = Vec::new();
        for extension in parsed.extensions() {
            if let ParsedExtension::SubjectAlternativeName(names) = extension.parsed_extension() {
                uris.extend(names.general_names.iter().filter_map(|name| match name {
                    GeneralName::URI(uri) => Some(*uri),
                    _ => None,
                }));
            }
        }
        match uris[..] {
            [uri] => PeerCertificate::parse(uri),
            [] => Err(no("it names no URI")),
            _ => Err(no("it names more than one URI")),
        }
    }
}

impl fmt::Display for PeerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/role/{}/", self.cluster, self.role.text())?;
        match self.id {
            Some(id) => write!(f, "node/{id}/{}", self.name),
            None => write!(f, "name/{}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_lead_back() {
        for id in [Some(NodeId::draw()), None] {
            let name = PeerCertificate { cluster: "shop".into(), role: Role::Worker, id, name: "pricing-7".into() };
            assert_eq!(PeerCertificate::parse(&name.to_string()).as_ref(), Ok(&name));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let id = "0123456789abcdef0123456789abcdef";
        for bad in [
            "https://shop/role/worker/name/a".to_owned(),
            "spiffe://shop/role/worker/name/a/".into(),
            "spiffe://shop/role/worker/name/..".into(),
            "spiffe://shop/role/king/name/a".into(),
            "spiffe://Shop/role/worker/name/a".into(),
            "spiffe://shop:1/role/worker/name/a".into(),
            "spiffe://shop/role/worker/name/a?x".into(),
            format!("spiffe://shop/role/worker/node/{}/a", id.to_uppercase()),
            format!("spiffe://shop/role/worker/node/{}/a", &id[1..]),
            format!("spiffe://shop/role/worker/node/{id}"),
            format!("spiffe://shop/role/worker/node/{id}/a/b"),
            format!("spiffe:///role/worker/node/{id}/a"),
        ] {
            assert!(PeerCertificate::parse(&bad).is_err_and(|e| e.kind() == Kind::Unauthenticated), "{bad}");
        }
    }
}

//! Who is let in, in both directions: the chain leads to our root, the name is one of our cluster, and it is whom we dialled.

use super::{name::PeerCertificate, provider::provider};
use crate::{
    config::NodeId,
    error::{Error, Kind, Result},
};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        ParsedCertificate, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use std::{fmt, sync::Arc, time::Duration};

/// Whom a dialler expects. Without an id and a name any member will do (a seed).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// The node's id.
    pub node: Option<NodeId>,
    /// The node's name; it decides where the certificate was made ahead and carries no id.
    pub name: Option<String>,
}

/// What both verifiers trust.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) cluster: String,
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Trust {
    pub(crate) fn new(cluster: &str, roots: &[CertificateDer<'static>]) -> Result<Trust> {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root.clone()).map_err(|e| Error::new(Kind::BadConfig, format!("the CA's certificate can't be used: {e}")))?;
        }
        Ok(Trust { cluster: cluster.into(), roots: Arc::new(store), algorithms: provider().signature_verification_algorithms })
    }

    /// Whether the chain leads to one of the roots at this time.
    pub(crate) fn issued(&self, chain: &[CertificateDer<'_>], at: Duration) -> bool {
        let Some((leaf, intermediates)) = chain.split_first() else { return false };
        let at = UnixTime::since_unix_epoch(at);
        ParsedCertificate::try_from(leaf).is_ok_and(|parsed| {
            verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, intermediates, at, self.algorithms.all).is_ok()
        })
    }

    fn member(&self, certificate: &CertificateDer<'_>) -> Result<PeerCertificate, rustls::Error> {
        let peer = PeerCertificate::read(certificate).map_err(|e| refused(e.message()))?;
        if peer.cluster != self.cluster {
            return Err(refused(format!("`{}` is of the cluster `{}`, not of `{}`", peer.name, peer.cluster, self.cluster)));
        }
        Ok(peer)
    }
}

/// Used by the side that dials.
#[derive(Debug)]
pub(crate) struct DialVerifier {
    pub(crate) trust: Arc<Trust>,
    pub(crate) expect: Expect,
}

impl ServerCertVerifier for DialVerifier {
    // The DNS name or address that was dialled says nothing about who answers; only the certificate's own name counts.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = ParsedCertificate::try_from(end_entity)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &self.trust.roots, intermediates, now, self.trust.algorithms.all)?;
        let peer = self.trust.member(end_entity)?;
        self.expect.check(&peer)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.trust.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.trust.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.algorithms.supported_schemes()
    }
}

impl Expect {
    fn check(&self, peer: &PeerCertificate) -> Result<(), rustls::Error> {
        match (self.node, peer.id, &self.name) {
            (Some(wanted), Some(id), _) if wanted != id => {
                Err(refused(format!("node {wanted} was dialled, `{}` ({id}) answered", peer.name)))
            }
            (Some(_), Some(_), _) => Ok(()),
            (_, _, Some(wanted)) if *wanted != peer.name => Err(refused(format!("`{wanted}` was dialled, `{}` answered", peer.name))),
            _ => Ok(()),
        }
    }
}

/// Used by the side that accepts.
#[derive(Debug)]
pub(crate) struct AcceptVerifier {
    trust: Arc<Trust>,
    chain: Arc<dyn ClientCertVerifier>,
}

impl AcceptVerifier {
    pub(crate) fn new(trust: Arc<Trust>) -> Result<AcceptVerifier> {
        let chain = WebPkiClientVerifier::builder_with_provider(Arc::clone(&trust.roots), provider())
            .clear_root_hint_subjects()
            .build()
            .map_err(|e| Error::new(Kind::BadConfig, format!("the CA's certificate can't be used: {e}")))?;
        Ok(AcceptVerifier { trust, chain })
    }
}

impl ClientCertVerifier for AcceptVerifier {
    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        self.trust.member(end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}

/// Why a certificate with a good chain was refused. rustls shows such an error by its `Debug` text.
pub(crate) struct Refused(String);

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

fn refused(why: impl Into<String>) -> rustls::Error {
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Refused(why.into())))))
}

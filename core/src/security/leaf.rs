//! The certificate that a node shows, and where the next one comes from.

use super::{
    authority::{Authority, LEAF_LIFE, Validity},
    ca_folder::ClusterCa,
    name::PeerCertificate,
    provider::provider,
};
use crate::error::{Error, Kind, Result};
use arc_swap::ArcSwap;
use rustls::{
    SignatureScheme,
    client::ResolvesClientCert,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{sync::Arc, time::Duration};

/// A certificate with its chain and key, ready to be shown.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub(crate) shown: Arc<CertifiedKey>,
    pub(crate) holder: PeerCertificate,
    pub(crate) validity: Validity,
}

impl Leaf {
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Leaf> {
        let own = chain.first().ok_or_else(|| Error::new(Kind::BadConfig, "there is no certificate"))?;
        let (holder, validity) = (PeerCertificate::read(own)?, Validity::read(own)?);
        let shown = CertifiedKey::from_der(chain, key, &provider())
            .map_err(|e| Error::new(Kind::BadConfig, format!("certificate and key don't fit together: {e}")))?;
        Ok(Leaf { shown: Arc::new(shown), holder, validity })
    }

    /// Signs one for a join: valid for a day, its key never leaves memory.
    pub fn issue(ca: &ClusterCa, holder: &PeerCertificate, hosts: &[String], now: Duration) -> Result<Leaf> {
        Leaf::signed(&ca.issuer, holder, hosts, now, LEAF_LIFE)
    }

    pub(crate) fn signed(issuer: &Authority, holder: &PeerCertificate, hosts: &[String], now: Duration, life: Duration) -> Result<Leaf> {
        let leaf = issuer.leaf(holder, hosts, now, life)?;
        Leaf::new(vec![leaf.certificate.der().clone(), issuer.certificate().clone()], leaf.private_key())
    }

    /// When the next one is to be made: at two thirds of its life.
    pub(crate) fn renewal(&self) -> Duration {
        self.validity.from + self.validity.until.saturating_sub(self.validity.from) * 2 / 3
    }
}

/// Where a node's next leaf comes from. May block on files.
pub trait LeafSource: Send + Sync {
    /// Makes or reads one.
    fn leaf(&self, now: Duration) -> Result<Leaf>;
}

/// Hands the current leaf to every new handshake, in both directions.
#[derive(Debug)]
pub(crate) struct Showing(ArcSwap<Leaf>);

impl Showing {
    pub(crate) fn new(leaf: Leaf) -> Showing {
        Showing(ArcSwap::from_pointee(leaf))
    }

    pub(crate) fn leaf(&self) -> Arc<Leaf> {
        self.0.load_full()
    }

    pub(crate) fn swap(&self, leaf: Leaf) {
        self.0.store(Arc::new(leaf));
    }
}

impl ResolvesServerCert for Showing {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().shown))
    }
}

impl ResolvesClientCert for Showing {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().shown))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

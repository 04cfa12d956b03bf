//! A key that may sign certificates: the root of a cluster, or its issuer.

use super::{
    name::PeerCertificate,
    pem::{certificates, private_key},
};
use crate::{
    env,
    error::{Error, Kind, Result},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PublicKeyData, SanType, string::Ia5String,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::{net::IpAddr, time::Duration};
use time::OffsetDateTime;
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a root is valid.
pub(crate) const ROOT_LIFE: Duration = Duration::from_secs(3653 * 24 * 3600);
/// How long an issuer is valid.
pub(crate) const ISSUER_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
/// An issuer with less than this left is replaced.
pub(crate) const ISSUER_SPARE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a leaf made for one join is valid.
pub(crate) const LEAF_LIFE: Duration = DAY;
/// Everything is valid a little before it was made: clocks differ.
pub(crate) const BACKDATED: Duration = Duration::from_secs(300);

/// From when until when a certificate is valid, since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Not before.
    pub from: Duration,
    /// Not after.
    pub until: Duration,
}

impl Validity {
    fn new(now: Duration, life: Duration) -> Validity {
        Validity { from: now.saturating_sub(BACKDATED), until: now + life }
    }

    /// Read out of a certificate.
    pub(crate) fn read(certificate: &CertificateDer<'_>) -> Result<Validity> {
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(unreadable)?;
        let seconds = |time: x509_parser::time::ASN1Time| Duration::from_secs(time.timestamp().max(0) as u64);
        Ok(Validity { from: seconds(parsed.validity().not_before), until: seconds(parsed.validity().not_after) })
    }

    /// Whether it is valid now.
    pub fn holds(&self, now: Duration) -> bool {
        self.from <= now && now < self.until
    }
}

/// A certificate that may sign others, with its key.
pub(crate) struct Authority {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    validity: Validity,
    issuer: Issuer<'static, KeyPair>,
}

/// A leaf as it was made.
pub(crate) struct SignedLeaf {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

impl SignedLeaf {
    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()))
    }
}

impl Authority {
    /// Makes the root of a cluster.
    pub(crate) fn root(cluster: &str, now: Duration) -> Result<Authority> {
        let key = new_key()?;
        let params = authority_params(&format!("Twinspan {cluster} root {}", random_hex()), Validity::new(now, ROOT_LIFE), 1)?;
        let certificate = params.self_signed(&key).map_err(cannot_sign)?;
        Authority::new(certificate.der().clone(), certificate.pem(), key)
    }

    /// Makes an issuer under this root. It lives no longer than the root.
    pub(crate) fn issuer(&self, cluster: &str, now: Duration) -> Result<Authority> {
        let key = new_key()?;
        let validity = self.within(Validity::new(now, ISSUER_LIFE));
        let params = authority_params(&format!("Twinspan {cluster} issuer {}", random_hex()), validity, 0)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(cannot_sign)?;
        Authority::new(certificate.der().clone(), certificate.pem(), key)
    }

    /// Loads one, and checks that the key belongs to the certificate.
    pub(crate) fn load(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Authority> {
        let certificate = certificates(certificate_pem)?.into_iter().next().ok_or_else(|| unreadable("it holds no certificate"))?;
        let key = KeyPair::try_from(&private_key(key_pem)?).map_err(|e| unreadable(format!("its key: {e}")))?;
        {
            let (_, parsed) = X509Certificate::from_der(&certificate).map_err(unreadable)?;
            if parsed.public_key().subject_public_key.data.as_ref() != key.der_bytes() {
                return Err(unreadable("the key belongs to another certificate"));
            }
            if !parsed.is_ca() {
                return Err(unreadable("it may not sign others"));
            }
        }
        let pem = String::from_utf8_lossy(certificate_pem).into_owned();
        Authority::new(certificate, pem, key)
    }

    fn new(certificate: CertificateDer<'static>, certificate_pem: String, key: KeyPair) -> Result<Authority> {
        let validity = Validity::read(&certificate)?;
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|e| unreadable(e.to_string()))?;
        Ok(Authority { certificate, certificate_pem, validity, issuer })
    }

    /// Signs a leaf with a new key. `hosts` are the DNS names and addresses for clients that aren't Twinspan.
    pub(crate) fn leaf(&self, name: &PeerCertificate, hosts: &[String], now: Duration, life: Duration) -> Result<SignedLeaf> {
        let key = new_key()?;
        let validity = self.within(Validity::new(now, life));
        let mut params = params(&name.name, validity)?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        params.subject_alt_names = vec![SanType::URI(Ia5String::try_from(name.to_string()).map_err(cannot_sign)?)];
        for host in hosts {
            // A name that DNS can't have is of no use to a foreign client, and no reason to refuse the join.
            match host.parse::<IpAddr>() {
                Ok(address) => params.subject_alt_names.push(SanType::IpAddress(address)),
                Err(_) if is_dns(host) => {
                    params.subject_alt_names.push(SanType::DnsName(Ia5String::try_from(host.as_str()).map_err(cannot_sign)?));
                }
                Err(_) => {}
            }
        }
        let certificate = params.signed_by(&key, &self.issuer).map_err(cannot_sign)?;
        Ok(SignedLeaf { certificate, key })
    }

    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    pub(crate) fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    pub(crate) fn validity(&self) -> Validity {
        self.validity
    }

    fn within(&self, wanted: Validity) -> Validity {
        Validity { from: wanted.from.max(self.validity.from), until: wanted.until.min(self.validity.until) }
    }
}

fn authority_params(common_name: &str, validity: Validity, below: u8) -> Result<CertificateParams> {
    let mut params = params(common_name, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn params(common_name: &str, validity: Validity) -> Result<CertificateParams> {
    let date = |since: Duration| OffsetDateTime::from_unix_timestamp(since.as_secs() as i64).map_err(cannot_sign);
    let mut params = CertificateParams::default();
    params.not_before = date(validity.from)?;
    params.not_after = date(validity.until)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    Ok(params)
}

fn is_dns(host: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len()) && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !l.starts_with('-') && !l.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

fn new_key() -> Result<KeyPair> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(cannot_sign)
}

fn random_hex() -> String {
    env::random::<4>().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn cannot_sign(why: impl std::fmt::Display) -> Error {
    Error::internal(format!("a certificate could not be made: {why}"))
}

fn unreadable(why: impl std::fmt::Display) -> Error {
    Error::new(Kind::BadConfig, format!("a certificate can't be used: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_loaded_with_its_own_key_only() {
        let now = env::wall_clock();
        let (one, other) = (Authority::root("shop", now).expect("made"), Authority::root("shop", now).expect("made"));
        let load = |key: &str| Authority::load(one.certificate_pem().as_bytes(), key.as_bytes());
        assert_eq!(load(&one.key_pem()).expect("loaded").certificate(), one.certificate());
        assert!(load(&other.key_pem()).is_err());
        assert!(load("").is_err());
    }

    #[test]
    fn lives_are_as_promised() {
        let now = Duration::from_secs(env::wall_clock().as_secs());
        let root = Authority::root("shop", now).expect("made");
        assert_eq!(root.validity(), Validity { from: now - BACKDATED, until: now + ROOT_LIFE });
        let issuer = root.issuer("shop", now + DAY).expect("made");
        assert_eq!(issuer.validity().until, now + DAY + ISSUER_LIFE);
        let name = PeerCertificate::parse("spiffe://shop/role/worker/name/a").expect("good");
        let leaf = issuer.leaf(&name, &["a_b".into(), "host".into(), "::1".into()], now + DAY, LEAF_LIFE).expect("made");
        let validity = Validity::read(leaf.certificate.der()).expect("readable");
        assert_eq!(validity, Validity { from: now + DAY - BACKDATED, until: now + DAY + LEAF_LIFE });
        assert_eq!(PeerCertificate::read(leaf.certificate.der()), Ok(name.clone()));
        // Near its issuer's end a leaf is shortened, never longer than what signs it.
        let late = issuer.leaf(&name, &[], now + ISSUER_LIFE, LEAF_LIFE * 9).expect("made");
        assert_eq!(Validity::read(late.certificate.der()).expect("readable").until, issuer.validity().until);
    }
}

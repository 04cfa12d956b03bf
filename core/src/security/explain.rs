//! What a failed handshake means, in our own words.

use crate::error::{Error, Kind};
use rustls::{AlertDescription, CertificateError, Error as TlsError};

const RENEW: &str = "Renew the certificate (`twinspan dev-certs`), or set the clocks of both hosts.";
const SAME_CA: &str = "Both nodes need certificates of one CA: make them with `twinspan dev-certs` in one folder.";

/// Turns a TLS error into ours. `peer` says whom it is about: an address, or a name.
pub fn explain(error: &TlsError, peer: &str) -> Error {
    let unauthenticated = |why: String, advice: &str| Error::new(Kind::Unauthenticated, why).advice(advice);
    match error {
        TlsError::InvalidCertificate(why) => match why {
            CertificateError::Other(refused) => {
                unauthenticated(format!("{peer} was refused: {}", refused.0), "Check that address and identity belong to this cluster.")
            }
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                unauthenticated(format!("the certificate of {peer} is not of this cluster's CA"), SAME_CA)
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => {
                unauthenticated(format!("the certificate of {peer} is not valid now: {why}"), RENEW)
            }
            other => unauthenticated(format!("the certificate of {peer} was refused: {other}"), SAME_CA),
        },
        TlsError::NoCertificatesPresented => {
            unauthenticated(format!("{peer} showed no certificate"), "Only members of the cluster may connect to this address.")
        }
        TlsError::AlertReceived(alert) => match alert {
            AlertDescription::CertificateExpired => unauthenticated(format!("{peer} says that our certificate has expired"), RENEW),
            AlertDescription::UnknownCA => unauthenticated(format!("{peer} doesn't know the CA of our certificate"), SAME_CA),
            AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateRequired
            | AlertDescription::AccessDenied
            | AlertDescription::DecryptError => unauthenticated(format!("{peer} refused our certificate ({alert:?})"), SAME_CA),
            other => Error::new(Kind::Protocol, format!("{peer} ended the handshake ({other:?})")),
        },
        TlsError::PeerIncompatible(why) => Error::new(Kind::Protocol, format!("{peer} doesn't speak TLS 1.3 as we do ({why:?})")),
        other => Error::new(Kind::Protocol, format!("the handshake with {peer} failed: {other}")),
    }
}

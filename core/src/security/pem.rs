//! Reading certificates and keys from PEM text.

use crate::error::{Error, Kind, Result};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// All certificates of a PEM text, in its order.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| bad("certificates", e))
}

/// The private key of a PEM text.
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|e| bad("private key", e))
}

fn bad(what: &str, why: impl std::fmt::Display) -> Error {
    Error::new(Kind::BadConfig, format!("the {what} can't be read: {why}")).advice("Make them again with `twinspan dev-certs`.")
}

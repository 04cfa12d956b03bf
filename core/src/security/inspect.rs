//! What is wrong with an identity's folder, without joining with it.

use super::{
    authority::Validity,
    identity::{in_folder, read},
    leaf::Leaf,
    name::PeerCertificate,
    pem,
    verifier::Trust,
};
use crate::error::{Error, Kind, Result};
use std::{os::unix::fs::MetadataExt, path::Path};

/// What the files of an identity say.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Whom the certificate names.
    pub holder: PeerCertificate,
    /// From when until when it is valid.
    pub validity: Validity,
    /// The same of the CA.
    pub ca: Validity,
    /// Whether the CA in the folder signed it.
    pub signed: bool,
    /// Who may read the key: the mode of its file.
    pub key_mode: u32,
}

/// Reads `ca.pem`, `cert.pem` and `key.pem`. An error says which can't be read or don't fit together.
pub fn inspect(dir: &Path) -> Result<Inspection> {
    let roots = pem::certificates(&read(dir, "ca.pem")?).map_err(|e| in_folder(dir, &e))?;
    let root = roots.first().ok_or_else(|| in_folder(dir, &Error::new(Kind::BadConfig, "ca.pem holds no certificate")))?;
    let chain = pem::certificates(&read(dir, "cert.pem")?).map_err(|e| in_folder(dir, &e))?;
    let key = pem::private_key(&read(dir, "key.pem")?).map_err(|e| in_folder(dir, &e))?;
    let leaf = Leaf::new(chain.clone(), key).map_err(|e| in_folder(dir, &e))?;
    let trust = Trust::new(&leaf.holder.cluster, &roots)?;
    let mode = std::fs::metadata(dir.join("key.pem")).map(|found| found.mode() & 0o777).unwrap_or_default();
    Ok(Inspection {
        // At a moment at which the certificate holds: its age is another question.
        signed: trust.issued(&chain, leaf.validity.until.saturating_sub(std::time::Duration::from_secs(1))),
        ca: Validity::read(root)?,
        holder: leaf.holder,
        validity: leaf.validity,
        key_mode: mode,
    })
}

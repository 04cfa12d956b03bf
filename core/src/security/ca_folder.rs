//! The CA of one host's cluster, kept in its state directory.

use super::{
    authority::{Authority, ISSUER_SPARE},
    folder::Folder,
};
use crate::error::{Error, Kind, Result};
use rustls::pki_types::CertificateDer;
use std::time::Duration;

const FORMAT: &str = "1";

/// What a process needs of the CA: its root, and an issuer that signs this process's leaf.
pub struct ClusterCa {
    root: CertificateDer<'static>,
    pub(super) issuer: Authority,
}

impl ClusterCa {
    /// The certificate that all members trust.
    pub fn root_certificate(&self) -> CertificateDer<'static> {
        self.root.clone()
    }

    /// Creates or loads it. The caller holds the directory's lock: whatever starts at once finds one CA.
    pub fn load(folder: &Folder, cluster: &str, now: Duration) -> Result<ClusterCa> {
        check_format(folder)?;
        let root = match folder.read("ca.pem")? {
            Some(root) => root,
            None => create(folder, cluster, now)?,
        };
        let damaged = |what: &str, why: &str| {
            Error::new(Kind::BadConfig, format!("{} in {} can't be used: {why}", what, folder.path().display())).advice(format!(
                "Restore the file, or stop all nodes of the cluster `{cluster}` on this host and remove '{}'.",
                folder.path().display()
            ))
        };
        let certificate = super::pem::certificates(&root)
            .ok()
            .and_then(|all| all.into_iter().next())
            .ok_or_else(|| damaged("ca.pem", "it holds no certificate"))?;
        // Certificate and key of the issuer share a file: one rename replaces both. A broken one is made anew.
        let issuer = folder.read("issuer.pem")?.and_then(|both| Authority::load(&both, &both).ok());
        if let Some(issuer) = issuer
            && issuer.validity().holds(now)
            && issuer.validity().until >= now + ISSUER_SPARE
            && signed_by(issuer.certificate(), &certificate)
        {
            return Ok(ClusterCa { root: certificate, issuer });
        }
        let key = folder.read("ca-key.pem")?.ok_or_else(|| damaged("ca-key.pem", "there is no such file"))?;
        let authority = Authority::load(&root, &key).map_err(|e| damaged("ca.pem with ca-key.pem", e.message()))?;
        if !authority.validity().holds(now) {
            return Err(Error::new(Kind::ClockSkew, format!("the CA in {} is not valid at this time", folder.path().display()))
                .advice("Set this host's clock; if the CA is ten years old, remove the directory while no node runs."));
        }
        let issuer = authority.issuer(cluster, now)?;
        folder.write("issuer.pem", format!("{}{}", issuer.certificate_pem(), issuer.key_pem()).as_bytes(), 0o600)?;
        Ok(ClusterCa { root: certificate, issuer })
    }
}

/// `ca.pem` comes last: while it is missing there is no CA, whatever a crash left behind.
fn create(folder: &Folder, cluster: &str, now: Duration) -> Result<Vec<u8>> {
    let root = Authority::root(cluster, now)?;
    folder.write("ca-key.pem", root.key_pem().as_bytes(), 0o600)?;
    folder.write("ca.pem", root.certificate_pem().as_bytes(), 0o644)?;
    Ok(root.certificate_pem().as_bytes().to_vec())
}

fn check_format(folder: &Folder) -> Result<()> {
    match folder.read("format")? {
        None => folder.write("format", format!("{FORMAT}\n").as_bytes(), 0o644),
        Some(found) if found.trim_ascii() == FORMAT.as_bytes() => Ok(()),
        Some(found) => {
            let found = String::from_utf8_lossy(&found).trim().chars().take(20).collect::<String>();
            let message = format!("{} has format `{found}`, this version of Twinspan reads format {FORMAT}", folder.path().display());
            Err(Error::new(Kind::VersionMismatch, message)
                .advice("Use one version of Twinspan for all nodes of this host, or another cluster name."))
        }
    }
}

fn signed_by(certificate: &CertificateDer<'_>, root: &CertificateDer<'_>) -> bool {
    use x509_parser::{certificate::X509Certificate, prelude::FromDer};
    match (X509Certificate::from_der(certificate), X509Certificate::from_der(root)) {
        (Ok((_, certificate)), Ok((_, root))) => certificate.verify_signature(Some(root.public_key())).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn folder() -> (tempfile::TempDir, Folder) {
        let temp = tempfile::tempdir().expect("temp");
        let folder = Folder::private(&temp.path().join("s")).expect("made");
        (temp, folder)
    }

    #[test]
    fn made_once_and_the_issuer_is_renewed_in_time() {
        let (_temp, folder) = folder();
        let now = env::wall_clock();
        let first = ClusterCa::load(&folder, "shop", now).expect("made");
        let again = ClusterCa::load(&folder, "shop", now + 59 * DAY).expect("loaded");
        assert_eq!((&again.root, again.issuer.certificate()), (&first.root, first.issuer.certificate()));
        let renewed = ClusterCa::load(&folder, "shop", now + 61 * DAY).expect("renewed");
        assert_eq!(renewed.root, first.root);
        assert_ne!(renewed.issuer.certificate(), first.issuer.certificate());
        // A clock that was set back far.
        let error = ClusterCa::load(&folder, "shop", now - 61 * DAY).err().expect("refused");
        assert_eq!(error.kind(), Kind::ClockSkew);
    }

    #[test]
    fn survives_a_crash_between_any_two_writes() {
        let (_temp, folder) = folder();
        let now = env::wall_clock();
        // The key was written, the certificate wasn't.
        folder.write("ca-key.pem", b"half", 0o600).expect("written");
        let first = ClusterCa::load(&folder, "shop", now).expect("made");
        // The issuer is missing, or torn.
        folder.remove("issuer.pem").expect("removed");
        let second = ClusterCa::load(&folder, "shop", now).expect("made");
        folder.write("issuer.pem", b"-----BEGIN", 0o600).expect("written");
        let third = ClusterCa::load(&folder, "shop", now).expect("made");
        assert_eq!((&first.root, &first.root), (&second.root, &third.root));
    }

    #[test]
    fn a_key_that_went_away_is_named_only_when_it_is_needed() {
        let (_temp, folder) = folder();
        let now = env::wall_clock();
        ClusterCa::load(&folder, "shop", now).expect("made");
        folder.remove("ca-key.pem").expect("removed");
        ClusterCa::load(&folder, "shop", now).expect("loaded without it");
        let error = ClusterCa::load(&folder, "shop", now + 70 * DAY).err().expect("refused");
        assert_eq!(error.kind(), Kind::BadConfig);
        assert!(error.message().contains("ca-key.pem"), "{error}");
    }

    #[test]
    fn another_format_is_refused() {
        let (_temp, folder) = folder();
        folder.write("format", b"2\n", 0o644).expect("written");
        let error = ClusterCa::load(&folder, "shop", env::wall_clock()).err().expect("refused");
        assert_eq!(error.kind(), Kind::VersionMismatch);
    }

    #[test]
    fn an_issuer_of_another_root_is_replaced() {
        let ((_a, one), (_b, other)) = (folder(), folder());
        let now = env::wall_clock();
        ClusterCa::load(&one, "shop", now).expect("made");
        let foreign = ClusterCa::load(&other, "shop", now).expect("made");
        let both = other.read("issuer.pem").expect("readable").expect("there");
        one.write("issuer.pem", &both, 0o600).expect("written");
        let loaded = ClusterCa::load(&one, "shop", now).expect("loaded");
        assert_ne!(loaded.issuer.certificate(), foreign.issuer.certificate());
    }
}

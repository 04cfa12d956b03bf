//! Certificates for several hosts, made ahead: `twinspan dev-certs`.

use super::{
    authority::Authority,
    folder::Folder,
    name::{PeerCertificate, Role},
};
use crate::{
    config::{check_cluster, check_node},
    env,
    error::{Error, Kind, Result},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MOST_DAYS: u32 = 3650;
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// Makes one folder a name in `dir`, each with `cert.pem`, `key.pem` and `ca.pem`, ready to be copied to its host; returns them.
/// The CA (`ca.pem`, `ca-key.pem`) is made once and reused for further names. A name that is there already gets a new certificate.
pub fn dev_certs(dir: &Path, names: &[String], cluster: &str, days: u32) -> Result<Vec<PathBuf>> {
    check_cluster(cluster)?;
    names.iter().try_for_each(|name| check_node(name))?;
    if names.is_empty() {
        return Err(Error::new(Kind::BadConfig, "no node is named").advice("Give one name or more: twinspan dev-certs DIR NAME..."));
    }
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(
            Error::new(Kind::BadConfig, format!("days: {days} is not between 1 and {MOST_DAYS}")).advice("Choose another number of days.")
        );
    }
    let now = env::wall_clock();
    let folder = Folder::open(dir, 0o755)?;
    let _locked = folder.lock(None, LOCK_WAIT)?;
    let root = load_or_create(&folder, cluster, now)?;
    let mut made = Vec::new();
    for name in names {
        let holder = PeerCertificate { cluster: cluster.into(), role: Role::Worker, id: None, name: name.clone() };
        let hosts = [name.clone(), "localhost".into(), "127.0.0.1".into(), "::1".into()];
        let leaf = root.leaf(&holder, &hosts, now, days * DAY)?;
        let path = dir.join(name);
        let own = Folder::open(&path, 0o755)?;
        own.write("ca.pem", root.certificate_pem().as_bytes(), 0o644)?;
        own.write("key.pem", leaf.key.serialize_pem().as_bytes(), 0o600)?;
        own.write("cert.pem", leaf.certificate.pem().as_bytes(), 0o644)?;
        made.push(path);
    }
    Ok(made)
}

fn load_or_create(folder: &Folder, cluster: &str, now: Duration) -> Result<Authority> {
    let Some(certificate) = folder.read("ca.pem")? else {
        let root = Authority::root(cluster, now)?;
        folder.write("ca-key.pem", root.key_pem().as_bytes(), 0o600)?;
        // Last: while it is missing there is no CA.
        folder.write("ca.pem", root.certificate_pem().as_bytes(), 0o644)?;
        return Ok(root);
    };
    let unusable = |why: &str| {
        Error::new(Kind::BadConfig, format!("the CA in {} can't be used: {why}", folder.path().display()))
            .advice("Restore ca.pem and ca-key.pem, or choose an empty folder.")
    };
    let key = folder.read("ca-key.pem")?.ok_or_else(|| unusable("ca-key.pem is missing"))?;
    let root = Authority::load(&certificate, &key).map_err(|e| unusable(e.message()))?;
    if !root.validity().holds(now) {
        return Err(unusable("it is not valid now"));
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::NodeId, security::Identity};
    use std::{fs, os::unix::fs::PermissionsExt};

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn further_names_get_the_same_ca() {
        let temp = tempfile::tempdir().expect("temp");
        let dir = temp.path().join("certs");
        assert_eq!(dev_certs(&dir, &names(&["a", "b"]), "dev", 30).expect("made"), [dir.join("a"), dir.join("b")]);
        let first = Identity::from_folder(&dir.join("a"), NodeId::draw()).expect("usable");
        dev_certs(&dir, &names(&["c"]), "dev", 30).expect("made");
        let third = Identity::from_folder(&dir.join("c"), NodeId::draw()).expect("usable");
        assert_eq!(first.cluster_id(), third.cluster_id());
        assert_eq!((third.cluster(), third.name()), ("dev", "c"));
        for key in ["ca-key.pem", "a/key.pem", "c/key.pem"] {
            assert_eq!(fs::metadata(dir.join(key)).expect("there").permissions().mode() & 0o777, 0o600, "{key}");
        }
        assert!(!dir.join("c/ca-key.pem").exists());
    }

    #[test]
    fn bad_names_and_days_are_refused_before_anything_is_made() {
        let temp = tempfile::tempdir().expect("temp");
        let dir = temp.path().join("certs");
        for (list, cluster, days) in
            [(&["a", "../b"][..], "dev", 1), (&[], "dev", 1), (&["a"], "Dev", 1), (&["a"], "dev", 0), (&["a"], "dev", 36500)]
        {
            let error = dev_certs(&dir, &names(list), cluster, days).expect_err("refused");
            assert_eq!(error.kind(), Kind::BadConfig);
        }
        assert!(!dir.exists());
    }

    #[test]
    fn a_key_of_another_ca_is_refused() {
        let temp = tempfile::tempdir().expect("temp");
        let (one, other) = (temp.path().join("one"), temp.path().join("other"));
        dev_certs(&one, &names(&["a"]), "dev", 1).expect("made");
        dev_certs(&other, &names(&["a"]), "dev", 1).expect("made");
        fs::copy(other.join("ca-key.pem"), one.join("ca-key.pem")).expect("copied");
        assert!(dev_certs(&one, &names(&["b"]), "dev", 1).is_err_and(|e| e.message().contains("another certificate")));
        fs::copy(other.join("a/key.pem"), one.join("a/key.pem")).expect("copied");
        assert!(Identity::from_folder(&one.join("a"), NodeId::draw()).is_err_and(|e| e.kind() == Kind::BadConfig));
    }

    #[test]
    fn a_certificate_renewed_on_disk_is_taken_when_due() {
        let temp = tempfile::tempdir().expect("temp");
        dev_certs(temp.path(), &names(&["a"]), "dev", 2).expect("made");
        let identity = Identity::from_folder(&temp.path().join("a"), NodeId::draw()).expect("usable");
        let (before, due) = (identity.validity(), identity.renewal_due());
        assert_eq!(identity.renew_if_due(due - DAY), Ok(false));
        assert_eq!(identity.renew_if_due(due), Ok(false), "nothing newer is there");
        assert!(identity.renewal_due() > due);
        dev_certs(temp.path(), &names(&["a"]), "dev", 30).expect("made");
        assert_eq!(identity.renew_if_due(identity.renewal_due()), Ok(true));
        assert!(identity.validity().until > before.until);
        assert!(identity.renewal_due() > due + 10 * DAY);
    }
}

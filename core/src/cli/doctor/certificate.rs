//! The certificate of an identity's folder.

use super::{Finding, shown};
use crate::{
    cli::json::instant,
    error::Kind,
    security::{Inspection, inspect},
};
use std::{path::Path, time::Duration};

const CHECK: &str = "certificate";
const DAY: u64 = 24 * 3600;
/// A certificate that ends within this time should be renewed now.
const SOON: Duration = Duration::from_secs(14 * DAY);

pub(super) fn check(dir: &Path, now: Duration) -> Finding {
    match inspect(dir) {
        Ok(found) => judge(dir, &found, now),
        Err(error) => Finding::error(CHECK, &error),
    }
}

fn judge(dir: &Path, found: &Inspection, now: Duration) -> Finding {
    let (dir, holder) = (shown(dir), &found.holder);
    let again = format!("Make it again where the CA's key is: twinspan dev-certs DIR {} --cluster {}.", holder.name, holder.cluster);
    let fail = |what: String, advice: String| Finding::fail(CHECK, Kind::Unauthenticated, what, advice);
    if !found.signed {
        let what = format!("cert.pem in {dir} was not signed by the CA in ca.pem beside it");
        return fail(what, format!("Copy cert.pem, key.pem and ca.pem from one folder. {again}"));
    }
    for (what, validity) in [("cert.pem", found.validity), ("ca.pem", found.ca)] {
        if now < validity.from {
            let what = format!("{what} in {dir} is not valid yet: from {} on, and now it is {}", instant(validity.from), instant(now));
            return fail(what, format!("Set this host's clock if that time is wrong. Else: {again}"));
        }
        if now >= validity.until {
            return fail(format!("{what} in {dir} expired at {}, and now it is {}", instant(validity.until), instant(now)), again);
        }
    }
    let left = (found.validity.until - now).as_secs() / DAY;
    let valid = format!("`{}` of the cluster `{}`, valid for {left} days more", holder.name, holder.cluster);
    if found.key_mode & 0o077 != 0 {
        let what = format!("{valid}, but key.pem can be read by other users (mode {:o})", found.key_mode);
        return Finding::warn(CHECK, what, format!("Close it: chmod 600 '{dir}/key.pem'."));
    }
    if found.validity.until - now < SOON {
        return Finding::warn(CHECK, valid, again);
    }
    Finding::ok(CHECK, valid)
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};
    use crate::{env, security::dev_certs};

    const ADAY: Duration = Duration::from_secs(DAY);

    #[test]
    fn each_way_to_be_wrong() {
        let temp = tempfile::tempdir().unwrap();
        let folder = dev_certs(temp.path(), &["web".into()], "shop", 30).unwrap().remove(0);
        let now = env::wall_clock();
        let at = |now| check(&folder, now);
        let judged = |finding: &Finding, state, what: &str, advice: &str| {
            assert!(finding.state == state && finding.what.contains(what) && finding.advice.contains(advice), "{finding}");
        };
        judged(&at(now), State::Ok, "`web` of the cluster `shop`, valid for 29 days", "");
        judged(&at(now + 20 * ADAY), State::Warn, "valid for 9 days", "dev-certs DIR web --cluster shop");
        judged(&at(now + 31 * ADAY), State::Fail, "expired at", "dev-certs");
        judged(&at(now - ADAY), State::Fail, "not valid yet", "clock");

        let other = tempfile::tempdir().unwrap();
        let foreign = dev_certs(other.path(), &["web".into()], "shop", 30).unwrap().remove(0);
        std::fs::copy(foreign.join("ca.pem"), folder.join("ca.pem")).unwrap();
        judged(&at(now), State::Fail, "not signed by the CA", "from one folder");

        std::fs::copy(foreign.join("key.pem"), folder.join("key.pem")).unwrap();
        judged(&at(now), State::Fail, "don't fit together", "");
        std::fs::remove_file(folder.join("ca.pem")).unwrap();
        judged(&at(now), State::Fail, "ca.pem", "dev-certs");

        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(foreign.join("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
        judged(&check(&foreign, now), State::Warn, "mode 644", "chmod 600");
    }
}

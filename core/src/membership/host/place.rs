//! Where this process runs, as far as it matters for a Unix socket.

use rustix::{
    fs::readlink,
    process::{geteuid, getpid},
};
use serde::{Deserialize, Serialize};
use std::fs;

/// Host, namespaces and user of a process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// The kernel's boot: one value on every process of a running host.
    pub boot_id: String,
    /// Mount namespace: whether a path means the same file.
    pub mount_ns: String,
    /// Network namespace.
    pub net_ns: String,
    /// Effective user.
    pub uid: u32,
}

impl Place {
    /// Whether a process here can dial the Unix socket of one there: all four are equal. Where the kernel doesn't tell, it can't.
    pub fn reaches(&self, other: &Place) -> bool {
        let known = [&self.boot_id, &self.mount_ns, &self.net_ns].iter().all(|part| !part.is_empty());
        known && self == other
    }
}

/// The place of this process.
pub fn place() -> Place {
    Place { boot_id: boot_id(), mount_ns: namespace("mnt"), net_ns: namespace("net"), uid: geteuid().as_raw() }
}

pub(super) fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

pub(super) fn namespace(kind: &str) -> String {
    readlink(format!("/proc/self/ns/{kind}"), Vec::new()).map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

/// When this process started, in the kernel's ticks since boot: with the pid it names a process for ever.
pub(super) fn start_time() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the program's name, in parentheses, and may itself hold spaces and parentheses.
    stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).and_then(|ticks| ticks.parse().ok()).unwrap_or_default()
}

pub(super) fn pid() -> u32 {
    getpid().as_raw_nonzero().get().unsigned_abs()
}

/// The name of this installation: the folder below which its clusters lie. A home directory may be shared between hosts.
pub(super) fn machine_id() -> String {
    let of = |path: &str| {
        let id = fs::read_to_string(path).unwrap_or_default().trim().replace('-', "");
        (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
    };
    ["/etc/machine-id", "/var/lib/dbus/machine-id", "/proc/sys/kernel/random/boot_id"]
        .iter()
        .find_map(|path| of(path))
        .unwrap_or_else(|| "unknown".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_reaches_itself() {
        let here = place();
        assert!(here.reaches(&place()));
        assert!(!here.reaches(&Place { uid: here.uid + 1, ..here.clone() }));
        assert!(!here.reaches(&Place { net_ns: "net:[1]".into(), ..here.clone() }));
        assert!(!Place::default().reaches(&Place::default()));
        assert!(start_time() > 0);
        assert_eq!(pid(), std::process::id());
        assert_eq!(machine_id(), machine_id());
    }
}

//! Where a node's Unix socket lies.

use crate::{
    config::NodeId,
    env,
    error::{Error, Kind, Result},
    security::Folder,
};
use rustix::{
    fs::{FileType, lstat},
    process::geteuid,
};
use std::path::{Path, PathBuf};

/// Longest path of a socket. Linux takes 107 bytes, others 103.
pub(super) const MOST: usize = 100;

/// The path for a node's socket, in a directory that exists and is this user's alone. The path carries the node's id: the
/// directory is shared by all clusters of the user.
pub(super) fn socket_path(node: NodeId) -> Result<PathBuf> {
    let mut why = String::new();
    for dir in candidates() {
        let path = dir.join(format!("{node}.sock"));
        if path.as_os_str().len() > MOST {
            why = format!("{} has more than {MOST} bytes", path.display());
            continue;
        }
        match Folder::private(&dir) {
            Ok(_) => return Ok(path),
            Err(e) => why = e.message().to_owned(),
        }
    }
    Err(Error::new(Kind::Unavailable, format!("there is no directory for a socket: {why}"))
        .advice("Set XDG_RUNTIME_DIR or TMPDIR to a directory with a short path that belongs to this user."))
}

/// Best first. Others read the real path in the node's record, so they need not agree.
fn candidates() -> Vec<PathBuf> {
    let uid = geteuid().as_raw();
    let runtime = [std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from), Some(PathBuf::from(format!("/run/user/{uid}")))];
    let mut found: Vec<PathBuf> = runtime.into_iter().flatten().filter(|dir| own(dir)).map(|dir| dir.join("twinspan")).collect();
    let random: String = env::random::<4>().iter().map(|byte| format!("{byte:02x}")).collect();
    for temp in [std::env::temp_dir(), PathBuf::from("/tmp")] {
        found.push(temp.join(format!("twinspan-{uid}")));
        // Somebody else may have taken that name.
        found.push(temp.join(format!("twinspan-{uid}-{random}")));
    }
    found
}

fn own(dir: &Path) -> bool {
    dir.is_absolute() && std::fs::metadata(dir).is_ok_and(|m| m.is_dir() && std::os::unix::fs::MetadataExt::uid(&m) == geteuid().as_raw())
}

/// Sockets of this user's nodes at which nobody listens, wherever nodes put them.
pub fn stale_sockets() -> Vec<PathBuf> {
    let uid = geteuid().as_raw();
    let mut folders = candidates();
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(&format!("twinspan-{uid}-")) {
            folders.push(entry.path());
        }
    }
    folders.sort();
    folders.dedup();
    let mine = |dir: &PathBuf| own(dir);
    let files = folders.iter().filter(|dir| mine(dir)).flat_map(|dir| std::fs::read_dir(dir).into_iter().flatten().flatten());
    let mut stale: Vec<PathBuf> = files.map(|entry| entry.path()).filter(|path| is_of_a_node(path) && nobody_listens(path)).collect();
    stale.sort();
    stale
}

fn is_of_a_node(path: &Path) -> bool {
    let id = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".sock"));
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())) && inode(path).is_some()
}

fn nobody_listens(path: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(path).is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// Inode and device of the socket at a path.
pub(super) fn inode(path: &Path) -> Option<(u64, u64)> {
    let stat = lstat(path).ok()?;
    (FileType::from_raw_mode(stat.st_mode) == FileType::Socket).then(|| crate::security::inode(&stat))
}

/// Removes the socket of a dead node. Only a socket that carries its id: the path came from a file.
pub(super) fn remove(path: &Path, node: NodeId) {
    let carries = path.file_name().is_some_and(|name| name == format!("{node}.sock").as_str());
    if carries && inode(path).is_some() {
        // Another process may have been faster.
        let _ = std::fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_short_private_and_carries_the_id() {
        let node = NodeId::draw();
        let path = socket_path(node).expect("a path");
        assert!(path.as_os_str().len() <= MOST);
        assert!(path.to_string_lossy().contains(&node.to_string()));
        std::os::unix::net::UnixListener::bind(&path).expect("usable");
        assert!(inode(&path).is_some());
        remove(&path, NodeId::draw());
        assert!(inode(&path).is_some(), "of another node");
        remove(&path, node);
        assert!(inode(&path).is_none());
    }
}

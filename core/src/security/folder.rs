//! A directory held open, so that what was checked is also what is used.

use crate::{
    env,
    error::{Error, Kind, Result, io},
};
use rustix::{
    fs::{self, AtFlags, FileType, FlockOperation, Mode, OFlags, Stat},
    io::Errno,
    process::geteuid,
};
use std::{
    fs::{DirBuilder, File},
    io::{Read, Write},
    os::{
        fd::{AsFd, BorrowedFd, OwnedFd},
        unix::fs::DirBuilderExt,
    },
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Longest file that is read: certificates, keys and records are far smaller.
const MOST: u64 = 1 << 20;
const LOCK_EVERY: Duration = Duration::from_millis(2);

/// An opened directory. Files in it are reached through its descriptor, never again by path.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

/// A held `flock`; it ends when dropped, or with the process however that ends.
#[derive(Debug)]
pub struct Locked(#[allow(dead_code, reason = "the open file is the lock")] OwnedFd);

impl Folder {
    /// Opens a directory, made with `mode` first if it is missing (its parents too).
    pub fn open(path: &Path, mode: u32) -> Result<Folder> {
        DirBuilder::new().recursive(true).mode(mode).create(path).map_err(|e| cannot("create directory", path, e))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = fs::open(path, flags, Mode::empty()).map_err(|e| cannot("open directory", path, e.into()))?;
        Ok(Folder { fd, path: path.to_owned() })
    }

    /// Opens a directory that only this user may enter: made 0700, its owner and mode checked on the open descriptor.
    pub fn private(path: &Path) -> Result<Folder> {
        Folder::open(path, 0o700)?.check_private()
    }

    /// The same for a directory inside this one, which must not be a symbolic link.
    pub fn child(&self, name: &str) -> Result<Folder> {
        let path = self.path.join(name);
        match fs::mkdirat(&self.fd, name, Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(e) => return Err(cannot("create directory", &path, e.into())),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = fs::openat(&self.fd, name, flags, Mode::empty()).map_err(|e| cannot("open directory", &path, e.into()))?;
        Folder { fd, path }.check_private()
    }

    fn check_private(self) -> Result<Folder> {
        let stat = fs::fstat(&self.fd).map_err(|e| cannot("look at", &self.path, e.into()))?;
        let (owner, me) = (stat.st_uid, geteuid().as_raw());
        if owner != me {
            let message = format!("{} belongs to user {owner}, this process runs as user {me}", self.path.display());
            return Err(Error::new(Kind::PermissionDenied, message)
                .advice("Run as the owner of the directory, or set TWINSPAN_HOME to a directory of your own."));
        }
        if stat.st_mode & 0o077 != 0 {
            let message = format!("{} is open to other users (mode {:o})", self.path.display(), stat.st_mode & 0o7777);
            return Err(Error::new(Kind::PermissionDenied, message)
                .advice(format!("If nobody else used it, close it: chmod 700 '{}'; else remove it.", self.path.display())));
        }
        Ok(self)
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The content of a file in it; `None` if there is no such file.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.open_file(name)? {
            Some(file) => read_all(&file).map(Some).map_err(|e| cannot("read", &self.path.join(name), e)),
            None => Ok(None),
        }
    }

    /// Opens a file in it for reading; `None` if there is no such file.
    pub fn open_file(&self, name: &str) -> Result<Option<File>> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        match fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => Ok(Some(File::from(fd))),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(cannot("open", &self.path.join(name), e.into())),
        }
    }

    /// Creates or empties a file in it.
    pub fn create_file(&self, name: &str, mode: u32) -> Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd =
            fs::openat(&self.fd, name, flags, Mode::from_raw_mode(mode)).map_err(|e| cannot("create", &self.path.join(name), e.into()))?;
        Ok(File::from(fd))
    }

    /// Replaces a file so that a reader, or the next start after a crash, sees the old or the new one, whole.
    /// Two writers of one name exclude each other by a lock.
    pub fn write(&self, name: &str, content: &[u8], mode: u32) -> Result<()> {
        let aside = format!("{name}.tmp");
        // A leftover of a crash could be readable to others; a new file has exactly the mode asked for.
        self.remove(&aside)?;
        let mut file = self.create_file(&aside, mode)?;
        file.write_all(content).and_then(|()| file.sync_all()).map_err(|e| cannot("write", &self.path.join(&aside), e))?;
        self.rename(&aside, name)?;
        fs::fsync(&self.fd).map_err(|e| cannot("write", &self.path, e.into()))
    }

    /// Renames a file within it.
    pub fn rename(&self, from: &str, to: &str) -> Result<()> {
        fs::renameat(&self.fd, from, &self.fd, to).map_err(|e| cannot("rename", &self.path.join(from), e.into()))
    }

    /// Removes a file if it is there.
    pub fn remove(&self, name: &str) -> Result<()> {
        match fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(cannot("remove", &self.path.join(name), e.into())),
        }
    }

    /// Inode and device of a file in it, which together tell whether it is still the same file.
    pub fn inode(&self, name: &str) -> Option<(u64, u64)> {
        fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW).ok().map(|stat| inode(&stat))
    }

    /// The names of the plain files in it.
    pub fn files(&self) -> Result<Vec<String>> {
        let failed = |e: Errno| cannot("list", &self.path, e.into());
        let mut names = Vec::new();
        for entry in fs::Dir::read_from(&self.fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_str().unwrap_or_default();
            // Some file systems don't tell the type; whoever opens such an entry finds out.
            if matches!(entry.file_type(), FileType::RegularFile | FileType::Unknown) && !matches!(name, "" | "." | "..") {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Takes the lock file `name`, which is made on first use and never removed; `None` locks the directory itself.
    pub fn lock(&self, name: Option<&str>, most: Duration) -> Result<Locked> {
        let path = name.map_or_else(|| self.path.clone(), |name| self.path.join(name));
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = match name {
            Some(name) => fs::openat(&self.fd, name, flags, Mode::from_raw_mode(0o600)),
            // A new open file description: the lock must not be shared with this folder's own descriptor.
            None => fs::openat(&self.fd, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()),
        }
        .map_err(|e| cannot("open", &path, e.into()))?;
        let until = env::now() + most;
        loop {
            match fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Locked(fd)),
                Err(Errno::WOULDBLOCK) if env::now() < until => thread::sleep(LOCK_EVERY),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) => {
                    let message = format!("another process held the lock {} for {} s", path.display(), most.as_secs_f32());
                    return Err(Error::new(Kind::Unavailable, message)
                        .advice(format!("Find the stopped process that holds it: fuser -v '{}'.", path.display())));
                }
                Err(e) => return Err(cannot("lock", &path, e.into())),
            }
        }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Inode and device.
pub fn inode(stat: &Stat) -> (u64, u64) {
    (stat.st_ino, stat.st_dev)
}

/// Reads a whole file of bounded size.
pub fn read_all(file: &File) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MOST + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MOST {
        return Err(std::io::Error::other("the file is too large"));
    }
    Ok(content)
}

fn cannot(what: &str, path: &Path, source: std::io::Error) -> Error {
    let kind = source.kind();
    let error = io(format_args!("cannot {what} {}", path.display()), source);
    match kind {
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Error::new(Kind::PermissionDenied, error.message()).advice("Give this user access to the directory, or name another one.")
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => error.advice("Free space on that file system."),
        _ => error.advice("Check the directory and its file system."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_open_to_others_is_refused() {
        let temp = tempfile::tempdir().expect("temp");
        let path = temp.path().join("a");
        let folder = Folder::private(&path).expect("made");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o700);
        folder.child("nodes").expect("made");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("set");
        let error = Folder::private(&path).expect_err("refused");
        assert_eq!(error.kind(), Kind::PermissionDenied);
        assert!(error.message().contains("755"), "{error}");
    }

    #[test]
    fn a_symbolic_link_is_no_child() {
        let temp = tempfile::tempdir().expect("temp");
        let folder = Folder::private(&temp.path().join("a")).expect("made");
        std::os::unix::fs::symlink(temp.path(), temp.path().join("a/nodes")).expect("linked");
        assert!(folder.child("nodes").is_err());
    }

    #[test]
    fn a_lock_excludes_until_its_deadline() {
        let temp = tempfile::tempdir().expect("temp");
        let folder = Folder::private(&temp.path().join("a")).expect("made");
        for name in [Some("lock"), None] {
            let held = folder.lock(name, Duration::ZERO).expect("free");
            let error = folder.lock(name, Duration::from_millis(5)).expect_err("held");
            assert_eq!(error.kind(), Kind::Unavailable);
            drop(held);
            folder.lock(name, Duration::ZERO).expect("free again");
        }
    }

    #[test]
    fn writing_replaces_whole_files_with_their_mode() {
        let temp = tempfile::tempdir().expect("temp");
        let folder = Folder::private(&temp.path().join("a")).expect("made");
        assert_eq!(folder.read("k").expect("readable"), None);
        folder.write("k", b"one", 0o600).expect("written");
        folder.write("k", b"two", 0o600).expect("written");
        assert_eq!(folder.read("k").expect("readable").as_deref(), Some(&b"two"[..]));
        assert_eq!(folder.files().expect("listed"), ["k"]);
        assert_eq!(std::fs::metadata(temp.path().join("a/k")).expect("there").permissions().mode() & 0o777, 0o600);
    }
}

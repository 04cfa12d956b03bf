//! Writing what was generated: a file that somebody wrote is never lost.

use super::super::contract::cannot_write_file;
use crate::{
    cli::exit::Stop,
    error::{Error, Kind},
};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Stands in the first line of generated files.
pub(super) const MARK: &str = "Made by `twinspan stubs";

/// A file that is to be written, below the folder.
pub(super) struct Generated {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// Writes all files, or none where one stands in the way.
pub(super) fn write(folder: &Path, files: &[Generated]) -> Result<(), Stop> {
    for file in files {
        let path = folder.join(&file.path);
        match fs::read(&path) {
            Ok(text) if is_generated(&path, &text) => {}
            Ok(_) => {
                let error = Error::new(Kind::AlreadyExists, format!("{} is there, and wasn't made by `twinspan stubs`", path.display()));
                return Err(error.advice("Move it away, or choose another --out or --package.").into());
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(cannot_write_file(&path, &e)),
        }
    }
    for file in files {
        let path = folder.join(&file.path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&path, &file.text)).map_err(|e| cannot_write_file(&path, &e))?;
    }
    Ok(())
}

fn is_generated(path: &Path, text: &[u8]) -> bool {
    if path.extension().is_some_and(|end| end == "json") {
        return crate::contract::ContractFile::read(text).is_ok();
    }
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(first).contains(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_replaced_and_others_kept() {
        let temp = tempfile::tempdir().expect("temp");
        let file = |name: &str, text: &str| Generated { path: name.into(), text: text.into() };
        let made = format!("# {MARK} a`.\n1\n");
        write(temp.path(), &[file("a/b/x.py", &made)]).expect("written");
        write(temp.path(), &[file("a/b/x.py", &(made.clone() + "2\n"))]).expect("replaced");
        let text = |name: &str| fs::read_to_string(temp.path().join(name)).expect("there");
        assert!(text("a/b/x.py").ends_with("1\n2\n"));
        fs::write(temp.path().join("mine.py"), "print()\n").expect("written");
        for other in ["mine.py", "a/b"] {
            let stop = write(temp.path(), &[file("new.py", &made), file(other, &made)]).expect_err("kept");
            assert!(matches!(stop, Stop::Failed(_)), "{stop:?}");
        }
        assert_eq!(text("mine.py"), "print()\n");
        assert!(!temp.path().join("new.py").exists(), "none is written where one stands in the way");
    }
}

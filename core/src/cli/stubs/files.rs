//! Writing what was generated: a file that somebody wrote is never lost.

use super::super::contract::cannot_write_file;
use crate::{
    cli::exit::Stop,
    error::{Error, Kind},
};
use std::{
    collections::BTreeSet,
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

/// Writes all files, or none where one stands in the way, and removes those beside them that the same command left before: a class that
/// is gone might not even compile any more. `mark` begins their first line, behind the comment's sign.
pub(super) fn write(folder: &Path, files: &[Generated], mark: &str) -> Result<(), Stop> {
    for file in files {
        let path = folder.join(&file.path);
        match fs::read(&path) {
            Ok(text) => {
                if let Some(whose) = others(&path, &text, mark) {
                    let error = Error::new(Kind::AlreadyExists, format!("{} is there, and {whose}", path.display()));
                    return Err(error.advice("Move it away, or choose another --out or --package.").into());
                }
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
    let written: BTreeSet<PathBuf> = files.iter().map(|file| folder.join(&file.path)).collect();
    let folders: BTreeSet<&Path> = written.iter().filter_map(|path| path.parent()).collect();
    for entry in folders.into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten() {
        let path = entry.path();
        let is_source = path.extension().is_some_and(|end| end == "java" || end == "py");
        if is_source && !written.contains(&path) && first_line(&fs::read(&path).unwrap_or_default()).contains(mark) {
            fs::remove_file(&path).map_err(|e| cannot_write_file(&path, &e))?;
        }
    }
    Ok(())
}

fn first_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned()
}

/// Why a file may not be replaced, if it may not: somebody wrote it, or it was made of another service. A package's own file is alike for all.
fn others(path: &Path, text: &[u8], mark: &str) -> Option<&'static str> {
    if path.extension().is_some_and(|end| end == "json") {
        return crate::contract::ContractFile::read(text).is_err().then_some("is no contract file");
    }
    let first = first_line(text);
    if !first.contains(MARK) {
        return Some("wasn't made by `twinspan stubs`");
    }
    let shared = path.file_stem().is_some_and(|name| name == "package-info");
    (!shared && !first.contains(mark)).then_some("was made for another service")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_replaced_and_others_kept() {
        let temp = tempfile::tempdir().expect("temp");
        let file = |name: &str, text: &str| Generated { path: name.into(), text: text.into() };
        let made = format!("# {MARK} a`.\n1\n");
        let mark = format!("{MARK} a`");
        let write = |files: &[Generated]| write(temp.path(), files, &mark);
        write(&[file("a/b/x.py", &made), file("a/b/gone.py", &made)]).expect("written");
        fs::write(temp.path().join("a/b/other.py"), made.replace(" a`", " b`")).expect("written");
        fs::write(temp.path().join("a/b/own.py"), "1\n").expect("written");
        write(&[file("a/b/x.py", &(made.clone() + "2\n"))]).expect("replaced");
        let mut left: Vec<_> = fs::read_dir(temp.path().join("a/b")).expect("listed").map(|one| one.expect("one").file_name()).collect();
        left.sort();
        assert_eq!(left, ["other.py", "own.py", "x.py"]);
        let text = |name: &str| fs::read_to_string(temp.path().join(name)).expect("there");
        assert!(text("a/b/x.py").ends_with("1\n2\n"));
        fs::write(temp.path().join("mine.py"), "print()\n").expect("written");
        for other in ["mine.py", "a/b"] {
            let stop = write(&[file("new.py", &made), file(other, &made)]).expect_err("kept");
            assert!(matches!(stop, Stop::Failed(_)), "{stop:?}");
        }
        assert_eq!(text("mine.py"), "print()\n");
        let stop = write(&[file("a/b/other.py", &made)]).expect_err("of another service");
        assert!(matches!(stop, Stop::Failed(_)), "{stop:?}");
        assert!(text("a/b/other.py").contains(" b`"));
        fs::write(temp.path().join("package-info.java"), made.replace(" a`", " b`")).expect("written");
        write(&[file("package-info.java", &made)]).expect("services of one package share it");
        assert!(!temp.path().join("new.py").exists(), "none is written where one stands in the way");
    }
}

//! The directories in which this machine looks for programs.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Serialize;

/// Increase it when you remove a key or change its meaning. `ui/src/report.ts` checks it.
const SCHEMA_VERSION: u32 = 1;

/// The output of the command `search-path`.
#[derive(Debug, Serialize)]
pub struct Report {
    schema_version: u32,
    /// In the order in which they are searched.
    directories: Vec<Directory>,
}

#[derive(Debug, Serialize)]
struct Directory {
    path: String,
    exists: bool,
    /// `None` if the directory is missing or unreadable.
    files: Option<usize>,
}

/// Makes the report from the value of PATH. `count` returns the number of files in a directory.
pub fn report(variable: &OsStr, count: impl Fn(&Path) -> io::Result<usize>) -> Report {
    let directories = env::split_paths(variable)
        // An empty entry is the current directory, which is a different one for each program.
        .filter(|path| !path.as_os_str().is_empty())
        .map(|path| Directory::new(&path, count(&path)))
        .collect();
    Report {
        schema_version: SCHEMA_VERSION,
        directories,
    }
}

impl Directory {
    fn new(path: &Path, counted: io::Result<usize>) -> Self {
        let missing = [ErrorKind::NotFound, ErrorKind::NotADirectory];
        Self {
            path: path.display().to_string(),
            exists: !matches!(&counted, Err(error) if missing.contains(&error.kind())),
            files: counted.ok(),
        }
    }
}

/// Counts the files in a directory, without those in its subdirectories.
pub fn count_files(directory: &Path) -> io::Result<usize> {
    let entries = fs::read_dir(directory)?.flatten();
    Ok(entries.filter(|entry| entry.path().is_file()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The path, `exists` and `files` of each directory in the report.
    fn directories(entries: &[&str]) -> Vec<(String, bool, Option<usize>)> {
        let variable = env::join_paths(entries).unwrap();
        let count = |path: &Path| match path.to_str() {
            Some("missing") => Err(ErrorKind::NotFound.into()),
            Some("file") => Err(ErrorKind::NotADirectory.into()),
            Some("secret") => Err(ErrorKind::PermissionDenied.into()),
            _ => Ok(3),
        };
        let entry = |it: Directory| (it.path, it.exists, it.files);
        let report = report(&variable, count);
        report.directories.into_iter().map(entry).collect()
    }

    #[test]
    fn directories_keep_the_order_of_the_variable() {
        let expected = ["b", "a"].map(|path| (path.to_owned(), true, Some(3)));
        assert_eq!(directories(&["b", "a"]), expected);
    }

    #[test]
    fn empty_entries_are_ignored() {
        assert_eq!(directories(&[]), []);
        assert_eq!(directories(&["", "a", ""]).len(), 1);
    }

    #[test]
    fn missing_directories_differ_from_unreadable_ones() {
        let expected = [("missing", false), ("file", false), ("secret", true)]
            .map(|(path, exists)| (path.to_owned(), exists, None));
        assert_eq!(directories(&["missing", "file", "secret"]), expected);
    }
}

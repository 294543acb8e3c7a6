//! Lists the directories of this machine for `showOpenDialog`, because browsers hide the paths of files from
//! pages.

use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The maximum number of entries that are listed.
const MAX_ENTRIES: usize = 5_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowseRequest {
    /// A directory or a file: absolute, below the home directory, or empty for the home directory itself.
    path: String,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryListing {
    /// The absolute path of the directory.
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    /// The file that was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Directories first.
    entries: Vec<ListedPath>,
    /// The directory has more than [`MAX_ENTRIES`].
    is_truncated: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct ListedPath {
    name: String,
    path: String,
    kind: PathKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
enum PathKind {
    Directory,
    File,
}

/// Lists the directory at a path, or the one that contains the file.
///
/// # Errors
/// A message for the page.
pub fn list(request: &BrowseRequest) -> Result<DirectoryListing, String> {
    let home = dirs::home_dir().unwrap_or_else(|| std::path::absolute(".").unwrap_or_default());
    let path = resolve(&request.path, &home);
    let shown = path.display();
    let metadata = path.metadata().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{shown} does not exist"),
        _ => format!("can't read {shown}: {error}"),
    })?;
    let (directory, file) = match path.parent() {
        Some(parent) if !metadata.is_dir() => (parent.to_owned(), text(&path)),
        _ => (path, None),
    };
    let shown = directory.display().to_string();
    let read = directory.read_dir().map_err(|error| format!("can't read {shown}: {error}"))?;
    let described = read.flatten().filter_map(|entry| describe(&entry.path()));
    let mut entries: Vec<ListedPath> = described.take(MAX_ENTRIES + 1).collect();
    let is_truncated = entries.len() > MAX_ENTRIES;
    entries.truncate(MAX_ENTRIES);
    entries.sort_by_cached_key(|entry| (entry.kind, entry.name.to_lowercase(), entry.name.clone()));
    let parent = directory.parent().and_then(text);
    let path = text(&directory).ok_or_else(|| format!("{shown} is not valid Unicode"))?;
    Ok(DirectoryListing { path, parent, file, entries, is_truncated })
}

/// The absolute path without `.` and `..`; `~` is the home directory.
fn resolve(path: &str, home: &Path) -> PathBuf {
    let path = path.trim();
    let below_home =
        path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
    let path = below_home.map_or(path, |rest| rest.trim_start_matches(['/', '\\']));
    let mut resolved = PathBuf::new();
    for component in home.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                resolved.pop();
            }
            other => resolved.push(other),
        }
    }
    resolved
}

/// `None` for a link to nothing, and for a name that JSON can't express.
fn describe(path: &Path) -> Option<ListedPath> {
    let kind = if path.metadata().ok()?.is_dir() { PathKind::Directory } else { PathKind::File };
    Some(ListedPath { name: path.file_name()?.to_str()?.to_owned(), path: text(path)?, kind })
}

fn text(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn paths_are_absolute_and_below_the_home_directory_by_default() {
        let home = Path::new("/home/me");
        for (path, expected) in [
            ("", "/home/me"),
            (" ~ ", "/home/me"),
            ("~/a", "/home/me/a"),
            ("~a", "/home/me/~a"),
            ("a/./b/../c", "/home/me/a/c"),
            ("/../..", "/"),
            ("/a b/", "/a b"),
        ] {
            assert_eq!(resolve(path, home), Path::new(expected), "{path}");
        }
    }

    #[test]
    fn a_file_is_listed_with_its_directory_in_which_directories_come_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "A", "a.txt"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::create_dir(dir.path().join("z")).unwrap();
        std::os::unix::fs::symlink("none", dir.path().join("link")).unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let listing = list(&BrowseRequest { path: path("b") }).unwrap();
        assert_eq!(listing.file, Some(path("b")));
        assert_eq!(listing.path, dir.path().to_str().unwrap());
        assert_eq!(listing.parent.as_deref(), dir.path().parent().unwrap().to_str());
        let names: Vec<_> = listing.entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["z", "A", "a.txt", "b"]);
        assert_eq!(listing.entries[0].path, path("z"));
        let missing = list(&BrowseRequest { path: path("none") }).unwrap_err();
        assert!(missing.ends_with("none does not exist"), "{missing}");
    }
}

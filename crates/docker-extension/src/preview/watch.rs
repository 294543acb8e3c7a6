//! Detects changed sources by polling the modification times and sizes of their files. That works on
//! every file system, and is cheap because host binaries have few files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long to wait between two calls of [`Watcher::has_changed`].
pub const PAUSE: Duration = Duration::from_millis(250);

/// Directories with generated files or third-party sources.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// Compilers write files with this extension for their next run.
const SKIPPED_EXTENSION: &str = "tsbuildinfo";

type State = BTreeMap<PathBuf, (SystemTime, u64)>;

/// Watches files, and directories with all their contents.
#[derive(Debug)]
pub struct Watcher {
    sources: Vec<PathBuf>,
    /// The state at the last call.
    last: State,
    /// The state when a change was last reported.
    reported: State,
}

impl Watcher {
    pub fn new(sources: Vec<PathBuf>) -> Self {
        let state = look(&sources);
        Self { sources, last: state.clone(), reported: state }
    }

    pub fn add(&mut self, sources: impl IntoIterator<Item = PathBuf>) {
        for source in sources {
            if !self.reported.contains_key(&source) && !self.sources.contains(&source) {
                self.reported.extend(look(std::slice::from_ref(&source)));
                self.sources.push(source);
            }
        }
    }

    /// Whether the files have changed since this last returned true, and are the same as at the last
    /// call: a change is reported when it is complete.
    pub fn has_changed(&mut self) -> bool {
        let now = look(&self.sources);
        let is_settled = now == self.last;
        self.last = now;
        if is_settled && self.last != self.reported {
            self.reported.clone_from(&self.last);
            return true;
        }
        false
    }
}

fn look(sources: &[PathBuf]) -> State {
    let mut state = State::new();
    for source in sources {
        look_at(source, &mut state);
    }
    state
}

/// Ignores files that can't be read.
fn look_at(path: &Path, state: &mut State) {
    let Ok(metadata) = path.metadata() else { return };
    if metadata.is_file() {
        if path.extension().is_some_and(|extension| extension == SKIPPED_EXTENSION) {
            return;
        }
        if let Ok(time) = metadata.modified() {
            state.insert(path.to_owned(), (time, metadata.len()));
        }
        return;
    }
    for entry in path.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A linked directory may contain itself.
        let is_linked_directory = entry.path().is_symlink() && entry.path().is_dir();
        if !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) && !is_linked_directory {
            look_at(&entry.path(), state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_change_is_reported_once_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let directory = dir.path().join("src");
        fs::create_dir_all(directory.join("target")).unwrap();
        fs::write(directory.join("a.rs"), "1").unwrap();
        let mut watcher = Watcher::new(vec![directory.clone()]);
        assert!(!watcher.has_changed());
        fs::write(directory.join("target/b"), "1").unwrap();
        fs::write(directory.join(".a.rs.swp"), "1").unwrap();
        assert!(!watcher.has_changed());
        fs::write(directory.join("new.rs"), "1").unwrap();
        assert_eq!([0; 3].map(|_| watcher.has_changed()), [false, true, false]);
        fs::remove_file(directory.join("a.rs")).unwrap();
        assert_eq!([0; 3].map(|_| watcher.has_changed()), [false, true, false]);
    }

    #[test]
    fn a_file_that_is_added_later_is_watched_from_then_on() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("shared.rs");
        fs::write(&file, "1").unwrap();
        let mut watcher = Watcher::new(Vec::new());
        watcher.add([file.clone()]);
        assert_eq!([0; 2].map(|_| watcher.has_changed()), [false, false]);
        fs::write(&file, "12").unwrap();
        assert_eq!([0; 2].map(|_| watcher.has_changed()), [false, true]);
    }
}

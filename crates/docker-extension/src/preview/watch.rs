//! Sees that sources have changed, by looking at the times of their files now and then. Host
//! binaries have few files: it costs next to nothing, and works on every file system.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How long to wait before looking again.
pub const PAUSE: Duration = Duration::from_millis(250);

/// Folders that hold what is made of sources, or sources of others.
const SKIPPED: [&str; 2] = ["target", "node_modules"];

type State = BTreeMap<PathBuf, (SystemTime, u64)>;

/// Watches files, and folders with all that is in them.
#[derive(Debug)]
pub struct Watcher {
    sources: Vec<PathBuf>,
    /// As it was when last asked.
    last: State,
    /// As it was when the last change was told.
    told: State,
}

impl Watcher {
    pub fn new(sources: Vec<PathBuf>) -> Self {
        let state = look(&sources);
        Self { sources, last: state.clone(), told: state }
    }

    pub fn add(&mut self, sources: impl IntoIterator<Item = PathBuf>) {
        for source in sources {
            if !self.told.contains_key(&source) && !self.sources.contains(&source) {
                self.told.extend(look(std::slice::from_ref(&source)));
                self.sources.push(source);
            }
        }
    }

    /// Whether something has changed since this last said so, and nobody is writing any more.
    pub fn has_changed(&mut self) -> bool {
        let now = look(&self.sources);
        let is_settled = now == self.last;
        self.last = now;
        if is_settled && self.last != self.told {
            self.told.clone_from(&self.last);
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

/// What can't be read is as good as not there.
fn look_at(path: &Path, state: &mut State) {
    let Ok(metadata) = path.metadata() else { return };
    if metadata.is_file() {
        if let Ok(time) = metadata.modified() {
            state.insert(path.to_owned(), (time, metadata.len()));
        }
        return;
    }
    for entry in path.read_dir().into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A linked folder may hold itself.
        let is_linked_folder = entry.path().is_symlink() && entry.path().is_dir();
        if !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) && !is_linked_folder {
            look_at(&entry.path(), state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_change_is_told_once_and_when_nobody_writes_any_more() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("src");
        fs::create_dir_all(folder.join("target")).unwrap();
        fs::write(folder.join("a.rs"), "1").unwrap();
        let mut watcher = Watcher::new(vec![folder.clone()]);
        assert!(!watcher.has_changed());
        fs::write(folder.join("target/b"), "1").unwrap();
        fs::write(folder.join(".a.rs.swp"), "1").unwrap();
        assert!(!watcher.has_changed());
        fs::write(folder.join("new.rs"), "1").unwrap();
        assert_eq!([0; 3].map(|_| watcher.has_changed()), [false, true, false]);
        fs::remove_file(folder.join("a.rs")).unwrap();
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

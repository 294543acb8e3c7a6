//! Decides which files of a project an upgrade changes, from the project's files, the record and the files
//! of the new version. It does not write files.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;

use super::record::{FileHash, Record};
use super::template::ProjectFile;

/// The change of a file that belongs to the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// The file is new in this version of the tool.
    Create(ProjectFile),
    /// The author has not changed the file.
    Replace(ProjectFile),
    /// The tool no longer has the file, and the author has not changed it.
    Delete(Utf8PathBuf),
    /// Both the author and the tool have changed the file: it is not written.
    Keep { file: ProjectFile, authors: String },
}

/// The changes, and the record of the project after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    pub changes: Vec<FileChange>,
    pub record: Record,
}

/// `current` are the files of this version of the tool; `read` returns the text of a file in the project.
pub fn plan(
    record: &Record,
    current: Vec<ProjectFile>,
    version: &Version,
    read: impl Fn(&Utf8Path) -> Option<String>,
) -> Upgrade {
    let mut changes = Vec::new();
    for (path, recorded) in &record.tool {
        let is_gone = current.iter().all(|file| file.path != *path);
        let is_unchanged = |text: String| FileHash::of(path, &text) == *recorded;
        if is_gone && read(path).is_some_and(is_unchanged) {
            changes.push(FileChange::Delete(path.clone()));
        }
    }
    let mut tool = BTreeMap::new();
    let mut author = record.author.clone();
    for file in current {
        tool.insert(file.path.clone(), file.hash());
        let recorded = record.tool.get(&file.path).or(author.remove(&file.path).as_ref()).cloned();
        changes.extend(change(file, recorded.as_ref(), &read));
    }
    Upgrade { changes, record: Record { version: version.clone(), tool, author } }
}

fn change(
    file: ProjectFile,
    recorded: Option<&FileHash>,
    read: impl Fn(&Utf8Path) -> Option<String>,
) -> Option<FileChange> {
    let is_new = recorded != Some(&file.hash());
    match (read(&file.path), recorded) {
        (None, None) => Some(FileChange::Create(file)),
        // The author has deleted it.
        (None, Some(_)) => None,
        (Some(text), _) if FileHash::of(&file.path, &text) == file.hash() => None,
        (Some(text), Some(hash)) if FileHash::of(&file.path, &text) == *hash => {
            Some(FileChange::Replace(file))
        }
        (Some(authors), _) if is_new => Some(FileChange::Keep { file, authors }),
        // Only the author has changed the file.
        (Some(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::record::Owner;

    fn file(text: &str) -> ProjectFile {
        ProjectFile { path: "ci.yml".into(), text: text.to_owned(), owner: Owner::Tool }
    }

    fn version(minor: u64) -> Version {
        Version::new(0, minor, 0)
    }

    /// The upgrade of a file: its text in the record, in the project and in the new version.
    fn planned(recorded: Option<&str>, found: Option<&str>, current: Option<&str>) -> Upgrade {
        let recorded: Vec<ProjectFile> = recorded.map(file).into_iter().collect();
        let record = Record { version: version(1), ..Record::of(&recorded) };
        let current = current.map(file).into_iter().collect();
        plan(&record, current, &version(2), |_| found.map(str::to_owned))
    }

    fn changes(
        recorded: Option<&str>,
        found: Option<&str>,
        current: Option<&str>,
    ) -> Vec<FileChange> {
        planned(recorded, found, current).changes
    }

    #[test]
    fn a_file_that_the_author_has_not_changed_is_updated() {
        assert_eq!(changes(Some("1"), Some("1"), Some("2")), [FileChange::Replace(file("2"))]);
        assert_eq!(changes(Some("1"), Some("1"), Some("1")), []);
        assert_eq!(changes(Some("1"), Some("2"), Some("2")), []);
        assert_eq!(changes(None, None, Some("2")), [FileChange::Create(file("2"))]);
        assert_eq!(changes(Some("1"), Some("1"), None), [FileChange::Delete("ci.yml".into())]);
    }

    #[test]
    fn a_file_that_the_author_has_changed_is_never_written() {
        let kept = [FileChange::Keep { file: file("2"), authors: "mine".to_owned() }];
        assert_eq!(changes(Some("1"), Some("mine"), Some("2")), kept);
        assert_eq!(changes(None, Some("mine"), Some("2")), kept);
        assert_eq!(changes(Some("1"), Some("mine"), Some("1")), []);
        assert_eq!(changes(Some("1"), Some("mine"), None), []);
        assert_eq!(changes(Some("1"), None, Some("2")), []);
    }

    #[test]
    fn a_second_upgrade_changes_nothing() {
        for recorded in [None, Some("1"), Some("2")] {
            for found in [None, Some("1"), Some("2"), Some("mine")] {
                for current in [None, Some("1"), Some("2")] {
                    let first = planned(recorded, found, current);
                    let mut text = found.map(str::to_owned);
                    for change in &first.changes {
                        match change {
                            FileChange::Create(file) | FileChange::Replace(file) => {
                                text = Some(file.text.clone());
                            }
                            FileChange::Delete(_) => text = None,
                            FileChange::Keep { .. } => {}
                        }
                    }
                    let current = current.map(file).into_iter().collect();
                    let second = plan(&first.record, current, &version(2), |_| text.clone());
                    assert_eq!(second.changes, [], "{recorded:?} {found:?}");
                    assert_eq!(second.record, first.record);
                }
            }
        }
    }
}

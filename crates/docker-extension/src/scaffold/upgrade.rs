//! What a newer version of the tool changes in a project: a pure function of the project's files, the
//! record of what was written, and what would be written now.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use semver::Version;

use super::record::{FileHash, Record};
use super::template::ProjectFile;

/// What happens to a file that belongs to the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileChange {
    /// This version of the tool is the first that has it.
    Create(ProjectFile),
    /// The author has not changed it.
    Replace(ProjectFile),
    /// The tool has it no more, and the author has not changed it.
    Delete(Utf8PathBuf),
    /// The author has changed it, and so has the tool: it is left alone.
    Keep { file: ProjectFile, authors: String },
}

/// The changes, and the record of a project that has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    pub changes: Vec<FileChange>,
    pub record: Record,
}

/// `wanted` are the files that belong to this version of the tool; `read` returns a file of the project.
pub fn plan(
    record: &Record,
    wanted: Vec<ProjectFile>,
    version: &Version,
    read: impl Fn(&Utf8Path) -> Option<String>,
) -> Upgrade {
    let mut changes = Vec::new();
    for (path, recorded) in &record.tool {
        let is_gone = wanted.iter().all(|file| file.path != *path);
        let is_unchanged = |text: String| FileHash::of(path, &text) == *recorded;
        if is_gone && read(path).is_some_and(is_unchanged) {
            changes.push(FileChange::Delete(path.clone()));
        }
    }
    let mut tool = BTreeMap::new();
    let mut author = record.author.clone();
    for file in wanted {
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
        // The author's version of what the tool still has.
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

    /// What becomes of a file that was written as `recorded`, is `found` now, and would be `wanted`.
    fn planned(recorded: Option<&str>, found: Option<&str>, wanted: Option<&str>) -> Upgrade {
        let recorded: Vec<ProjectFile> = recorded.map(file).into_iter().collect();
        let record = Record { version: version(1), ..Record::of(&recorded) };
        let wanted = wanted.map(file).into_iter().collect();
        plan(&record, wanted, &version(2), |_| found.map(str::to_owned))
    }

    fn changes(
        recorded: Option<&str>,
        found: Option<&str>,
        wanted: Option<&str>,
    ) -> Vec<FileChange> {
        planned(recorded, found, wanted).changes
    }

    #[test]
    fn a_file_that_the_author_has_not_changed_follows_the_tool() {
        assert_eq!(changes(Some("1"), Some("1"), Some("2")), [FileChange::Replace(file("2"))]);
        assert_eq!(changes(Some("1"), Some("1"), Some("1")), []);
        assert_eq!(changes(Some("1"), Some("2"), Some("2")), []);
        assert_eq!(changes(None, None, Some("2")), [FileChange::Create(file("2"))]);
        assert_eq!(changes(Some("1"), Some("1"), None), [FileChange::Delete("ci.yml".into())]);
    }

    #[test]
    fn what_the_author_has_changed_is_never_written() {
        let kept = [FileChange::Keep { file: file("2"), authors: "mine".to_owned() }];
        assert_eq!(changes(Some("1"), Some("mine"), Some("2")), kept);
        assert_eq!(changes(None, Some("mine"), Some("2")), kept);
        assert_eq!(changes(Some("1"), Some("mine"), Some("1")), []);
        assert_eq!(changes(Some("1"), Some("mine"), None), []);
        assert_eq!(changes(Some("1"), None, Some("2")), []);
    }

    #[test]
    fn the_next_run_has_nothing_to_do() {
        for recorded in [None, Some("1"), Some("2")] {
            for found in [None, Some("1"), Some("2"), Some("mine")] {
                for wanted in [None, Some("1"), Some("2")] {
                    let first = planned(recorded, found, wanted);
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
                    let wanted = wanted.map(file).into_iter().collect();
                    let second = plan(&first.record, wanted, &version(2), |_| text.clone());
                    assert_eq!(second.changes, [], "{recorded:?} {found:?}");
                    assert_eq!(second.record, first.record);
                }
            }
        }
    }
}

//! `.docker-extension.json`: the files that `new` and `upgrade` have written, with their hashes.

use std::collections::BTreeMap;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::ProjectFile;
use super::tool_source::{CRATE, MANIFEST};
use crate::error::{Error, Result};
use crate::text;

/// The record of a project. It is committed to git. Paths use `/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of the tool that wrote it last.
    pub version: Version,
    /// The files that belong to the tool.
    pub tool: BTreeMap<Utf8PathBuf, FileHash>,
    /// The files that belong to the author.
    pub author: BTreeMap<Utf8PathBuf, FileHash>,
}

/// Who changes a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `upgrade` replaces it, unless the author has changed it.
    Tool,
    /// `new` writes it; `upgrade` never changes it.
    Author,
}

/// The SHA-256 of a file, in hexadecimal. CRLF counts as LF, because git may change line ends. In
/// [`MANIFEST`], the dependency on the tool is left out, because the author may change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FileHash(String);

impl FileHash {
    pub fn of(path: &Utf8Path, text: &str) -> Self {
        let is_dependency = |line: &str| {
            let key = line.split_once('=').map_or("", |(key, _)| key.trim_end());
            path == MANIFEST && key == CRATE
        };
        let lines = text.split_inclusive('\n').filter(|line| !is_dependency(line));
        Self(text::hash_of_lines(lines.map(str::as_bytes)))
    }
}

impl Record {
    pub const PATH: &str = ".docker-extension.json";

    /// The record of new files.
    pub fn of(files: &[ProjectFile]) -> Self {
        let owned_by = |owner| {
            let files = files.iter().filter(move |file| file.owner == owner);
            files.map(|file| (file.path.clone(), file.hash())).collect()
        };
        Self { version: version(), tool: owned_by(Owner::Tool), author: owned_by(Owner::Author) }
    }

    /// # Errors
    /// The text is not a record, or the path of a file leads out of the project.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = || {
            Error::new(format!("`{}` is invalid", Self::PATH))
                .help("restore the file from the repository's history")
                .usage()
        };
        let record: Self = serde_json::from_str(text).map_err(|error| invalid().because(error))?;
        let is_inside = |path: &Utf8PathBuf| {
            path.components().all(|part| matches!(part, Utf8Component::Normal(_)))
        };
        match record.tool.keys().chain(record.author.keys()).find(|path| !is_inside(path)) {
            Some(outside) => Err(invalid().because(format!("`{outside}` is not in the project"))),
            None => Ok(record),
        }
    }

    pub fn json(&self) -> String {
        text::json(self)
    }
}

/// The version of this tool.
pub fn version() -> Version {
    env!("CARGO_PKG_VERSION").parse().expect("cargo accepts semantic versions only")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_and_the_version_of_the_tool_do_not_change_a_hash() {
        let hash = |path: &str, text: &str| FileHash::of(path.as_ref(), text);
        assert_eq!(hash("a", "1\r\n2\r\n"), hash("a", "1\n2\n"));
        assert_ne!(hash("a", "1\n2\n"), hash("a", "1\n3\n"));
        let [old, new] =
            ["0.1.0", "0.2.0"].map(|it| format!("[dependencies]\ndocker-extension = \"{it}\"\n"));
        assert_eq!(hash(MANIFEST, &old), hash(MANIFEST, &new));
        assert_ne!(hash(MANIFEST, &old), hash(MANIFEST, &format!("{new}serde = \"1\"\n")));
        assert_ne!(hash("Cargo.toml", &old), hash("Cargo.toml", &new));
    }

    #[test]
    fn a_record_with_a_path_outside_the_project_is_invalid() {
        let record = |path: &str| {
            let tool = format!(r#"{{ "{path}": "00" }}"#);
            Record::parse(&format!(r#"{{ "version": "0.1.0", "tool": {tool}, "author": {{}} }}"#))
        };
        assert!(record(".cargo/config.toml").is_ok());
        for path in ["../a", "/a", "a/../../b"] {
            assert_eq!(
                record(path).unwrap_err().to_string(),
                "`.docker-extension.json` is invalid"
            );
        }
        assert!(Record::parse("{}").is_err());
    }
}

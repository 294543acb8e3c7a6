//! The host binaries of one build, in a folder of their own: programs that run go on while the next
//! ones are built, on Windows too, where a file in use can't be written over.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::files::{self, IoContext};

/// The host binaries of one build. The folder goes away with the last program that runs from it.
#[derive(Debug)]
pub struct Programs {
    folder: TempDir,
    names: BTreeSet<String>,
}

impl Programs {
    /// Copies what was built to a new folder in `parent`.
    pub fn copy(built: &[Utf8PathBuf], parent: &Utf8Path) -> files::Result<Self> {
        files::create_dir(parent)?;
        let folder = tempfile::Builder::new()
            .prefix("programs-")
            .tempdir_in(parent)
            .doing("create a folder in", parent)?;
        let mut programs = Self { folder, names: BTreeSet::new() };
        for path in built {
            let Some(name) = path.file_name() else { continue };
            files::copy(path, &parent.join(programs.folder_name()).join(name), true)?;
            programs.names.insert(name.to_owned());
        }
        Ok(programs)
    }

    fn folder_name(&self) -> String {
        self.folder.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The folder: where programs run, as they do in Docker Desktop on a Mac.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Whether these, no more and no fewer, are the programs that were built.
    pub fn are(&self, built: &[Utf8PathBuf]) -> bool {
        let built: BTreeSet<&str> = built.iter().filter_map(|path| path.file_name()).collect();
        self.names().eq(built)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The path of a program. Nothing but a name that was built leads anywhere.
    pub fn path(&self, name: &str) -> Option<std::path::PathBuf> {
        self.names.get(name).map(|name| self.folder.path().join(name))
    }
}

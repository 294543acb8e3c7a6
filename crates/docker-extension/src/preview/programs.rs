//! Copies the host binaries of each build to a new directory. So running programs don't block the next
//! build on Windows, where a file in use can't be overwritten.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::files::{self, IoContext};

/// The host binaries of one build. The directory is removed with the last reference to this value.
#[derive(Debug)]
pub struct Programs {
    directory: TempDir,
    names: BTreeSet<String>,
}

impl Programs {
    /// Copies the programs to a new directory in `parent`.
    pub fn copy(built: &[Utf8PathBuf], parent: &Utf8Path) -> files::Result<Self> {
        files::create_dir(parent)?;
        let directory = tempfile::Builder::new()
            .prefix("programs-")
            .tempdir_in(parent)
            .doing("create a directory in", parent)?;
        let mut programs = Self { directory, names: BTreeSet::new() };
        for path in built {
            let Some(name) = path.file_name() else { continue };
            files::copy(path, &parent.join(programs.directory_name()).join(name), true)?;
            programs.names.insert(name.to_owned());
        }
        Ok(programs)
    }

    fn directory_name(&self) -> String {
        self.directory.path().file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The default working directory of the programs, as in Docker Desktop on macOS.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Whether `built` has exactly the names of these programs.
    pub fn match_build(&self, built: &[Utf8PathBuf]) -> bool {
        let built: BTreeSet<&str> = built.iter().filter_map(|path| path.file_name()).collect();
        self.names().eq(built)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The path of the program with exactly this name. Paths and other names give `None`.
    pub fn path(&self, name: &str) -> Option<std::path::PathBuf> {
        self.names.get(name).map(|name| self.directory.path().join(name))
    }
}

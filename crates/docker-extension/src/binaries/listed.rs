use std::collections::{BTreeMap, BTreeSet};

use super::cpu_word::{self, CpuWord};
use crate::platform::{Arch, Os};
use crate::project::config::MacOsVersion;

/// An entry of `host.binaries`.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    pub os: Os,
    /// The architecture of the image variant that contains it.
    pub image: Arch,
    /// The path in the image, or of the file that will be copied into it.
    pub path: &'a str,
    /// The permissions in the image. None before the file is in one.
    pub mode: Option<u32>,
    pub files: &'a ListedFiles,
    /// For a program that this run has built.
    pub promise: Option<Promise>,
}

/// The file must be a program for exactly the operating system and the CPU for which it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// The oldest version on which it must run, if it is for macOS.
    pub minimum_macos: MacOsVersion,
}

/// All files that an image variant lists for one operating system. They are copied into one directory, so
/// programs find their libraries there.
#[derive(Clone, Debug, Default)]
pub struct ListedFiles {
    /// As the operating system compares them.
    base_names: BTreeSet<String>,
    /// The paths that differ only in the CPU that they say: one for each CPU.
    by_stem: BTreeMap<Vec<String>, BTreeMap<Option<CpuWord>, String>>,
}

impl ListedFiles {
    pub fn new<'p>(os: Os, paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut files = Self::default();
        for path in paths {
            files.base_names.insert(compared(os, base_name(path)));
            let named = cpu_word::read(path);
            let same = files.by_stem.entry(named.stem).or_default();
            same.entry(named.word).or_insert_with(|| path.to_owned());
        }
        files
    }

    pub(super) fn has_base_name(&self, os: Os, name: &str) -> bool {
        self.base_names.contains(&compared(os, name))
    }

    /// The files that are probably the same as `path`, but for another CPU.
    pub(super) fn alternatives(
        &self,
        path: &str,
    ) -> impl Iterator<Item = (Option<&CpuWord>, &str)> + use<'_> {
        let named = cpu_word::read(path);
        let same = self.by_stem.get(&named.stem).into_iter().flatten();
        same.filter(move |(word, _)| **word != named.word)
            .map(|(word, path)| (word.as_ref(), path.as_str()))
    }
}

/// A file name as the operating system compares it.
fn compared(os: Os, name: &str) -> String {
    match os {
        Os::Linux => name.to_owned(),
        Os::Darwin | Os::Windows => name.to_ascii_lowercase(),
    }
}

pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// The file name extension in lower case.
pub(super) fn extension(path: &str) -> Option<String> {
    let (_, extension) = base_name(path).rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

impl Listed<'_> {
    pub(super) fn base_name(&self) -> &str {
        base_name(self.path)
    }

    /// The file name extension in lower case.
    pub(super) fn extension(&self) -> Option<String> {
        extension(self.path)
    }

    /// Whether its mode lets any user start it, or is not known.
    pub(super) fn may_be_executable(&self) -> bool {
        const ANY_USER: u32 = 0o111;
        self.mode.is_none_or(|mode| mode & ANY_USER != 0)
    }

    /// The name of the operating system in messages.
    pub(super) fn system(&self) -> &'static str {
        match self.os {
            Os::Darwin => "macOS",
            Os::Windows => "Windows",
            Os::Linux => "Linux",
        }
    }
}

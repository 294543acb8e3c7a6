//! What the image holds, as a value: the one description from which the `Dockerfile` is written and
//! the embedded engine packs, so that both make the same image.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::platform::ImagePlatform;

/// The image's labels, by name.
pub type Labels = BTreeMap<String, String>;

/// Whether a label's value can stand in a `Dockerfile`, which has no way to write a line break, and
/// no line of 64 KiB. The docker engine gives the others to buildx by `--label`.
pub fn fits_in_dockerfile(value: &str) -> bool {
    // Escaping can double it.
    const LONGEST: usize = 30_000;
    value.len() <= LONGEST && !value.contains(['\n', '\r'])
}

/// Everything that goes into the image, on top of nothing (`FROM scratch`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The labels of both variants.
    pub labels: Labels,
    /// The layers, first to last: one `COPY` instruction each.
    pub layers: Vec<Layer>,
}

/// One layer: files of the context that are copied into one folder of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What is copied. A file lands in [`Self::folder`] under its own name; of a folder it is the
    /// entries that land there, as `COPY` does it.
    pub sources: Vec<Source>,
    /// The folder in the image, relative to its root: empty for the root itself.
    pub folder: Utf8PathBuf,
    /// The mode of the files.
    pub mode: FileMode,
}

/// The mode of a layer's files; folders always have 0755. Fixed, because consumers never change the
/// modes that they find in the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// 0644.
    Data,
    /// 0755.
    Executable,
}

impl FileMode {
    /// The permission bits.
    pub const fn bits(self) -> u32 {
        match self {
            FileMode::Data => 0o644,
            FileMode::Executable => 0o755,
        }
    }
}

/// A file or folder of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The same for both variants: a path below the context.
    Shared(Utf8PathBuf),
    /// One for each architecture: `before`, the architecture's name and `after` make the path.
    PerArch {
        /// What stands before the architecture.
        before: String,
        /// What stands behind it.
        after: String,
    },
}

impl Source {
    /// The path below the context from which a variant of the image takes this source.
    pub fn path(&self, platform: ImagePlatform) -> Utf8PathBuf {
        self.with_arch(platform.0.name())
    }

    /// The path with `arch` where the architecture stands, as a `Dockerfile` wants it:
    /// `${TARGETARCH}`.
    pub fn with_arch(&self, arch: &str) -> Utf8PathBuf {
        match self {
            Source::Shared(path) => path.clone(),
            Source::PerArch { before, after } => format!("{before}{arch}{after}").into(),
        }
    }
}

/// The build context on disk, complete and ready for an engine.
#[derive(Clone, Debug)]
pub struct Context {
    dir: Utf8PathBuf,
    contents: Contents,
}

impl Context {
    /// The context in `dir`, which holds every source of `contents`.
    pub fn new(dir: Utf8PathBuf, contents: Contents) -> Self {
        Self { dir, contents }
    }

    /// The folder.
    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    /// What the image made from it holds.
    pub fn contents(&self) -> &Contents {
        &self.contents
    }
}

//! Shared code for the tests of this module.

use std::fs::{self, File, FileTimes};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::pack::pack;
use crate::contents::ImageContents;
use crate::context::Context;
use crate::error::Result;
use crate::oci::{ImageName, Reference, Tag};
use crate::progress::{Progress, Verbosity};

/// A directory that is removed at the end.
pub(super) struct TestDirectory {
    path: Utf8PathBuf,
    _dir: TempDir,
}

impl TestDirectory {
    pub fn with(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let directory = Self { path: dir.path().to_owned().try_into().unwrap(), _dir: dir };
        for (path, content) in files {
            directory.write(path, content);
        }
        directory
    }

    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// A build context that is removed at the end.
pub(super) struct Written {
    pub context: Context,
    _directory: TestDirectory,
}

impl Written {
    pub fn new(contents: ImageContents) -> Self {
        let directory = TestDirectory::with(&[]);
        let context =
            Context::write(contents, &reference(), &directory.path().join("context")).unwrap();
        Self { context, _directory: directory }
    }

    /// Sets the modification time of a file to the past.
    pub fn age(&self, path: &str) {
        let file = File::options().write(true).open(self.context.dir().join(path)).unwrap();
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        file.set_times(FileTimes::new().set_modified(old)).unwrap();
    }

    /// The archive that the embedded engine writes.
    pub fn build(&self) -> Result<Vec<u8>> {
        let progress = Progress::new(Verbosity::Quiet);
        let output = TestDirectory::with(&[]);
        let archive = output.path().join("image.oci.tar");
        let step = progress.step("packing");
        let image = pack(&self.context, &reference(), &archive, &step)?;
        let left: Vec<_> = fs::read_dir(output.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "temporary files are left: {left:?}");
        Ok(fs::read(image.archive).unwrap())
    }
}

pub(super) fn reference() -> Reference<Tag> {
    "example/tool".parse::<ImageName>().unwrap().with_tag("1.0.0".parse().unwrap())
}

/// The archive that the embedded engine writes.
pub(super) fn build(contents: ImageContents) -> Result<Vec<u8>> {
    Written::new(contents).build()
}

//! Reproducible zip archives: without times, and with fixed modes.

use std::io::{self, BufWriter, Write};

use camino::{Utf8Path, Utf8PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::interrupt::Interruptible;

pub(super) struct ZipEntry {
    /// The file on disk.
    pub path: Utf8PathBuf,
    /// The name in the archive.
    pub name: String,
    /// The mode is 0755 if true, else 0644.
    pub is_executable: bool,
}

pub(super) fn write(path: &Utf8Path, entries: &[ZipEntry]) -> Result<()> {
    let failed = |error| {
        Error::new(format!("can't write `{path}`"))
            .because(error)
            .help("check the free space on the disk and the permissions of the directory")
    };
    let mut zip = ZipWriter::new(BufWriter::new(files::create(path)?));
    for entry in entries {
        let mut file = Interruptible(files::open(&entry.path)?);
        zip.start_file(&entry.name, options(entry)).map_err(failed)?;
        io::copy(&mut file, &mut zip).doing("write", path)?;
    }
    let mut file = zip.finish().map_err(failed)?;
    file.flush().doing("write", path)?;
    Ok(())
}

fn options(entry: &ZipEntry) -> SimpleFileOptions {
    const LEVEL: i64 = 6;
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        // The default is the oldest time of the format.
        .last_modified_time(DateTime::DEFAULT)
        .system(System::Unix)
        .unix_permissions(if entry.is_executable { 0o755 } else { 0o644 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn archives_have_modes_and_no_times() {
        let dir = tempfile::tempdir().unwrap();
        let dir = Utf8Path::from_path(dir.path()).unwrap();
        let (tool, archive) = (dir.join("tool"), dir.join("tool.zip"));
        files::write(&tool, "program").unwrap();
        let entry = ZipEntry { path: tool, name: "tool".to_owned(), is_executable: true };
        write(&archive, &[entry]).unwrap();

        let mut zip = zip::ZipArchive::new(files::open(&archive).unwrap()).unwrap();
        let mut file = zip.by_index(0).unwrap();
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o755));
        assert_eq!(file.last_modified(), Some(DateTime::DEFAULT));
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "program");
    }
}

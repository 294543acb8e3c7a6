//! Files and folders, with errors that say what was being done to which path, and what to do about
//! it.

use std::fs::{self, File};
use std::io::{self, BufReader};

use camino::Utf8Path;

use crate::interrupt::Interruptible;

/// How much is read at a time, in bytes.
pub const BUFFER: usize = 128 * 1024;

pub use crate::error::{Error, Result};

/// The error `source` of trying to `action` (an infinitive) `path`.
pub fn error(action: &str, path: impl AsRef<Utf8Path>, source: io::Error) -> Error {
    let path = path.as_ref();
    let help = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(format!("make room on the disk that holds `{path}`, and run it again"))
        }
        io::ErrorKind::PermissionDenied => {
            Some(format!("check the permissions of `{path}` and its parent directory"))
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Some(format!("make the disk that holds `{path}` writable"))
        }
        _ => None,
    };
    let error = Error::new(format!("can't {action} `{path}`")).because(source);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Adds to an `io::Result` what was being done to which path.
pub trait IoContext<T> {
    /// `action` is an infinitive: "read", "write".
    fn doing(self, action: &'static str, path: impl AsRef<Utf8Path>) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: impl AsRef<Utf8Path>) -> Result<T> {
        self.map_err(|source| error(action, path, source))
    }
}

/// Makes the folder and those above it.
pub fn create_dir(path: &Utf8Path) -> Result<()> {
    fs::create_dir_all(path).doing("create the folder", path)
}

pub fn open(path: &Utf8Path) -> Result<File> {
    File::open(path).doing("open", path)
}

/// Makes an empty file, or empties the one that is there.
pub fn create(path: &Utf8Path) -> Result<File> {
    File::create(path).doing("write", path)
}

pub fn read(path: &Utf8Path) -> Result<Vec<u8>> {
    fs::read(path).doing("read", path)
}

pub fn read_text(path: &Utf8Path) -> Result<String> {
    fs::read_to_string(path).doing("read", path)
}

/// Writes the whole file, with mode 0644, whatever the umask is.
pub fn write(path: &Utf8Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).doing("write", path)?;
    set_mode(path, 0o644)
}

/// Copies the file's bytes, not its mode: that is 0755 for what `is_executable`, else 0644, whatever
/// the umask is. Can be interrupted.
pub fn copy(from: &Utf8Path, to: &Utf8Path, is_executable: bool) -> Result<()> {
    // In larger pieces than `io::copy` takes by itself.
    let mut source = BufReader::with_capacity(BUFFER, Interruptible(open(from)?));
    let mut target = create(to)?;
    io::copy(&mut source, &mut target).doing("write", to)?;
    set_mode(to, if is_executable { 0o755 } else { 0o644 })
}

/// Makes a folder with mode 0755, whatever the umask is.
pub fn create_public_dir(path: &Utf8Path) -> Result<()> {
    create_dir(path)?;
    set_mode(path, 0o755)
}

/// Gives a file mode 0644, whatever the umask was when it was made.
pub fn make_public(path: &Utf8Path) -> Result<()> {
    set_mode(path, 0o644)
}

#[cfg(unix)]
fn set_mode(path: &Utf8Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).doing("set the mode of", path)
}

#[cfg(not(unix))]
fn set_mode(_: &Utf8Path, _: u32) -> Result<()> {
    Ok(())
}

/// Renames a file or folder within one file system.
pub fn rename(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    fs::rename(from, to).doing("rename to", to)
}

/// Removes a folder and all in it; one that isn't there is as good as removed.
pub fn remove_dir(path: &Utf8Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).doing("remove the folder", path)
        }
        _ => Ok(()),
    }
}

/// The entries of a folder, sorted by name.
pub fn entries(path: &Utf8Path) -> Result<Vec<camino::Utf8DirEntry>> {
    let mut entries = path
        .read_dir_utf8()
        .and_then(|entries| entries.collect::<io::Result<Vec<_>>>())
        .doing("list the folder", path)?;
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    Ok(entries)
}

/// An empty temporary file without a name, which is gone when it is closed, however the process ends.
pub fn temporary() -> Result<File> {
    let folder = std::env::temp_dir();
    tempfile::tempfile().doing("write a temporary file in", folder.to_string_lossy().as_ref())
}

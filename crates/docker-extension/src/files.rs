//! File system operations. Their errors name the operation and the path, and say what to do.

use std::fs::{self, File};
use std::io::{self, BufReader};

use camino::Utf8Path;

use crate::interrupt::Interruptible;

/// The size of a read, in bytes.
pub const BUFFER: usize = 128 * 1024;

pub use crate::error::{Error, Result};

/// The error for an operation on `path` that failed with `source`. `action` is an infinitive.
pub fn error(action: &str, path: impl AsRef<Utf8Path>, source: io::Error) -> Error {
    let path = path.as_ref();
    let help = match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Some(format!("free space on the disk that contains `{path}`"))
        }
        io::ErrorKind::PermissionDenied => {
            Some(format!("check the permissions of `{path}` and its parent directory"))
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            Some(format!("make the disk that contains `{path}` writable"))
        }
        _ => None,
    };
    let error = Error::new(format!("can't {action} `{path}`")).because(source);
    match help {
        Some(help) => error.help(help),
        None => error,
    }
}

/// Adds the operation and the path to an `io::Result`.
pub trait IoContext<T> {
    /// `action` is an infinitive: "read", "write".
    fn doing(self, action: &'static str, path: impl AsRef<Utf8Path>) -> Result<T>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: impl AsRef<Utf8Path>) -> Result<T> {
        self.map_err(|source| error(action, path, source))
    }
}

/// Creates the directory and its parents.
pub fn create_dir(path: &Utf8Path) -> Result<()> {
    fs::create_dir_all(path).doing("create the directory", path)
}

pub fn open(path: &Utf8Path) -> Result<File> {
    File::open(path).doing("open", path)
}

/// Creates an empty file, or empties an existing one.
pub fn create(path: &Utf8Path) -> Result<File> {
    File::create(path).doing("write", path)
}

pub fn read(path: &Utf8Path) -> Result<Vec<u8>> {
    fs::read(path).doing("read", path)
}

pub fn read_text(path: &Utf8Path) -> Result<String> {
    fs::read_to_string(path).doing("read", path)
}

/// Writes the whole file with mode 0644, regardless of the umask.
pub fn write(path: &Utf8Path, bytes: impl AsRef<[u8]>) -> Result<()> {
    fs::write(path, bytes).doing("write", path)?;
    set_mode(path, 0o644)
}

/// Copies the contents of a file. The mode of the copy is 0755 if `is_executable`, else 0644, regardless of
/// the umask. Can be interrupted.
pub fn copy(from: &Utf8Path, to: &Utf8Path, is_executable: bool) -> Result<()> {
    // `io::copy` reads smaller pieces without this.
    let mut source = BufReader::with_capacity(BUFFER, Interruptible(open(from)?));
    let mut target = create(to)?;
    io::copy(&mut source, &mut target).doing("write", to)?;
    set_mode(to, if is_executable { 0o755 } else { 0o644 })
}

/// Creates a directory with mode 0755, regardless of the umask.
pub fn create_public_dir(path: &Utf8Path) -> Result<()> {
    create_dir(path)?;
    set_mode(path, 0o755)
}

/// Sets the mode of a file to 0644.
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

/// Renames a file or directory within one file system.
pub fn rename(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    fs::rename(from, to).doing("rename to", to)
}

/// Removes a directory and its contents, if it exists.
pub fn remove_dir(path: &Utf8Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).doing("remove the directory", path)
        }
        _ => Ok(()),
    }
}

/// The entries of a directory, sorted by name.
pub fn entries(path: &Utf8Path) -> Result<Vec<camino::Utf8DirEntry>> {
    let mut entries = path
        .read_dir_utf8()
        .and_then(|entries| entries.collect::<io::Result<Vec<_>>>())
        .doing("list the directory", path)?;
    entries.sort_by(|a, b| a.file_name().cmp(b.file_name()));
    Ok(entries)
}

/// An empty temporary file without a name. The operating system removes it when it is closed, even if the
/// process is killed.
pub fn temporary() -> Result<File> {
    let directory = std::env::temp_dir();
    tempfile::tempfile().doing("create a temporary file in", directory.to_string_lossy().as_ref())
}

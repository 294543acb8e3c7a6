//! Programs that xtask implements itself: it acts as one of them if it is started under the program's name.

use std::io;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::Result;
use crate::files::{self, IoContext};

/// Links xtask as `name` into `directory`, and returns the path.
///
/// # Errors
/// The directory can't be written.
pub(super) fn install(directory: &Utf8Path, name: &str) -> Result<Utf8PathBuf> {
    files::create_dir(directory)?;
    let tool = directory.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let own = std::env::current_exe().doing("find", "this program")?;
    // Renamed, because the compiler of another run may be calling it.
    let new = directory.join(format!("{name}.{}", std::process::id()));
    link(&own, new.as_std_path()).doing("write", &new)?;
    files::rename(&new, &tool)?;
    Ok(tool)
}

#[cfg(unix)]
fn link(own: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(own, link)
}

#[cfg(not(unix))]
fn link(own: &Path, link: &Path) -> io::Result<()> {
    std::fs::hard_link(own, link).or_else(|_| std::fs::copy(own, link).map(drop))
}

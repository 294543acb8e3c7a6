//! The commands, each a short function that calls the steps.

use camino::Utf8PathBuf;
use xshell::Shell;

use crate::files;

pub mod dist;
pub mod doctor;
pub mod new;
pub mod preview;
pub mod upgrade;
pub mod validate;

fn current_directory(sh: &Shell) -> files::Result<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(sh.current_dir()).map_err(|path| {
        let reason = std::io::Error::other("its path is not UTF-8");
        files::error("work in", path.to_string_lossy().into_owned(), reason)
    })
}

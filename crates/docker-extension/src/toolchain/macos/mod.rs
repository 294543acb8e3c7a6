//! Replaces Apple's SDK when `rust-lld` links for macOS: a directory of text-based stubs, which only
//! list the symbols of each system library.

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::cache;
use crate::files;
use crate::macos_symbols;
use crate::progress::Progress;
use crate::project::added_symbols::AddedSymbols;
use crate::text;

mod stub;

use stub::{FORMAT, Stub};

/// The directory for `SDKROOT` of a project that adds symbols, written if it is not in the cache. Its name contains a hash of its
/// content, so that versions of xtask don't share it.
///
/// # Errors
/// The cache directory can't be used.
pub fn sdk(added: &AddedSymbols, progress: &Progress) -> files::Result<Utf8PathBuf> {
    let directory = cache::directory()?.join(format!("macos-stubs-{}", name(added)));
    cache::once(&directory, progress, |directory| write(added, directory))?;
    Ok(directory)
}

/// Hashes the lists and not the stubs, because it is faster not to parse the lists.
fn name(added: &AddedSymbols) -> String {
    let mut hasher = Sha256::new();
    hasher.update(FORMAT);
    for (name, text) in macos_symbols::TEXTS {
        hasher.update(name);
        hasher.update(text);
    }
    for (library, symbols) in added {
        hasher.update(format!("{library:?} {symbols:?}"));
    }
    text::hex(&hasher.finalize()[..8])
}

fn write(added: &AddedSymbols, directory: &Utf8Path) -> files::Result<()> {
    for Stub { path, text } in stub::all(&macos_symbols::with(added)) {
        let path = directory.join(path);
        files::create_dir(path.parent().unwrap_or(directory))?;
        files::write(&path, &text)?;
    }
    Ok(())
}

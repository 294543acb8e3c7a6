//! Copies the packaged crate of the tool into a project.

use camino::Utf8Path;
use flate2::read::GzDecoder;
use xshell::{Shell, cmd};

use super::origin::PACKAGED;
use super::tool_source::{CRATE, VENDORED};
use crate::cargo::lockfile;
use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::interrupt::{self, Interruptible};
use crate::process;
use crate::staging::{self, Staged};

/// Writes the files that `cargo package` would publish from `sources` to [`VENDORED`] in `project`, and
/// replaces an older copy.
///
/// # Errors
/// The sources no longer exist, or cargo can't package them.
pub fn copy_tool(sources: &Utf8Path, project: &Utf8Path) -> Result<()> {
    let staged = Staged::begin(&project.join(VENDORED))?;
    if sources.join(PACKAGED).is_file() {
        copy_directory(sources, staged.path())?;
    } else {
        package(sources, staged.path())?;
    }
    staged.commit()
}

fn copy_directory(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    files::create_dir(to)?;
    for entry in files::entries(from)? {
        interrupt::check().map_err(Error::showing)?;
        let (name, path) = (entry.file_name(), entry.path());
        let kind = entry.file_type().doing("read the type of", path)?;
        match (kind.is_dir(), name) {
            // Build output, and cargo's mark for an unpacked crate.
            (true, "target") | (false, ".cargo-ok") => {}
            (true, _) => copy_directory(path, &to.join(name))?,
            (false, _) => files::copy(path, &to.join(name), false)?,
        }
    }
    Ok(())
}

fn package(sources: &Utf8Path, target: &Utf8Path) -> Result<()> {
    let sh = Shell::new()?;
    let manifest = sources.join("Cargo.toml");
    let scratch = target.join(".package");
    let name = CRATE;
    let result = lockfile::offline_first(|offline| {
        process::read(cmd!(
            sh,
            "cargo package --package {name} --manifest-path {manifest} --target-dir {scratch} --no-verify
             --allow-dirty {offline...}"
        ))
    });
    result.map_err(|error| {
        Error::new(format!("cargo can't package the tool in `{sources}`"))
            .because(error)
            .help("choose another source of the tool with `--tool`")
    })?;
    let crate_name = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
    let archive = scratch.join("package").join(format!("{crate_name}.crate"));
    let unpacked = scratch.join("unpacked");
    tar::Archive::new(Interruptible(GzDecoder::new(files::open(&archive)?)))
        .unpack(&unpacked)
        .doing("unpack", &archive)?;
    staging::move_files(&unpacked.join(crate_name), target)?;
    files::remove_dir(&scratch)
}

//! Cargo links a program again if its sources or flags have changed, but not if the stubs of macOS's libraries
//! have: because the project added symbols, or the tool has newer lists. So programs that were linked with
//! other stubs are removed.

use std::collections::BTreeSet;

use camino::Utf8Path;

use crate::cargo::clean;
use crate::error::{Error, Result};
use crate::files;
use crate::host_binaries::Build;
use crate::platform::Os;
use crate::project::Project;

/// The file in cargo's target directory that names the stubs of the last run.
const RECORD: &str = "xtask/macos-stubs";

/// `stubs` is the directory of the stubs for this run.
///
/// # Errors
/// Cargo can't remove the programs.
pub(super) fn forget_outdated(
    project: &Project,
    builds: &[Build<'_>],
    stubs: &Utf8Path,
) -> Result<()> {
    let record = project.target_dir.join(RECORD);
    if files::read_text(&record).is_ok_and(|text| text == stubs.as_str()) {
        return Ok(());
    }
    let for_macos: Vec<&Build<'_>> =
        builds.iter().filter(|build| build.platform.os == Os::Darwin).collect();
    let packages: BTreeSet<&str> = for_macos.iter().map(|it| it.binary.package.as_str()).collect();
    let targets: BTreeSet<String> =
        for_macos.iter().map(|it| it.platform.triple().to_string()).collect();
    clean::release(&project.root, &packages, &targets).map_err(|error| {
        let what =
            "can't remove the host binaries that were linked with other lists of macOS symbols";
        Error::new(what).because(error)
    })?;
    files::create_dir(record.parent().unwrap_or(&project.target_dir))?;
    files::write(&record, stubs.as_str())?;
    Ok(())
}

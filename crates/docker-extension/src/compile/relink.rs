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

/// The directory in cargo's target directory with a file for each target, which names the stubs of its last run.
const RECORDS: &str = "xtask/linked-with";

/// `stubs` is the directory of the stubs for this run.
///
/// # Errors
/// Cargo can't remove the programs.
pub(super) fn forget_outdated(
    project: &Project,
    builds: &[Build<'_>],
    stubs: &Utf8Path,
) -> Result<()> {
    let records = project.target_dir.join(RECORDS);
    let is_outdated = |target: &String| {
        !files::read_text(&records.join(target)).is_ok_and(|text| text == stubs.as_str())
    };
    let for_macos: Vec<&Build<'_>> =
        builds.iter().filter(|build| build.platform.os == Os::Darwin).collect();
    let targets = for_macos.iter().map(|it| it.platform.triple().to_string());
    let outdated: BTreeSet<String> = targets.filter(is_outdated).collect();
    if outdated.is_empty() {
        return Ok(());
    }
    let packages: BTreeSet<&str> = for_macos.iter().map(|it| it.binary.package.as_str()).collect();
    clean::release(&project.root, &packages, &outdated).map_err(|error| {
        let what =
            "can't remove the host binaries that were linked with other lists of macOS symbols";
        Error::new(what).because(error)
    })?;
    files::create_dir(&records)?;
    for target in outdated {
        files::write(&records.join(target), stubs.as_str())?;
    }
    Ok(())
}

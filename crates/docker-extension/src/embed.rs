//! Adds the generated resources to the host binaries for Windows: version, icon and manifest.

use camino::Utf8PathBuf;

use crate::compile::HostBinaryFile;
use crate::error::{Error, Result};
use crate::files;
use crate::platform::Os;
use crate::progress::Step;
use crate::project::Project;
use crate::project::config::WindowsResources;
use crate::resources::default::{ProgramDetails, completed};
use crate::resources::{picture, program};

/// The directory in cargo's target directory for the programs with their resources.
const DIRECTORY: &str = "xtask/windows";

/// The host binaries, with copies in place of those that got resources. Cargo's own files stay as they are.
///
/// # Errors
/// A file can't be read or written, or a program can't contain resources.
pub fn embed<'a>(
    project: &Project,
    binaries: Vec<HostBinaryFile<'a>>,
    step: &Step<'_>,
) -> Result<Vec<HostBinaryFile<'a>>> {
    let gets_resources = |file: &HostBinaryFile<'_>| {
        file.build.platform.os == Os::Windows
            && project.windows_resources(file.build.binary) == WindowsResources::Generate
    };
    if !binaries.iter().any(gets_resources) {
        return Ok(binaries);
    }
    let icon = icon(project, step)?;
    let embed = |file: HostBinaryFile<'a>| {
        if !gets_resources(&file) {
            return Ok(file);
        }
        let path = with_resources(project, &file, icon.as_deref())?;
        Ok(match path {
            Some(path) => HostBinaryFile { path, ..file },
            None => file,
        })
    };
    binaries.into_iter().map(embed).collect()
}

/// The path of the copy. `None` if the program has all these resources of its own.
fn with_resources(
    project: &Project,
    file: &HostBinaryFile<'_>,
    icon: Option<&[u8]>,
) -> Result<Option<Utf8PathBuf>> {
    let HostBinaryFile { build, path } = file;
    let file_name = build.platform.file_name(&build.binary.name);
    let program = files::read(path)?;
    let failed = |error: Error| {
        Error::new(format!("can't add the Windows resources to `{path}`")).because(error).help(
            "set `windows-resources = \"omit\"` in `[package.metadata.docker-extension]` of its package",
        )
    };
    let package = project.packages.get(&build.binary.package);
    let description = package.and_then(|package| package.description.as_deref());
    let details = ProgramDetails {
        file_name: &file_name,
        description: description.unwrap_or(&project.config.title),
        file_version: package.map_or(&project.version, |package| &package.version),
        product: &project.config.title,
        product_version: &project.version,
        company: &project.config.vendor,
        license: package.and_then(|package| package.license.as_deref()),
    };
    let own = program::read(&program).map_err(failed)?;
    let Some(resources) = completed(&own, &details, icon) else { return Ok(None) };
    let program = program::write(&program, &resources).map_err(failed)?;
    let directory = project.target_dir.join(DIRECTORY).join(build.platform.to_string());
    files::create_dir(&directory)?;
    let copy = directory.join(file_name);
    files::write(&copy, program)?;
    Ok(Some(copy))
}

/// The extension's icon for Windows.
fn icon(project: &Project, step: &Step<'_>) -> Result<Option<Vec<u8>>> {
    let path = &project.config.icon;
    let icon = picture::to_ico(&files::read(&project.root.join(path))?);
    if let Err(reason) = &icon {
        step.progress().note(format_args!(
            "the programs for Windows have no icon, because `{path}` can't be converted: {reason}"
        ));
    }
    Ok(icon.ok())
}

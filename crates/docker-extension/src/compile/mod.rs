//! Compiles the host binaries with one call of cargo for all targets, and checks them.

use camino::Utf8PathBuf;

use crate::cargo::build;
use crate::error::{Error, Result};
use crate::host_binaries::{Build, HostBinaryPlan};
use crate::progress::Step;
use crate::project::Project;
use crate::toolchain::Tools;

mod attempt;
mod check;
mod framework;
mod invocation;
mod symbol;

use attempt::{BinaryPaths, BuildFailure};
use invocation::Invocation;

/// A host binary, built and checked.
#[derive(Clone, Debug)]
pub struct HostBinaryFile<'a> {
    pub build: Build<'a>,
    /// The file that cargo wrote.
    pub path: Utf8PathBuf,
}

/// Compiles everything in `plan`.
///
/// # Errors
/// A binary does not compile, or would not run on its platform.
pub fn compile<'a>(
    project: &Project,
    plan: &HostBinaryPlan<'a>,
    tools: &Tools<'_>,
    step: &Step<'_>,
) -> Result<Vec<HostBinaryFile<'a>>> {
    let mut files = Vec::new();
    for (platforms, binaries) in plan.groups() {
        let mut built = BinaryPaths::new();
        for (setup, platforms) in tools.linking.calls(&platforms) {
            let invocation = Invocation {
                project,
                setup,
                platforms: &platforms,
                binaries: &binaries,
                tools,
                inherited_flags: build::inherited_rustflags(),
                macos_flags: Vec::new(),
            };
            built.extend(build_binaries(invocation, step)?);
        }
        let builds = plan.builds().iter().filter(|build| {
            platforms.contains(&build.platform) && binaries.contains(&build.binary)
        });
        for &build in builds {
            let path = built
                .get(&(build.platform, build.binary.name.clone()))
                .ok_or_else(|| not_built(&build))?;
            files.push(HostBinaryFile { build, path: path.clone() });
        }
    }
    let built = files.iter().map(|file| (file.build, &*file.path));
    check::check(built, project.config.minimum_macos)?;
    Ok(files)
}

fn not_built(build: &Build<'_>) -> Error {
    let Build { binary, platform } = build;
    Error::new(format!("cargo did not report the file of `{}` for {platform}", binary.name))
        .help("run the command again with `-v`, and read cargo's output")
}

/// Runs cargo, and again with other flags if macOS has to resolve a framework's symbols at load time.
fn build_binaries(mut invocation: Invocation<'_>, step: &Step<'_>) -> Result<BinaryPaths> {
    loop {
        match attempt::run(&invocation, step) {
            Err(BuildFailure::UnknownSymbols(unknown))
                if unknown.may_be_found_at_start()
                    && !invocation.tools.deny_unknown_symbols
                    // Otherwise the flags did not help.
                    && !unknown.flags().iter().all(|flag| invocation.macos_flags.contains(flag)) =>
            {
                step.progress().warn(unknown.warning());
                invocation.macos_flags.extend(unknown.flags());
            }
            result => return Ok(result?),
        }
    }
}

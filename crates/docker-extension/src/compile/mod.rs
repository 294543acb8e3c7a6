//! Compiles the host binaries: one call of cargo for all targets, and a look at what came out.

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::build;
use crate::error::{Error, Result};
use crate::files;
use crate::host_binaries::{Build, HostBinaryPlan};
use crate::inspect::{self, Unfit};
use crate::progress::Step;
use crate::project::Project;
use crate::toolchain::Tools;

mod attempt;
mod framework;
mod invocation;
mod symbol;

use attempt::{BuildFailure, Built};
use invocation::Invocation;

/// A host binary, built and checked.
#[derive(Clone, Debug)]
pub struct HostBinaryFile<'a> {
    pub build: Build<'a>,
    /// Where cargo put it.
    pub path: Utf8PathBuf,
}

/// Compiles everything in `plan`.
///
/// # Errors
/// Something does not compile, or what was built would not run where it should.
pub fn compile<'a>(
    project: &Project,
    plan: &HostBinaryPlan<'a>,
    tools: &Tools<'_>,
    step: &Step<'_>,
) -> Result<Vec<HostBinaryFile<'a>>> {
    let mut files = Vec::new();
    for (platforms, binaries) in plan.groups() {
        let mut built = Built::new();
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
            check(build, path, project)?;
            files.push(HostBinaryFile { build, path: path.clone() });
        }
    }
    Ok(files)
}

fn not_built(build: &Build<'_>) -> Error {
    let Build { binary, platform } = build;
    Error::new(format!("cargo does not say where it put `{}` for {platform}", binary.name))
        .help("run it again with -v, and see what cargo says")
}

/// Runs cargo, and again where a name of a framework has to be left to the start of the program.
fn build_binaries(mut invocation: Invocation<'_>, step: &Step<'_>) -> Result<Built> {
    loop {
        match attempt::run(&invocation, step) {
            Err(BuildFailure::UnknownSymbols(unknown))
                if unknown.may_be_found_at_start()
                    && !invocation.tools.deny_unknown_symbols
                    // Else the flags have not helped.
                    && !unknown.flags().iter().all(|flag| invocation.macos_flags.contains(flag)) =>
            {
                step.progress().warn(unknown.warning());
                invocation.macos_flags.extend(unknown.flags());
            }
            result => return Ok(result?),
        }
    }
}

fn check(build: Build<'_>, path: &Utf8Path, project: &Project) -> Result<()> {
    let bytes = files::read(path)?;
    inspect::read(&bytes).check(build.platform, project.config.minimum_macos).map_err(|reason| {
        let Build { binary, platform } = build;
        let name = &binary.name;
        Error::new(format!("`{name}` for {platform} will not run there: {reason} (`{path}`)"))
            .help(match reason {
                Unfit::TooNewMacOs { found, .. } => format!(
                    "let the linker make an older one (another zig?), or set `minimum-macos = \"{found}\"`"
                ),
                _ => "this is the linker's doing: choose another with `--linker`".to_owned(),
            })
    })
}

//! Makes cargo link every platform with what was chosen for it.

use std::collections::BTreeMap;

use xshell::Shell;

use super::linker::{Linker, LinkerPlan};
use super::route::Route;
use super::zig::Zig;
use super::zigbuild::{self, Environment};
use super::{Error, Toolchain, ToolchainPlan, import_library, lld, macos, mingw};
use crate::error::one_line;
use crate::platform::{HostPlatform, Os};
use crate::progress::Step;
use crate::project::Project;
use crate::text;

/// The folder below cargo's for the tools that xtask is under another name.
const TOOLS: &str = "xtask";

/// What cargo and the compiler have to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// Variables, for all platforms.
    pub environment: Environment,
    /// The compiler's flags for each platform.
    pub flags: BTreeMap<HostPlatform, Vec<String>>,
    /// What links, for people.
    pub said: String,
}

/// Gets what links each platform of the route, where it is not there.
///
/// # Errors
/// A linker can't be had.
pub(super) fn prepare(
    plan: &ToolchainPlan<'_>,
    route: &Route,
    project: &Project,
    sh: &Shell,
    step: &Step<'_>,
) -> Result<Linking, Error> {
    let mut linking = Linking::default();
    let mut by_linker: BTreeMap<Linker, Vec<HostPlatform>> = BTreeMap::new();
    for (&platform, LinkerPlan { choice, otherwise, .. }) in &route.linkers {
        let mut choice = choice;
        if choice.linker == Linker::Lld {
            match (linking.use_lld(plan.toolchain, project, platform, step), otherwise) {
                (Err(Error::Mingw(error)), Some(otherwise)) => {
                    choice = otherwise;
                    step.progress().note(format_args!(
                        "{platform} is linked by {}, because `rust-mingw` can't be had: {}",
                        choice.linker,
                        one_line(&error)
                    ));
                }
                (result, _) => result?,
            }
        }
        step.progress().detail(format_args!("{platform}: {}, {}", choice.linker, choice.reason));
        by_linker.entry(choice.linker).or_default().push(platform);
    }
    for &platform in by_linker.get(&Linker::System).into_iter().flatten() {
        linking.use_system(platform);
    }
    if let (Some(platforms), Some(zig)) = (by_linker.get(&Linker::Zig), &plan.zig) {
        linking.use_zig(&zig.provide(sh, step)?, project, platforms, step)?;
    }
    linking.said = said(&by_linker, &linking.said);
    Ok(linking)
}

impl Linking {
    fn use_lld(
        &mut self,
        toolchain: &Toolchain,
        project: &Project,
        platform: HostPlatform,
        step: &Step<'_>,
    ) -> Result<(), Error> {
        let program = lld::program(toolchain).ok_or(Error::NoLld)?;
        let mut flags = lld::flags(&program, platform);
        match platform.os {
            Os::Darwin => {
                let sdk = macos::sdk(step.progress())?;
                self.environment.insert("SDKROOT".to_owned(), sdk.into());
            }
            Os::Windows => {
                let libraries = mingw::provide(toolchain, platform, step)?;
                let dlltool = import_library::install(&project.target_dir.join(TOOLS))?;
                flags.push(format!("-Cdlltool={dlltool}"));
                flags.push(format!("-Lnative={libraries}"));
            }
            Os::Linux => {}
        }
        self.flags.insert(platform, flags);
        Ok(())
    }

    fn use_system(&mut self, platform: HostPlatform) {
        self.keep_times_out(platform, "-Clink-arg=-Wl,--no-insert-timestamp");
    }

    /// Keeps the linker, called by a C compiler, from writing times into programs: `for_windows` is
    /// the flag by which this one leaves them out of the header.
    fn keep_times_out(&mut self, platform: HostPlatform, for_windows: &str) {
        let flag = match platform.os {
            Os::Windows => for_windows,
            // The times of object files would be in what the file's UUID is computed from.
            Os::Darwin => "-Clink-arg=-Wl,-S",
            Os::Linux => return,
        };
        self.flags.insert(platform, vec![flag.to_owned()]);
    }

    fn use_zig(
        &mut self,
        zig: &Zig,
        project: &Project,
        platforms: &[HostPlatform],
        step: &Step<'_>,
    ) -> Result<(), Error> {
        let environment = zigbuild::environment(zig, platforms, project.config.minimum_macos)?;
        self.environment.extend(environment);
        let is_for_macos = platforms.iter().any(|platform| platform.os == Os::Darwin);
        let has_sdk = cfg!(target_os = "macos") || std::env::var_os("SDKROOT").is_some();
        if is_for_macos && !has_sdk {
            // zig has libSystem alone; the stubs have frameworks as well.
            self.environment.insert("SDKROOT".to_owned(), macos::sdk(step.progress())?.into());
        }
        for &platform in platforms {
            self.keep_times_out(platform, "-Clink-arg=-Wl,-Brepro");
            if platform.os == Os::Windows {
                // Else what this machine has is called, and each makes other bytes.
                let dlltool = import_library::install(&project.target_dir.join(TOOLS))?;
                self.flags.entry(platform).or_default().push(format!("-Cdlltool={dlltool}"));
            }
        }
        self.said = format!("zig {} ({})", zig.version, zig.origin);
        Ok(())
    }
}

fn said(by_linker: &BTreeMap<Linker, Vec<HostPlatform>>, zig: &str) -> String {
    let linkers = by_linker.iter().map(|(linker, platforms)| {
        let name = match linker {
            Linker::Lld => "rust-lld",
            Linker::Zig => zig,
            Linker::System => "the system",
        };
        let names: Vec<String> = platforms.iter().map(ToString::to_string).collect();
        if by_linker.len() == 1 {
            name.to_owned()
        } else {
            format!("{name} for {}", text::list(&names))
        }
    });
    format!("linked by {}", text::list(&linkers.collect::<Vec<_>>()))
}

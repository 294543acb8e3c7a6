//! Makes cargo link every platform with what was chosen for it.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::PathBuf;

use camino::Utf8PathBuf;
use xshell::Shell;

use super::linker::{Linker, LinkerPlan};
use super::route::Route;
use super::rust::Toolchain;
use super::zig::{Zig, ZigPlan};
use super::{import_library, lld, macos, mingw, zigbuild};
use crate::cargo::build::{BuildTool, CargoSetup};
use crate::error::{Error, Result, one_line};
use crate::platform::{HostPlatform, Os};
use crate::progress::Step;
use crate::project::Project;
use crate::text;

/// The folder below cargo's for the tools that xtask is under another name.
const TOOLS: &str = "xtask";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// Cargo itself, which builds the platforms that zig does not link.
    cargo: CargoSetup,
    /// `cargo-zigbuild`, and the platforms that it builds.
    zigbuild: Option<(CargoSetup, Vec<HostPlatform>)>,
    pub flags: BTreeMap<HostPlatform, Vec<String>>,
    /// What links, for people.
    pub said: String,
}

/// Gets what links each platform of the route, where it is not there.
///
/// # Errors
/// A linker can't be had.
pub(super) fn prepare(
    toolchain: &Toolchain,
    zig: Option<&ZigPlan>,
    route: &Route,
    project: &Project,
    sh: &Shell,
    step: &Step<'_>,
) -> Result<Linking> {
    let mut linking = Linking::default();
    let mut by_linker: BTreeMap<Linker, Vec<HostPlatform>> = BTreeMap::new();
    for (&platform, LinkerPlan { choice, otherwise, .. }) in &route.linkers {
        let mut choice = choice;
        if choice.linker == Linker::Lld {
            match (libraries(toolchain, platform, step), otherwise) {
                (Err(error), Some(otherwise)) => {
                    choice = otherwise;
                    let reason = error.source().map_or_else(|| error.to_string(), one_line);
                    step.progress().note(format_args!(
                        "{platform} is linked by {}, because `rust-mingw` can't be had: {reason}",
                        choice.linker
                    ));
                }
                (libraries, _) => {
                    linking.use_lld(toolchain, project, platform, libraries?, step)?;
                }
            }
        }
        step.progress().detail(format_args!("{platform}: {}, {}", choice.linker, choice.reason));
        by_linker.entry(choice.linker).or_default().push(platform);
    }
    for &platform in by_linker.get(&Linker::System).into_iter().flatten() {
        linking.use_system(platform);
    }
    if let (Some(platforms), Some(zig)) = (by_linker.get(&Linker::Zig), zig) {
        let (zig, zigbuild) = (zig.provide(sh, step)?, zigbuild::provide(sh, step)?);
        linking.use_zig(&zig, zigbuild, project, platforms, step)?;
    }
    linking.said = said(&by_linker, &linking.said);
    Ok(linking)
}

/// The libraries that `rust-lld` needs for Windows.
fn libraries(
    toolchain: &Toolchain,
    platform: HostPlatform,
    step: &Step<'_>,
) -> Result<Option<Utf8PathBuf>> {
    let is_windows = platform.os == Os::Windows;
    is_windows.then(|| mingw::provide(toolchain, platform, step)).transpose()
}

impl Linking {
    /// What builds `platforms`: one call of cargo for those that zig links, and one for the others.
    pub fn calls(&self, platforms: &[HostPlatform]) -> Vec<(&CargoSetup, Vec<HostPlatform>)> {
        let by_zig = self.zigbuild.as_ref().map_or(&[][..], |(_, platforms)| platforms);
        let (zig, others) = platforms.iter().partition(|platform| by_zig.contains(platform));
        let zigbuild = self.zigbuild.as_ref().map(|(setup, _)| (setup, zig));
        let calls = [(&self.cargo, others)].into_iter().chain(zigbuild);
        calls.filter(|(_, platforms): &(_, Vec<_>)| !platforms.is_empty()).collect()
    }

    fn use_lld(
        &mut self,
        toolchain: &Toolchain,
        project: &Project,
        platform: HostPlatform,
        libraries: Option<Utf8PathBuf>,
        step: &Step<'_>,
    ) -> Result<()> {
        let no_lld = || Error::new("the Rust toolchain has no `rust-lld`");
        let program = lld::program(toolchain).ok_or_else(no_lld)?;
        let mut flags = lld::flags(&program, platform);
        match platform.os {
            Os::Darwin => {
                let sdk = macos::sdk(step.progress())?;
                self.cargo.variables.insert("SDKROOT".to_owned(), sdk.into());
            }
            Os::Windows => {
                let dlltool = import_library::install(&project.target_dir.join(TOOLS))?;
                flags.push(format!("-Cdlltool={dlltool}"));
                flags.extend(libraries.map(|libraries| format!("-Lnative={libraries}")));
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
        zigbuild: PathBuf,
        project: &Project,
        platforms: &[HostPlatform],
        step: &Step<'_>,
    ) -> Result<()> {
        let mut setup = CargoSetup {
            tool: BuildTool::Zigbuild(zigbuild),
            variables: zig.variables().into_iter().chain([zigbuild::cache_variable()?]).collect(),
            settings: Vec::new(),
        };
        let is_for_macos = platforms.iter().any(|platform| platform.os == Os::Darwin);
        let has_sdk = cfg!(target_os = "macos") || std::env::var_os("SDKROOT").is_some();
        if is_for_macos && !has_sdk {
            // zig has libSystem alone; the stubs have frameworks as well. They are no SDK, so
            // `cargo-zigbuild` itself does not hear of them: it would tell `pkg-config` of one.
            let sdk = serde_json::Value::from(macos::sdk(step.progress())?.into_string());
            setup.settings.push(format!("env.SDKROOT={sdk}"));
        }
        for &platform in platforms {
            self.keep_times_out(platform, "-Clink-arg=-Wl,-Brepro");
            if platform.os == Os::Windows {
                // Else what this machine has is called, and each makes other bytes.
                let dlltool = import_library::install(&project.target_dir.join(TOOLS))?;
                self.flags.entry(platform).or_default().push(format!("-Cdlltool={dlltool}"));
            }
        }
        self.zigbuild = Some((setup, platforms.to_vec()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_zig_links_is_a_call_of_its_own() {
        let [one, two, three] = HostPlatform::DEFAULT;
        let mut linking = Linking::default();
        let calls = |linking: &Linking, platforms: &[HostPlatform]| {
            let calls = linking.calls(platforms).into_iter();
            let calls = calls.map(|(setup, it)| (setup.tool == BuildTool::Cargo, it));
            calls.collect::<Vec<_>>()
        };
        assert_eq!(calls(&linking, &[one, two]), [(true, vec![one, two])]);
        let tool = BuildTool::Zigbuild("cargo-zigbuild".into());
        linking.zigbuild = Some((CargoSetup { tool, ..CargoSetup::default() }, vec![two, three]));
        assert_eq!(calls(&linking, &[one, two]), [(true, vec![one]), (false, vec![two])]);
        assert_eq!(calls(&linking, &[two, three]), [(false, vec![two, three])]);
    }
}

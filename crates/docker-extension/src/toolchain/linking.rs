//! Configures cargo so that each platform is linked by the chosen linker.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::path::PathBuf;

use camino::Utf8PathBuf;
use xshell::Shell;

use super::linker::{Linker, LinkerPlan};
use super::route::Route;
use super::rust::Toolchain;
use super::zig::{Zig, ZigPlan};
use super::{import_library, lld, macos, mingw, remap, resource_compiler, zig_cc, zigbuild};
use crate::cargo::build::{BuildTool, CargoSetup};
use crate::error::{Error, Result, one_line};
use crate::platform::{HostPlatform, Os};
use crate::progress::Step;
use crate::project::Project;
use crate::text;

/// The directory in cargo's target directory for the tools that xtask implements under other names.
const TOOLS: &str = "xtask";
/// The directory in [`TOOLS`] that is on the PATH of build scripts.
const ON_PATH: &str = "bin";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linking {
    /// Cargo itself, which builds the platforms that zig does not link.
    cargo: CargoSetup,
    /// `cargo-zigbuild`, and the platforms that it builds.
    zigbuild: Option<(CargoSetup, Vec<HostPlatform>)>,
    pub flags: BTreeMap<HostPlatform, Vec<String>>,
    /// The directory of the stubs of macOS's libraries, if they are linked with.
    pub macos_stubs: Option<Utf8PathBuf>,
    /// The linkers, for messages.
    pub description: String,
}

/// Provides the linker of each platform of the route, and downloads what is missing.
///
/// # Errors
/// A linker is unavailable.
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
                        "{platform} is linked by {}, because `rust-mingw` is unavailable: {reason}",
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
    for (_, platforms) in by_linker.iter().filter(|(linker, _)| **linker != Linker::Zig) {
        // C compilers that the user has installed.
        let triples = platforms.iter().map(|platform| platform.triple().to_string());
        let paths = remap::remapped_paths(project);
        linking.cargo.variables.extend(triples.flat_map(|it| remap::c_variables(&paths, &it)));
    }
    if let (Some(platforms), Some(zig)) = (by_linker.get(&Linker::Zig), zig) {
        let (zig, zigbuild) = (zig.provide(sh, step)?, zigbuild::provide(sh, step)?);
        linking.use_zig(&zig, zigbuild, project, platforms, step)?;
    }
    if route.linkers.keys().any(|platform| platform.os == Os::Windows) {
        linking.provide_resource_compiler(project)?;
    }
    linking.description = description(&by_linker, &linking.description);
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
    /// How cargo is called for `platform`.
    pub fn setup(&self, platform: HostPlatform) -> &CargoSetup {
        match &self.zigbuild {
            Some((setup, platforms)) if platforms.contains(&platform) => setup,
            _ => &self.cargo,
        }
    }

    /// Whether the linker leaves symbols that it finds in no library to macOS.
    pub fn leaves_unknown_symbols(&self, platform: HostPlatform) -> bool {
        let mut flags = self.flags.get(&platform).into_iter().flatten();
        flags.any(|flag| flag.ends_with("dynamic_lookup"))
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
                let sdk = macos::sdk(&project.config.macos_symbols, step.progress())?;
                self.cargo.variables.insert("SDKROOT".to_owned(), sdk.clone().into());
                self.macos_stubs = Some(sdk);
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

    /// Build scripts find it on PATH.
    fn provide_resource_compiler(&mut self, project: &Project) -> Result<()> {
        let path = resource_compiler::install(&project.target_dir.join(TOOLS).join(ON_PATH))?;
        for setup in
            [&mut self.cargo].into_iter().chain(self.zigbuild.iter_mut().map(|it| &mut it.0))
        {
            setup.variables.insert("PATH".to_owned(), path.clone());
        }
        Ok(())
    }

    fn use_system(&mut self, platform: HostPlatform) {
        self.keep_times_out(platform, "-Clink-arg=-Wl,--no-insert-timestamp");
    }

    /// Keeps timestamps out of programs if a C compiler calls the linker. `for_windows` is this linker's
    /// flag that leaves the timestamp out of the PE header.
    fn keep_times_out(&mut self, platform: HostPlatform, for_windows: &str) {
        let flag = match platform.os {
            Os::Windows => for_windows,
            // Without it, the timestamps of object files change the UUID of the program.
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
            variables: zig_cc::variables(zig, remap::remapped_paths(project))?
                .into_iter()
                .collect(),
            settings: Vec::new(),
        };
        let is_for_macos = platforms.iter().any(|platform| platform.os == Os::Darwin);
        let has_sdk = cfg!(target_os = "macos") || std::env::var_os("SDKROOT").is_some();
        if is_for_macos && !has_sdk {
            // zig only has libSystem; the stubs also have the frameworks. The stubs are not an SDK, so
            // `cargo-zigbuild` must not see the variable: it would pass the directory to `pkg-config`.
            let sdk = macos::sdk(&project.config.macos_symbols, step.progress())?;
            let text = serde_json::Value::from(sdk.as_str());
            setup.settings.push(format!("env.SDKROOT={text}"));
            self.macos_stubs = Some(sdk);
        }
        for &platform in platforms {
            self.keep_times_out(platform, "-Clink-arg=-Wl,-Brepro");
            if platform.os == Os::Darwin && !has_sdk {
                // As for `rust-lld`.
                let flag = "-Clink-arg=-Wl,-undefined,dynamic_lookup".to_owned();
                self.flags.entry(platform).or_default().push(flag);
            }
            if platform.os == Os::Windows {
                // Otherwise rustc calls the `dlltool` of this machine, and each writes different bytes.
                let dlltool = import_library::install(&project.target_dir.join(TOOLS))?;
                self.flags.entry(platform).or_default().push(format!("-Cdlltool={dlltool}"));
            }
        }
        self.zigbuild = Some((setup, platforms.to_vec()));
        self.description = format!("zig {} ({})", zig.version, zig.origin);
        Ok(())
    }
}

fn description(by_linker: &BTreeMap<Linker, Vec<HostPlatform>>, zig: &str) -> String {
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
    fn zig_builds_its_platforms_and_cargo_the_others() {
        let [one, two, three] = HostPlatform::DEFAULT;
        let tool = BuildTool::Zigbuild("cargo-zigbuild".into());
        let setup = CargoSetup { tool, ..CargoSetup::default() };
        let linking =
            Linking { zigbuild: Some((setup.clone(), vec![two, three])), ..Linking::default() };
        assert_eq!(linking.setup(one), &CargoSetup::default());
        assert_eq!([linking.setup(two), linking.setup(three)], [&setup, &setup]);
    }
}

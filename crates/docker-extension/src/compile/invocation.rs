//! The arguments of cargo for host binaries that are the same on every machine.

use crate::cargo::build::{BinaryName, BuildStd, BuildTarget, CargoBuild, CargoSetup, Diagnostics};
use crate::platform::{HostPlatform, Os};
use crate::project::{HostBinary, Project};
use crate::toolchain::Tools;
use crate::toolchain::standard_library::StandardLibrary;

/// One call of cargo that builds host binaries for some platforms.
pub(super) struct Invocation<'a> {
    pub project: &'a Project,
    pub setup: &'a CargoSetup,
    pub platforms: &'a [HostPlatform],
    pub binaries: &'a [&'a HostBinary],
    pub tools: &'a Tools<'a>,
    /// Flags for macOS that an earlier attempt showed to be necessary.
    pub macos_flags: Vec<String>,
    /// The compiler flags from the environment.
    pub inherited_flags: Vec<String>,
}

impl Invocation<'_> {
    pub fn cargo(&self) -> CargoBuild<'_> {
        let mut setup = self.setup.clone();
        let minimum_macos = self.project.config.minimum_macos.to_string();
        setup.variables.insert("MACOSX_DEPLOYMENT_TARGET".to_owned(), minimum_macos);
        CargoBuild {
            setup,
            root: &self.project.root,
            binaries: self.binaries.iter().copied().map(BinaryName::from).collect(),
            targets: self.platforms.iter().map(|platform| self.target(*platform)).collect(),
            diagnostics: Diagnostics::ShownByCargo,
            options: &["--release", "--locked", "--keep-going"],
            standard_library: self.standard_library(),
        }
    }

    fn standard_library(&self) -> Option<BuildStd<'_>> {
        match &self.tools.standard_library {
            StandardLibrary::Prebuilt => None,
            StandardLibrary::FromSource(sources) => {
                let library = (!sources.in_toolchain).then_some(&*sources.library);
                Some(BuildStd { library })
            }
        }
    }

    fn target(&self, platform: HostPlatform) -> BuildTarget {
        let mut rustflags = self.inherited_flags.clone();
        rustflags.extend(self.remapped_paths());
        rustflags.extend(self.tools.linking.flags.get(&platform).into_iter().flatten().cloned());
        if platform.os == Os::Darwin {
            rustflags.extend(self.macos_flags.iter().cloned());
        }
        BuildTarget { triple: platform.triple(), rustflags }
    }

    /// The flags that keep this machine's directories out of the binaries.
    fn remapped_paths(&self) -> Vec<String> {
        let remap = |from: &str, to: &str| format!("--remap-path-prefix={from}={to}");
        let mut flags = vec![remap(self.project.root.as_str(), "/workspace")];
        if let Ok(home) = cargo_home() {
            flags.push(remap(&home, "/cargo"));
        }
        if let StandardLibrary::FromSource(sources) = &self.tools.standard_library {
            let commit = self.tools.toolchain.commit.as_deref().unwrap_or("unknown");
            flags.push(remap(sources.library.as_str(), &format!("/rustc/{commit}/library")));
        }
        flags
    }
}

fn cargo_home() -> Result<String, std::env::VarError> {
    std::env::var("CARGO_HOME").or_else(|_| {
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        std::env::var(home).map(|home| format!("{home}/.cargo"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_binaries::HostBinaryPlan;
    use crate::progress::{Progress, Verbosity};
    use crate::project::testing::project;
    use crate::toolchain::Toolchain;
    use crate::toolchain::standard_library::Sources;
    use expect_test::expect;

    fn command_line(standard_library: StandardLibrary) -> String {
        let project = project("/home/me/tool".into());
        let plan = HostBinaryPlan::new(&project, &project.config.platforms);
        let toolchain = Toolchain {
            version: "1.95.0".to_owned(),
            commit: Some("c0ffee".to_owned()),
            host: "x86_64-unknown-linux-gnu".parse().unwrap(),
            sysroot: "/rust".into(),
            rustup_name: None,
        };
        let tools = Tools::for_test(&toolchain, standard_library);
        let (platforms, binaries) = plan.groups().remove(0);
        let (setup, platforms) = tools.linking.calls(&platforms).remove(0);
        let invocation = Invocation {
            project: &project,
            setup,
            platforms: &platforms,
            binaries: &binaries,
            tools: &tools,
            inherited_flags: vec!["-Dwarnings".to_owned()],
            macos_flags: vec!["-Clink-arg=-U".to_owned()],
        };
        let sh = xshell::Shell::new().unwrap();
        let command = invocation.cargo().command(&sh, &Progress::new(Verbosity::Quiet));
        let variables = command
            .get_envs()
            .filter_map(|(name, value)| Some(format!("{}={}", name.display(), value?.display())));
        let cargo_home = format!("={}=", cargo_home().unwrap());
        let words = command
            .get_args()
            .map(|word| word.to_string_lossy().replace(&cargo_home, "=CARGO_HOME="));
        variables.chain(words).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn one_call_builds_every_target_and_no_directory_of_this_machine_is_in_the_binaries() {
        expect![[r#"
            MACOSX_DEPLOYMENT_TARGET=11.0
            build
            --release
            --locked
            --keep-going
            --message-format=json-render-diagnostics
            --target
            x86_64-apple-darwin
            --config
            target.x86_64-apple-darwin.rustflags=["-Dwarnings","--remap-path-prefix=/home/me/tool=/workspace","--remap-path-prefix=CARGO_HOME=/cargo","-Clink-arg=-U"]
            --target
            aarch64-apple-darwin
            --config
            target.aarch64-apple-darwin.rustflags=["-Dwarnings","--remap-path-prefix=/home/me/tool=/workspace","--remap-path-prefix=CARGO_HOME=/cargo","-Clink-arg=-U"]
            --target
            x86_64-pc-windows-gnu
            --config
            target.x86_64-pc-windows-gnu.rustflags=["-Dwarnings","--remap-path-prefix=/home/me/tool=/workspace","--remap-path-prefix=CARGO_HOME=/cargo"]
            --package
            my-tool
            --bin
            tool
            --quiet"#]].assert_eq(&command_line(StandardLibrary::Prebuilt));
    }

    #[test]
    fn the_directory_of_standard_library_sources_is_passed_to_cargo_and_kept_out_of_the_binaries() {
        let sources = Sources { library: "/cache/library".into(), in_toolchain: false };
        let line = command_line(StandardLibrary::FromSource(sources));
        for part in [
            "RUSTC_BOOTSTRAP=1",
            "__CARGO_TESTS_ONLY_SRC_ROOT=/cache/library",
            "-Zbuild-std=std,panic_abort",
            "--remap-path-prefix=/cache/library=/rustc/c0ffee/library",
        ] {
            assert!(line.contains(part), "{part} is missing in:\n{line}");
        }
    }
}

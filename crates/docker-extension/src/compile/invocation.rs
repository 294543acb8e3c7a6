//! The arguments of cargo for host binaries that are the same on every machine.

use super::calls::CargoCall;
use crate::cargo::build::{BinaryName, BuildStd, BuildTarget, CargoBuild};
use crate::platform::HostPlatform;
use crate::project::Project;
use crate::toolchain::standard_library::StandardLibrary;
use crate::toolchain::{Tools, remap};

/// A call of cargo with everything that it depends on.
pub(super) struct Invocation<'a> {
    pub project: &'a Project,
    pub call: &'a CargoCall<'a>,
    pub tools: &'a Tools<'a>,
    /// The compiler flags from the environment.
    pub inherited_flags: Vec<String>,
}

impl Invocation<'_> {
    pub fn cargo(&self) -> CargoBuild<'_> {
        let mut setup = self.call.setup.clone();
        let minimum_macos = self.project.config.minimum_macos.to_string();
        setup.variables.insert("MACOSX_DEPLOYMENT_TARGET".to_owned(), minimum_macos);
        CargoBuild {
            setup,
            root: &self.project.root,
            binaries: self.call.binaries.iter().copied().map(BinaryName::from).collect(),
            targets: self.call.platforms.iter().map(|platform| self.target(*platform)).collect(),
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
        BuildTarget { triple: platform.triple(), rustflags }
    }

    /// The flags that keep this machine's directories out of the binaries.
    fn remapped_paths(&self) -> Vec<String> {
        let remap = |from: &str, to: &str| format!("--remap-path-prefix={from}={to}");
        let paths = remap::remapped_paths(self.project);
        let mut flags: Vec<String> = paths.iter().map(|it| remap(&it.from, &it.to)).collect();
        if let StandardLibrary::FromSource(sources) = &self.tools.standard_library {
            let commit = self.tools.toolchain.commit.as_deref().unwrap_or("unknown");
            flags.push(remap(sources.library.as_str(), &format!("/rustc/{commit}/library")));
        }
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::super::calls::calls;
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
        let calls = calls(&plan, &tools);
        let invocation = Invocation {
            project: &project,
            call: &calls[0],
            tools: &tools,
            inherited_flags: vec!["-Dwarnings".to_owned()],
        };
        let sh = xshell::Shell::new().unwrap();
        let command = invocation.cargo().command(&sh, &Progress::new(Verbosity::Quiet));
        let variables = command
            .get_envs()
            .filter_map(|(name, value)| Some(format!("{}={}", name.display(), value?.display())));
        let cargo_home = format!("={}=", remap::cargo_home().unwrap());
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
            --message-format=json-diagnostic-rendered-ansi
            --target
            x86_64-apple-darwin
            --config
            target.x86_64-apple-darwin.rustflags=["-Dwarnings","--remap-path-prefix=/home/me/tool=/workspace","--remap-path-prefix=CARGO_HOME=/cargo"]
            --target
            aarch64-apple-darwin
            --config
            target.aarch64-apple-darwin.rustflags=["-Dwarnings","--remap-path-prefix=/home/me/tool=/workspace","--remap-path-prefix=CARGO_HOME=/cargo"]
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

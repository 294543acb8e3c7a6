//! The one call of cargo: its arguments and its environment.

use std::process::Command;

use crate::platform::{HostPlatform, Os};
use crate::progress::Progress;
use crate::project::{HostBinary, Project};
use crate::toolchain::Tools;
use crate::toolchain::standard_library::StandardLibrary;

/// What cargo is asked to build.
pub(super) struct Invocation<'a> {
    pub project: &'a Project,
    pub platforms: &'a [HostPlatform],
    pub binaries: &'a [&'a HostBinary],
    pub tools: &'a Tools<'a>,
    /// Flags for macOS that came up on the way.
    pub macos_flags: Vec<String>,
    /// The compiler flags of the environment: see [`inherited_flags`].
    pub inherited_flags: Vec<String>,
}

impl Invocation<'_> {
    pub fn command(&self, progress: &Progress) -> Command {
        let mut command = Command::new("cargo");
        command
            .current_dir(&self.project.root)
            .args(["build", "--release", "--locked", "--keep-going"])
            .arg("--message-format=json-render-diagnostics");
        for platform in self.platforms {
            command.args(["--target", &platform.triple().to_string()]);
            command.args(["--config", &self.rustflags(*platform)]);
        }
        for binary in self.binaries {
            command.args(["--package", &binary.package, "--bin", &binary.name]);
        }
        self.add_standard_library(&mut command);
        self.add_environment(&mut command);
        progress.tell_cargo(&mut command);
        command
    }

    fn add_standard_library(&self, command: &mut Command) {
        let StandardLibrary::FromSource(sources) = &self.tools.standard_library else { return };
        command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        if !sources.in_toolchain {
            // The only way to tell cargo of sources outside of the toolchain.
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", &sources.library);
        }
    }

    fn add_environment(&self, command: &mut Command) {
        command
            .envs(&self.tools.linking.environment)
            .env("MACOSX_DEPLOYMENT_TARGET", self.project.config.minimum_macos.to_string())
            // They would take the place of the flags that are given for each target.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
    }

    /// The compiler's flags for a target, as a setting of cargo's. They come on top of what cargo's
    /// configuration files say for the target; what those say for all targets (`build.rustflags`)
    /// gives way to them, as cargo has it.
    fn rustflags(&self, platform: HostPlatform) -> String {
        let mut flags = self.inherited_flags.clone();
        flags.extend(self.remapped_paths());
        flags.extend(self.tools.linking.flags.get(&platform).into_iter().flatten().cloned());
        if platform.os == Os::Darwin {
            flags.extend(self.macos_flags.iter().cloned());
        }
        // JSON's lists of texts are TOML's as well.
        let flags = serde_json::Value::from(flags);
        format!("target.{}.rustflags={flags}", platform.triple())
    }

    /// What keeps this machine's folders out of the binaries.
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

/// The flags of the environment, by cargo's own rules.
pub(super) fn inherited_flags() -> Vec<String> {
    const SEPARATOR: char = '\u{1f}';
    let (flags, separator) = match std::env::var("CARGO_ENCODED_RUSTFLAGS") {
        Ok(flags) => (flags, SEPARATOR),
        Err(_) => (std::env::var("RUSTFLAGS").unwrap_or_default(), ' '),
    };
    flags.split(separator).filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_binaries::HostBinaryPlan;
    use crate::progress::Verbosity;
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
        let invocation = Invocation {
            project: &project,
            platforms: &platforms,
            binaries: &binaries,
            tools: &tools,
            inherited_flags: vec!["-Dwarnings".to_owned()],
            macos_flags: vec!["-Clink-arg=-U".to_owned()],
        };
        let command = invocation.command(&Progress::new(Verbosity::Quiet));
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
    fn one_call_builds_every_target_and_leaves_no_folder_of_this_machine_in_it() {
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
    fn a_standard_library_from_source_is_named_to_cargo_and_hidden_from_the_binaries() {
        let sources = Sources { library: "/cache/library".into(), in_toolchain: false };
        let line = command_line(StandardLibrary::FromSource(sources));
        for part in [
            "RUSTC_BOOTSTRAP=1",
            "__CARGO_TESTS_ONLY_SRC_ROOT=/cache/library",
            "-Zbuild-std=std,panic_abort",
            "--remap-path-prefix=/cache/library=/rustc/c0ffee/library",
        ] {
            assert!(line.contains(part), "{part} is not in:\n{line}");
        }
    }
}

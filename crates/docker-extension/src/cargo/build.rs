//! `cargo build` for binaries, and its messages.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::diagnostic::DiagnosticLevel;
use cargo_metadata::{Message, PackageId};
use target_lexicon::Triple;
use xshell::{Cmd, Shell, cmd};

use super::shell::shell;
use crate::process::{self, Output, ProcessError};
use crate::progress::{Progress, Step};

#[derive(Clone, Debug)]
pub struct CargoBuild<'a> {
    pub setup: CargoSetup,
    pub root: &'a Utf8Path,
    pub binaries: Vec<BinaryName<'a>>,
    /// If empty, the build is for this machine.
    pub targets: Vec<BuildTarget>,
    /// Further options, such as `--release`.
    pub options: &'static [&'static str],
    /// Set if cargo builds the standard library too.
    pub standard_library: Option<BuildStd<'a>>,
}

/// The program that builds, its environment variables and its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CargoSetup {
    pub tool: BuildTool,
    pub variables: BTreeMap<String, String>,
    /// cargo configuration, as `key=value` in TOML.
    pub settings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BuildTool {
    #[default]
    Cargo,
    /// The program `cargo-zigbuild`, which runs cargo with the same options.
    Zigbuild(PathBuf),
}

impl BuildTool {
    fn build<'a>(&self, sh: &'a Shell) -> Cmd<'a> {
        match self {
            BuildTool::Cargo => cmd!(sh, "cargo build"),
            BuildTool::Zigbuild(program) => cmd!(sh, "{program} zigbuild"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryName<'a> {
    pub package: &'a str,
    pub name: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildTarget {
    pub triple: Triple,
    /// The compiler flags. Flags for this target in cargo's configuration files still apply; flags for
    /// all targets (`build.rustflags`) and those of the environment ([`inherited_rustflags`]) do not:
    /// by cargo's rules, these replace them.
    pub rustflags: Vec<String>,
}

/// The sources from which cargo builds the standard library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildStd<'a> {
    /// The directory `library`; `None` for cargo's default, which is in the toolchain.
    pub library: Option<&'a Utf8Path>,
}

/// A message or output line of cargo.
#[derive(Clone, Debug)]
pub enum BuildMessage<'a> {
    Binary(BinaryArtifact),
    Diagnostic(Diagnostic),
    BuildScript(BuildScriptOutput),
    /// Output that is not a JSON message.
    Output(Output<'a>),
}

/// A diagnostic of the compiler or the linker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// As it is shown, with colors.
    pub text: String,
    pub is_error: bool,
    /// The name of the binary that was compiled or linked; `None` for libraries and build scripts.
    pub binary: Option<String>,
}

/// The instructions that a crate's build script gave to cargo. Cargo reports them even if it did not have to
/// run the script again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildScriptOutput {
    pub package: PackageId,
    /// `None` if the crate runs on this machine.
    pub target: Option<Triple>,
    /// The conditions for `cfg`: `name` or `name="value"`.
    pub conditions: Vec<String>,
    /// The libraries to link, each as `name` or `kind=name`.
    pub libraries: Vec<String>,
    /// `OUT_DIR`, which may contain sources.
    pub directory: Utf8PathBuf,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryArtifact {
    pub name: String,
    /// `None` in a build for this machine.
    pub target: Option<Triple>,
    pub path: Utf8PathBuf,
    /// Cargo did not have to build it again.
    pub is_fresh: bool,
}

impl CargoBuild<'_> {
    /// Runs cargo, and passes its messages and output to `sink`.
    pub fn run(
        &self,
        step: &Step<'_>,
        mut sink: impl FnMut(BuildMessage<'_>),
    ) -> Result<(), ProcessError> {
        let command = self.command(&shell(self.root)?, step.progress());
        step.progress().detail(format_args!("{command:?}"));
        process::run(command, |output| match output {
            Output::Stdout(line) => {
                if let Some(message) = self.read_message(line) {
                    sink(message);
                }
            }
            other => sink(BuildMessage::Output(other)),
        })
    }

    /// The command, to be run by `sh` in the workspace's directory.
    pub fn command(&self, sh: &Shell, progress: &Progress) -> Command {
        let mut command: Command = self
            .setup
            .tool
            .build(sh)
            .args(self.options)
            .arg("--message-format=json-diagnostic-rendered-ansi")
            .into();
        for BuildTarget { triple, rustflags } in &self.targets {
            // A JSON array of strings is valid TOML.
            let flags = serde_json::Value::from(rustflags.clone());
            let setting = format!("target.{triple}.rustflags={flags}");
            command.args(["--target", &triple.to_string(), "--config", &setting]);
        }
        for BinaryName { package, name } in &self.binaries {
            command.args(["--package", package, "--bin", name]);
        }
        if let Some(standard_library) = self.standard_library {
            standard_library.add_to(&mut command);
        }
        for setting in &self.setup.settings {
            command.args(["--config", setting]);
        }
        command.envs(&self.setup.variables);
        if !self.targets.is_empty() {
            // They would replace the flags of each target.
            command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        }
        add_verbosity(&mut command, progress);
        command
    }

    fn read_message(&self, line: &str) -> Option<BuildMessage<'static>> {
        match Message::parse_stream(line.as_bytes()).next()?.ok()? {
            Message::CompilerArtifact(artifact) => {
                let path = artifact.executable?;
                Some(BuildMessage::Binary(BinaryArtifact {
                    target: self.target_of(&path),
                    name: artifact.target.name,
                    path,
                    is_fresh: artifact.fresh,
                }))
            }
            Message::CompilerMessage(message) => {
                let (diagnostic, target) = (message.message, message.target);
                Some(BuildMessage::Diagnostic(Diagnostic {
                    is_error: diagnostic.level == DiagnosticLevel::Error,
                    text: diagnostic.rendered.unwrap_or(diagnostic.message),
                    binary: target.is_bin().then_some(target.name),
                }))
            }
            Message::BuildScriptExecuted(script) => {
                Some(BuildMessage::BuildScript(BuildScriptOutput {
                    target: self.target_of(&script.out_dir),
                    package: script.package_id,
                    conditions: script.cfgs,
                    libraries: texts(script.linked_libs),
                    directory: script.out_dir,
                }))
            }
            _ => None,
        }
    }

    /// Cargo's messages don't contain the target, but each target has a directory of its name.
    fn target_of(&self, path: &Utf8Path) -> Option<Triple> {
        path.parent()?.components().rev().find_map(|directory| {
            let mut triples = self.targets.iter().map(|target| &target.triple);
            triples.find(|triple| triple.to_string() == directory.as_str()).cloned()
        })
    }
}

fn texts(paths: Vec<Utf8PathBuf>) -> Vec<String> {
    paths.into_iter().map(Utf8PathBuf::into_string).collect()
}

impl BuildStd<'_> {
    fn add_to(self, command: &mut Command) {
        command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        if let Some(library) = self.library {
            // The only way to use sources outside of the toolchain.
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
        }
    }
}

/// Gives cargo the same verbosity as this process, and makes it show its progress in a terminal.
fn add_verbosity(command: &mut Command, progress: &Progress) {
    if progress.is_quiet() {
        command.arg("--quiet");
    }
    if progress.is_live() {
        command
            .env("CARGO_TERM_COLOR", "always")
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", "70");
    }
}

/// The compiler flags from the environment, by cargo's rules.
pub fn inherited_rustflags() -> Vec<String> {
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
    use crate::progress::Verbosity;

    fn build(triples: &[&str]) -> CargoBuild<'static> {
        let target = |triple: &&str| BuildTarget {
            triple: triple.parse().unwrap(),
            rustflags: vec!["-Clink-arg=-S".to_owned()],
        };
        CargoBuild {
            setup: CargoSetup::default(),
            root: Utf8Path::new("/w"),
            binaries: vec![BinaryName { package: "my-tool", name: "tool" }],
            targets: triples.iter().map(target).collect(),
            options: &["--locked"],
            standard_library: None,
        }
    }

    fn artifact(build: &CargoBuild<'_>, path: &str) -> BinaryArtifact {
        let target = serde_json::json!({
            "kind": ["bin"], "crate_types": ["bin"], "name": "tool", "src_path": "/w/main.rs",
            "edition": "2024", "doc": true, "doctest": false, "test": true,
        });
        let profile = serde_json::json!({
            "opt_level": "0", "debuginfo": 0, "debug_assertions": false, "overflow_checks": false,
            "test": false,
        });
        let message = serde_json::json!({
            "reason": "compiler-artifact", "package_id": "my-tool 1.0.0", "manifest_path": "/w/Cargo.toml",
            "target": target, "profile": profile, "features": [], "filenames": [path],
            "executable": path, "fresh": true,
        });
        match build.read_message(&message.to_string()) {
            Some(BuildMessage::Binary(artifact)) => artifact,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_target_of_a_binary_is_the_last_directory_with_its_name() {
        let build = build(&["x86_64-apple-darwin", "aarch64-apple-darwin"]);
        let path = "/x86_64-apple-darwin/target/aarch64-apple-darwin/release/tool";
        let artifact = artifact(&build, path);
        assert_eq!(artifact.target.unwrap().to_string(), "aarch64-apple-darwin");
        assert_eq!((artifact.name.as_str(), artifact.path.as_str()), ("tool", path));
        assert!(artifact.is_fresh);
    }

    #[test]
    fn a_build_for_this_machine_has_no_target_and_keeps_the_environments_flags() {
        let build = build(&[]);
        assert_eq!(artifact(&build, "/w/x86_64-apple-darwin/release/tool").target, None);
        let sh = Shell::new().unwrap();
        let command = build.command(&sh, &Progress::new(Verbosity::Quiet));
        assert_eq!(command.get_envs().count(), 0);
        let words: Vec<_> = command.get_args().map(|word| word.to_str().unwrap()).collect();
        let expected = "build --locked --message-format=json-diagnostic-rendered-ansi \
                        --package my-tool --bin tool --quiet";
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn lines_that_are_not_about_a_binary_or_a_diagnostic_are_ignored() {
        let build = build(&[]);
        for line in ["", "text", "{}", r#"{"reason":"build-finished","success":true}"#] {
            assert!(build.read_message(line).is_none(), "{line}");
        }
    }
}

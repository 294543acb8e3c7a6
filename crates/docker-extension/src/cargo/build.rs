//! `cargo build` for binaries, and what its messages say.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;
use target_lexicon::Triple;
use xshell::{Cmd, Shell, cmd};

use super::shell::shell;
use crate::process::{self, Output, ProcessError};
use crate::progress::{Progress, Step};

/// A call of `cargo build`.
#[derive(Clone, Debug)]
pub struct CargoBuild<'a> {
    pub setup: CargoSetup,
    pub root: &'a Utf8Path,
    pub binaries: Vec<BinaryName<'a>>,
    /// Without any it is built for this machine.
    pub targets: Vec<BuildTarget>,
    pub diagnostics: Diagnostics,
    /// Further options, such as `--release`.
    pub options: &'static [&'static str],
    /// Builds the standard library as well.
    pub standard_library: Option<BuildStd<'a>>,
}

/// What builds, and what it has to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CargoSetup {
    pub tool: BuildTool,
    pub variables: BTreeMap<String, String>,
    /// Settings of cargo's configuration, as `key=value` in TOML.
    pub settings: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BuildTool {
    #[default]
    Cargo,
    /// The program `cargo-zigbuild`, which calls cargo with the same options.
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

/// A binary as cargo names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BinaryName<'a> {
    pub package: &'a str,
    pub name: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildTarget {
    pub triple: Triple,
    /// The compiler's flags. They come on top of what cargo's configuration files say for the target;
    /// what those say for all targets (`build.rustflags`) gives way to them, as cargo has it, and so do
    /// the flags of the environment ([`inherited_rustflags`]).
    pub rustflags: Vec<String>,
}

/// Where the standard library's sources are that cargo builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuildStd<'a> {
    /// The directory `library`; `None` where cargo looks by itself, in the toolchain.
    pub library: Option<&'a Utf8Path>,
}

/// Who shows the compiler's diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnostics {
    /// Cargo writes them to its standard error.
    ShownByCargo,
    /// They are messages, with colors.
    Messages,
}

impl Diagnostics {
    fn message_format(self) -> &'static str {
        match self {
            Diagnostics::ShownByCargo => "json-render-diagnostics",
            Diagnostics::Messages => "json-diagnostic-rendered-ansi",
        }
    }
}

/// What cargo says while it builds.
#[derive(Clone, Debug)]
pub enum BuildMessage<'a> {
    Binary(BinaryArtifact),
    /// With [`Diagnostics::Messages`] alone.
    Diagnostic {
        text: String,
        is_error: bool,
    },
    /// What it writes besides its messages.
    Output(Output<'a>),
}

/// A binary that is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BinaryArtifact {
    pub name: String,
    /// `None` in a build for this machine.
    pub target: Option<Triple>,
    pub path: Utf8PathBuf,
    /// It was there before.
    pub is_fresh: bool,
}

impl CargoBuild<'_> {
    /// Runs cargo, and hands what it says to `sink`.
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

    /// The command line, to be run by `sh` in the workspace's directory.
    pub fn command(&self, sh: &Shell, progress: &Progress) -> Command {
        let format = self.diagnostics.message_format();
        let mut command: Command = self
            .setup
            .tool
            .build(sh)
            .args(self.options)
            .arg(format!("--message-format={format}"))
            .into();
        for BuildTarget { triple, rustflags } in &self.targets {
            // JSON's lists of texts are TOML's as well.
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
            // They would take the place of the flags that are given for each target.
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
                let diagnostic = message.message;
                Some(BuildMessage::Diagnostic {
                    is_error: diagnostic.level == DiagnosticLevel::Error,
                    text: diagnostic.rendered.unwrap_or(diagnostic.message),
                })
            }
            _ => None,
        }
    }

    /// Cargo's messages name no target, but it keeps what it builds for each in a directory of its name.
    fn target_of(&self, path: &Utf8Path) -> Option<Triple> {
        path.parent()?.components().rev().find_map(|directory| {
            let mut triples = self.targets.iter().map(|target| &target.triple);
            triples.find(|triple| triple.to_string() == directory.as_str()).cloned()
        })
    }
}

impl BuildStd<'_> {
    fn add_to(self, command: &mut Command) {
        command.arg("-Zbuild-std=std,panic_abort").env("RUSTC_BOOTSTRAP", "1");
        if let Some(library) = self.library {
            // The only way to tell cargo of sources outside of the toolchain.
            command.env("__CARGO_TESTS_ONLY_SRC_ROOT", library);
        }
    }
}

/// Has cargo say as much as this process does, and show its progress where it can be seen.
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

/// The compiler's flags in the environment, by cargo's own rules.
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
            diagnostics: Diagnostics::Messages,
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
    fn the_target_of_a_binary_is_the_last_directory_of_that_name() {
        let build = build(&["x86_64-apple-darwin", "aarch64-apple-darwin"]);
        let path = "/x86_64-apple-darwin/target/aarch64-apple-darwin/release/tool";
        let artifact = artifact(&build, path);
        assert_eq!(artifact.target.unwrap().to_string(), "aarch64-apple-darwin");
        assert_eq!((artifact.name.as_str(), artifact.path.as_str()), ("tool", path));
        assert!(artifact.is_fresh);
    }

    #[test]
    fn a_build_for_this_machine_has_no_target_and_keeps_the_flags_of_the_environment() {
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
    fn lines_that_are_no_message_about_a_binary_or_the_code_are_passed_over() {
        let build = build(&[]);
        for line in ["", "text", "{}", r#"{"reason":"build-finished","success":true}"#] {
            assert!(build.read_message(line).is_none(), "{line}");
        }
    }
}

//! The command line.

use camino::Utf8PathBuf;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::engine::EngineRequest;
use crate::oci::{ImageName, InvalidReference, Reference, Tag, Version};
use crate::platform::HostPlatform;
use crate::progress::Verbosity;
use crate::project::config::LinkerRequest;
use crate::rules::WaivableRule;
use crate::scaffold::ToolSource;
use crate::validate::report::ReportFormat;

/// The name of the tool's own program.
pub const NAME: &str = "docker-extension";
/// How an extension's project calls the same command line.
pub const XTASK: &str = "cargo xtask";

/// Build, validate and preview Docker Desktop extensions with Rust host binaries
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a project for a new extension
    New(NewArgs),
    /// Update the files in the project that belong to this tool
    Upgrade(UpgradeArgs),
    /// Build the extension's image and the other files of a release
    Dist(DistArgs),
    /// Show the extension in a browser while you work on it; Docker Desktop is not needed
    Preview(PreviewArgs),
    /// Check an extension image against what Docker Desktop, the marketplace and users' machines require
    Validate(ValidateArgs),
    /// Show which tools are installed and what `dist` would download
    Doctor,
}

/// The options of every command.
#[derive(Clone, Copy, Debug, Args)]
pub struct OutputArgs {
    /// Print only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 100)]
    quiet: bool,
    /// Print the commands that are run and all their output
    #[arg(short, long, global = true, display_order = 100)]
    verbose: bool,
}

impl OutputArgs {
    pub fn verbosity(self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

/// The options of `new`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
On a terminal, `new` asks for each value that no option sets.

Examples:
  docker-extension new acme-disk
  docker-extension new acme-disk --yes
  docker-extension new acme-disk --yes --license proprietary --no-ui
  cargo xtask new --here                        in a copy of the docker-extension repository")]
pub struct NewArgs {
    /// The directory of the project; if it exists, it must be empty
    #[arg(value_name = "PATH", required_unless_present = "here", conflicts_with = "here",
        value_parser = NonEmptyStringValueParser::new().map(Utf8PathBuf::from))]
    pub path: Option<Utf8PathBuf>,
    /// The name of the host binary and of the npm package [default: the directory name]
    #[arg(long)]
    pub name: Option<String>,
    /// The title that users see [default: the name as words, such as `Acme Disk`]
    #[arg(long)]
    pub title: Option<String>,
    /// One sentence about the extension
    #[arg(long)]
    pub description: Option<String>,
    /// The name of the publisher
    #[arg(long)]
    pub vendor: Option<String>,
    /// The image name without a tag, such as `acme/disk`
    #[arg(long)]
    pub image: Option<String>,
    /// The licence: an SPDX expression such as `MIT OR Apache-2.0`, or `proprietary`
    #[arg(long, value_name = "SPDX")]
    pub license: Option<String>,
    /// Don't create a host binary
    #[arg(long)]
    pub no_helper: bool,
    /// Don't create a dashboard tab
    #[arg(long, conflicts_with = "no_helper")]
    pub no_ui: bool,
    /// Where the project gets this tool from: `version=VERSION`, `git=URL`, `git=URL#REVISION`,
    /// `path=DIR`, or `vendor` to copy it into the project [default: the source of the running tool]
    #[arg(long, value_name = "SOURCE")]
    pub tool: Option<ToolSource>,
    /// Use the defaults instead of asking
    #[arg(long, short)]
    pub yes: bool,
    /// Replace the files of this copy of the docker-extension repository with a new project
    #[arg(long)]
    pub here: bool,
}

/// The options of `upgrade`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Run it after `cargo update --package docker-extension`. `.docker-extension.json` lists the files that \
belong to the tool. `upgrade` does not change a file that you have edited: it shows how the new version differs.")]
pub struct UpgradeArgs {
    /// Change nothing; fail if a file is out of date
    #[arg(long)]
    pub check: bool,
}

/// The options of `dist`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "\
Examples:
  cargo xtask dist                                   build the whole extension
  cargo xtask dist --plan                            show what would be done
  cargo xtask dist --load --tag me/tool-dev:0.0.1    build it and load it into the local Docker
  cargo xtask dist --builder team --push             build it on a remote builder and publish it")]
pub struct DistArgs {
    /// The engine that builds the image
    #[arg(long, value_enum, default_value_t = EngineRequest::Auto, value_name = "ENGINE")]
    pub engine: EngineRequest,
    /// Build host binaries only for these platforms, such as `darwin-arm64` [default: the configured ones]
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    pub platform: Vec<HostPlatform>,
    /// The image's tag, or its whole name with a tag [default: the workspace version]
    #[arg(long, value_name = "TAG")]
    pub tag: Option<TagArgument>,
    /// The buildx builder that builds the image; implies `--engine docker`
    #[arg(long, value_name = "NAME")]
    pub builder: Option<String>,
    /// Attach provenance attestations to the image; implies `--engine docker`
    #[arg(long)]
    pub attestations: bool,
    /// Load the finished image into the local Docker
    #[arg(long)]
    pub load: bool,
    /// Push the finished image to its registry; implies `--engine docker`
    #[arg(long)]
    pub push: bool,
    /// Accept findings of this rule, such as `placeholder`, also if the image is pushed
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub allow: Vec<WaivableRule>,
    /// The linker for host binaries [default: the configured one]
    #[arg(long, value_enum, value_name = "LINKER")]
    pub linker: Option<LinkerRequest>,
    /// Fail if a macOS framework symbol is not in this tool's lists, instead of resolving it at load time
    #[arg(long)]
    pub deny_unknown_symbols: bool,
    /// Print what would be done and exit
    #[arg(long)]
    pub plan: bool,
    /// The format of the validation report, which then replaces the summary; with `--plan`, that of the plan:
    /// `text` or `json`
    #[arg(long, value_enum, default_value_t = ReportFormat::Text, value_name = "FORMAT")]
    pub format: ReportFormat,
    /// Leave out the dashboard tab
    #[arg(long)]
    pub no_ui: bool,
    /// The directory for the finished files; its old contents are deleted [default: `dist` in the workspace]
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new().map(Utf8PathBuf::from))]
    pub output: Option<Utf8PathBuf>,
}

/// The options of `preview`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Builds the host binaries for this machine, starts the page's dev server, and opens the page in a \
browser. The page has Docker Desktop's API, `window.ddClient`: `host.cli.exec` runs the host binaries; \
`docker.cli.exec` and `docker.listContainers` run `docker`. When you save a file, the page reloads and \
changed host binaries are built again.

The preview is reachable only from this machine, and only through the printed URL.")]
pub struct PreviewArgs {
    /// The port of the page [default: 7474, or a free port if 7474 is in use]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
    pub port: Option<u16>,
    /// Don't open a browser [default: open the browser in BROWSER, or the system's default]
    #[arg(long)]
    pub no_open: bool,
    /// Give host binaries the PATH of this terminal [default: the shorter one of a desktop application]
    #[arg(long)]
    pub full_path: bool,
}

/// The options of `validate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask validate                              the image of the last `cargo xtask dist`
  cargo xtask validate metadata.json                a `metadata.json` without an image
  cargo xtask validate image.oci.tar                an archive, or a directory with an OCI image layout
  cargo xtask validate me/tool:1.2.3                an image in a registry
  cargo xtask validate docker-daemon:me/tool:1.2.3  an image in the local Docker
  cargo xtask validate --online                     check the icon and screenshot URLs too

In a project, the waivers in `Cargo.toml` apply to images with the configured name, to the last `dist`, and to \
`metadata.json` files in the workspace.")]
pub struct ValidateArgs {
    /// The image, or a `metadata.json` file [default: the image of the last `dist`]
    #[arg(value_name = "IMAGE")]
    pub image: Option<String>,
    /// Also download the icon and the screenshots, and check them
    #[arg(long)]
    pub online: bool,
    /// The format of the report: `github` for annotations in GitHub Actions, `sarif` for code scanning
    #[arg(long, value_enum, default_value_t = ReportFormat::Text, value_name = "FORMAT")]
    pub format: ReportFormat,
    /// Treat warnings as errors
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub deny: Option<Denied>,
    /// Accept findings of this rule, such as `label-title`
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub allow: Vec<WaivableRule>,
}

/// The findings besides errors that make `validate` fail.
// Its variants have no doc comments: clap would print them as the help of each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Denied {
    Warnings,
}

/// The value of `--tag`: a tag, or an image's whole name with a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagArgument {
    name: Option<ImageName>,
    tag: Tag,
}

impl TagArgument {
    /// The image's reference. `name` is the configured name, which applies if the value is only a tag.
    pub fn reference(&self, name: &ImageName) -> Reference<Tag> {
        self.name.as_ref().unwrap_or(name).with_tag(self.tag.clone())
    }
}

impl std::str::FromStr for TagArgument {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.contains(['/', ':', '@']) {
            return Ok(Self { name: None, tag: text.parse()? });
        }
        let Reference { name, version } = text.parse()?;
        match version {
            Version { tag: Some(tag), digest: None } => Ok(Self { name: Some(name), tag }),
            Version { tag: None, digest: None } => Err(InvalidReference::new(
                "the tag is missing; expected a name such as `me/tool:1.2.3`",
            )),
            Version { digest: Some(_), .. } => Err(InvalidReference::new(
                "expected a tag, found a digest: it is known only after the build",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_a_value_does_not_repeat_the_value() {
        for command in Cli::command().get_subcommands() {
            for option in command.get_arguments() {
                for value in option.get_possible_values() {
                    let help = value.get_help().map(|it| it.to_string().to_lowercase());
                    let name = value.get_name();
                    assert_ne!(help.as_deref(), Some(name), "--{}: {name}", option.get_id());
                }
            }
        }
    }

    #[test]
    fn a_rule_is_allowed_by_its_id() {
        let allowed = |args: &[&str]| {
            let args = [&["xtask", "validate"], args].concat();
            let Command::Validate(options) = Cli::try_parse_from(args)?.command else {
                unreachable!("it is `validate`")
            };
            Ok::<_, clap::Error>(options.allow)
        };
        assert_eq!(allowed(&[]).unwrap(), []);
        for args in [&["--allow", "placeholder"][..], &["--allow=placeholder,label-title"]] {
            assert_eq!(allowed(args).unwrap()[0].rule().id, "placeholder");
        }
        let error = allowed(&["--allow", "label-titel"]).unwrap_err().to_string();
        assert!(error.contains("did you mean `label-title`?"), "{error}");
        assert!(allowed(&["--allow", "image-unreadable"]).is_err());
    }

    #[test]
    fn a_tag_may_include_the_image_name() {
        let name: ImageName = "me/tool".parse().unwrap();
        let reference =
            |text: &str| text.parse::<TagArgument>().unwrap().reference(&name).to_string();
        assert_eq!(reference("1.2.3"), "me/tool:1.2.3");
        assert_eq!(reference("you/tool:dev"), "you/tool:dev");
        assert_eq!(reference("localhost:5000/tool:1.0.0"), "localhost:5000/tool:1.0.0");
        let digest = format!("me/tool:1.0.0@sha256:{}", "0".repeat(64));
        for invalid in ["localhost:5000/tool", "me/tool", "1.2.3+build", ":1", &digest] {
            assert!(invalid.parse::<TagArgument>().is_err(), "{invalid}");
        }
    }
}

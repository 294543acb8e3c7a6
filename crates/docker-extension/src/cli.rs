//! The command line, declared in one place.

use camino::Utf8PathBuf;
use clap::builder::{NonEmptyStringValueParser, PossibleValue, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::engine::EngineRequest;
use crate::oci::{ImageName, InvalidReference, Reference, Tag, Version};
use crate::platform::HostPlatform;
use crate::progress::Verbosity;
use crate::project::config::LinkerRequest;
use crate::rules::{self, Rule};
use crate::scaffold::ToolSource;

/// The name of the tool's own program.
pub const NAME: &str = "docker-extension";
/// How the same command line is called in a project.
pub const XTASK: &str = "cargo xtask";

/// Build, validate and preview Docker Desktop extensions with Rust host binaries
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How much to say.
    #[command(flatten)]
    pub talk: Talk,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the project of a new extension
    New(NewArgs),
    /// Bring the project's files that belong to this tool up to its version
    Upgrade(UpgradeArgs),
    /// Make the extension's image and everything that a release publishes
    Dist(DistArgs),
    /// Show the extension in a browser while you work on it, without Docker Desktop
    Preview(PreviewArgs),
    /// Check an extension's image as Docker Desktop, the marketplace and people's machines will
    Validate(ValidateArgs),
    /// Tell what this machine has for that, and what would be downloaded
    Doctor,
}

/// How much to say.
#[derive(Clone, Copy, Debug, Args)]
pub struct Talk {
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 100)]
    quiet: bool,
    /// Say which commands are run, and all that they say
    #[arg(short, long, global = true, display_order = 100)]
    verbose: bool,
}

impl Talk {
    /// How much to say.
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
On a terminal, `new` asks for everything that no option answers.

Examples:
  docker-extension new acme-disk
  docker-extension new acme-disk --yes
  docker-extension new acme-disk --yes --license proprietary --no-ui
  cargo xtask new --here                        in a copy of the repository of docker-extension")]
pub struct NewArgs {
    /// The directory of the project, which must be empty or missing
    #[arg(value_name = "PATH", required_unless_present = "here", conflicts_with = "here",
        value_parser = NonEmptyStringValueParser::new().map(Utf8PathBuf::from))]
    pub path: Option<Utf8PathBuf>,
    /// The name of the helper and of the npm package [default: the directory's name]
    #[arg(long)]
    pub name: Option<String>,
    /// The title that users see [default: the name as words]
    #[arg(long)]
    pub title: Option<String>,
    /// One sentence about the extension
    #[arg(long)]
    pub description: Option<String>,
    /// The publisher
    #[arg(long)]
    pub vendor: Option<String>,
    /// The image's name, without a tag
    #[arg(long)]
    pub image: Option<String>,
    /// The licence: an SPDX expression, or `proprietary`
    #[arg(long, value_name = "SPDX")]
    pub license: Option<String>,
    /// Create no host binary
    #[arg(long)]
    pub no_helper: bool,
    /// Create no dashboard tab
    #[arg(long, conflicts_with = "no_helper")]
    pub no_ui: bool,
    /// Where the project gets this tool from: `version=VERSION`, `git=URL`, `git=URL#REVISION`,
    /// `path=DIR`, or `vendor` for a copy in the project [default: where the running tool came from]
    #[arg(long, value_name = "SOURCE")]
    pub tool: Option<ToolSource>,
    /// Don't ask: use the defaults
    #[arg(long, short)]
    pub yes: bool,
    /// Reduce this copy of the repository of docker-extension to a new project
    #[arg(long)]
    pub here: bool,
}

/// The options of `upgrade`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Run it after `cargo update --package docker-extension`. `.docker-extension.json` records which files \
belong to the tool. Those that you have changed are left alone: `upgrade` shows how the new version differs.")]
pub struct UpgradeArgs {
    /// Change nothing, and fail if anything is out of date
    #[arg(long)]
    pub check: bool,
}

/// The options of `dist`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = "\
Examples:
  cargo xtask dist                                   the whole extension
  cargo xtask dist --plan                            what would be done, and nothing else
  cargo xtask dist --load --tag me/tool-dev:0.0.1    build it, and put it into the local Docker
  cargo xtask dist --builder team --push             build it on a remote builder, and publish it")]
pub struct DistArgs {
    /// What makes the image
    #[arg(long, value_enum, default_value_t = EngineRequest::Auto, value_name = "ENGINE")]
    pub engine: EngineRequest,
    /// Build host binaries for these host platforms alone, such as `darwin-arm64` [default: those
    /// of the configuration]
    #[arg(long, value_name = "PLATFORM", value_delimiter = ',')]
    pub platform: Vec<HostPlatform>,
    /// The image's tag, or its whole name with the tag [default: the workspace's version]
    #[arg(long, value_name = "TAG")]
    pub tag: Option<TagArgument>,
    /// The buildx builder that makes the image; implies `--engine docker`
    #[arg(long, value_name = "NAME")]
    pub builder: Option<String>,
    /// Attach provenance attestations to the image; implies `--engine docker`
    #[arg(long)]
    pub attestations: bool,
    /// Load the image into the local Docker afterwards
    #[arg(long)]
    pub load: bool,
    /// Push the image to its registry afterwards; implies `--engine docker`
    #[arg(long)]
    pub push: bool,
    /// Ignore findings of this rule: don't warn about them, and push anyway
    #[arg(long, value_enum, value_delimiter = ',', value_name = "RULE")]
    pub allow: Vec<AllowedRule>,
    /// What links the host binaries [default: that of the configuration]
    #[arg(long, value_enum, value_name = "LINKER")]
    pub linker: Option<LinkerRequest>,
    /// Refuse to link what uses names of macOS frameworks that xtask does not know
    #[arg(long)]
    pub deny_unknown_symbols: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub plan: bool,
    /// How the plan is printed
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "plan", value_name = "FORMAT")]
    pub format: Format,
    /// Leave the dashboard tab out
    #[arg(long)]
    pub no_ui: bool,
    /// The folder for the finished files, which is replaced as a whole [default: `dist` in the
    /// workspace]
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new().map(Utf8PathBuf::from))]
    pub output: Option<Utf8PathBuf>,
}

/// The options of `preview`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = "\
Builds the host binaries for this machine, starts the page's dev server, and opens the page with \
`window.ddClient`, Docker Desktop's API, in it: `host.cli.exec` runs the real host binaries, \
`docker.cli.exec` and `docker.listContainers` the real `docker`. What you edit is seen at once: \
pages, and programs.

The page can be reached from this machine alone, and by nobody who does not know the address that \
is printed.")]
pub struct PreviewArgs {
    /// The port of the page [default: 7474, or another one if that is taken]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1024..))]
    pub port: Option<u16>,
    /// Don't open a browser (else it is that of the variable BROWSER, or the default one)
    #[arg(long)]
    pub no_open: bool,
}

/// The options of `validate`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask validate                              what `cargo xtask dist` has made last
  cargo xtask validate metadata.json                before anything is built
  cargo xtask validate image.oci.tar                an archive, or a folder with an OCI image layout
  cargo xtask validate me/tool:1.2.3                an image in a registry
  cargo xtask validate docker-daemon:me/tool:1.2.3  an image in the local Docker
  cargo xtask validate --online                     whether people will see icon and screenshots, too")]
pub struct ValidateArgs {
    /// The image, or a `metadata.json` alone [default: what `dist` has made last]
    #[arg(value_name = "IMAGE")]
    pub image: Option<String>,
    /// Fetch the icon and the screenshots that the labels name, too
    #[arg(long)]
    pub online: bool,
    /// How the findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
    /// Fail for these, too
    #[arg(long, value_enum, value_name = "SEVERITY")]
    pub deny: Option<Denied>,
    /// Ignore findings of this rule
    #[arg(long, value_enum, value_delimiter = ',', value_name = "RULE")]
    pub allow: Vec<AllowedRule>,
}

/// What is not allowed, besides errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Denied {
    /// Warnings.
    Warnings,
}

/// A rule whose findings can be allowed, by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedRule {
    Placeholder,
}

impl AllowedRule {
    pub fn rule(self) -> &'static Rule {
        match self {
            AllowedRule::Placeholder => &rules::placeholder::PLACEHOLDER,
        }
    }
}

impl ValueEnum for AllowedRule {
    fn value_variants<'a>() -> &'a [Self] {
        &[AllowedRule::Placeholder]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.rule().id))
    }
}

/// How something is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// What `--tag` takes: a tag, or an image's whole name with one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagArgument {
    name: Option<ImageName>,
    tag: Tag,
}

impl TagArgument {
    /// The image's reference; `name` is that of the configuration.
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
            Version { tag: None, digest: None } => {
                Err(InvalidReference::new("the tag is missing, as in `me/tool:1.2.3`"))
            }
            Version { digest: Some(_), .. } => {
                Err(InvalidReference::new("a new image has a tag, not a digest"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
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
        for args in [&["--allow", "placeholder"][..], &["--allow=placeholder,placeholder"]] {
            assert_eq!(allowed(args).unwrap()[0], AllowedRule::Placeholder);
        }
        let error = allowed(&["--allow", "label-title"]).unwrap_err().to_string();
        assert!(error.contains("[possible values: placeholder]"), "{error}");
    }

    #[test]
    fn a_tag_may_bring_its_name() {
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

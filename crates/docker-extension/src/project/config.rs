//! The configuration of an extension, `[workspace.metadata.docker-extension]`: from what stands in
//! `Cargo.toml` to a value that is known to be good.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::table::{Problem, Problems, Table};
use crate::oci::ImageName;
use crate::platform::HostPlatform;

/// The key of the workspace's table.
pub const WORKSPACE_KEY: &str = "workspace.metadata.docker-extension";
/// The key of a host binary package's own table.
pub const PACKAGE_KEY: &str = "package.metadata.docker-extension";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The image's name, without a tag.
    pub image: ImageName,
    pub title: String,
    /// One sentence.
    pub description: String,
    pub vendor: String,
    /// The versions of Docker's extension API that it works with, as a semver constraint.
    pub api_version: String,
    /// The icon's file, below the workspace.
    pub icon: Utf8PathBuf,
    pub icon_url: Url,
    pub screenshots: Vec<Screenshot>,
    /// HTML for the marketplace.
    pub detailed_description: LongText,
    pub publisher_url: Url,
    pub additional_urls: Vec<Link>,
    /// HTML for the marketplace.
    pub changelog: LongText,
    pub categories: Vec<Category>,
    /// The dashboard tab.
    pub ui: Option<Ui>,
    pub vm: Option<Vm>,
    /// Where host binaries run, unless their package narrows it.
    pub platforms: BTreeSet<HostPlatform>,
    pub minimum_macos: MacOsVersion,
    pub linker: LinkerRequest,
    pub windows_on_arm: WindowsOnArm,
}

/// A text, inline or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LongText {
    Inline(String),
    /// A file below the workspace that holds it.
    File(Utf8PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Screenshot {
    pub alt: String,
    pub url: Url,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Link {
    pub title: String,
    pub url: Url,
}

/// The dashboard tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    pub title: String,
    /// The folder below the workspace: an npm project if it has a `package.json`, else plain files.
    pub folder: Utf8PathBuf,
    /// The folder below [`Self::folder`] into which `npm run build` writes.
    pub build_folder: Utf8PathBuf,
    /// The page that the tab opens.
    pub entry: Utf8PathBuf,
}

/// The services in the engine's virtual machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vm {
    pub service: Service,
    /// The socket that the service offers to the dashboard tab.
    pub socket: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// One container of this image.
    Image(String),
    /// The services of this compose file below the workspace.
    ComposeFile(Utf8PathBuf),
}

/// What links host binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LinkerRequest {
    /// Whatever needs least to be installed.
    Auto,
    /// The toolchain's own `rust-lld`.
    Lld,
    /// zig, downloaded where it is missing.
    Zig,
    /// The C compiler that this machine has for the target.
    System,
}

impl LinkerRequest {
    const NAMES: [(&str, LinkerRequest); 4] = [
        ("auto", LinkerRequest::Auto),
        ("lld", LinkerRequest::Lld),
        ("zig", LinkerRequest::Zig),
        ("system", LinkerRequest::System),
    ];
}

impl FromStr for LinkerRequest {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        one_of(text, &Self::NAMES)
    }
}

/// What the arm64 image contains for Windows if no arm64 binary is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowsOnArm {
    /// The amd64 binary, which Windows on Arm runs under emulation.
    Emulate,
    /// Nothing, as in Docker's documented recipe.
    Omit,
}

impl FromStr for WindowsOnArm {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        one_of(text, &[("emulate", WindowsOnArm::Emulate), ("omit", WindowsOnArm::Omit)])
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of {0}")]
pub struct NotOneOf(String);

fn one_of<T: Copy>(text: &str, words: &[(&str, T)]) -> Result<T, NotOneOf> {
    words
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| NotOneOf(words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")))
}

/// A version of macOS: `11.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MacOsVersion {
    pub major: u16,
    pub minor: u8,
}

impl MacOsVersion {
    /// The oldest macOS that runs on both architectures.
    pub const DEFAULT: MacOsVersion = MacOsVersion { major: 11, minor: 0 };
    /// The oldest macOS that Rust's standard library runs on (rustc's documentation of its targets).
    const OLDEST: MacOsVersion = MacOsVersion { major: 10, minor: 12 };
}

impl fmt::Display for MacOsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for MacOsVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        // Rust's own numbers may have a `+` before them.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let version = match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) if is_plain => Self { major, minor },
            _ => return Err(NotAVersion::Unreadable),
        };
        if version < Self::OLDEST { Err(NotAVersion::TooOld) } else { Ok(version) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAVersion {
    #[error("two numbers with a dot between them are wanted")]
    Unreadable,
    #[error("Rust programs run on 10.12 and newer")]
    TooOld,
}

/// An `https://` URL.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Url(String);

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Url {
    type Err = NotAUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let host = text.strip_prefix("https://").ok_or(NotAUrl)?.split(['/', '?', '#']).next();
        let is_blank = |c: char| c.is_whitespace() || c.is_control();
        if host.is_none_or(str::is_empty) || text.contains(is_blank) {
            return Err(NotAUrl);
        }
        Ok(Self(text.to_owned()))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an https address")]
pub struct NotAUrl;

/// A category of the marketplace, by its name in the image's label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category(&'static str);

impl Category {
    /// The names of the categories that the marketplace lists.
    pub const ALL: [&str; 12] = [
        "ci-cd",
        "container-orchestration",
        "cloud-deployment",
        "cloud-development",
        "database",
        "kubernetes",
        "networking",
        "image-registry",
        "security",
        "testing-tools",
        "utility-tools",
        "volumes",
    ];

    pub fn name(&self) -> &'static str {
        self.0
    }
}

impl FromStr for Category {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        one_of(text, &Self::ALL.map(|name| (name, name))).map(Category)
    }
}

/// A path that stays below the workspace.
struct InnerPath(Utf8PathBuf);

impl FromStr for InnerPath {
    type Err = NotAnInnerPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('\\') {
            return Err(NotAnInnerPath::Backslash);
        }
        let is_here = |part: &Utf8Component<'_>| matches!(part, Utf8Component::CurDir);
        let parts = Utf8Path::new(text).components().filter(|part| !is_here(part));
        let path: Utf8PathBuf = parts.clone().collect();
        if parts.clone().all(|part| matches!(part, Utf8Component::Normal(_))) {
            Ok(Self(path))
        } else {
            Err(NotAnInnerPath::Outside)
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum NotAnInnerPath {
    #[error("it leads out of the workspace, or has `..` in it")]
    Outside,
    #[error("the parts of a path have `/` between them, on every machine")]
    Backslash,
}

const FILE: &str = "the path of a file in the workspace";
const FOLDER: &str = "the path of a folder in the workspace";
const URL: &str = "an https:// address";

impl Config {
    /// Reads the value of [`WORKSPACE_KEY`].
    ///
    /// # Errors
    /// All problems.
    pub fn parse(value: &Value) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let config =
            Table::new(WORKSPACE_KEY, value, &problems).and_then(|table| Self::read(table));
        match (config, problems.into_inner()) {
            (Some(config), problems) if problems.is_empty() => Ok(config),
            (_, problems) => Err(problems),
        }
    }

    fn read(table: Table<'_>) -> Option<Self> {
        // All are read before the first `?`, so that one run tells every problem.
        let image = image(&table);
        let title = Line::Title.read(&table);
        let description = Line::Description.read(&table);
        let vendor = Line::Vendor.read(&table);
        let api_version = table.line("api-version", "a version constraint, such as `>= 0.3.4`");
        let icon = path(&table, "icon", FILE);
        let icon_url = table.parsed("icon-url", URL);
        let screenshots = screenshots(&table);
        let detailed_description = long_text(&table, "detailed-description");
        let publisher_url = table.parsed("publisher-url", URL);
        let additional_urls = additional_urls(&table);
        let changelog = long_text(&table, "changelog");
        let categories = categories(&table);
        let ui = ui(&table);
        let vm = vm(&table);
        let platforms = platforms(&table);
        let minimum_macos = table.parsed_or(
            "minimum-macos",
            "a macOS version, such as `11.0`",
            MacOsVersion::DEFAULT,
        );
        let linker = table.parsed_or("linker", "a linker", LinkerRequest::Auto);
        let windows_on_arm =
            table.parsed_or("windows-on-arm", "`emulate` or `omit`", WindowsOnArm::Emulate);
        let api_version = api_version.and_then(|text| version_constraint(&table, text));
        table.finish();

        Some(Self {
            image: image?,
            title: title?,
            description: description?,
            vendor: vendor?,
            api_version: api_version?,
            icon: icon?,
            icon_url: icon_url?,
            screenshots: screenshots?,
            detailed_description: detailed_description?,
            publisher_url: publisher_url?,
            additional_urls: additional_urls?,
            changelog: changelog?,
            categories: categories?,
            ui: ui?,
            vm: vm?,
            platforms: platforms?.unwrap_or_else(|| HostPlatform::DEFAULT.into()),
            minimum_macos: minimum_macos?,
            linker: linker?,
            windows_on_arm: windows_on_arm?,
        })
    }
}

/// A required text on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Title,
    Description,
    Vendor,
}

impl Line {
    /// Reads a value that is in no file yet, as the configuration would.
    pub fn parse(self, text: &str) -> Result<String, Problem> {
        parse_alone(self.key(), text, |table| self.read(table))
    }

    fn read(self, table: &Table<'_>) -> Option<String> {
        let expected = match self {
            Line::Title => "the name that people see",
            Line::Description => "one sentence",
            Line::Vendor => "the publisher's name",
        };
        table.line(self.key(), expected).map(str::to_owned)
    }

    fn key(self) -> &'static str {
        match self {
            Line::Title => "title",
            Line::Description => "description",
            Line::Vendor => "vendor",
        }
    }
}

const IMAGE: &str = "image";

fn image(table: &Table<'_>) -> Option<ImageName> {
    table.parsed(IMAGE, "an image name without a tag, such as `me/my-extension`")
}

/// Reads an image's name that is in no file yet, as the configuration would.
pub fn parse_image(text: &str) -> Result<ImageName, Problem> {
    parse_alone(IMAGE, text, image)
}

fn parse_alone<T>(
    key: &str,
    text: &str,
    read: impl FnOnce(&Table<'_>) -> Option<T>,
) -> Result<T, Problem> {
    let problems = Problems::default();
    let value = serde_json::json!({ key: text });
    let found = Table::new(WORKSPACE_KEY, &value, &problems).and_then(|table| read(&table));
    let problem = problems.into_inner().pop();
    match (found, problem) {
        (Some(found), None) => Ok(found),
        (_, Some(problem)) => Err(problem),
        (None, None) => unreachable!("a reader that finds nothing records a problem"),
    }
}

/// Reads a host binary package's own table, which can only narrow the platforms.
///
/// # Errors
/// All problems.
pub fn parse_package(value: &Value) -> Result<Option<BTreeSet<HostPlatform>>, Vec<Problem>> {
    let problems = Problems::default();
    let found = Table::new(PACKAGE_KEY, value, &problems).and_then(|table| {
        let found = platforms(&table);
        table.finish();
        found
    });
    match (found, problems.into_inner()) {
        (Some(found), problems) if problems.is_empty() => Ok(found),
        (_, problems) => Err(problems),
    }
}

fn version_constraint(table: &Table<'_>, text: &str) -> Option<String> {
    match semver::VersionReq::parse(text) {
        Ok(_) => Some(text.to_owned()),
        Err(error) => {
            table.problem(
                "api-version",
                format!("`{text}` ({error})"),
                "a version constraint, such as `>= 0.3.4`",
            );
            None
        }
    }
}

fn path(table: &Table<'_>, name: &'static str, expected: &str) -> Option<Utf8PathBuf> {
    table.parsed::<InnerPath>(name, expected).map(|path| path.0)
}

fn path_or(
    table: &Table<'_>,
    name: &'static str,
    expected: &str,
    default: &str,
) -> Option<Utf8PathBuf> {
    table.parsed_or(name, expected, InnerPath(default.into())).map(|path| path.0)
}

fn long_text(table: &Table<'_>, name: &'static str) -> Option<LongText> {
    let expected = "a text, or `{ file = \"…\" }`";
    match table.required(name, expected)? {
        value @ Value::Object(_) => {
            let inner = table.sub_table(name, value)?;
            let file = path(&inner, "file", FILE);
            inner.finish();
            file.map(LongText::File)
        }
        _ => table.text(name, expected).map(|text| LongText::Inline(text.to_owned())),
    }
}

fn screenshots(table: &Table<'_>) -> Option<Vec<Screenshot>> {
    let expected = "a list of at least one `{ alt = \"…\", url = \"https://…\" }`";
    table.required("screenshots", expected)?;
    let list = table.list("screenshots", expected, |key, value| {
        let inner = table.sub_table(key, value)?;
        let alt = inner.text("alt", "what the picture shows");
        let url = inner.parsed("url", URL);
        inner.finish();
        Some(Screenshot { alt: alt?.to_owned(), url: url? })
    })?;
    not_empty(table, "screenshots", list, expected)
}

fn additional_urls(table: &Table<'_>) -> Option<Vec<Link>> {
    let expected = "a list of `{ title = \"…\", url = \"https://…\" }`";
    let list = table.list("additional-urls", expected, |key, value| {
        let inner = table.sub_table(key, value)?;
        let title = inner.text("title", "the link's text");
        let url = inner.parsed("url", URL);
        inner.finish();
        Some(Link { title: title?.to_owned(), url: url? })
    })?;
    Some(list.unwrap_or_default())
}

fn categories(table: &Table<'_>) -> Option<Vec<Category>> {
    let expected = "at least one of the marketplace's categories";
    table.required("categories", expected)?;
    let list = table.parsed_list("categories", "one of the marketplace's categories")?;
    not_empty(table, "categories", list, expected)
}

fn platforms(table: &Table<'_>) -> Option<Option<BTreeSet<HostPlatform>>> {
    let list = table.parsed_list("platforms", "a host platform")?;
    let Some(list) = list else { return Some(None) };
    not_empty(table, "platforms", Some(list), "at least one host platform")
        .map(|list| Some(list.into_iter().collect()))
}

fn not_empty<T>(
    table: &Table<'_>,
    name: &str,
    list: Option<Vec<T>>,
    expected: &str,
) -> Option<Vec<T>> {
    let list = list.unwrap_or_default();
    if list.is_empty() {
        table.problem(name, "an empty list", expected);
        return None;
    }
    Some(list)
}

fn ui(table: &Table<'_>) -> Option<Option<Ui>> {
    let Some(inner) = table.table("ui")? else { return Some(None) };
    let title = inner.text("title", "the tab's title");
    let folder = path_or(&inner, "directory", FOLDER, "ui");
    let build_folder = path_or(&inner, "build-directory", FOLDER, "dist");
    let entry = path_or(&inner, "entry", "the page that the tab opens", "index.html");
    inner.finish();
    Some(Some(Ui {
        title: title?.to_owned(),
        folder: folder?,
        build_folder: build_folder?,
        entry: entry?,
    }))
}

fn vm(table: &Table<'_>) -> Option<Option<Vm>> {
    let Some(inner) = table.table("vm")? else { return Some(None) };
    let image = inner.optional_text("image", "an image reference");
    let compose_file = match inner.value("composefile") {
        None => Some(None),
        Some(_) => path(&inner, "composefile", FILE).map(Some),
    };
    let socket = inner.optional_text("socket", "a socket's file name");
    inner.finish();
    let service = match (image?, compose_file?) {
        (Some(image), None) => Service::Image(image.to_owned()),
        (None, Some(file)) => Service::ComposeFile(file),
        (found, _) => {
            let found = if found.is_some() { "both" } else { "neither" };
            table.problem("vm", found, "either `image` or `composefile`");
            return None;
        }
    };
    Some(Some(Vm { service, socket: socket?.map(str::to_owned) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn good() -> Value {
        json!({
            "image": "me/tool",
            "title": "Tool",
            "description": "Does it.",
            "vendor": "Me",
            "api-version": ">= 0.3.4",
            "icon": "extension/icon.svg",
            "icon-url": "https://example.com/icon.svg",
            "screenshots": [{ "alt": "It", "url": "https://example.com/1.png" }],
            "detailed-description": { "file": "extension/description.html" },
            "publisher-url": "https://example.com",
            "changelog": "<p>First.</p>",
            "categories": ["networking"],
        })
    }

    fn with(changes: Value) -> Value {
        let mut value = good();
        for (key, change) in changes.as_object().unwrap() {
            match change {
                Value::Null => value.as_object_mut().unwrap().remove(key),
                change => value.as_object_mut().unwrap().insert(key.clone(), change.clone()),
            };
        }
        value
    }

    fn problems(changes: Value) -> String {
        let problems = Config::parse(&with(changes)).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let config = Config::parse(&good()).unwrap();
        assert_eq!(config.platforms, HostPlatform::DEFAULT.into());
        assert_eq!(config.minimum_macos.to_string(), "11.0");
        assert_eq!(config.linker, LinkerRequest::Auto);
        assert_eq!(config.windows_on_arm, WindowsOnArm::Emulate);
        assert!(config.ui.is_none() && config.vm.is_none() && config.additional_urls.is_empty());
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_full_key() {
        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.image`: found `Me/Tool:1.0` (the name must not contain a tag), expected an image name without a tag, such as `me/my-extension`
            `workspace.metadata.docker-extension.title`: found nothing, expected the name that people see
            `workspace.metadata.docker-extension.description`: found an empty text, expected one sentence
            `workspace.metadata.docker-extension.vendor`: found the number 3, expected the publisher's name
            `workspace.metadata.docker-extension.icon`: found `../icon.svg` (it leads out of the workspace, or has `..` in it), expected the path of a file in the workspace
            `workspace.metadata.docker-extension.icon-url`: found `http://example.com/icon.svg` (not an https address), expected an https:// address
            `workspace.metadata.docker-extension.screenshots[0].url`: found nothing, expected an https:// address
            `workspace.metadata.docker-extension.screenshots[1]`: found the text `x`, expected a table
            `workspace.metadata.docker-extension.detailed-description.file`: found nothing, expected the path of a file in the workspace
            `workspace.metadata.docker-extension.detailed-description.path`: unknown key, the keys here are file
            `workspace.metadata.docker-extension.categories`: found an empty list, expected at least one of the marketplace's categories
            `workspace.metadata.docker-extension.ui.directory`: found `/ui` (it leads out of the workspace, or has `..` in it), expected the path of a folder in the workspace
            `workspace.metadata.docker-extension.ui.build-folder`: this key is now called `build-directory`; `cargo xtask upgrade` renames it
            `workspace.metadata.docker-extension.ui.colour`: unknown key, the keys here are title, directory, build-directory, entry
            `workspace.metadata.docker-extension.vm`: found neither, expected either `image` or `composefile`
            `workspace.metadata.docker-extension.platforms[0]`: found `darwin-arm46` (not a host platform (did you mean `darwin-arm64`?); these are: darwin-amd64, darwin-arm64, windows-amd64, windows-arm64, linux-amd64, linux-arm64), expected a host platform
            `workspace.metadata.docker-extension.platforms[1]`: found the number 1, expected a host platform
            `workspace.metadata.docker-extension.minimum-macos`: found `Big Sur` (two numbers with a dot between them are wanted), expected a macOS version, such as `11.0`
            `workspace.metadata.docker-extension.linker`: found `gold` (not one of auto, lld, zig, system), expected a linker
            `workspace.metadata.docker-extension.api-version`: found `newest` (unexpected character 'n' while parsing major version number), expected a version constraint, such as `>= 0.3.4`
            `workspace.metadata.docker-extension.titel`: unknown key, did you mean `title`?"#]].assert_eq(&problems(json!({
            "titel": "Tool",
            "title": null,
            "image": "Me/Tool:1.0",
            "vendor": 3,
            "description": " ",
            "api-version": "newest",
            "icon": "../icon.svg",
            "icon-url": "http://example.com/icon.svg",
            "screenshots": [{ "alt": "It" }, "x"],
            "detailed-description": { "path": "x" },
            "categories": [],
            "platforms": ["darwin-arm46", 1],
            "linker": "gold",
            "minimum-macos": "Big Sur",
            "ui": { "title": "Tool", "directory": "/ui", "colour": "red", "build-folder": "b" },
            "vm": {},
        })));
    }

    #[test]
    fn a_line_break_is_rejected_in_labels_that_are_not_html() {
        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.title`: found a text with a line break, expected the name that people see, on one line
            `workspace.metadata.docker-extension.description`: found a text with a line break, expected one sentence, on one line
            `workspace.metadata.docker-extension.vendor`: found a text with a line break, expected the publisher's name, on one line
            `workspace.metadata.docker-extension.api-version`: found a text with a line break, expected a version constraint, such as `>= 0.3.4`, on one line
            `workspace.metadata.docker-extension.icon-url`: found `https://example.com/
            ` (not an https address), expected an https:// address
            `workspace.metadata.docker-extension.publisher-url`: found `https://example.com/
            ` (not an https address), expected an https:// address"#]].assert_eq(&problems(json!({
            "title": "A\nTool",
            "description": "Does it.\n",
            "vendor": "Me\r\nand you",
            "api-version": ">= 0.3.4,\n< 1",
            "icon-url": "https://example.com/\n",
            "publisher-url": "https://example.com/\n",
        })));
        let in_json = json!({
            "screenshots": [{ "alt": "one\ntwo", "url": "https://example.com/1.png" }],
            "additional-urls": [{ "title": "one\ntwo", "url": "https://example.com" }],
            "changelog": "<p>\nFirst.</p>",
        });
        assert!(Config::parse(&with(in_json)).is_ok());
    }

    #[test]
    fn a_macos_that_no_rust_program_runs_on_is_refused() {
        let version = |text: &str| text.parse::<MacOsVersion>();
        assert_eq!(version("10.12"), Ok(MacOsVersion { major: 10, minor: 12 }));
        assert_eq!(version("14"), Ok(MacOsVersion { major: 14, minor: 0 }));
        assert_eq!(version("10.5"), Err(NotAVersion::TooOld));
        assert_eq!(version("+11.0"), Err(NotAVersion::Unreadable));
    }

    #[test]
    fn a_service_is_an_image_or_a_compose_file() {
        let vm = |vm: Value| Config::parse(&with(json!({ "vm": vm }))).map(|config| config.vm);
        assert_eq!(
            vm(json!({ "composefile": "extension/compose.yaml", "socket": "backend.sock" })),
            Ok(Some(Vm {
                service: Service::ComposeFile("extension/compose.yaml".into()),
                socket: Some("backend.sock".to_owned()),
            }))
        );
        assert!(vm(json!({ "image": "me/tool", "composefile": "x.yaml" })).is_err());
    }

    #[test]
    fn a_package_can_only_narrow_its_platforms() {
        let platforms = parse_package(&json!({ "platforms": ["darwin-arm64"] })).unwrap();
        assert_eq!(platforms.map(|platforms| platforms.len()), Some(1));
        let problems = parse_package(&json!({ "platform": ["darwin-arm64"] })).unwrap_err();
        assert!(problems[0].to_string().contains("did you mean `platforms`?"), "{problems:?}");
    }
}

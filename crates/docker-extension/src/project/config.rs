//! The configuration of an extension: reads and checks `[workspace.metadata.docker-extension]` in
//! `Cargo.toml`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::added_symbols::{self, AddedSymbols};
use super::table::{Problem, Problems, Table};
use crate::oci::ImageName;
use crate::page_reference::{InvalidPageReference, PageReference};
use crate::platform::{Arch, HostPlatform};
use crate::rules::waiver::{self, WaivableRule, Waiver, WaiverOrigin};

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
    /// The versions of Docker's extension API that the extension supports, as a semver constraint.
    pub api_version: String,
    /// The path of the icon, relative to the workspace.
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
    /// The platforms of the host binaries. A package can restrict them for its own.
    pub platforms: BTreeSet<HostPlatform>,
    pub minimum_macos: MacOsVersion,
    /// Symbols that macOS has, in addition to the tool's lists.
    pub macos_symbols: AddedSymbols,
    pub linker: LinkerRequest,
    pub windows_on_arm: WindowsOnArm,
    /// The findings of `validate` that the author accepts.
    pub allow: Vec<Waiver>,
    /// A package can set it for its own host binaries.
    pub windows_resources: WindowsResources,
}

/// A text, inline or in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LongText {
    Inline(String),
    /// The path of the file that contains it, relative to the workspace.
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
    /// The directory, relative to the workspace: an npm project if it contains a `package.json`, else plain
    /// files.
    pub directory: Utf8PathBuf,
    /// The directory into which `npm run build` writes, relative to [`Self::directory`].
    pub build_directory: Utf8PathBuf,
    /// The page that the tab opens, relative to the directory of the built pages.
    pub entry: PageReference,
}

/// The services in Docker's virtual machine.
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
    /// The services of a compose file, given by its path relative to the workspace.
    ComposeFile(Utf8PathBuf),
}

/// The linker for host binaries. The comments of its variants are the help of `--linker`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LinkerRequest {
    /// The linker that needs the fewest tools installed
    Auto,
    /// The Rust toolchain's `rust-lld`
    Lld,
    /// zig, downloaded if it is missing
    Zig,
    /// The C compiler for the target that is installed on this machine
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

/// What the arm64 image variant contains for Windows if no arm64 binary is built.
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

/// Whether host binaries for Windows get the resources that they don't contain: version, icon and manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowsResources {
    Generate,
    Omit,
}

impl FromStr for WindowsResources {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = [("generate", WindowsResources::Generate), ("omit", WindowsResources::Omit)];
        one_of(text, &names)
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
    /// The oldest version for both architectures.
    pub const DEFAULT: MacOsVersion = MacOsVersion { major: 11, minor: 0 };
    /// The oldest version that Rust's standard library supports (the rustc book, "Platform Support").
    const OLDEST: MacOsVersion = MacOsVersion { major: 10, minor: 12 };
    const FIRST_FOR_ARM64: MacOsVersion = MacOsVersion { major: 11, minor: 0 };

    /// The oldest version on which a program for this version or newer ones can run: Macs with Apple silicon
    /// came with macOS 11.
    #[must_use]
    pub fn on(self, arch: Arch) -> Self {
        match arch {
            Arch::Amd64 => self,
            Arch::Arm64 => self.max(Self::FIRST_FOR_ARM64),
        }
    }
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
        // `parse` accepts a `+` before a number.
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let version = match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) if is_plain => Self { major, minor },
            _ => return Err(NotAVersion::Format),
        };
        if version < Self::OLDEST { Err(NotAVersion::TooOld) } else { Ok(version) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAVersion {
    #[error("a version is two numbers separated by a dot")]
    Format,
    #[error("Rust supports macOS 10.12 and newer")]
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
        let rest = text.strip_prefix("https://").ok_or(NotAUrl::Scheme)?;
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            Err(NotAUrl::Blank)
        } else if rest.is_empty() || rest.starts_with(['/', '?', '#']) {
            Err(NotAUrl::Host)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAUrl {
    #[error("it does not start with `https://`")]
    Scheme,
    #[error("it has no host")]
    Host,
    #[error("it contains a blank or a line break")]
    Blank,
}

/// A category of the marketplace, by its name in the image's label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category(&'static str);

impl Category {
    /// The names of all categories.
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

/// A path inside the workspace, relative to its root.
struct InnerPath(Utf8PathBuf);

impl FromStr for InnerPath {
    type Err = NotAnInnerPath;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('\\') {
            return Err(NotAnInnerPath::Backslash);
        }
        if text.chars().any(char::is_control) {
            return Err(NotAnInnerPath::Control);
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

/// The address of a page in the directory of the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
struct InnerPage(PageReference);

impl FromStr for InnerPage {
    type Err = InnerPageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('/') {
            return Err(InnerPageError::Absolute);
        }
        Ok(Self(text.parse()?))
    }
}

#[derive(Debug, thiserror::Error)]
enum InnerPageError {
    #[error("it is absolute")]
    Absolute,
    #[error(transparent)]
    Reference(#[from] InvalidPageReference),
}

#[derive(Debug, thiserror::Error)]
enum NotAnInnerPath {
    #[error("it is absolute or contains `..`")]
    Outside,
    #[error("it contains a control character")]
    Control,
    #[error("it contains `\\`; use `/` on every platform")]
    Backslash,
}

const COMPOSE_FILE: &str =
    "the path of a file in the workspace, such as `extension/docker-compose.yaml`";
const ICON: &str = "the path of a file in the workspace, such as `extension/icon.svg`";
const DIRECTORY: &str = "the path of a directory in the workspace, such as `ui`";
const PAGE: &str = "the path of a page, such as `index.html`";
const URL: &str = "an https:// URL, such as `https://acme.dev/disk`";
const PICTURE_URL: &str = "an https:// URL, such as `https://acme.dev/disk.png`";
const WINDOWS_RESOURCES: &str = "windows-resources";
const GENERATE_OR_OMIT: &str = "`generate` or `omit`";
const API_VERSION: &str = "a version constraint, such as `>= 0.3.4`";

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
            (_, problems) => Err(without_required_keys(value).unwrap_or(problems)),
        }
    }

    fn read(table: Table<'_>) -> Option<Self> {
        // Every key is read before the first `?`, so that one run reports every problem.
        let image = image(&table);
        let title = Line::Title.read(&table);
        let description = Line::Description.read(&table);
        let vendor = Line::Vendor.read(&table);
        let api_version = table.line("api-version", API_VERSION);
        let icon = path(&table, "icon", ICON);
        let icon_url = table.parsed("icon-url", PICTURE_URL);
        let screenshots = screenshots(&table);
        let detailed_description =
            long_text(&table, "detailed-description", "extension/description.html");
        let publisher_url = table.parsed("publisher-url", URL);
        let additional_urls = additional_urls(&table);
        let changelog = long_text(&table, "changelog", "extension/changelog.html");
        let categories = categories(&table);
        let ui = ui(&table);
        let vm = vm(&table);
        let platforms = platforms(&table);
        let minimum_macos = table.parsed_or(
            "minimum-macos",
            "a macOS version, such as `11.0`",
            MacOsVersion::DEFAULT,
        );
        let macos_symbols = added_symbols::read(&table);
        let linker = table.parsed_or("linker", "a linker", LinkerRequest::Auto);
        let windows_on_arm =
            table.parsed_or("windows-on-arm", "`emulate` or `omit`", WindowsOnArm::Emulate);
        let windows_resources =
            table.parsed_or(WINDOWS_RESOURCES, GENERATE_OR_OMIT, WindowsResources::Generate);
        let api_version = api_version.and_then(|text| version_constraint(&table, text));
        let allow = allow(&table);
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
            macos_symbols: macos_symbols?,
            linker: linker?,
            windows_on_arm: windows_on_arm?,
            allow: allow?,
            windows_resources: windows_resources?,
        })
    }
}

/// The required keys of the workspace's table.
const REQUIRED: [&str; 12] = [
    "image",
    "title",
    "description",
    "vendor",
    "api-version",
    "icon",
    "icon-url",
    "screenshots",
    "detailed-description",
    "publisher-url",
    "changelog",
    "categories",
];

/// One problem in place of one for each missing key.
fn without_required_keys(value: &Value) -> Option<Vec<Problem>> {
    let table = value.as_object()?;
    let is_empty = REQUIRED.iter().all(|key| !table.contains_key(*key));
    is_empty
        .then(|| vec![Problem::Empty { key: WORKSPACE_KEY.to_owned(), required: REQUIRED.into() }])
}

/// A required text on one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Title,
    Description,
    Vendor,
}

impl Line {
    /// Checks a value that is not in a file yet.
    pub fn parse(self, text: &str) -> Result<String, Problem> {
        parse_alone(self.key(), text, |table| self.read(table))
    }

    fn read(self, table: &Table<'_>) -> Option<String> {
        let expected = match self {
            Line::Title => "the name that users see, such as `Acme Disk`",
            Line::Description => "one sentence, such as `Shows what fills your disk.`",
            Line::Vendor => "the publisher's name, such as `Acme Inc.`",
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

/// Checks an image name that is not in a file yet.
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
        (None, None) => unreachable!("a reader that returns nothing records a problem"),
    }
}

/// The configuration of a host binary package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageConfig {
    /// The platforms to which it restricts its host binaries.
    pub platforms: Option<BTreeSet<HostPlatform>>,
    /// In place of the workspace's.
    pub windows_resources: Option<WindowsResources>,
}

/// Reads the table of a host binary package.
///
/// # Errors
/// All problems.
pub fn parse_package(value: &Value) -> Result<PackageConfig, Vec<Problem>> {
    let problems = Problems::default();
    let found = Table::new(PACKAGE_KEY, value, &problems).and_then(|table| {
        let platforms = platforms(&table);
        let windows_resources = match table.value(WINDOWS_RESOURCES) {
            None => Some(None),
            Some(_) => table.parsed(WINDOWS_RESOURCES, GENERATE_OR_OMIT).map(Some),
        };
        table.finish();
        Some(PackageConfig { platforms: platforms?, windows_resources: windows_resources? })
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
            table.problem("api-version", format!("`{text}` ({error})"), API_VERSION);
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

fn long_text(table: &Table<'_>, name: &'static str, example: &str) -> Option<LongText> {
    let expected = format!("HTML, or a file such as `{{ file = \"{example}\" }}`");
    match table.required(name, &expected)? {
        value @ Value::Object(_) => {
            let inner = table.sub_table(name, value)?;
            let expected = format!("the path of a file in the workspace, such as `{example}`");
            let file = path(&inner, "file", &expected);
            inner.finish();
            file.map(LongText::File)
        }
        _ => table.text(name, &expected).map(|text| LongText::Inline(text.to_owned())),
    }
}

fn screenshots(table: &Table<'_>) -> Option<Vec<Screenshot>> {
    let expected =
        "a list such as `[{ alt = \"The main page\", url = \"https://acme.dev/disk.png\" }]`";
    table.required("screenshots", expected)?;
    let list = table.list("screenshots", expected, |key, value| {
        let inner = table.sub_table(key, value)?;
        let alt = inner.line("alt", "a description of the screenshot, such as `The main page`");
        let url = inner.parsed("url", PICTURE_URL);
        inner.finish();
        Some(Screenshot { alt: alt?.to_owned(), url: url? })
    })?;
    not_empty(table, "screenshots", list, expected)
}

fn additional_urls(table: &Table<'_>) -> Option<Vec<Link>> {
    let expected = "a list such as `[{ title = \"Support\", url = \"https://acme.dev/help\" }]`";
    let list = table.list("additional-urls", expected, |key, value| {
        let inner = table.sub_table(key, value)?;
        let title = inner.line("title", "the text of the link, such as `Support`");
        let url = inner.parsed("url", URL);
        inner.finish();
        Some(Link { title: title?.to_owned(), url: url? })
    })?;
    Some(list.unwrap_or_default())
}

fn categories(table: &Table<'_>) -> Option<Vec<Category>> {
    let expected = "at least one category of the marketplace, such as `[\"utility-tools\"]`";
    table.required("categories", expected)?;
    let list = table.parsed_list("categories", "a category of the marketplace")?;
    not_empty(table, "categories", list, expected)
}

fn platforms(table: &Table<'_>) -> Option<Option<BTreeSet<HostPlatform>>> {
    let list = table.parsed_list("platforms", "a host platform")?;
    let Some(list) = list else { return Some(None) };
    not_empty(
        table,
        "platforms",
        Some(list),
        "at least one host platform, such as `[\"darwin-arm64\"]`",
    )
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
    let title = inner.line("title", "the title of the tab, such as `Acme Disk`");
    let directory = path_or(&inner, "directory", DIRECTORY, "ui");
    let build_directory =
        path_or(&inner, "build-directory", "the path of a directory in `directory`", "dist");
    let entry = match inner.value("entry") {
        None => "index.html".parse().ok(),
        Some(_) => inner.parsed::<InnerPage>("entry", PAGE).map(|page| page.0),
    };
    inner.finish();
    Some(Some(Ui {
        title: title?.to_owned(),
        directory: directory?,
        build_directory: build_directory?,
        entry: entry?,
    }))
}

fn vm(table: &Table<'_>) -> Option<Option<Vm>> {
    let Some(inner) = table.table("vm")? else { return Some(None) };
    let image =
        inner.optional_line("image", "an image reference, such as `acme/disk-service:1.0.0`");
    let compose_file = match inner.value("composefile") {
        None => Some(None),
        Some(_) => path(&inner, "composefile", COMPOSE_FILE).map(Some),
    };
    let socket = inner.optional_line("socket", "the file name of a socket, such as `service.sock`");
    inner.finish();
    let service = match (image?, compose_file?) {
        (Some(image), None) => Service::Image(image.to_owned()),
        (None, Some(file)) => Service::ComposeFile(file),
        (found, _) => {
            let found = if found.is_some() { "`image` and `composefile`" } else { "neither" };
            table.problem("vm", found, "either `image` or `composefile`");
            return None;
        }
    };
    Some(Some(Vm { service, socket: socket?.map(str::to_owned) }))
}

fn allow(table: &Table<'_>) -> Option<Vec<Waiver>> {
    let expected = format!("a list: `[[{WORKSPACE_KEY}.{}]]`", waiver::ALLOW);
    let mut index = 0;
    let list = table.list(waiver::ALLOW, &expected, |key, value| {
        let origin = WaiverOrigin::Configuration(index);
        index += 1;
        let inner = table.sub_table(key, value)?;
        let rule: Option<WaivableRule> =
            inner.parsed("rule", "the id of a rule of `validate`, such as `binary-large`");
        let path = match inner.value("path") {
            None => Some(None),
            Some(_) => inner
                .parsed("path", "the path of a file in the image, such as `/darwin/*`")
                .map(Some),
        };
        let reason = inner.text(
            "reason",
            "why the finding is acceptable, such as `the program contains a model`",
        );
        inner.finish();
        // It is shown on one line.
        let reason = reason?.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(Waiver { rule: rule?, path: path?, reason, origin })
    })?;
    Some(list.unwrap_or_default())
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
    fn an_optional_key_has_a_default() {
        let config = Config::parse(&good()).unwrap();
        assert_eq!(config.platforms, HostPlatform::DEFAULT.into());
        assert_eq!(config.minimum_macos.to_string(), "11.0");
        assert_eq!(config.linker, LinkerRequest::Auto);
        assert_eq!(config.windows_on_arm, WindowsOnArm::Emulate);
        assert!(config.ui.is_none() && config.vm.is_none() && config.additional_urls.is_empty());
    }

    #[test]
    fn every_problem_is_reported_at_once_with_its_full_key() {
        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.image`: found `Me/Tool:1.0` (the name must not contain a tag), expected an image name without a tag, such as `me/my-extension`
            `workspace.metadata.docker-extension.title` is missing: expected the name that users see, such as `Acme Disk`
            `workspace.metadata.docker-extension.description`: found an empty text, expected one sentence, such as `Shows what fills your disk.`
            `workspace.metadata.docker-extension.vendor`: found the number 3, expected the publisher's name, such as `Acme Inc.`
            `workspace.metadata.docker-extension.icon`: found `../icon.svg` (it is absolute or contains `..`), expected the path of a file in the workspace, such as `extension/icon.svg`
            `workspace.metadata.docker-extension.icon-url`: found `http://example.com/icon.svg` (it does not start with `https://`), expected an https:// URL, such as `https://acme.dev/disk.png`
            `workspace.metadata.docker-extension.screenshots[0].url` is missing: expected an https:// URL, such as `https://acme.dev/disk.png`
            `workspace.metadata.docker-extension.screenshots[1]`: found the text `x`, expected a table
            `workspace.metadata.docker-extension.detailed-description.file` is missing: expected the path of a file in the workspace, such as `extension/description.html`
            `workspace.metadata.docker-extension.detailed-description.path`: unknown key; known keys: file
            `workspace.metadata.docker-extension.categories`: found an empty list, expected at least one category of the marketplace, such as `["utility-tools"]`
            `workspace.metadata.docker-extension.ui.directory`: found `/ui` (it is absolute or contains `..`), expected the path of a directory in the workspace, such as `ui`
            `workspace.metadata.docker-extension.ui.build-folder`: this key is now called `build-directory`; `cargo xtask upgrade` renames it
            `workspace.metadata.docker-extension.ui.colour`: unknown key; known keys: title, directory, build-directory, entry
            `workspace.metadata.docker-extension.vm`: found neither, expected either `image` or `composefile`
            `workspace.metadata.docker-extension.platforms[0]`: found `darwin-arm46` (did you mean `darwin-arm64`?), expected a host platform
            `workspace.metadata.docker-extension.platforms[1]`: found the number 1, expected a host platform
            `workspace.metadata.docker-extension.minimum-macos`: found `Big Sur` (a version is two numbers separated by a dot), expected a macOS version, such as `11.0`
            `workspace.metadata.docker-extension.linker`: found `gold` (not one of auto, lld, zig, system), expected a linker
            `workspace.metadata.docker-extension.api-version`: found `newest` (unexpected character 'n' while parsing major version number), expected a version constraint, such as `>= 0.3.4`
            `workspace.metadata.docker-extension.titel`: unknown key; did you mean `title`?"#]].assert_eq(&problems(json!({
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
    fn a_line_break_is_rejected_in_every_text_but_html() {
        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.title`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.description`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.vendor`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.api-version`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.icon-url`: found `https://example.com/\u{a}` (it contains a blank or a line break), expected an https:// URL, such as `https://acme.dev/disk.png`
            `workspace.metadata.docker-extension.publisher-url`: found `https://example.com/\u{a}` (it contains a blank or a line break), expected an https:// URL, such as `https://acme.dev/disk`"#]].assert_eq(&problems(json!({
            "title": "A\nTool",
            "description": "Does it.\n",
            "vendor": "Me\r\nand you",
            "api-version": ">= 0.3.4,\n< 1",
            "icon-url": "https://example.com/\n",
            "publisher-url": "https://example.com/\n",
        })));
        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.screenshots[0].alt`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.additional-urls[0].title`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.ui.title`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.vm.image`: found a text with a line break, expected a text on one line
            `workspace.metadata.docker-extension.vm.socket`: found a text with a line break, expected a text on one line"#]].assert_eq(&problems(json!({
            "screenshots": [{ "alt": "one\ntwo", "url": "https://example.com/1.png" }],
            "additional-urls": [{ "title": "one\ntwo", "url": "https://example.com" }],
            "ui": { "title": "A\nTool" },
            "vm": { "image": "me/tool\n", "socket": "a\nb.sock" },
        })));
        assert!(Config::parse(&with(json!({ "changelog": "<p>\nFirst.</p>" }))).is_ok());
        for c in ['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'] {
            let found = problems(json!({ "title": format!("A{c}Tool") }));
            assert!(found.contains("title`: found a text with a line break"), "{found}");
        }
        for c in ['\0', '\t', '\u{1b}'] {
            let found = problems(json!({ "ui": { "title": format!("A{c}Tool") } }));
            assert!(found.contains("ui.title`: found a text with a control character"), "{found}");
            let found = problems(json!({ "icon": format!("a{c}.svg") }));
            assert!(found.contains("(it contains a control character)"), "{found}");
        }
    }

    #[test]
    fn the_entry_of_the_tab_may_have_a_query_and_a_fragment() {
        let entry = |entry: &str| {
            let config = Config::parse(&with(json!({ "ui": { "title": "T", "entry": entry } })));
            config.map(|config| config.ui.unwrap().entry.path().to_owned())
        };
        assert_eq!(entry("app/index.html?v=1.2#/home").as_deref(), Ok("app/index.html"));
        assert_eq!(entry("my%20page.html").as_deref(), Ok("my page.html"));
        for (text, reason) in [
            ("/index.html", "it is absolute"),
            ("../index.html", "it leads out of the directory of the pages"),
            ("app\\index.html", "it contains `\\`"),
            ("#/home", "it is a directory, not a page"),
        ] {
            let found = problems(json!({ "ui": { "title": "T", "entry": text } }));
            assert!(found.contains(&format!("({reason}")), "{found}");
        }
    }

    #[test]
    fn a_waiver_has_a_rule_and_a_reason_and_may_have_a_path() {
        let allow = |allow: Value| Config::parse(&with(json!({ "allow": allow }))).unwrap().allow;
        let found = allow(json!([
            { "rule": "binary-large", "path": "/darwin/*", "reason": "It contains\n  a model." },
            { "rule": "label-title", "reason": "Its name." },
        ]));
        assert_eq!(found[0].rule.rule().id, "binary-large");
        assert_eq!(found[0].path.as_ref().map(ToString::to_string).as_deref(), Some("/darwin/*"));
        assert_eq!(found[0].reason, "It contains a model.");
        assert_eq!(found[1].origin, WaiverOrigin::Configuration(1));
        assert_eq!(allow(json!([])), []);

        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.allow[0].rule`: found `binary-larg` (no rule has this id; did you mean `binary-large`?), expected the id of a rule of `validate`, such as `binary-large`
            `workspace.metadata.docker-extension.allow[0].path`: found `darwin/tool` (it does not start with `/`), expected the path of a file in the image, such as `/darwin/*`
            `workspace.metadata.docker-extension.allow[0].reason`: found an empty text, expected why the finding is acceptable, such as `the program contains a model`
            `workspace.metadata.docker-extension.allow[1].rule`: found `allow-unused` (it can't be waived; remove the waiver that it reports), expected the id of a rule of `validate`, such as `binary-large`
            `workspace.metadata.docker-extension.allow[1].reason` is missing: expected why the finding is acceptable, such as `the program contains a model`
            `workspace.metadata.docker-extension.allow[1].because`: unknown key; known keys: rule, path, reason
            `workspace.metadata.docker-extension.allow[2].rule`: found `image-unreadable` (it can't be waived: nothing else of the image was checked), expected the id of a rule of `validate`, such as `binary-large`
            `workspace.metadata.docker-extension.allow[3]`: found the text `label-title`, expected a table"#]]
        .assert_eq(&problems(json!({ "allow": [
            { "rule": "binary-larg", "path": "darwin/tool", "reason": " " },
            { "rule": "allow-unused", "because": "x" },
            { "rule": "image-unreadable", "reason": "x" },
            "label-title",
        ] })));
        let table = problems(json!({ "allow": { "rule": "label-title", "reason": "x" } }));
        assert_eq!(
            table,
            "`workspace.metadata.docker-extension.allow`: found a table, expected a list: \
             `[[workspace.metadata.docker-extension.allow]]`"
        );
    }

    #[test]
    fn missing_keys_are_reported_with_an_example_value() {
        let required = REQUIRED.map(|key| (key.to_owned(), Value::Null));
        let mut without_all_but_the_image = serde_json::Map::from_iter(required);
        without_all_but_the_image.remove("image");
        expect_test::expect![[r#"
            `workspace.metadata.docker-extension.title` is missing: expected the name that users see, such as `Acme Disk`
            `workspace.metadata.docker-extension.description` is missing: expected one sentence, such as `Shows what fills your disk.`
            `workspace.metadata.docker-extension.vendor` is missing: expected the publisher's name, such as `Acme Inc.`
            `workspace.metadata.docker-extension.api-version` is missing: expected a version constraint, such as `>= 0.3.4`
            `workspace.metadata.docker-extension.icon` is missing: expected the path of a file in the workspace, such as `extension/icon.svg`
            `workspace.metadata.docker-extension.icon-url` is missing: expected an https:// URL, such as `https://acme.dev/disk.png`
            `workspace.metadata.docker-extension.screenshots` is missing: expected a list such as `[{ alt = "The main page", url = "https://acme.dev/disk.png" }]`
            `workspace.metadata.docker-extension.detailed-description` is missing: expected HTML, or a file such as `{ file = "extension/description.html" }`
            `workspace.metadata.docker-extension.publisher-url` is missing: expected an https:// URL, such as `https://acme.dev/disk`
            `workspace.metadata.docker-extension.changelog` is missing: expected HTML, or a file such as `{ file = "extension/changelog.html" }`
            `workspace.metadata.docker-extension.categories` is missing: expected at least one category of the marketplace, such as `["utility-tools"]`"#]].assert_eq(&problems(Value::Object(without_all_but_the_image)));
    }

    #[test]
    fn a_table_without_any_required_key_is_one_problem() {
        for table in [json!({}), json!({ "ui": { "title": "Tool" } })] {
            let problems = Config::parse(&table).unwrap_err();
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(
                problems,
                [
                    "`workspace.metadata.docker-extension` has none of the required keys: image, title, \
                  description, vendor, api-version, icon, icon-url, screenshots, detailed-description, \
                  publisher-url, changelog, categories"
                ]
            );
        }
    }

    #[test]
    fn a_macos_version_that_rust_does_not_support_is_rejected() {
        let version = |text: &str| text.parse::<MacOsVersion>();
        assert_eq!(version("10.12"), Ok(MacOsVersion { major: 10, minor: 12 }));
        assert_eq!(version("14"), Ok(MacOsVersion { major: 14, minor: 0 }));
        assert_eq!(version("10.5"), Err(NotAVersion::TooOld));
        assert_eq!(version("+11.0"), Err(NotAVersion::Format));
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
    fn a_package_can_restrict_its_platforms_and_set_its_resources() {
        let package = parse_package(&json!({ "platforms": ["darwin-arm64"] })).unwrap();
        assert_eq!(package.platforms.map(|platforms| platforms.len()), Some(1));
        assert_eq!(package.windows_resources, None);
        let package = parse_package(&json!({ "windows-resources": "omit" })).unwrap();
        assert_eq!(package.windows_resources, Some(WindowsResources::Omit));
        let problems = parse_package(&json!({ "platform": ["darwin-arm64"] })).unwrap_err();
        assert!(problems[0].to_string().contains("did you mean `platforms`?"), "{problems:?}");
        let problems = parse_package(&json!({ "windows-resources": false })).unwrap_err();
        assert!(problems[0].to_string().contains("expected `generate` or `omit`"), "{problems:?}");
    }
}

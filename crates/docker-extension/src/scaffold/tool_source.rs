//! Where a project gets the tool from: the dependency `docker-extension` of the package `xtask`.

use std::fmt;
use std::str::FromStr;

use camino::{Utf8Path, Utf8PathBuf};
use semver::VersionReq;
use toml_edit::DocumentMut;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolSource {
    /// crates.io, or its configured replacement.
    Registry(VersionReq),
    Git {
        url: GitUrl,
        revision: Option<String>,
    },
    /// The directory of the crate, or of a repository that contains it.
    Path(Utf8PathBuf),
    /// A copy of the packaged crate in the project.
    Vendor,
}

/// The tool's crate.
pub const CRATE: &str = env!("CARGO_PKG_NAME");
/// The directory of [`ToolSource::Vendor`], relative to the project.
pub const VENDORED: &str = "vendor/docker-extension";
/// The manifest with the dependency on the tool, relative to the project.
pub const MANIFEST: &str = "xtask/Cargo.toml";

/// The value of the dependency on the tool in [`MANIFEST`], as TOML on one line.
pub fn dependency_in(manifest: &str) -> Option<String> {
    let manifest: DocumentMut = manifest.parse().ok()?;
    let dependency = manifest.get("dependencies")?.get(CRATE)?.clone();
    let mut value = dependency.into_value().ok()?;
    value.decor_mut().clear();
    Some(value.to_string())
}

impl ToolSource {
    /// The value of the dependency in `xtask/Cargo.toml`, as TOML.
    pub fn dependency(&self) -> String {
        let table = |entries: &[(&str, &str)]| {
            let entry = |(key, value): &(&str, &str)| format!("{key} = {}", quoted(value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        };
        match self {
            ToolSource::Registry(version) => {
                // Without the operator that cargo implies.
                quoted(version.to_string().trim_start_matches('^'))
            }
            ToolSource::Git { url, revision: Some(revision) } => {
                table(&[("git", &url.0), ("rev", revision)])
            }
            ToolSource::Git { url, revision: None } => table(&[("git", &url.0)]),
            // Cargo accepts `/` on Windows too.
            ToolSource::Path(path) => table(&[("path", &path.as_str().replace('\\', "/"))]),
            ToolSource::Vendor => table(&[("path", &format!("../{VENDORED}"))]),
        }
    }

    /// What the author should know about this source.
    pub fn note(&self) -> Option<&'static str> {
        match self {
            ToolSource::Registry(_) => None,
            ToolSource::Git { url, .. } if url.is_network() => None,
            ToolSource::Git { .. } | ToolSource::Path(_) => Some(
                "the project builds on this machine only, because it depends on that directory; choose \
                 another source with `--tool`",
            ),
            ToolSource::Vendor => Some(
                "the project contains a copy of the tool, but not of its dependencies; cargo downloads \
                 them, unless you run `cargo vendor`",
            ),
        }
    }
}

/// A text as TOML.
pub fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

impl fmt::Display for ToolSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ToolSource::Registry(version) => write!(f, "version {version} from crates.io"),
            ToolSource::Git { url, revision: Some(revision) } => {
                write!(f, "revision {revision} of {url}")
            }
            ToolSource::Git { url, revision: None } => write!(f, "the default branch of {url}"),
            ToolSource::Path(path) => write!(f, "the directory `{path}`"),
            ToolSource::Vendor => write!(f, "a copy in `{VENDORED}`"),
        }
    }
}

impl FromStr for ToolSource {
    type Err = InvalidToolSource;

    /// Reads the value of `--tool`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "vendor" {
            return Ok(ToolSource::Vendor);
        }
        match text.split_once('=') {
            Some((_, "")) | None => Err(InvalidToolSource::Unknown),
            Some(("version", version)) => Ok(ToolSource::Registry(version.parse()?)),
            Some(("git", address)) => {
                let (url, revision) = match address.split_once('#') {
                    Some((url, revision)) => (url, Some(revision)),
                    None => (address, None),
                };
                if revision.is_some_and(|revision| {
                    !(7..=40).contains(&revision.len())
                        || !revision.bytes().all(|c| c.is_ascii_hexdigit())
                }) {
                    return Err(InvalidToolSource::Revision);
                }
                let url = GitUrl::new(url).ok_or(InvalidToolSource::Url)?;
                Ok(ToolSource::Git { url, revision: revision.map(str::to_owned) })
            }
            Some(("path", path)) => Ok(ToolSource::Path(Utf8Path::new(path).to_owned())),
            Some(_) => Err(InvalidToolSource::Unknown),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum InvalidToolSource {
    #[error("expected `version=VERSION`, `git=URL`, `git=URL#REVISION`, `path=DIR` or `vendor`")]
    Unknown,
    #[error("invalid version: {0}")]
    Version(#[from] semver::Error),
    #[error("invalid git URL: expected one such as `https://host/repository`")]
    Url,
    #[error("invalid revision: expected a commit hash of 7 to 40 hexadecimal digits")]
    Revision,
}

/// A git URL in cargo's syntax, without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitUrl(String);

impl GitUrl {
    /// `remote` is in git's syntax, which includes `user@host:path`.
    pub fn new(remote: &str) -> Option<Self> {
        if remote.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return None;
        }
        let Some((scheme, rest)) = remote.split_once("://") else {
            // A Windows drive is not a host: `C:\repository`.
            let (host, path) = remote.split_once(':').filter(|(host, _)| host.len() > 1)?;
            let is_host = !host.contains(['/', '\\']) && !path.is_empty();
            return is_host.then(|| Self(format!("ssh://{host}/{}", path.trim_start_matches('/'))));
        };
        let is_known = ["https", "http", "ssh", "git", "file"].contains(&scheme);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = match host.rsplit_once('@') {
            // Credentials are secret; the user of an ssh URL is part of the address.
            Some((_, host)) if scheme != "ssh" => host,
            Some((login, server)) => match login.split_once(':') {
                Some((user, _)) => &format!("{user}@{server}"),
                None => host,
            },
            None => host,
        };
        (is_known && !path.is_empty()).then(|| Self(format!("{scheme}://{host}/{path}")))
    }

    /// Whether other machines can reach it.
    pub fn is_network(&self) -> bool {
        !self.0.starts_with("file://")
    }
}

impl fmt::Display for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dependency(text: &str) -> String {
        text.parse::<ToolSource>().unwrap().dependency()
    }

    #[test]
    fn each_source_becomes_a_dependency_in_cargos_syntax() {
        assert_eq!(dependency("version=0.1.0"), r#""0.1.0""#);
        assert_eq!(dependency("version=>=0.1, <0.3"), r#"">=0.1, <0.3""#);
        assert_eq!(dependency("git=https://a.dev/t"), r#"{ git = "https://a.dev/t" }"#);
        assert_eq!(
            dependency("git=https://a.dev/t#0123abc"),
            r#"{ git = "https://a.dev/t", rev = "0123abc" }"#
        );
        assert_eq!(dependency(r"path=C:\it's"), r#"{ path = "C:/it's" }"#);
        assert_eq!(dependency("vendor"), r#"{ path = "../vendor/docker-extension" }"#);
    }

    #[test]
    fn the_dependency_is_found_in_every_form() {
        let found = |text: &str| dependency_in(text);
        let path = r#"{ path = "../vendor/docker-extension" }"#;
        assert_eq!(
            found("[dependencies]\ndocker-extension =  '0.1.0' # now\n").as_deref(),
            Some("'0.1.0'")
        );
        assert_eq!(
            found(&format!("[dependencies]\ndocker-extension = {path}\n")).as_deref(),
            Some(path)
        );
        let table = "[dependencies.docker-extension]\npath = \"../vendor/docker-extension\"\n";
        assert_eq!(found(table).as_deref(), Some(path));
        assert_eq!(found("[dependencies]\n"), None);
        assert_eq!(found("["), None);
    }

    #[test]
    fn an_invalid_source_is_rejected_with_a_reason() {
        let reason = |text: &str| text.parse::<ToolSource>().unwrap_err().to_string();
        for text in ["", "crates.io", "version=", "registry=x", "git"] {
            assert!(reason(text).starts_with("expected `version=VERSION`"), "{text}");
        }
        assert!(reason("version=new").starts_with("invalid version: "));
        assert!(reason("git=a.dev").starts_with("invalid git URL: "));
        assert!(reason("git=https://a.dev/t#main").starts_with("invalid revision: "));
    }

    #[test]
    fn a_remote_becomes_a_url_without_secrets() {
        let url = |remote: &str| GitUrl::new(remote).map(|url| url.0);
        for (remote, expected) in [
            ("https://a.dev/me/t.git", Some("https://a.dev/me/t.git")),
            ("https://me:secret@a.dev/t", Some("https://a.dev/t")),
            ("https://token@a.dev/t", Some("https://a.dev/t")),
            ("git@a.dev:me/t.git", Some("ssh://git@a.dev/me/t.git")),
            ("ssh://git:secret@a.dev:22/t", Some("ssh://git@a.dev:22/t")),
            ("file:///srv/t", Some("file:///srv/t")),
            ("/srv/t", None),
            ("../t", None),
            (r"C:\t", None),
            ("https://a.dev", None),
            ("rsync://a.dev/t", None),
            ("https://a.dev/a b", None),
        ] {
            assert_eq!(url(remote).as_deref(), expected, "{remote}");
        }
    }
}

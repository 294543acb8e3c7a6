//! Image names and references in the grammar that registries accept.
//!
//! The grammar is that of the package `reference` of the distribution project.

use std::fmt;
use std::str::FromStr;

use super::digest::{Digest, InvalidDigest};

/// The name of an image without its tag: `example/host-ports`, `registry.example:5000/team/tool`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName(String);

impl ImageName {
    /// The last component, after which files that belong to the image are named.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The registry: `docker.io` if the name has none.
    pub fn registry(&self) -> &str {
        match self.0.split_once('/') {
            Some((first, _)) if is_registry(first) => first,
            _ => DOCKER_HUB,
        }
    }

    /// The name in that registry, with the namespace that Docker adds: `library/tool`.
    pub fn repository(&self) -> String {
        match self.0.split_once('/') {
            Some((first, path)) if is_registry(first) && first != DOCKER_HUB => path.to_owned(),
            Some((first, path)) if is_registry(first) => in_docker_hub(path),
            _ => in_docker_hub(&self.0),
        }
    }

    /// The name with registry and namespace: `docker.io/library/tool`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.registry(), self.repository())
    }

    pub fn with_tag(&self, tag: Tag) -> Reference<Tag> {
        Reference { name: self.clone(), version: tag }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ImageName {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = |reason| Err(InvalidReference { reason });
        let path = match text.split_once('/') {
            Some((first, path)) if is_registry(first) => path,
            _ => text,
        };
        if path.contains('@') {
            return invalid("the name must not contain a digest");
        }
        if path.contains(':') {
            return invalid("the name must not contain a tag");
        }
        if path.chars().any(|c| c.is_ascii_uppercase()) {
            return invalid("upper-case letters are not allowed");
        }
        if text.len() > 255 {
            return invalid("it is longer than 255 characters");
        }
        if !path.split('/').all(is_component) {
            return invalid(
                "each part must be lower-case letters and digits, with `.`, `_`, `__` or `-` between them",
            );
        }
        Ok(Self(text.to_owned()))
    }
}

const DOCKER_HUB: &str = "docker.io";

fn in_docker_hub(path: &str) -> String {
    if path.contains('/') { path.to_owned() } else { format!("library/{path}") }
}

/// Docker's rule for whether the first part of a path is a registry.
fn is_registry(first: &str) -> bool {
    let (host, port) = first.split_once(':').unwrap_or((first, ""));
    let host_is_valid = !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    (host.contains('.') || host == "localhost" || !port.is_empty())
        && host_is_valid
        && port.chars().all(|c| c.is_ascii_digit())
}

fn is_component(component: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separator =
        |run: &str| matches!(run, "" | "." | "_" | "__") || run.chars().all(|c| c == '-');
    component.starts_with(is_word)
        && component.ends_with(is_word)
        && component.split(is_word).all(separator)
}

/// A tag, such as `1.2.3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the marketplace accepts it: tags must be semantic versions.
    pub fn is_semver(&self) -> bool {
        semver::Version::parse(&self.0).is_ok()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Tag {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_first = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_rest = |c: char| is_first(c) || matches!(c, '.' | '-');
        if (1..=128).contains(&text.len())
            && text.starts_with(is_first)
            && text.chars().all(is_rest)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidReference {
                reason: "a tag has up to 128 letters, digits, `_`, `.` and `-`, \
                and does not start with `.` or `-`",
            })
        }
    }
}

/// An image: its name and version.
///
/// Images that are built always have a [`Tag`]. Images that a user refers to may have any [`Version`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference<V = Version> {
    pub name: ImageName,
    pub version: V,
}

/// The version of an image: a tag, a digest or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    pub tag: Option<Tag>,
    /// Takes precedence over the tag.
    pub digest: Option<Digest>,
}

impl Version {
    /// The version that Docker uses: `latest` if there is neither a tag nor a digest.
    pub fn or_latest(&self) -> Self {
        match self {
            Self { tag: None, digest: None } => {
                Self { tag: Some(Tag("latest".to_owned())), digest: None }
            }
            version => version.clone(),
        }
    }
}

impl Reference<Tag> {
    /// The reference with the registry and namespace that Docker adds to short names, as required by
    /// the containerd image store: `docker.io/library/tool:1.0.0`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.name.full_name(), self.version)
    }
}

impl fmt::Display for Reference<Tag> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.version)
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    /// Parses `name[:tag][@digest]`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let digest = digest.map(str::parse).transpose();
        let digest =
            digest.map_err(|InvalidDigest| InvalidReference::new(InvalidDigest::REASON))?;
        // A port is followed by a `/`.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.parse()?)),
            _ => (rest, None),
        };
        Ok(Self { name: name.parse()?, version: Version { tag, digest } })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        if let Some(tag) = &self.version.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.version.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Why a text is not a valid image name or tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct InvalidReference {
    reason: &'static str,
}

impl InvalidReference {
    /// `reason` is a clause.
    pub fn new(reason: &'static str) -> Self {
        Self { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_registries_accept_are_valid() {
        let names = [
            "tool",
            "example/host-ports",
            "registry.example/a/b",
            "localhost:5000/a",
            "127.0.0.1:5000/a__b/c.d--e",
        ];
        for name in names {
            assert_eq!(name.parse::<ImageName>().map(|name| name.to_string()), Ok(name.to_owned()));
        }
    }

    #[test]
    fn names_that_registries_reject_are_invalid_and_the_reason_is_given() {
        let reason = |name: &str| name.parse::<ImageName>().unwrap_err().reason;
        assert!(reason("Example/tool").contains("upper-case"));
        assert!(reason("example/tool:1.0").contains("tag"));
        assert!(reason("example/tool@sha256:00").contains("digest"));
        for name in ["", "a//b", "a/", "-a", "a___b", "a..b", "a b", "registry.example:x/a"] {
            assert!(name.parse::<ImageName>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_version_with_build_metadata_is_not_a_tag() {
        assert!("1.2.3".parse::<Tag>().is_ok_and(|tag| tag.is_semver()));
        assert!("latest".parse::<Tag>().is_ok_and(|tag| !tag.is_semver()));
        assert!("1.2.3+build".parse::<Tag>().is_err());
    }

    #[test]
    fn short_names_are_completed_as_docker_does() {
        let full = |name: &str| {
            let name: ImageName = name.parse().unwrap();
            name.with_tag("1.0.0".parse().unwrap()).full_name()
        };
        assert_eq!(full("tool"), "docker.io/library/tool:1.0.0");
        assert_eq!(full("example/tool"), "docker.io/example/tool:1.0.0");
        assert_eq!(full("localhost:5000/tool"), "localhost:5000/tool:1.0.0");
        assert_eq!(full("docker.io/tool"), "docker.io/library/tool:1.0.0");
    }

    #[test]
    fn tag_and_digest_are_distinguished_from_a_port() {
        let digest = format!("sha256:{}", "0".repeat(64));
        let references = [
            "tool".to_owned(),
            "localhost:5000/a/b".to_owned(),
            "localhost:5000/tool:1.0.0".to_owned(),
            format!("example/tool@{digest}"),
            format!("example/tool:1.0.0@{digest}"),
        ];
        for text in references {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
            assert_eq!(reference.version.tag.is_some(), text.contains("1.0.0"), "{text}");
        }
        let meant = |text: &str| text.parse::<Reference>().unwrap().version.or_latest().tag;
        assert_eq!(meant("localhost:5000/tool"), Some(Tag("latest".to_owned())));
        assert_eq!(meant(&format!("tool@{digest}")), None);
        for text in ["tool:", ":1", "tool@sha256:../../x", "tool@", "a b", "tool:1:2"] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}

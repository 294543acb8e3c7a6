//! The name of a project. Its host binary, its npm package and, by default, its image have this name.

use std::fmt;
use std::str::FromStr;

/// A name that cargo, npm, Docker and the file systems of all platforms accept: `acme-disk`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectName(String);

/// Longer names make paths that Windows rejects.
const LONGEST: usize = 64;

/// The names of other packages in the project.
const TAKEN: [&str; 2] = ["xtask", super::tool_source::CRATE];

/// Crates of the standard library; a package with such a name would shadow it.
const STANDARD: [&str; 5] = ["alloc", "core", "proc-macro", "std", "test"];

/// Cargo rejects these package names (the keywords in the Rust reference).
const KEYWORDS: [&str; 49] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "use", "where", "while",
];

/// Windows rejects files with these names, with any extension.
const DEVICES: [&str; 4] = ["aux", "con", "nul", "prn"];

impl ProjectName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words as a title: `Acme Disk`.
    pub fn title(&self) -> String {
        let word = |word: &str| {
            let mut letters = word.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        self.0.split('-').map(word).collect::<Vec<_>>().join(" ")
    }

    /// A valid name that is similar to a text such as a directory name.
    pub fn nearest(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let words =
            lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-").parse().ok()
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProjectName {
    type Err = InvalidProjectName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        let is_device = DEVICES.contains(&text)
            || ["com", "lpt"].iter().any(|port| {
                text.strip_prefix(port).is_some_and(|number| number.len() == 1 && number != "0")
            });
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            Err(InvalidProjectName::FirstLetter)
        } else if !text.split('-').all(is_word) {
            Err(InvalidProjectName::Letters)
        } else if text.len() > LONGEST {
            Err(InvalidProjectName::TooLong)
        } else if TAKEN.contains(&text) {
            Err(InvalidProjectName::Taken)
        } else if KEYWORDS.contains(&text) || STANDARD.contains(&text) || is_device {
            Err(InvalidProjectName::Reserved)
        } else {
            Ok(Self(text.to_owned()))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidProjectName {
    #[error("it must start with a lower-case letter")]
    FirstLetter,
    #[error("it may contain only lower-case letters, digits and single `-` between them")]
    Letters,
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    #[error("another package of the project has this name")]
    Taken,
    #[error("the name is reserved by Rust or Windows")]
    Reserved,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_valid_for_cargo_npm_docker_and_every_file_system() {
        for name in ["a", "acme-disk", "disk2", "com", "com10", "tests"] {
            assert!(name.parse::<ProjectName>().is_ok(), "{name}");
        }
        for (name, reason) in [
            ("", InvalidProjectName::FirstLetter),
            ("2disks", InvalidProjectName::FirstLetter),
            ("Acme", InvalidProjectName::FirstLetter),
            ("-acme", InvalidProjectName::FirstLetter),
            ("acme_disk", InvalidProjectName::Letters),
            ("acme--disk", InvalidProjectName::Letters),
            ("acme-", InvalidProjectName::Letters),
            ("acme disk", InvalidProjectName::Letters),
            ("äcme", InvalidProjectName::FirstLetter),
            ("acmé", InvalidProjectName::Letters),
            ("xtask", InvalidProjectName::Taken),
            ("docker-extension", InvalidProjectName::Taken),
            ("fn", InvalidProjectName::Reserved),
            ("test", InvalidProjectName::Reserved),
            ("nul", InvalidProjectName::Reserved),
            ("com1", InvalidProjectName::Reserved),
        ] {
            assert_eq!(name.parse::<ProjectName>(), Err(reason), "{name}");
        }
        assert_eq!("a".repeat(65).parse::<ProjectName>(), Err(InvalidProjectName::TooLong));
    }

    #[test]
    fn a_directory_suggests_a_name_and_a_name_suggests_a_title() {
        let suggested = |text: &str| ProjectName::nearest(text).map(|name| name.0);
        assert_eq!(suggested("Acme Disk").as_deref(), Some("acme-disk"));
        assert_eq!(suggested("acme_disk.v2").as_deref(), Some("acme-disk-v2"));
        assert_eq!(suggested("磁盘"), None);
        assert_eq!("acme-disk".parse::<ProjectName>().unwrap().title(), "Acme Disk");
    }
}

//! Node.js: its version on this machine, and the versions that the pages support.

use std::fmt;
use std::process::Command;
use std::str::FromStr;
use std::time::Duration;

use camino::Utf8Path;
use semver::{Version, VersionReq};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::files;
use crate::process;

/// The versions that Vite 7 and newer support. The template's `package.json` has the same.
const OF_VITE: &str = "^20.19.0 || >=22.12.0";

/// The versions of Node.js that a `package.json` supports, in npm's syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRange {
    written: String,
    alternatives: Vec<VersionReq>,
}

impl NodeRange {
    /// The versions that the template supports.
    pub fn of_template() -> Self {
        OF_VITE.parse().expect("the constant is a range")
    }

    /// From `engines` of a `package.json`. Without it, Vite's if the package uses that.
    fn of_package(package: &Value) -> Option<Self> {
        if let Some(range) = package["engines"]["node"].as_str() {
            // npm ignores a range that it can't read.
            return range.parse().ok();
        }
        let uses_vite = ["dependencies", "devDependencies"]
            .iter()
            .any(|kind| package[*kind].get("vite").is_some());
        uses_vite.then(Self::of_template)
    }

    pub fn includes(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|range| range.matches(version))
    }
}

impl fmt::Display for NodeRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl FromStr for NodeRange {
    type Err = semver::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let alternatives = text.split("||").map(alternative).collect::<Result<_, _>>()?;
        Ok(Self { written: text.to_owned(), alternatives })
    }
}

/// Reads comparators that npm separates with blanks, and cargo with commas.
fn alternative(text: &str) -> Result<VersionReq, semver::Error> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [from, "-", to] = words[..] {
        return VersionReq::parse(&format!(">={from}, <={to}"));
    }
    let mut comparators: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in words {
        if word.chars().all(|c| "<>=^~".contains(c)) {
            operator.push_str(word);
            continue;
        }
        // A version without an operator means exactly that one.
        let is_bare = operator.is_empty() && word.starts_with(|c: char| c.is_ascii_digit());
        let equals = if is_bare && !word.contains(['x', 'X', '*']) { "=" } else { "" };
        comparators.push(format!("{operator}{equals}{}", word.trim_start_matches('v')));
        operator.clear();
    }
    VersionReq::parse(&if comparators.is_empty() { "*".to_owned() } else { comparators.join(", ") })
}

/// The version of Node.js on PATH.
///
/// # Errors
/// Node.js is not installed, or does not run.
pub fn version() -> Result<Version> {
    const LIMIT: Duration = Duration::from_secs(20);
    let program = which::which("node").map_err(|_| {
        Error::new("Node.js is not installed or not on PATH")
            .help(install(&NodeRange::of_template()))
    })?;
    let mut command = Command::new(&program);
    command.arg("--version");
    let text = process::read_within(command, LIMIT)?;
    let version = text.trim().trim_start_matches('v');
    Version::parse(version).map_err(|error| {
        Error::new(format!("`{} --version` printed `{version}`", program.display())).because(error)
    })
}

/// Checks that Node.js can build the pages of the package in `directory`.
///
/// # Errors
/// It is missing, or the package does not support its version.
pub fn check(directory: &Utf8Path) -> Result<Version> {
    let version = version()?;
    let package = files::read_text(&directory.join("package.json"))?;
    // npm reports a file that is not JSON.
    let package: Value = serde_json::from_str(&package).unwrap_or_default();
    judge(version, NodeRange::of_package(&package).as_ref(), directory)
}

fn judge(version: Version, range: Option<&NodeRange>, directory: &Utf8Path) -> Result<Version> {
    match range.filter(|range| !range.includes(&version)) {
        None => Ok(version),
        Some(range) => {
            let what =
                format!("Node.js {version} can't build `{directory}`, which needs `{range}`");
            Err(Error::new(what).help(install(range)))
        }
    }
}

fn install(range: &NodeRange) -> String {
    format!(
        "install a version of Node.js in `{range}`, or leave out the dashboard tab with `--no-ui`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn accepted(range: &str, versions: &[&str]) -> Vec<bool> {
        let range: NodeRange = range.parse().unwrap();
        versions.iter().map(|version| range.includes(&version.parse().unwrap())).collect()
    }

    #[test]
    fn vite_needs_node_20_19_or_22_12() {
        let old = ["16.20.2", "18.20.8", "20.18.3", "21.7.3", "22.11.0"];
        assert_eq!(accepted(OF_VITE, &old), [false; 5]);
        let new = ["20.19.0", "20.20.2", "22.12.0", "23.1.0", "24.0.0"];
        assert_eq!(accepted(OF_VITE, &new), [true; 5]);
    }

    #[test]
    fn the_template_has_the_same_range() {
        let package = include_str!("../template/ui/package.json");
        let package: Value = serde_json::from_str(package).unwrap();
        assert_eq!(package["engines"]["node"], OF_VITE);
    }

    #[test]
    fn ranges_are_read_as_npm_reads_them() {
        let versions = ["18.0.0", "20.1.0", "20.19.5", "22.0.0"];
        for (range, expected) in [
            ("20", [false, true, true, false]),
            ("20.x", [false, true, true, false]),
            ("20.19", [false, false, true, false]),
            (">= 18", [true, true, true, true]),
            (">=18 <22", [true, true, true, false]),
            ("18 - 20.1", [true, true, false, false]),
            ("~20.19.0 || 22", [false, false, true, true]),
            ("*", [true, true, true, true]),
            ("", [true, true, true, true]),
        ] {
            assert_eq!(accepted(range, &versions), expected, "{range}");
        }
    }

    #[test]
    fn a_package_needs_a_version_only_if_it_says_so_or_uses_vite() {
        let of = |package: Value| NodeRange::of_package(&package).map(|range| range.to_string());
        assert_eq!(of(json!({ "engines": { "node": ">=18" } })).as_deref(), Some(">=18"));
        assert_eq!(of(json!({ "devDependencies": { "vite": "^8" } })).as_deref(), Some(OF_VITE));
        assert_eq!(of(json!({ "engines": { "node": "newest" } })), None);
        assert_eq!(of(json!({})), None);
    }

    #[test]
    fn a_version_outside_of_the_range_is_an_error_with_the_range() {
        let old = Version::new(18, 20, 8);
        let error = judge(old.clone(), Some(&NodeRange::of_template()), "ui".into()).unwrap_err();
        let message = "Node.js 18.20.8 can't build `ui`, which needs `^20.19.0 || >=22.12.0`";
        assert_eq!(error.to_string(), message);
        assert!(error.advice().is_some_and(|help| help.contains("--no-ui")));
        assert_eq!(judge(old.clone(), None, "ui".into()).unwrap(), old);
    }
}

//! A helper that needs a framework of macOS that there is no stub for: which
//! framework, which crate wants it, and the ways out.

use camino::Utf8Path;
use cargo_metadata::Package;

use crate::cargo::metadata;
use crate::error::Error;
use crate::files;
use crate::platform::{HostPlatform, Os};
use crate::project::Project;
use crate::text;

/// The error that the linker does not find `frameworks`.
pub(super) fn missing(
    project: &Project,
    platforms: &[HostPlatform],
    frameworks: Vec<String>,
) -> Error {
    let platform = platforms.iter().find(|platform| platform.os == Os::Darwin);
    let packages = platform.map(|platform| packages_that_want(project, *platform, &frameworks));
    let wanted_by = match &packages.unwrap_or_default()[..] {
        [] => String::new(),
        packages => format!(", which is wanted by {}", text::list(packages)),
    };
    let frameworks = text::list(&frameworks);
    Error::new(format!("there is nothing to link the macOS framework {frameworks} with{wanted_by}"))
        .help(
            "leave that crate out for macOS (often a feature of the crate that brings it in; \
             `cargo tree --target aarch64-apple-darwin -i NAME` shows which), \
             or make the image on a Mac, where Apple's linker is used, \
             or narrow the binary's `platforms` in its package's `[package.metadata.docker-extension]`",
        )
}

/// The framework that a line of the linker's messages misses.
///
/// Reads zig's `unable to find framework 'Security'`, `unable to find system framework "Security"` as
/// newer versions write it, and lld's `framework not found for -framework Security`.
pub(super) fn missing_in(line: &str) -> Option<&str> {
    if let Some((_, found)) = line.split_once("framework not found for -framework ") {
        return found.split_whitespace().next();
    }
    let (_, found) = line.split_once("unable to find ")?;
    let name = found.strip_prefix("system framework \"").or(found.strip_prefix("framework '"))?;
    name.split(['\'', '"']).next()
}

fn packages_that_want(
    project: &Project,
    platform: HostPlatform,
    frameworks: &[String],
) -> Vec<String> {
    let wants = |package: &&Package| {
        let folder = package.manifest_path.parent();
        folder.is_some_and(|folder| folder_wants(folder, frameworks))
    };
    packages(project, platform).iter().filter(wants).map(described).collect()
}

/// How a crate is called in messages.
pub(super) fn described(package: &Package) -> String {
    format!("the crate `{}` {}", package.name, package.version)
}

/// The crates that may be compiled for a platform; none where cargo can't tell.
pub(super) fn packages(project: &Project, platform: HostPlatform) -> Vec<Package> {
    metadata::packages(&project.root, &platform.triple()).unwrap_or_default()
}

fn folder_wants(folder: &Utf8Path, frameworks: &[String]) -> bool {
    let entries = files::entries(folder).unwrap_or_default();
    entries.into_iter().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => {
            entry.file_name() != "target" && folder_wants(entry.path(), frameworks)
        }
        Ok(_) if entry.path().extension() == Some("rs") => files::read_text(entry.path())
            .is_ok_and(|source| frameworks.iter().any(|name| source_wants(&source, name))),
        _ => false,
    })
}

/// A crate asks for a framework by `#[link(name = "…", kind = "framework")]`, or by a line that its
/// build script prints.
fn source_wants(source: &str, framework: &str) -> bool {
    let squeezed: String = source.chars().filter(|c| !c.is_whitespace()).collect();
    let attribute = format!("name=\"{framework}\",kind=\"framework\"");
    let script = format!("framework={framework}");
    squeezed.contains(&attribute) || squeezed.contains(&script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_framework_is_read_from_the_linkers_message() {
        let old = "  = note: error: unable to find framework 'Security'. searched paths:  none";
        assert_eq!(missing_in(old), Some("Security"));
        let new = "  error: unable to find system framework \"Security\". searched paths: none";
        assert_eq!(missing_in(new), Some("Security"));
        let lld = "rust-lld: error: framework not found for -framework Security";
        assert_eq!(missing_in(lld), Some("Security"));
        assert_eq!(missing_in("error: unable to find library 'z'"), None);
    }

    #[test]
    fn a_crate_wants_a_framework_by_attribute_or_build_script() {
        let attribute = "#[link(name = \"Security\",\n       kind = \"framework\")]\nextern {}";
        assert!(source_wants(attribute, "Security"));
        let script = "println!(\"cargo:rustc-link-lib=framework=IOKit\");";
        assert!(source_wants(script, "IOKit"));
        assert!(!source_wants(attribute, "IOKit"));
    }
}

//! The error for a macOS framework without a stub: which framework, which crate requires it, and how to
//! continue.

use camino::Utf8Path;
use cargo_metadata::Package;

use crate::cargo::metadata;
use crate::error::Error;
use crate::files;
use crate::platform::{HostPlatform, Os};
use crate::project::Project;
use crate::text;

/// The error for `frameworks` that the linker does not find.
pub(super) fn missing(
    project: &Project,
    platforms: &[HostPlatform],
    frameworks: Vec<String>,
) -> Error {
    let platform = platforms.iter().copied().find(|platform| platform.os == Os::Darwin);
    let packages = platform.map(|platform| packages_that_link(project, platform, &frameworks));
    explain(&frameworks, platform, &packages.unwrap_or_default())
}

/// `packages` are those that link the frameworks; empty if they are unknown.
fn explain(frameworks: &[String], platform: Option<HostPlatform>, packages: &[Package]) -> Error {
    let noun = if frameworks.len() == 1 { "framework" } else { "frameworks" };
    let frameworks = text::list(frameworks);
    let names: Vec<String> = packages.iter().map(described).collect();
    let required_by = match &names[..] {
        [] => String::new(),
        names => format!(", required by {}", text::list(names)),
    };
    let dependents = match (platform, packages.first()) {
        (Some(platform), Some(Package { name, version, .. })) => {
            // A name alone is ambiguous if there are several versions of the crate.
            let target = platform.triple();
            format!(
                " (`cargo tree --target {target} -i {name}@{version}` shows what depends on it)"
            )
        }
        _ => String::new(),
    };
    Error::new(format!("no stub for the macOS {noun} {frameworks}{required_by}")).help(format!(
        "build on a Mac, or remove the crate from the macOS build{dependents}, or leave macOS out of the \
         binary's `platforms` in its package's `[package.metadata.docker-extension]`"
    ))
}

/// The name of the missing framework in a line of the linker's output.
///
/// Recognizes `unable to find framework 'Security'` of zig, `unable to find system framework
/// "Security"` of newer versions of zig, and `framework not found for -framework Security` of lld.
pub(super) fn missing_in(line: &str) -> Option<&str> {
    if let Some((_, found)) = line.split_once("framework not found for -framework ") {
        return found.split_whitespace().next();
    }
    let (_, found) = line.split_once("unable to find ")?;
    let name = found.strip_prefix("system framework \"").or(found.strip_prefix("framework '"))?;
    name.split(['\'', '"']).next()
}

fn packages_that_link(
    project: &Project,
    platform: HostPlatform,
    frameworks: &[String],
) -> Vec<Package> {
    let links = |package: &Package| {
        let directory = package.manifest_path.parent();
        directory.is_some_and(|directory| directory_links(directory, frameworks))
    };
    packages(project, platform).into_iter().filter(links).collect()
}

/// The name of a crate in messages.
pub(super) fn described(package: &Package) -> String {
    format!("the crate `{}` {}", package.name, package.version)
}

/// The crates that may be compiled for a platform; empty if cargo can't list them.
pub(super) fn packages(project: &Project, platform: HostPlatform) -> Vec<Package> {
    metadata::packages(&project.root, &platform.triple()).unwrap_or_default()
}

fn directory_links(directory: &Utf8Path, frameworks: &[String]) -> bool {
    let entries = files::entries(directory).unwrap_or_default();
    entries.into_iter().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => {
            entry.file_name() != "target" && directory_links(entry.path(), frameworks)
        }
        Ok(_) if entry.path().extension() == Some("rs") => files::read_text(entry.path())
            .is_ok_and(|source| frameworks.iter().any(|name| source_links(&source, name))),
        _ => false,
    })
}

/// A crate links a framework with `#[link(name = "…", kind = "framework")]`, or with a line that its
/// build script prints.
fn source_links(source: &str, framework: &str) -> bool {
    let squeezed: String = source.chars().filter(|c| !c.is_whitespace()).collect();
    let attribute = format!("name=\"{framework}\",kind=\"framework\"");
    let script = format!("framework={framework}");
    squeezed.contains(&attribute) || squeezed.contains(&script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Arch;

    fn package(version: &str) -> Package {
        let package = serde_json::json!({
            "name": "sec", "version": version, "id": format!("sec {version}"), "source": null,
            "dependencies": [], "targets": [], "features": {}, "manifest_path": "/sec/Cargo.toml",
        });
        serde_json::from_value(package).unwrap()
    }

    #[test]
    fn the_help_names_the_version_of_a_crate_because_there_may_be_several() {
        let mac = HostPlatform::new(Os::Darwin, Arch::Arm64);
        let packages = [package("1.0.0"), package("2.0.0")];
        let error = explain(&["Security".to_owned()], Some(mac), &packages);
        let expected = "no stub for the macOS framework Security, required by the crate `sec` 1.0.0 and \
                        the crate `sec` 2.0.0";
        assert_eq!(error.to_string(), expected);
        let command = "`cargo tree --target aarch64-apple-darwin -i sec@1.0.0`";
        assert!(error.advice().unwrap().contains(command), "{error:?}");
    }

    #[test]
    fn frameworks_of_unknown_crates_are_named_alone() {
        let error = explain(&["A".to_owned(), "B".to_owned()], None, &[]);
        assert_eq!(error.to_string(), "no stub for the macOS frameworks A and B");
        assert!(!error.advice().unwrap().contains("cargo tree"), "{error:?}");
    }

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
    fn a_crate_links_a_framework_by_attribute_or_build_script() {
        let attribute = "#[link(name = \"Security\",\n       kind = \"framework\")]\nextern {}";
        assert!(source_links(attribute, "Security"));
        let script = "println!(\"cargo:rustc-link-lib=framework=IOKit\");";
        assert!(source_links(script, "IOKit"));
        assert!(!source_links(attribute, "IOKit"));
    }
}

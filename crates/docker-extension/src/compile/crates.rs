//! The crates that messages name: which one links a library, and what a user can do about it.

use camino::Utf8Path;
use cargo_metadata::Package;

use crate::cargo::build::BuildScriptOutput;
use crate::cargo::metadata;
use crate::cargo::tree::ResolvedCrate;
use crate::files;
use crate::platform::HostPlatform;
use crate::project::Project;
use crate::text;

/// The crates that may be compiled for a platform, and the output of their build scripts.
pub(super) struct Crates<'a> {
    pub platform: HostPlatform,
    pub packages: Vec<Package>,
    pub scripts: &'a [BuildScriptOutput],
}

impl<'a> Crates<'a> {
    /// Without any crates if cargo can't list them.
    pub fn find(
        project: &Project,
        platform: HostPlatform,
        scripts: &'a [BuildScriptOutput],
    ) -> Self {
        let packages = metadata::packages(&project.root, &platform.triple()).unwrap_or_default();
        Self { platform, packages, scripts }
    }

    /// The output of a crate's build script, for targets of the platform's operating system.
    pub fn scripts_of(&self, package: &Package) -> impl Iterator<Item = &'a BuildScriptOutput> {
        let id = package.id.clone();
        let os = self.platform.os;
        let is_for = move |script: &&BuildScriptOutput| {
            let platform = script.target.as_ref().and_then(HostPlatform::from_triple);
            script.package == id && platform.is_some_and(|platform| platform.os == os)
        };
        self.scripts.iter().filter(is_for)
    }

    /// The crates that link a framework or library.
    pub fn that_link(&self, library: &Linkage<'_>) -> Vec<&Package> {
        let links = |package: &&Package| {
            let mut scripts = self.scripts_of(package);
            let directory = package.manifest_path.parent();
            scripts.any(|script| script.libraries.iter().any(|it| library.is_printed(it)))
                || directory.is_some_and(|directory| any_source(directory, |it| library.is_in(it)))
        };
        self.packages.iter().filter(links).collect()
    }

    pub fn named(&self, named: &ResolvedCrate) -> Option<&Package> {
        self.packages.iter().find(|package| ResolvedCrate::from(*package) == *named)
    }

    /// The command that shows why a crate is part of a helper. A name alone is ambiguous if there are several
    /// versions of the crate.
    pub fn tree_command(&self, package: &Package) -> String {
        let (target, Package { name, version, .. }) = (self.platform.triple(), package);
        format!("`cargo tree --target {target} -i {name}@{version}`")
    }
}

/// The name of a crate in messages.
pub(super) fn described(package: &Package) -> String {
    format!("the crate `{}` {}", package.name, package.version)
}

/// `, required by the crate …`; empty if the crates are unknown.
pub(super) fn required_by(packages: &[&Package]) -> String {
    let names: Vec<String> = packages.iter().copied().map(described).collect();
    if names.is_empty() { String::new() } else { format!(", required by {}", text::list(&names)) }
}

/// The feature with which a crate compiles its own copy of the C library that it uses.
pub(super) fn bundling_feature(package: &Package) -> Option<&str> {
    // As in `libsqlite3-sys`, `openssl-sys`, and `libz-sys`.
    const NAMES: [&str; 3] = ["bundled", "vendored", "static"];
    let exact = NAMES.iter().find_map(|name| package.features.get_key_value(*name));
    let (feature, _) = exact.or_else(|| {
        let is_like = |feature: &str| NAMES.iter().any(|name| feature.contains(name));
        package.features.iter().filter(|(name, _)| is_like(name)).min_by_key(|(name, _)| name.len())
    })?;
    Some(feature)
}

/// Whether any Rust source in the directory has a property.
pub(super) fn any_source(directory: &Utf8Path, is_it: impl Fn(&str) -> bool + Copy) -> bool {
    let entries = files::entries(directory).unwrap_or_default();
    entries.into_iter().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => {
            entry.file_name() != "target" && any_source(entry.path(), is_it)
        }
        Ok(_) if entry.path().extension() == Some("rs") => {
            files::read_text(entry.path()).is_ok_and(|source| is_it(&source))
        }
        _ => false,
    })
}

/// What a crate links.
pub(super) enum Linkage<'a> {
    Framework(&'a str),
    Library(&'a str),
}

impl Linkage<'_> {
    /// Whether a build script printed it: `framework=Security`, `sqlite3` or `static:+whole-archive=z`.
    fn is_printed(&self, printed: &str) -> bool {
        let (kind, name) = printed.split_once('=').unwrap_or(("", printed));
        // A library may get another name on the command line: `name:renamed`.
        let is_named = |wanted: &str| name.split(':').next() == Some(wanted);
        match self {
            Linkage::Framework(framework) => kind.starts_with("framework") && is_named(framework),
            Linkage::Library(library) => !kind.starts_with("framework") && is_named(library),
        }
    }

    /// A crate links a library with `#[link(name = "…")]`, or with a line that its build script prints.
    fn is_in(&self, source: &str) -> bool {
        let squeezed: String = source.chars().filter(|c| !c.is_whitespace()).collect();
        match self {
            Linkage::Framework(name) => {
                squeezed.contains(&format!("name=\"{name}\",kind=\"framework\""))
                    || squeezed.contains(&format!("framework={name}"))
            }
            Linkage::Library(name) => {
                ["link(name=\"", "rustc-link-lib=", "rustc-link-lib=dylib="].iter().any(|before| {
                    let beginning = format!("{before}{name}");
                    let mut found = squeezed.match_indices(&beginning);
                    found.any(|(at, found)| squeezed[at + found.len()..].starts_with('"'))
                })
            }
        }
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    pub fn package(name: &str, version: &str, features: &[&str]) -> Package {
        let features: serde_json::Map<_, _> =
            features.iter().map(|name| ((*name).to_owned(), serde_json::json!([]))).collect();
        let package = serde_json::json!({
            "name": name, "version": version, "id": format!("{name} {version}"), "source": null,
            "dependencies": [], "targets": [], "features": features,
            "manifest_path": format!("/{name}/Cargo.toml"),
        });
        serde_json::from_value(package).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::package;
    use super::*;

    #[test]
    fn a_crate_links_a_library_by_attribute_or_build_script() {
        let attribute = "#[link(name = \"Security\",\n       kind = \"framework\")]\nextern {}";
        assert!(Linkage::Framework("Security").is_in(attribute));
        assert!(!Linkage::Framework("IOKit").is_in(attribute));
        let script = "println!(\"cargo:rustc-link-lib=framework=IOKit\");";
        assert!(Linkage::Framework("IOKit").is_in(script));
        assert!(!Linkage::Library("IOKit").is_in(script));
        assert!(Linkage::Library("z").is_in("println!(\"cargo::rustc-link-lib=z\")"));
        assert!(Linkage::Library("z").is_in("#[link(name = \"z\", kind = \"dylib\")]"));
        assert!(!Linkage::Library("z").is_in("#[link(name = \"zstd\")]"));
    }

    #[test]
    fn a_build_script_names_libraries_with_and_without_a_kind() {
        assert!(Linkage::Framework("Security").is_printed("framework=Security"));
        assert!(!Linkage::Library("Security").is_printed("framework=Security"));
        for printed in ["sqlite3", "dylib=sqlite3", "static:+whole-archive=sqlite3", "sqlite3:sq"] {
            assert!(Linkage::Library("sqlite3").is_printed(printed), "{printed}");
        }
        assert!(!Linkage::Library("sqlite3").is_printed("sqlite"));
    }

    #[test]
    fn the_feature_that_compiles_the_library_itself_is_found_by_its_name() {
        let feature = |features: &[&str]| {
            bundling_feature(&package("x-sys", "1.0.0", features)).map(str::to_owned)
        };
        let sqlite = ["bundled-sqlcipher", "bundled", "bundled_bindings", "loadable_extension"];
        assert_eq!(feature(&sqlite).as_deref(), Some("bundled"));
        assert_eq!(feature(&["static-curl", "static-ssl-all"]).as_deref(), Some("static-curl"));
        assert_eq!(feature(&["default"]), None);
    }
}

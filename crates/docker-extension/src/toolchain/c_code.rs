//! Whether a host binary is pure Rust, or one of its crates compiles C.

use std::collections::BTreeSet;

use cargo_metadata::{DependencyKind, Metadata, Node};

use crate::cargo::metadata;
use crate::cargo::tree::{self, ResolvedCrate};
use crate::error::{Error, Result};
use crate::platform::HostPlatform;
use crate::project::Project;

/// The crates that build scripts use to compile C or C++, or to read C headers.
const COMPILERS: [&str; 7] =
    ["cc", "cmake", "bindgen", "cxx-build", "autotools", "meson", "nasm-rs"];

/// The first crate of the host binaries for `platform` whose build script compiles C.
///
/// # Errors
/// Cargo can't list the crates, because `Cargo.lock` is out of date or a crate is unavailable.
pub fn compiled_by(project: &Project, platform: HostPlatform) -> Result<Option<String>> {
    let binaries = project.host_binaries.iter().filter(|binary| binary.runs_on(platform));
    let packages: BTreeSet<&str> = binaries.map(|binary| binary.package.as_str()).collect();
    let crates = tree::crates(&project.root, &platform.triple(), &packages);
    let crates = crates.map_err(tree::unresolvable)?;
    let metadata = metadata::resolved(&project.root, &platform.triple());
    let metadata = metadata.map_err(|error| {
        Error::new("cargo can't list the crates of the host binaries")
            .because(error)
            .help("fix cargo's error above; `cargo metadata --locked` shows it again")
    })?;
    Ok(first_with_compiler(&metadata, &crates))
}

fn first_with_compiler(metadata: &Metadata, crates: &BTreeSet<ResolvedCrate>) -> Option<String> {
    let compiles = |node: &&Node| {
        node.deps.iter().any(|dependency| {
            let is_for_build =
                dependency.dep_kinds.iter().any(|info| info.kind == DependencyKind::Build);
            is_for_build && COMPILERS.contains(&metadata[&dependency.pkg].name.as_str())
        })
    };
    let nodes = metadata.resolve.as_ref()?.nodes.iter().filter(compiles);
    let packages = nodes.map(|node| &metadata[&node.id]);
    packages
        .filter(|package| crates.contains(&ResolvedCrate::from(*package)))
        .map(|package| package.name.to_string())
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tool` depends on `mine`, which depends on the compiler.
    fn metadata(kind: &str, compiler: &str) -> Metadata {
        let package = |name: &str| {
            serde_json::json!({
                "name": name, "version": "1.0.0", "id": name, "dependencies": [], "features": {},
                "manifest_path": format!("/{name}/Cargo.toml"), "targets": [],
            })
        };
        let node = |name: &str, deps: serde_json::Value| serde_json::json!({ "id": name, "dependencies": [], "deps": deps, "features": [] });
        let dep = |name: &str, kind: Option<&str>| {
            let kinds = [serde_json::json!({ "kind": kind, "target": null })];
            serde_json::json!([{ "name": name, "pkg": name, "dep_kinds": kinds }])
        };
        let json = serde_json::json!({
            "packages": [package("tool"), package("mine"), package(compiler)],
            "workspace_members": ["tool"], "workspace_root": "/", "target_directory": "/target",
            "version": 1,
            "resolve": { "root": null, "nodes": [
                node("tool", dep("mine", None)),
                node("mine", dep(compiler, Some(kind).filter(|kind| *kind != "normal"))),
                node(compiler, serde_json::json!([])),
            ] },
        });
        serde_json::from_value(json).unwrap()
    }

    fn found(kind: &str, compiler: &str, tree: &str) -> Option<String> {
        first_with_compiler(&metadata(kind, compiler), &tree::parse(tree))
    }

    const TREE: &str = "tool v1.0.0 (/tool)\nmine v1.0.0\nmine v1.0.0 (*)\n";

    #[test]
    fn a_crate_compiles_c_if_its_build_dependencies_include_a_compiler() {
        assert_eq!(found("build", "cc", TREE).as_deref(), Some("mine"));
        assert_eq!(found("build", "cmake", TREE).as_deref(), Some("mine"));
        assert_eq!(found("build", "autocfg", TREE), None);
        assert_eq!(found("normal", "cc", TREE), None);
    }

    #[test]
    fn crates_that_are_not_part_of_the_binary_may_compile_c() {
        assert_eq!(found("build", "cc", "tool v1.0.0 (/tool)\n"), None);
    }
}

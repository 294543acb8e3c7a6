//! Whether a host binary is pure Rust, or one of its crates compiles C as well.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Node, Package, PackageId};

use crate::platform::HostPlatform;
use crate::project::Project;

/// The crates by which build scripts compile C or C++, or read its headers.
const COMPILERS: [&str; 7] =
    ["cc", "cmake", "bindgen", "cxx-build", "autotools", "meson", "nasm-rs"];

/// The first crate among those that the host binaries for `platform` are made of whose build script
/// compiles C. Where cargo can't tell the crates there is none: to compile them will fail, too, and
/// say why.
pub fn compiled_by(project: &Project, platform: HostPlatform) -> Option<String> {
    let metadata = MetadataCommand::new()
        .current_dir(&project.root)
        .other_options(
            ["--locked", "--filter-platform", platform.triple()].map(str::to_owned).to_vec(),
        )
        .exec()
        .ok()?;
    let binaries = project.host_binaries.iter().filter(|binary| binary.runs_on(platform));
    let packages: BTreeSet<&str> = binaries.map(|binary| binary.package.as_str()).collect();
    first_with_compiler(&metadata, &packages)
}

fn first_with_compiler(metadata: &Metadata, roots: &BTreeSet<&str>) -> Option<String> {
    let resolve = metadata.resolve.as_ref()?;
    let nodes: BTreeMap<&PackageId, &Node> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let is_root = |id: &&PackageId| roots.contains(metadata[*id].name.as_str());
    let mut waiting: Vec<&PackageId> = metadata.workspace_members.iter().filter(is_root).collect();
    let mut seen: BTreeSet<&PackageId> = waiting.iter().copied().collect();
    let mut found = BTreeSet::new();
    while let Some(node) = waiting.pop().and_then(|id| nodes.get(id)) {
        for dependency in &node.deps {
            let package = &metadata[&dependency.pkg];
            let has = |kind| dependency.dep_kinds.iter().any(|info| info.kind == kind);
            if has(DependencyKind::Build) && COMPILERS.contains(&package.name.as_str()) {
                found.insert(metadata[&node.id].name.to_string());
            }
            // What build scripts and procedural macros are made of runs on this machine.
            let is_part = has(DependencyKind::Normal) && !is_macro(package);
            if is_part && seen.insert(&dependency.pkg) {
                waiting.push(&dependency.pkg);
            }
        }
    }
    found.pop_first()
}

fn is_macro(package: &Package) -> bool {
    package.targets.iter().any(cargo_metadata::Target::is_proc_macro)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of `tool`, which depends on `mine`, and of what that depends on.
    fn metadata(kind: &str, compiler: &str, mine_is: &str) -> Metadata {
        let package = |name: &str, kind: &str| {
            serde_json::json!({
                "name": name, "version": "1.0.0", "id": name, "dependencies": [], "features": {},
                "manifest_path": format!("/{name}/Cargo.toml"),
                "targets": [{
                    "name": name, "kind": [kind], "crate_types": [kind], "src_path": "/lib.rs",
                }],
            })
        };
        let node = |name: &str, deps: serde_json::Value| serde_json::json!({ "id": name, "dependencies": [], "deps": deps, "features": [] });
        let dep = |name: &str, kind: serde_json::Value| {
            let kinds = [serde_json::json!({ "kind": kind, "target": null })];
            serde_json::json!([{ "name": name, "pkg": name, "dep_kinds": kinds }])
        };
        let kind = if kind == "normal" { serde_json::Value::Null } else { kind.into() };
        let json = serde_json::json!({
            "packages": [package("tool", "bin"), package("mine", mine_is), package(compiler, "lib")],
            "workspace_members": ["tool"], "workspace_root": "/", "target_directory": "/target",
            "version": 1,
            "resolve": { "root": null, "nodes": [
                node("tool", dep("mine", serde_json::Value::Null)),
                node("mine", dep(compiler, kind)),
                node(compiler, serde_json::json!([])),
            ] },
        });
        serde_json::from_value(json).unwrap()
    }

    fn found(kind: &str, compiler: &str, mine_is: &str) -> Option<String> {
        first_with_compiler(&metadata(kind, compiler, mine_is), &BTreeSet::from(["tool"]))
    }

    #[test]
    fn a_crate_compiles_c_if_its_build_script_has_a_compiler() {
        assert_eq!(found("build", "cc", "lib").as_deref(), Some("mine"));
        assert_eq!(found("build", "cmake", "lib").as_deref(), Some("mine"));
        assert_eq!(found("build", "autocfg", "lib"), None);
        assert_eq!(found("normal", "cc", "lib"), None);
    }

    #[test]
    fn what_runs_while_compiling_is_no_part_of_the_binary() {
        assert_eq!(found("build", "cc", "proc-macro"), None);
    }
}

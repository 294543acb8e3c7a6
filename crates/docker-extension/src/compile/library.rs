//! The error for a library that the linker does not find: which crate links it, and how to do without.

use super::crates::{self, Crates, Linkage};
use crate::cargo::build::BuildTool;
use crate::error::Error;
use crate::platform::Os;

/// The error for a missing library, by its name for `-l`. `tool` built the platform.
pub(super) fn missing(library: &str, crates: &Crates<'_>, tool: &BuildTool) -> Error {
    let packages = crates.that_link(&Linkage::Library(library));
    let required_by = crates::required_by(&packages);
    let what = format!("the library `{library}` (`-l{library}`) is missing{required_by}");
    Error::new(what).help(help(library, crates, tool, &packages))
}

fn help(
    library: &str,
    crates: &Crates<'_>,
    tool: &BuildTool,
    packages: &[&cargo_metadata::Package],
) -> String {
    let platform = crates.platform;
    if platform.os == Os::Windows && *tool == BuildTool::Cargo && is_part_of_windows(library) {
        return "link with `--linker zig`: the library is part of Windows, but `rust-mingw`, which \
                `rust-lld` links with, does not have it"
            .to_owned();
    }
    if let Some((package, feature)) =
        packages.iter().find_map(|it| Some((it, crates::bundling_feature(it)?)))
    {
        let name = &package.name;
        return format!(
            "enable the feature `{feature}` of `{name}`, which then compiles the library itself, in the \
             `Cargo.toml` that depends on it ({} shows which one)",
            crates.tree_command(package)
        );
    }
    let dependents = packages
        .first()
        .map(|package| format!(" ({} shows what depends on it)", crates.tree_command(package)));
    let dependents = dependents.unwrap_or_default();
    format!(
        "use a crate that compiles the library itself, often with a feature named `bundled`, `vendored` or \
         `static`, or one in pure Rust{dependents}; the libraries of this machine can't be linked for {platform}"
    )
}

fn is_part_of_windows(library: &str) -> bool {
    crate::binaries::is_dll_of_windows(library)
}

#[cfg(test)]
mod tests {
    use super::super::crates::testing::package;
    use super::*;
    use crate::platform::{Arch, HostPlatform};

    fn advice(library: &str, os: Os, tool: &BuildTool, features: &[&str]) -> String {
        let package = package("libsqlite3-sys", "0.30.1", features);
        let platform = HostPlatform::new(os, Arch::Amd64);
        let crates = Crates { platform, packages: vec![package.clone()], scripts: &[] };
        help(library, &crates, tool, &[&package])
    }

    #[test]
    fn the_help_names_the_feature_that_compiles_the_library() {
        let advice = |features: &[&str]| advice("sqlite3", Os::Darwin, &BuildTool::Cargo, features);
        let found = advice(&["bundled"]);
        assert!(found.starts_with("enable the feature `bundled` of `libsqlite3-sys`"), "{found}");
        assert!(found.contains("-i libsqlite3-sys@0.30.1`"), "{found}");
        let found = advice(&[]);
        assert!(found.contains("`bundled`, `vendored` or `static`"), "{found}");
        assert!(found.contains("-i libsqlite3-sys@0.30.1`"), "{found}");
    }

    #[test]
    fn a_library_of_windows_that_rust_mingw_lacks_is_linked_by_zig() {
        let zig = BuildTool::Zigbuild("cargo-zigbuild".into());
        let advice = |library, os, tool| advice(library, os, tool, &[]).contains("--linker zig");
        assert!(advice("XInput1_4", Os::Windows, &BuildTool::Cargo));
        assert!(!advice("XInput1_4", Os::Windows, &zig));
        assert!(!advice("sqlite3", Os::Windows, &BuildTool::Cargo));
        assert!(!advice("XInput1_4", Os::Darwin, &BuildTool::Cargo));
    }
}

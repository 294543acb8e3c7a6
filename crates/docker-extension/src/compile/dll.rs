//! The error for a DLL that Windows lacks: which crate links it, and how to do without. `dist` has no way to put
//! a DLL beside a host binary.

use std::collections::BTreeMap;

use super::crates::{self, Crates, Linkage};
use super::problem::{Affected, BuildProblem};
use super::{BuildScriptOutput, HostBinaryFile};
use crate::binaries::{self, redistributable};
use crate::error::{Error, Result};
use crate::files;
use crate::inspect;
use crate::platform::Os;
use crate::project::Project;

/// A problem for each DLL that a program loads at its start, and that is not on every machine.
pub(super) fn problems(
    project: &Project,
    built: &[HostBinaryFile<'_>],
    scripts: &[BuildScriptOutput],
) -> Result<Vec<BuildProblem>> {
    let mut missing: BTreeMap<String, Affected> = BTreeMap::new();
    for HostBinaryFile { build, path } in
        built.iter().filter(|it| it.build.platform.os == Os::Windows)
    {
        let contents = inspect::read(&files::read(path)?);
        let slices = contents.slice().into_iter();
        for dll in slices.flat_map(binaries::dlls_that_windows_lacks) {
            let affected = missing.entry(dll.to_owned()).or_default();
            affected.insert((build.binary.name.clone(), build.platform));
        }
    }
    let Some((_, platform)) = missing.values().flatten().next() else { return Ok(Vec::new()) };
    let crates = Crates::find(project, *platform, scripts);
    let problem = |(dll, affected): (String, Affected)| BuildProblem {
        error: error(&dll, &crates),
        affected,
    };
    Ok(missing.into_iter().map(problem).collect())
}

fn error(dll: &str, crates: &Crates<'_>) -> Error {
    let name = dll.to_ascii_lowercase();
    // A crate names the DLL, or the import library, whose name lacks the extension.
    let stem = dll.rsplit_once('.').map_or(dll, |(stem, _)| stem);
    let mut packages = crates.that_link(&Linkage::Library(dll));
    if packages.is_empty() {
        packages = crates.that_link(&Linkage::Library(stem));
    }
    let required_by = crates::required_by(&packages);
    let what = format!("the library `{dll}` is not part of Windows{required_by}");
    let tree = packages
        .first()
        .map(|package| format!(" ({} shows what depends on it)", crates.tree_command(package)));
    let origin = redistributable::origin(&name).map(|origin| format!("; {origin}"));
    Error::new(what).help(format!(
        "remove the crate from the Windows build{}, link the library statically, or load it at run time from a \
         file that the helper brings along: `dist` puts no DLLs into the image{}",
        tree.unwrap_or_default(),
        origin.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::crates::testing::package;
    use super::*;
    use crate::platform::{Arch, HostPlatform};

    #[test]
    fn the_error_for_a_redistributable_dll_names_the_crate_and_says_where_it_comes_from() {
        let platform = HostPlatform::new(Os::Windows, Arch::Amd64);
        let package = package("webview2-com-sys", "0.39.1", &[]);
        let script = BuildScriptOutput {
            package: package.id.clone(),
            target: Some(platform.triple()),
            conditions: Vec::new(),
            libraries: vec!["dylib=WebView2Loader".to_owned()],
            directory: "/out".into(),
        };
        let scripts = [script];
        let crates = Crates { platform, packages: vec![package], scripts: &scripts };
        let found = error("WebView2Loader.dll", &crates);
        let expected = "the library `WebView2Loader.dll` is not part of Windows, required by the crate \
                        `webview2-com-sys` 0.39.1";
        assert_eq!(found.to_string(), expected);
        let advice = found.advice().unwrap();
        assert!(advice.contains("-i webview2-com-sys@0.39.1`"), "{advice}");
        assert!(advice.contains("`Microsoft.Web.WebView2`"), "{advice}");
        assert_eq!(
            error("other.dll", &crates).to_string(),
            "the library `other.dll` is not part of Windows"
        );
    }
}

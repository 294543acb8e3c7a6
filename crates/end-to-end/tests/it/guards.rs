//! Limits of the tool itself: what an author compiles and when, what is published, and how the modules depend
//! on each other. These tests do not need a network.

use crate::support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use support::{Extension, copy_of_this_repository, repository, run};

/// The maximum number of crates that an author compiles before the first `cargo xtask dist`, including the
/// tool. Each crate costs compile time, and has to be trusted and updated.
const CRATES: usize = 116;

#[test]
fn authors_compile_few_crates_for_the_tool() {
    let mut tree = Command::new("cargo");
    tree.args(["tree", "--locked", "--offline", "--package=docker-extension"]);
    tree.args(["--edges=normal,build", "--prefix=none", "--format={p}"]);
    let text = run(tree.current_dir(repository()));
    // Crates that are listed again end with `(*)`.
    let crates: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split(" (").next())
        .filter(|it| !it.is_empty())
        .collect();
    let count = crates.len();
    assert!(count <= CRATES, "{count} crates, {CRATES} are allowed: {crates:#?}");
    assert!(count > 10, "{crates:#?}");
}

#[test]
fn no_two_types_of_the_tool_share_a_name() {
    let mut sources = Vec::new();
    collect_sources(&repository().join("crates/docker-extension/src"), &mut sources);
    let mut types = BTreeMap::<String, Vec<String>>::new();
    let tests: Vec<PathBuf> =
        sources.iter().flat_map(|(path, text)| test_files(path, text)).collect();
    for (path, text) in
        sources.iter().filter(|(path, _)| !tests.iter().any(|it| path.starts_with(it)))
    {
        for (line, name) in types_in(text) {
            types.entry(name).or_default().push(format!("{}:{line}", path.display()));
        }
    }
    assert!(types.len() > 100, "{types:#?}");
    types.retain(|_, places| places.len() > 1);
    assert!(types.is_empty(), "{} names are not unique: {types:#?}", types.len());
}

fn collect_sources(directory: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_sources(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push((path, text));
        }
    }
}

/// The files and directories of modules that are only compiled for tests.
fn test_files(path: &Path, text: &str) -> Vec<PathBuf> {
    let is_parent =
        path.ends_with("mod.rs") || path.ends_with("lib.rs") || path.ends_with("main.rs");
    let directory =
        if is_parent { path.parent().unwrap().to_owned() } else { path.with_extension("") };
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]"
            && let Some(item) = lines.next()
            && let Some((_, name)) = item.trim_end_matches(';').split_once("mod ")
            && item.ends_with(';')
        {
            found.extend([directory.join(name), directory.join(format!("{name}.rs"))]);
        }
    }
    found
}

/// The types that a source declares, with their lines, without those in `#[cfg(test)]` modules and associated
/// types. It expects the layout of rustfmt.
fn types_in(text: &str) -> Vec<(usize, String)> {
    let mut types = Vec::new();
    // The open blocks: their indentation, and whether their types are associated types.
    let mut blocks: Vec<(usize, bool)> = Vec::new();
    let mut has_associated_types = false;
    // The indentation of the current test module.
    let mut skipped = None;
    let mut is_test = false;
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let indentation = line.len() - code.len();
        if skipped.is_some() {
            skipped = skipped.filter(|start| (*start, "}") != (indentation, code));
            continue;
        }
        if code.starts_with("#[") {
            is_test |= code == "#[cfg(test)]";
            continue;
        }
        if code.starts_with('}') {
            while blocks.pop_if(|(start, _)| *start >= indentation).is_some() {}
        }
        let mut item = code.strip_prefix("pub").map_or(code, str::trim_start);
        if item.starts_with('(') {
            item = item.split_once(')').map_or("", |(_, item)| item.trim_start());
        }
        let is_associated = blocks.last().is_some_and(|(_, associated)| *associated);
        match item.split_once([' ', '<']) {
            Some(("mod", _)) if is_test && code.ends_with('{') => skipped = Some(indentation),
            Some((kind @ ("struct" | "enum" | "union" | "trait" | "type"), rest))
                if !(is_test || kind == "type" && is_associated) =>
            {
                let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next();
                types.extend(name.map(|name| (number + 1, name.to_owned())));
            }
            _ => {}
        }
        let starts = ["impl", "unsafe impl", "trait"];
        has_associated_types |= starts.iter().any(|start| item.starts_with(start));
        if code.ends_with('{') && skipped.is_none() {
            blocks.push((indentation, has_associated_types));
        }
        // A header with a `where` clause has several lines.
        has_associated_types &= !code.ends_with(['{', '}', ';']);
        is_test = false;
    }
    types
}

#[test]
fn declared_types_are_found() {
    let source = "\
pub struct One;
pub(crate) struct Two<T>(T);
enum Three {
    A { type_: u8 },
}
impl<T> Iterator for One
where
    T: Copy,
{
    type Item = u8;
    fn next(&mut self) -> Option<u8> {
        struct Local;
        None
    }
}
pub(in crate::a) trait Four {
    type Error;
}
pub type Five = u8;
mod inner {
    pub union Six {}
}
#[cfg(test)]
mod tests {
    struct One;
}
#[cfg(test)]
struct Two;
type Seven = fn();
";
    let names: Vec<String> = types_in(source).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["One", "Two", "Three", "Local", "Four", "Five", "Six", "Seven"]);
}

#[test]
fn the_modules_of_the_tool_do_not_import_each_other_in_a_cycle() {
    let root = repository().join("crates/docker-extension/src");
    let mut sources = Vec::new();
    collect_sources(&root, &mut sources);
    let tests: Vec<PathBuf> =
        sources.iter().flat_map(|(path, text)| test_files(path, text)).collect();
    let mut imports = BTreeMap::<String, BTreeSet<String>>::new();
    for (path, text) in sources.iter().filter(|(path, _)| !tests.contains(path)) {
        let first = path.strip_prefix(&root).unwrap().iter().next().unwrap();
        let module = first.to_str().unwrap().trim_end_matches(".rs").to_owned();
        let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text = code.collect::<Vec<_>>().join("\n");
        let used = text.split("crate::").skip(1).map(|rest| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned()
        });
        let others: Vec<String> = used.filter(|it| *it != module).collect();
        imports.entry(module).or_default().extend(others);
    }
    assert!(imports["commands"].contains("plan"), "{imports:#?}");
    // Removes modules that import no other remaining module. The rest is in a cycle, or imports a module in
    // one.
    loop {
        let names: BTreeSet<String> = imports.keys().cloned().collect();
        let is_left = |used: &BTreeSet<String>| used.iter().any(|it| names.contains(it));
        let before = imports.len();
        imports.retain(|_, used| is_left(used));
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "modules import each other in a cycle: {imports:#?}");
}

/// It uses the extension of this repository, because all other crates are already compiled.
#[test]
fn a_new_version_of_an_extension_does_not_compile_the_tool_again() {
    let project = copy_of_this_repository();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let compiled = || {
        let mut cargo = Command::new("cargo");
        // With the features that `cargo test --workspace` selects.
        cargo.args(["test", "--no-run", "--workspace", "--bin=xtask", "--offline"]);
        cargo.args(["--message-format=json"]).env("CARGO_TARGET_DIR", target);
        let messages = run(cargo.current_dir(project.path()));
        let messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let artifacts = messages.filter(|it| it["reason"] == "compiler-artifact");
        let (fresh, compiled): (Vec<Value>, _) = artifacts.partition(|it| it["fresh"] == true);
        assert!(fresh.len() > 10, "{fresh:?}");
        let names = compiled.iter().map(|it| it["target"]["name"].as_str().unwrap().to_owned());
        names.collect::<BTreeSet<String>>()
    };
    let first = compiled();
    assert!(first.contains("docker_extension") && first.contains("xtask"), "{first:?}");

    let manifest = project.path().join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let (before, after) = text.split_once("\nversion = \"").unwrap();
    let (_, after) = after.split_once('"').unwrap();
    fs::write(&manifest, format!("{before}\nversion = \"99.0.0\"{after}")).unwrap();
    assert_eq!(compiled(), BTreeSet::new());
    let lock = fs::read_to_string(project.path().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"hostports\"\nversion = \"99.0.0\""), "{lock}");
}

#[test]
fn the_help_of_each_command_names_the_program_that_was_called() {
    let extension = Extension::new();
    for (command, usage) in [
        ("dist", "Usage: cargo xtask dist"),
        ("preview", "Usage: cargo xtask preview"),
        ("validate", "Usage: cargo xtask validate"),
        ("doctor", "Usage: cargo xtask doctor"),
    ] {
        let help = run(&mut extension.xtask(&[command, "--help"]));
        assert!(help.contains(usage), "{help}");
    }
}

#[test]
fn the_package_contains_only_files_that_users_need() {
    let mut package = Command::new("cargo");
    package.args(["package", "--package=docker-extension", "--list", "--allow-dirty", "--offline"]);
    let files = run(package.current_dir(repository()));
    let of_cargo = ["Cargo.toml", "Cargo.toml.orig", "Cargo.lock", ".cargo_vcs_info.json"];
    let own = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];
    for file in own {
        assert!(files.lines().any(|it| it == file), "{file} is not in:\n{files}");
    }
    // Cargo leaves out directories with a `Cargo.toml` and files of git, so the template has other names.
    let template = template_files();
    for file in &template {
        assert!(files.lines().any(|it| it == file), "{file} is not in:\n{files}");
    }
    let is_expected = |file: &&str| {
        of_cargo.contains(file)
            || own.contains(file)
            || file.starts_with("src/")
                && [".rs", ".js", ".txt"].iter().any(|it| file.ends_with(it))
            || file.starts_with("data/") && file.ends_with(".txt")
            || template.contains(*file)
    };
    let others: Vec<&str> = files.lines().filter(|file| !is_expected(file)).collect();
    assert_eq!(others, [""; 0]);
}

/// The files that `docker-extension new` writes, relative to the package.
fn template_files() -> BTreeSet<String> {
    let mut git = Command::new("git");
    let package = repository().join("crates/docker-extension");
    git.args(["ls-files", "--", "template"]).current_dir(package);
    run(&mut git).lines().map(str::to_owned).collect()
}

#[test]
fn a_new_project_compiles_the_tool_with_the_same_profile_as_this_repository() {
    let lines = |path: &str| -> Vec<String> {
        let text = fs::read_to_string(repository().join(path)).unwrap();
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    let mut own = lines(".cargo/config.toml");
    // New projects do not have this package.
    own.retain(|line| !line.starts_with("end-to-end = "));
    assert_eq!(lines("crates/docker-extension/template/cargo/config.toml"), own);
}

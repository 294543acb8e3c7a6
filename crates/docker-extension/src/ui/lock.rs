//! npm's lock file: whether it still matches `package.json`.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value};

use crate::files;
use crate::oci::Digest;

/// The keys of `package.json` that declare packages. The lock file repeats them.
const DEPENDENCIES: [&str; 4] =
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
/// Other keys that change which packages are installed.
const CHANGING: [&str; 4] =
    ["overrides", "workspaces", "bundleDependencies", "bundledDependencies"];
/// npm prefers the first one.
const NAMES: [&str; 2] = ["npm-shrinkwrap.json", "package-lock.json"];
/// The lock files of other package managers.
const FOREIGN: [&str; 4] = ["yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"];

/// The file name of the lock file that npm uses in this directory.
pub fn find(directory: &Utf8Path) -> Option<&'static str> {
    NAMES.into_iter().find(|name| directory.join(name).is_file())
}

/// The file name of a lock file that npm ignores.
pub fn find_foreign(directory: &Utf8Path) -> Option<&'static str> {
    FOREIGN.into_iter().find(|name| directory.join(name).is_file())
}

/// A `package.json` beside the text of the lock file that describes it: of the package itself, or of a
/// workspace or another package in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DeclaredPackages {
    /// The path of `package.json`, as the lock file writes it.
    path: Utf8PathBuf,
    declared: Value,
    locked: Value,
}

/// The lock file, with each `package.json` that it describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageLock {
    declarations: Vec<DeclaredPackages>,
}

/// How `package.json` differs from the lock file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Only versions differ. Whether the locked ones still satisfy `package.json` is for npm to decide.
    Versions,
    /// Packages are declared that are not locked, or the other way round: one sentence for each.
    Packages(Vec<String>),
}

impl PackageLock {
    /// Reads the lock file `name` and what it describes. `None` if it has no such descriptions, or if a
    /// file can't be read: npm reports these with its own words.
    pub fn read(directory: &Utf8Path, name: &str) -> Option<Self> {
        let json = |path: &Utf8Path| -> Option<Value> {
            serde_json::from_str(&files::read_text(path).ok()?).ok()
        };
        let lock = json(&directory.join(name))?;
        let packages = lock.get("packages")?.as_object()?;
        let local = packages.iter().filter(|(path, _)| is_local(path));
        let declarations = local.map(|(path, locked)| {
            let path = Utf8Path::new(path).join("package.json");
            let declared = json(&directory.join(&path))?;
            Some(DeclaredPackages { path, declared, locked: locked.clone() })
        });
        Some(Self { declarations: declarations.collect::<Option<_>>()? })
    }

    /// Compares the declared packages with the locked ones.
    pub fn difference(&self) -> Option<Difference> {
        let mut sentences = Vec::new();
        let mut has_changed = false;
        for DeclaredPackages { path, declared, locked } in &self.declarations {
            let (names, locked_names) = (names(declared), names(locked));
            for name in names.difference(&locked_names) {
                sentences.push(format!("`{name}` in `{path}` is missing in the lock file"));
            }
            for name in locked_names.difference(&names) {
                sentences.push(format!("`{name}` in the lock file is missing in `{path}`"));
            }
            has_changed |=
                DEPENDENCIES.iter().any(|key| section(declared, key) != section(locked, key));
        }
        if !sentences.is_empty() {
            return Some(Difference::Packages(sentences));
        }
        has_changed.then_some(Difference::Versions)
    }

    /// Identifies everything in the `package.json` files that changes which packages are installed.
    pub fn declared(&self) -> Digest {
        let keys = DEPENDENCIES.iter().chain(&CHANGING);
        let relevant = self.declarations.iter().map(|it| {
            let values: Vec<_> = keys.clone().map(|key| it.declared.get(key)).collect();
            (&it.path, values)
        });
        let relevant: Vec<_> = relevant.collect();
        Digest::of(serde_json::json!(relevant).to_string().as_bytes())
    }
}

/// Installed packages are below `node_modules`.
fn is_local(path: &str) -> bool {
    path.split('/').all(|part| part != "node_modules" && part != "..")
}

fn section<'a>(package: &'a Value, key: &str) -> Option<&'a Map<String, Value>> {
    package.get(key)?.as_object().filter(|section| !section.is_empty())
}

fn names(package: &Value) -> BTreeSet<&str> {
    let sections = DEPENDENCIES.iter().filter_map(|key| section(package, key));
    sections.flat_map(|section| section.keys().map(String::as_str)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lock(declared: Value, locked: Value) -> PackageLock {
        let path = Utf8PathBuf::from("package.json");
        PackageLock { declarations: vec![DeclaredPackages { path, declared, locked }] }
    }

    #[test]
    fn added_and_removed_packages_are_named_and_new_versions_are_left_to_npm() {
        let same = json!({ "dependencies": { "ms": "^2" }, "devDependencies": {} });
        assert_eq!(
            lock(same.clone(), json!({ "dependencies": { "ms": "^2" } })).difference(),
            None
        );
        let version = json!({ "dependencies": { "ms": "^1" } });
        assert_eq!(lock(version, same.clone()).difference(), Some(Difference::Versions));
        // It has moved to another section.
        let moved = json!({ "devDependencies": { "ms": "^2" } });
        assert_eq!(lock(moved, same.clone()).difference(), Some(Difference::Versions));
        let other = json!({ "peerDependencies": { "left-pad": "*" } });
        assert_eq!(
            lock(other, same).difference(),
            Some(Difference::Packages(vec![
                "`left-pad` in `package.json` is missing in the lock file".to_owned(),
                "`ms` in the lock file is missing in `package.json`".to_owned(),
            ]))
        );
    }

    #[test]
    fn only_keys_that_change_the_packages_require_a_new_installation() {
        let with = |package: Value| lock(package, json!({})).declared();
        let old = with(json!({ "dependencies": { "ms": "^2" }, "scripts": { "build": "a" } }));
        assert_eq!(old, with(json!({ "scripts": {}, "dependencies": { "ms": "^2" } })));
        assert_ne!(old, with(json!({ "dependencies": { "ms": "^1" } })));
        assert_ne!(old, with(json!({ "dependencies": { "ms": "^2" }, "overrides": { "a": "1" } })));
    }

    #[test]
    fn workspaces_are_compared_and_installed_packages_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(dir.path().to_owned()).unwrap();
        let write = |path: &str, json: Value| {
            files::create_dir(root.join(path).parent().unwrap()).unwrap();
            files::write(&root.join(path), json.to_string()).unwrap();
        };
        write("package.json", json!({ "workspaces": ["part"] }));
        write("part/package.json", json!({ "dependencies": { "ms": "^2" } }));
        write(
            "package-lock.json",
            json!({ "packages": {
                "": { "workspaces": ["part"] },
                "part": { "dependencies": {} },
                "node_modules/part": { "link": true },
                "node_modules/ms": { "dependencies": { "other": "1" } },
            } }),
        );
        let Some(Difference::Packages(sentences)) =
            PackageLock::read(&root, find(&root).unwrap()).unwrap().difference()
        else {
            panic!("the workspace differs")
        };
        assert_eq!(sentences, ["`ms` in `part/package.json` is missing in the lock file"]);
        // The first version of the format has no descriptions.
        write("package-lock.json", json!({ "lockfileVersion": 1, "dependencies": {} }));
        assert_eq!(PackageLock::read(&root, "package-lock.json"), None);
    }
}

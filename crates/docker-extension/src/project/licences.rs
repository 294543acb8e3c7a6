//! The licence files that the zip archives of host binaries contain: the `license-file` of a package, or
//! the files of the licences in its `license`, an SPDX expression.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::Package;

use crate::files;

/// The licence files of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Licences {
    pub files: Vec<Utf8PathBuf>,
    /// If no file was found: why, and what to do.
    pub warning: Option<String>,
}

/// A directory and the names of its files.
type Listing<'a> = (&'a Utf8Path, Vec<String>);

impl Licences {
    /// Searches the workspace's directory `root`, then the package's directory.
    pub fn find(package: &Package, root: &Utf8Path) -> Self {
        let name = &package.name;
        let manifest = &package.manifest_path;
        let found = match (package.license_file(), &package.license) {
            (Some(file), _) if file.is_file() => Ok(vec![file]),
            (Some(file), _) => Err(format!("`{file}`, its `license-file`, is not a file")),
            (None, Some(expression)) => {
                let own = manifest.parent().unwrap_or(root);
                let found = select(expression, &[list(root), list(own)]);
                let id = ids(expression).into_iter().next().unwrap_or_default();
                let missing = format!("add `LICENSE-{id}` or `LICENSE` to `{root}`");
                if found.is_empty() { Err(missing) } else { Ok(found) }
            }
            (None, None) => Err(format!("set `license` or `license-file` in `{manifest}`")),
        };
        match found {
            Ok(files) => Self { files, warning: None },
            Err(reason) => {
                let warning =
                    format!("the zip archives have no licence file for `{name}`: {reason}");
                Self { files: Vec::new(), warning: Some(warning) }
            }
        }
    }
}

fn list(directory: &Utf8Path) -> Listing<'_> {
    let entries = files::entries(directory).unwrap_or_default().into_iter();
    let files = entries.filter(|entry| entry.path().is_file());
    (directory, files.map(|entry| entry.file_name().to_owned()).collect())
}

/// The files of the licences in `expression`, and those for all licences such as `LICENSE`: each kind from
/// the first directory that has any. Empty if there is only a `NOTICE`.
fn select(expression: &str, directories: &[Listing<'_>]) -> Vec<Utf8PathBuf> {
    let first = |is_it: &dyn Fn(&str) -> bool| -> Vec<Utf8PathBuf> {
        let in_directory = |(directory, names): &Listing<'_>| {
            let names = names.iter().filter(|name| is_it(name));
            names.map(|name| directory.join(name)).collect::<Vec<_>>()
        };
        let mut found = directories.iter().map(in_directory);
        found.find(|found| !found.is_empty()).unwrap_or_default()
    };
    let ids = ids(expression);
    let mut files: Vec<_> = ids.iter().flat_map(|id| first(&|name| is_text_of(name, id))).collect();
    files.extend(first(&|name| ["license", "licence", "copying"].contains(&&*stem(name))));
    if !files.is_empty() {
        files.extend(first(&|name| stem(name) == "notice"));
    }
    files.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    files.dedup();
    files
}

/// The licences of an SPDX expression, or of the older form `MIT/Apache-2.0`. A licence with an exception is
/// listed twice: with it and without it.
fn ids(expression: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut has_exception = false;
    for word in expression.split(|c: char| c.is_whitespace() || "()/".contains(c)) {
        match word {
            "" => {}
            _ if word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or") => {}
            _ if word.eq_ignore_ascii_case("with") => has_exception = true,
            _ if has_exception => {
                ids.extend(ids.last().map(|id| format!("{id}-WITH-{word}")));
                has_exception = false;
            }
            _ => ids.push(word.trim_end_matches('+').to_owned()),
        }
    }
    ids
}

/// Whether the file has the text of the licence `id`: its name is `LICENSE-<id>`, or a part of the id.
fn is_text_of(file: &str, id: &str) -> bool {
    let (stem, id) = (stem(file), id.to_lowercase());
    if stem == "unlicense" {
        return id == stem;
    }
    let rest = ["license", "licence"].iter().find_map(|prefix| stem.strip_prefix(prefix));
    let name = rest.and_then(|rest| rest.strip_prefix(['-', '_', '.']));
    let Some(name) = name.filter(|name| !name.is_empty()) else { return false };
    let name = name.replace(['_', ' '], "-");
    match id.strip_prefix(&name) {
        Some("") => true,
        // `APACHE` is short for Apache-2.0, but MIT-0 is not the same licence as MIT.
        Some(rest) => rest.starts_with(['-', '.']) && name != "mit",
        None => false,
    }
}

/// The name in lower case, without `.md` or `.txt`.
fn stem(file: &str) -> String {
    let name = file.to_lowercase();
    let stem = [".md", ".txt"].iter().find_map(|ending| name.strip_suffix(ending));
    stem.map(str::to_owned).unwrap_or(name)
}

/// The files of several packages, by their names in an archive. If a name is taken, the file is put into a
/// directory that is named after its package.
pub fn archive_names<'a>(
    packages: impl IntoIterator<Item = (&'a str, &'a Licences)>,
) -> BTreeMap<String, &'a Utf8Path> {
    let mut names: BTreeMap<String, &Utf8Path> = BTreeMap::new();
    for (package, licences) in packages {
        for file in &licences.files {
            let name = file.file_name().unwrap_or("LICENSE").to_owned();
            if names.get(&name).is_none_or(|other| *other == file) {
                names.insert(name, file);
            } else {
                names.insert(format!("{package}/{name}"), file);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(expression: &str, root: &[&str], package: &[&str]) -> Vec<String> {
        let listing = |directory, names: &[&str]| {
            (Utf8Path::new(directory), names.iter().map(|name| (*name).to_owned()).collect())
        };
        let files = select(expression, &[listing("/w", root), listing("/w/p", package)]);
        files.into_iter().map(Utf8PathBuf::into_string).collect()
    }

    #[test]
    fn only_the_files_of_the_licences_in_the_expression_are_selected() {
        let root = ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "LICENSE-MPL-2.0", "LICENSES"];
        let both = ["/w/LICENSE-APACHE", "/w/LICENSE-MIT"];
        assert_eq!(selected("MIT OR Apache-2.0", &root, &[]), both);
        assert_eq!(selected("MIT/Apache-2.0", &root, &[]), both);
        assert_eq!(selected("(mit AND (apache-2.0))", &root, &[]), both);
        assert_eq!(selected("MIT", &root, &[]), ["/w/LICENSE-MIT"]);
        assert_eq!(selected("MPL-2.0", &root, &[]), ["/w/LICENSE-MPL-2.0"]);
        assert_eq!(selected("ISC", &root, &[]), Vec::<String>::new());
        assert_eq!(selected("MIT-0", &root, &[]), Vec::<String>::new());
    }

    #[test]
    fn a_licence_file_may_have_a_short_name_in_any_case() {
        for (file, id) in [
            ("LICENSE-MIT", "MIT"),
            ("licence-mit.txt", "MIT"),
            ("LICENSE_APACHE.md", "Apache-2.0"),
            ("LICENSE-Apache-2.0", "Apache-2.0"),
            ("LICENSE.BSD", "BSD-3-Clause"),
            ("LICENSE-BSD-3-Clause", "BSD-3-Clause"),
            ("LICENSE-GPL-3", "GPL-3.0-or-later"),
            ("LICENSE-ZLIB", "Zlib"),
            ("UNLICENSE", "Unlicense"),
            ("LICENSE-MIT-0", "MIT-0"),
        ] {
            assert!(is_text_of(file, id), "{file} {id}");
        }
        for (file, id) in [
            ("LICENSE-MIT", "MIT-0"),
            ("LICENSE-A", "Apache-2.0"),
            ("LICENSE-BSD-2-Clause", "BSD-3-Clause"),
            ("LICENSE-", "MIT"),
            ("LICENSE", "MIT"),
            ("MIT", "MIT"),
        ] {
            assert!(!is_text_of(file, id), "{file} {id}");
        }
    }

    #[test]
    fn a_file_for_all_licences_and_a_notice_are_selected_too() {
        let root = ["COPYING", "LICENCE.md", "License-MIT", "NOTICE.txt", "NOTICES"];
        let found = ["/w/COPYING", "/w/LICENCE.md", "/w/License-MIT", "/w/NOTICE.txt"];
        assert_eq!(selected("MIT", &root, &[]), found);
        assert_eq!(selected("MIT", &["NOTICE"], &[]), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_the_workspace_lacks_comes_from_the_package() {
        let found = selected("MIT OR ISC", &["LICENSE-MIT"], &["LICENSE-MIT", "LICENSE-ISC"]);
        assert_eq!(found, ["/w/p/LICENSE-ISC", "/w/LICENSE-MIT"]);
    }

    #[test]
    fn the_name_of_a_licence_file_may_include_an_exception() {
        let root = ["LICENSE-Apache-2.0_WITH_LLVM-exception", "LICENSE-GPL"];
        let found = selected("Apache-2.0 WITH LLVM-exception OR MIT", &root, &[]);
        assert_eq!(found, ["/w/LICENSE-Apache-2.0_WITH_LLVM-exception"]);
        assert_eq!(ids("GPL-2.0+ WITH x AND MIT"), ["GPL-2.0", "GPL-2.0-WITH-x", "MIT"]);
    }

    #[test]
    fn files_with_the_same_name_are_separated_by_package() {
        let licences = |files: &[&str]| Licences {
            files: files.iter().map(Utf8PathBuf::from).collect(),
            warning: None,
        };
        let [a, b] = [licences(&["/w/MIT", "/w/a/LICENSE"]), licences(&["/w/MIT", "/w/b/LICENSE"])];
        let names = archive_names([("a", &a), ("b", &b)]);
        let names: Vec<_> = names.iter().map(|(name, path)| format!("{name} {path}")).collect();
        assert_eq!(names, ["LICENSE /w/a/LICENSE", "MIT /w/MIT", "b/LICENSE /w/b/LICENSE"]);
    }
}

//! Text-based stubs (`.tbd`), version 4, which linkers read instead of a macOS library.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::macos_symbols::{CPUS, Symbol, SymbolList};

/// Changes whenever the stubs of the same lists change.
pub(super) const FORMAT: &str = "2";

pub(super) struct Stub {
    /// Its path in the SDK.
    pub path: Utf8PathBuf,
    pub text: String,
}

/// The stubs of all libraries, under every path that a linker may search.
pub(super) fn all(lists: &[SymbolList]) -> Vec<Stub> {
    let names = lists.iter().map(|list| (list.name.as_str(), list.install_name.as_str()));
    let install_names: BTreeMap<&str, &str> = names.collect();
    let re_exported: BTreeSet<&String> = lists.iter().flat_map(|list| &list.re_exports).collect();
    let stubs = |list: &SymbolList| {
        let mut paths = paths(list);
        if re_exported.contains(&list.name) {
            // A linker searches a re-exported library by its install name.
            let path = Utf8PathBuf::from(list.install_name.trim_start_matches('/'));
            paths.push(path.with_extension("tbd"));
        }
        let text = text(list, &install_names);
        paths.into_iter().map(|path| Stub { path, text: text.clone() }).collect::<Vec<_>>()
    };
    lists.iter().flat_map(stubs).collect()
}

fn paths(list: &SymbolList) -> Vec<Utf8PathBuf> {
    let name = &list.name;
    if list.is_framework() {
        return vec![format!("System/Library/Frameworks/{name}.framework/{name}.tbd").into()];
    }
    let names = std::iter::once(name).chain(&list.linked_as);
    names.map(|name| format!("usr/lib/lib{name}.tbd").into()).collect()
}

fn text(list: &SymbolList, install_names: &BTreeMap<&str, &str>) -> String {
    let all = targets(&CPUS);
    let mut text = format!(
        "--- !tapi-tbd\n\
         tbd-version: 4\n\
         targets: [ {all} ]\n\
         install-name: '{}'\n\
         compatibility-version: {}\n",
        list.install_name, list.compatibility_version
    );
    let re_exports = list.re_exports.iter().filter_map(|name| install_names.get(name.as_str()));
    let re_exports: Vec<String> = re_exports.map(|name| format!("'{name}'")).collect();
    if !re_exports.is_empty() {
        let libraries = re_exports.join(", ");
        text += &format!(
            "reexported-libraries:\n  - targets: [ {all} ]\n    libraries: [ {libraries} ]\n"
        );
    }
    text += "exports:\n";
    text += &exports(list, &CPUS, |symbol| symbol.only.is_none());
    for cpu in CPUS {
        text += &exports(list, &[cpu], |symbol| symbol.only == Some(cpu));
    }
    text + "...\n"
}

fn exports(list: &SymbolList, cpus: &[&str], is_included: impl Fn(&&Symbol) -> bool) -> String {
    let symbols = list.symbols.iter().filter(is_included);
    let symbols: Vec<String> = symbols.map(|symbol| format!("'{}'", symbol.name)).collect();
    let targets = targets(cpus);
    format!("  - targets: [ {targets} ]\n    symbols: [ {} ]\n", symbols.join(", "))
}

fn targets(cpus: &[&str]) -> String {
    let targets: Vec<String> = cpus.iter().map(|cpu| format!("{cpu}-macos")).collect();
    targets.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_has_the_install_name_and_the_symbols_of_each_cpu() {
        let lists = [SymbolList::parse(
            "tool",
            "install-name = /usr/lib/libtool.1.dylib\ncompatibility-version = 2.0.0\n\
             linked-as = other\n[by hand]\n_a\n_b$C x86_64\n",
        )];
        let stubs = all(&lists);
        let paths: Vec<&str> = stubs.iter().map(|stub| stub.path.as_str()).collect();
        assert_eq!(paths, ["usr/lib/libtool.tbd", "usr/lib/libother.tbd"]);
        let expected = "--- !tapi-tbd\n\
                        tbd-version: 4\n\
                        targets: [ x86_64-macos, arm64-macos ]\n\
                        install-name: '/usr/lib/libtool.1.dylib'\n\
                        compatibility-version: 2.0.0\n\
                        exports:\n  \
                        - targets: [ x86_64-macos, arm64-macos ]\n    symbols: [ '_a' ]\n  \
                        - targets: [ x86_64-macos ]\n    symbols: [ '_b$C' ]\n  \
                        - targets: [ arm64-macos ]\n    symbols: [  ]\n\
                        ...\n";
        // Another text needs another `FORMAT`: otherwise linkers get the earlier one from the cache.
        assert_eq!((stubs[0].text.as_str(), FORMAT), (expected, "2"));
    }

    #[test]
    fn a_re_exported_library_is_found_by_its_install_name() {
        let kit = "install-name = /System/Library/Frameworks/Kit.framework/Versions/A/Kit\n\
                   compatibility-version = 1.0.0\nre-exports = objc\n";
        let objc = "install-name = /usr/lib/libobjc.A.dylib\ncompatibility-version = 1.0.0\n";
        let lists = [SymbolList::parse("Kit", kit), SymbolList::parse("objc", objc)];
        let stubs = all(&lists);
        let paths: Vec<&str> = stubs.iter().map(|stub| stub.path.as_str()).collect();
        let kit = "System/Library/Frameworks/Kit.framework/Kit.tbd";
        assert_eq!(paths, [kit, "usr/lib/libobjc.tbd", "usr/lib/libobjc.A.tbd"]);
        let libraries = "reexported-libraries:\n  - targets: [ x86_64-macos, arm64-macos ]\n    \
                         libraries: [ '/usr/lib/libobjc.A.dylib' ]\n";
        assert!(stubs[0].text.contains(libraries), "{}", stubs[0].text);
        assert!(!stubs[1].text.contains("reexported"), "{}", stubs[1].text);
    }
}

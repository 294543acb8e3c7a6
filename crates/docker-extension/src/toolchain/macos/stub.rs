//! Text-based stubs (`.tbd`), version 4: what linkers read in the place of a library of macOS.

use camino::Utf8PathBuf;

use super::list::{CPUS, Symbol, SymbolList};

/// A stub's file.
pub(super) struct Stub {
    /// Its path below the SDK.
    pub path: Utf8PathBuf,
    /// Its content.
    pub text: String,
}

impl SymbolList {
    /// The library's stub, in every place where a linker may look for it.
    pub(super) fn stubs(&self) -> Vec<Stub> {
        let text = self.stub();
        let name = &self.name;
        if self.is_framework() {
            let path = format!("System/Library/Frameworks/{name}.framework/{name}.tbd");
            return vec![Stub { path: path.into(), text }];
        }
        let names = std::iter::once(name).chain(&self.linked_as);
        let stub =
            |name| Stub { path: format!("usr/lib/lib{name}.tbd").into(), text: text.clone() };
        names.map(stub).collect()
    }

    fn stub(&self) -> String {
        let mut text = format!(
            "--- !tapi-tbd\n\
             tbd-version: 4\n\
             targets: [ {} ]\n\
             install-name: '{}'\n\
             compatibility-version: {}\n\
             exports:\n",
            targets(&CPUS),
            self.install_name,
            self.compatibility_version
        );
        text += &self.exports(&CPUS, |symbol| symbol.only.is_none());
        for cpu in CPUS {
            text += &self.exports(&[cpu], |symbol| symbol.only == Some(cpu));
        }
        text + "...\n"
    }

    fn exports(&self, cpus: &[&str], is_wanted: impl Fn(&&Symbol) -> bool) -> String {
        let symbols: Vec<String> = self
            .symbols
            .iter()
            .filter(is_wanted)
            .map(|symbol| format!("'{}'", symbol.name))
            .collect();
        let targets = targets(cpus);
        format!("  - targets: [ {targets} ]\n    symbols: [ {} ]\n", symbols.join(", "))
    }
}

fn targets(cpus: &[&str]) -> String {
    let targets: Vec<String> = cpus.iter().map(|cpu| format!("{cpu}-macos")).collect();
    targets.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_says_where_the_library_is_and_what_each_cpu_finds_in_it() {
        let list = SymbolList::parse(
            "tool",
            "install-name = /usr/lib/libtool.1.dylib\ncompatibility-version = 2.0.0\n\
             linked-as = other\n[by hand]\n_a\n_b$C x86_64\n",
        );
        let stubs = list.stubs();
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
        assert_eq!(stubs[0].text, expected);
    }
}

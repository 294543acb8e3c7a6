//! Text-based stubs (`.tbd`), version 4, which linkers read instead of a macOS library.

use camino::Utf8PathBuf;

use super::list::{CPUS, Symbol, SymbolList};

pub(super) struct Stub {
    /// Its path in the SDK.
    pub path: Utf8PathBuf,
    pub text: String,
}

impl SymbolList {
    /// The library's stub, under every path that a linker may search.
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

    fn exports(&self, cpus: &[&str], is_included: impl Fn(&&Symbol) -> bool) -> String {
        let symbols: Vec<String> = self
            .symbols
            .iter()
            .filter(is_included)
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
    fn a_stub_has_the_install_name_and_the_symbols_of_each_cpu() {
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

//! The symbols of libSystem, from two files that zig ships: its list of them, `libSystem.tbd`, and the
//! headers of the system, which say since when a function exists. Only names and versions are taken.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use docker_extension::internals::macos_symbols::{CLASS, METACLASS, version};
use docker_extension::internals::project::config::MacOsVersion;
use docker_extension::internals::toolchain::zig;
use xshell::{Shell, cmd};

use crate::Result;
use crate::list_file::Facts;

/// The first macOS whose versions matter: Rust supports no older one.
const OLDEST: MacOsVersion = MacOsVersion { major: 10, minor: 12 };

/// How zig's list calls the CPUs. The system's libraries for Apple silicon only have code for arm64e,
/// which programs for arm64 use too.
const TARGETS: [(&str, &str); 2] = [("x86_64-macos", "x86_64"), ("arm64e-macos", "arm64")];

/// Every symbol of libSystem.
///
/// # Errors
/// There is no zig, or its files have another form.
pub fn symbols(sh: &Shell) -> Result<BTreeMap<String, Facts>> {
    let zig = zig::find(sh)?.ok_or("no zig: run `pip install ziglang`")?;
    let (program, args) = (&zig.program, &zig.args);
    let about = cmd!(sh, "{program} {args...} env").quiet().read()?;
    let (_, directory) = about.split_once("lib_dir").ok_or("`zig env` prints no `lib_dir`")?;
    let directory = directory.split('"').find(|text| text.contains('/')).ok_or("no `lib_dir`")?;
    let libc = Utf8Path::new(directory).join("libc");
    let mut symbols = stub(&sh.read_file(libc.join("darwin/libSystem.tbd"))?);
    if symbols.len() < 9000 {
        return Err(format!("zig lists only {} symbols of libSystem", symbols.len()).into());
    }
    let names: BTreeSet<String> = symbols.keys().cloned().collect();
    let mut headers = Vec::new();
    collect(sh, &libc.join("include/any-darwin-any"), &mut headers)?;
    for header in headers {
        for (symbol, since) in availability(&header, &names) {
            if let Some(facts) = symbols.get_mut(&symbol).filter(|_| since > OLDEST) {
                facts.since = Some(since);
            }
        }
    }
    Ok(symbols)
}

fn collect(sh: &Shell, directory: &Utf8Path, headers: &mut Vec<String>) -> Result<()> {
    for path in sh.read_dir(directory)? {
        let path = camino::Utf8PathBuf::try_from(path)?;
        if path.is_dir() {
            collect(sh, &path, headers)?;
        } else if path.extension() == Some("h") {
            headers.push(sh.read_file(path)?);
        }
    }
    Ok(())
}

/// The exports of all documents of a text-based stub.
fn stub(text: &str) -> BTreeMap<String, Facts> {
    let mut found = BTreeMap::<String, Facts>::new();
    // `- targets: [ … ]` is followed by keys with lists, which may span lines.
    for block in text.split("- targets:").skip(1) {
        let mut lists = block.split('[').skip(1).map(|list| list.split(']').next().unwrap_or(""));
        let keys = block.split(']').map(|before| {
            let key = before.split('[').next().unwrap_or("").trim_end().trim_end_matches(':');
            key.rsplit(|c: char| c.is_whitespace()).next().unwrap_or("").to_owned()
        });
        let targets: BTreeSet<&str> = items(lists.next().unwrap_or("")).collect();
        let cpus: BTreeSet<&'static str> = TARGETS
            .iter()
            .filter(|(target, _)| targets.contains(target))
            .map(|(_, cpu)| *cpu)
            .collect();
        for (key, list) in keys.skip(1).zip(lists).filter(|_| !cpus.is_empty()) {
            let prefixes: &[&str] = match key.as_str() {
                "symbols" | "weak-symbols" | "thread-local-symbols" => &[""],
                "objc-classes" => &[CLASS, METACLASS],
                "objc-eh-types" => &["_OBJC_EHTYPE_$_"],
                "objc-ivars" => &["_OBJC_IVAR_$_"],
                _ => continue,
            };
            // `$ld$…` are instructions to the linker.
            for item in items(list).filter(|item| !item.starts_with("$ld$")) {
                for prefix in prefixes {
                    let facts = found.entry(format!("{prefix}{item}")).or_default();
                    facts.cpus.extend(&cpus);
                }
            }
        }
    }
    found
}

fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(|item| item.trim().trim_matches('\'')).filter(|item| !item.is_empty())
}

/// The macros that start with the first macOS that has a declaration.
const MACROS: [&str; 10] = [
    "API_AVAILABLE(macos(",
    "API_AVAILABLE(macosx(",
    "API_DEPRECATED(",
    "API_DEPRECATED_WITH_REPLACEMENT(",
    "OSX_AVAILABLE(",
    "OSX_AVAILABLE_STARTING(__MAC_",
    "OSX_AVAILABLE_BUT_DEPRECATED(__MAC_",
    "OSX_AVAILABLE_BUT_DEPRECATED_MSG(__MAC_",
    "OSX_DEPRECATED(",
    "MACOS_AVAILABLE(",
];

/// The symbols of `names` that a header declares with a version.
fn availability(header: &str, names: &BTreeSet<String>) -> Vec<(String, MacOsVersion)> {
    let mut found = Vec::new();
    let code = without_comments_and_directives(header);
    for statement in code.split([';', '{', '}']) {
        let Some(since) = MACROS.iter().find_map(|name| since(statement, name)) else { continue };
        let mut words = statement.split('(').filter_map(|before| {
            let name =
                before.trim_end().rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
            Some(format!("_{name}"))
        });
        found.extend(words.find(|name| names.contains(name)).map(|name| (name, since)));
    }
    found
}

fn since(statement: &str, name: &str) -> Option<MacOsVersion> {
    let (_, arguments) = statement.split_once(name)?;
    let arguments = match name {
        "API_DEPRECATED(" | "API_DEPRECATED_WITH_REPLACEMENT(" => {
            let (_, macos) = arguments.split_once("macos(").or(arguments.split_once("macosx("))?;
            macos
        }
        _ => arguments,
    };
    let end = arguments.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))?;
    version(&arguments[..end].replace('_', "."))
}

fn without_comments_and_directives(header: &str) -> String {
    let mut code = String::new();
    let mut rest = header;
    while let Some((before, comment)) = rest.split_once("/*") {
        code += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    code += rest;
    let code = code.replace("\\\n", " ");
    let lines = code.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stub_has_symbols_and_classes_with_their_cpus() {
        let text = "--- !tapi-tbd\nreexported-libraries:\n  - targets: [ x86_64-macos ]\n    libraries: [ '/a' ]\n\
                    exports:\n  - targets:  [ x86_64-macos, x86_64-maccatalyst ]\n    \
                    symbols:  [ '_a$B', _b,\n          '$ld$hide$os10.5$_b' ]\n  \
                    - targets: [ x86_64-macos,\n      arm64e-macos ]\n    symbols: [ _c ]\n    \
                    objc-classes: [ D ]\n    weak-symbols: [ _e ]\n  - targets: [ arm64-ios ]\n    symbols: [ _f ]\n...\n";
        let found = stub(text);
        let cpus = |name: &str| found[name].cpus.iter().copied().collect::<Vec<_>>();
        assert_eq!(cpus("_a$B"), ["x86_64"]);
        assert_eq!(cpus("_c"), ["arm64", "x86_64"]);
        assert_eq!(found.len(), 6, "{found:?}");
        assert!(found.contains_key("_OBJC_METACLASS_$_D") && found.contains_key("_e"));
    }

    #[test]
    fn headers_say_since_when_a_function_exists() {
        let header = "#define x(a) __API_AVAILABLE(macos(1.0))\n\
            int preadv(int, const struct iovec *, int) __DARWIN_NOCANCEL(preadv) __API_AVAILABLE(macos(11.0), ios(14.0));\n\
            /* int old(void) __OSX_AVAILABLE(99.0); */\n\
            API_AVAILABLE(macos(10.14.4), ios(4.0))\nDISPATCH_EXPORT void both(dispatch_block_t (^b)(void));\n\
            int start(void) __OSX_AVAILABLE_STARTING(__MAC_10_13, __IPHONE_11_0);\n\
            void gone(void) __API_DEPRECATED(\"no (x)\", macos(10.15, 12.0));\nint plain(void);\n";
        let names = ["preadv", "old", "both", "start", "gone", "plain"];
        let names = names.map(|name| format!("_{name}")).into_iter().collect();
        let found: Vec<String> = availability(header, &names)
            .into_iter()
            .map(|(name, since)| format!("{name} {since}"))
            .collect();
        assert_eq!(found, ["_preadv 11.0", "_both 10.14", "_start 10.13", "_gone 10.15"]);
    }
}

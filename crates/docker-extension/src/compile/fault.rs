//! The faults that linkers and C compilers report, read from their output.

use std::collections::BTreeSet;

/// Something that a linker did not find.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LinkFault {
    /// A framework of macOS, by its name.
    Framework(String),
    /// A library, by its name for `-l`.
    Library(String),
    /// A symbol, in the linker's spelling.
    Symbol(String),
}

/// The faults in a message of a linker, or of rustc about a linker.
pub(super) fn link_faults(message: &str) -> BTreeSet<LinkFault> {
    message.lines().filter_map(link_fault).collect()
}

fn link_fault(line: &str) -> Option<LinkFault> {
    let of = |make: fn(String) -> LinkFault, name: &str| Some(make(name.to_owned()));
    if let Some(name) = framework(line) {
        return of(LinkFault::Framework, name);
    }
    if let Some(name) = library(line) {
        return of(LinkFault::Library, name);
    }
    of(LinkFault::Symbol, symbol(line)?)
}

fn framework(line: &str) -> Option<&str> {
    between(
        line,
        &[
            // `ld64.lld`
            ("framework not found for -framework ", ' '),
            // zig, by version
            ("unable to find framework '", '\''),
            ("unable to find system framework \"", '"'),
            // Apple's linkers, by version
            ("ld: framework '", '\''),
            ("ld: framework not found ", ' '),
        ],
    )
}

fn library(line: &str) -> Option<&str> {
    between(
        line,
        &[
            // `ld64.lld`, and Apple's older linker
            ("library not found for -l", ' '),
            // `ld.lld`
            ("unable to find library -l", ' '),
            // zig, by version
            ("unable to find dynamic system library \"", '"'),
            ("unable to find static system library \"", '"'),
            ("unable to find dynamic system library '", '\''),
            ("unable to find static system library '", '\''),
            // GNU ld
            ("ld: cannot find -l", ':'),
            // Apple's newer linker
            ("ld: library '", '\''),
            // rustc, for a library that is linked statically
            ("could not find native static library `", '`'),
        ],
    )
}

fn symbol(line: &str) -> Option<&str> {
    if let Some((_, symbol)) = line.split_once("error: undefined symbol: ") {
        return Some(symbol.trim()).filter(|symbol| !symbol.is_empty());
    }
    // GNU ld, and Apple's linker
    between(line, &[("undefined reference to `", '\'')]).or_else(|| {
        let symbol = line.trim_start().strip_suffix("\", referenced from:")?;
        symbol.strip_prefix('"')
    })
}

/// The text from the first of the beginnings to its end, or to the end of the line.
fn between<'a>(line: &'a str, beginnings: &[(&str, char)]) -> Option<&'a str> {
    beginnings.iter().find_map(|(beginning, end)| {
        let (_, found) = line.split_once(beginning)?;
        let name = found.split(*end).next()?.trim();
        (!name.is_empty()).then_some(name)
    })
}

/// The header that a C compiler did not find.
pub(super) fn missing_header(line: &str) -> Option<&str> {
    if let Some((before, _)) = line.split_once("' file not found") {
        // clang
        return before.split_once("fatal error: '").map(|(_, header)| header);
    }
    // GCC
    let (before, _) = line.split_once(": No such file or directory")?;
    let (_, header) = before.split_once("fatal error: ")?;
    Some(header).filter(|header| !header.contains(' '))
}

/// Whether a header belongs to Apple's SDK: `Foundation/Foundation.h`, `objc/runtime.h`.
pub(super) fn is_apples_header(header: &str) -> bool {
    header.split_once('/').is_some_and(|(directory, file)| {
        let is_framework = directory.starts_with(|c: char| c.is_ascii_uppercase())
            // As in `Security/SecBase.h`: the headers of a framework begin in upper case.
            && file.starts_with(|c: char| c.is_ascii_uppercase())
            && file.ends_with(".h");
        is_framework || ["objc", "os", "dispatch", "mach", "xpc"].contains(&directory)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(message: &str) -> Vec<String> {
        let names = link_faults(message).into_iter().map(|fault| format!("{fault:?}"));
        names.collect()
    }

    #[test]
    fn missing_frameworks_are_read_from_the_messages_of_every_linker() {
        for line in [
            "  = note: error: unable to find framework 'Security'. searched paths:  none",
            "  error: unable to find system framework \"Security\". searched paths: none",
            "rust-lld: error: framework not found for -framework Security",
            "  = note: ld: framework 'Security' not found",
            "          ld: framework not found Security",
        ] {
            assert_eq!(found(line), ["Framework(\"Security\")"], "{line}");
        }
    }

    #[test]
    fn missing_libraries_are_read_from_the_messages_of_every_linker() {
        for line in [
            "  = note: rust-lld: error: library not found for -lsqlite3",
            "  = note: lld: error: unable to find library -lsqlite3",
            "  = note: error: unable to find dynamic system library \"sqlite3\" using strategy paths_first.",
            "  = note: error: unable to find static system library 'sqlite3' using strategy 'no_fallback'.",
            "/usr/bin/x86_64-w64-mingw32-ld: cannot find -lsqlite3: No such file or directory",
            "  ld: library 'sqlite3' not found",
            "error: could not find native static library `sqlite3`, perhaps an -L flag is missing?",
        ] {
            assert_eq!(found(line), ["Library(\"sqlite3\")"], "{line}");
        }
    }

    #[test]
    fn undefined_symbols_are_read_from_the_messages_of_every_linker() {
        for line in [
            "  = note: rust-lld: error: undefined symbol: _SecNew",
            "  = note: error: undefined symbol: _SecNew",
            "tool.o: in function `main': undefined reference to `_SecNew'",
            "            \"_SecNew\", referenced from:",
        ] {
            assert_eq!(found(line), ["Symbol(\"_SecNew\")"], "{line}");
        }
        assert_eq!(found("error: undefined: _SecNew\nerror: undefined symbol: \n"), [""; 0]);
        let cpp = "lld: error: undefined symbol: std::terminate()";
        assert_eq!(found(cpp), ["Symbol(\"std::terminate()\")"]);
    }

    #[test]
    fn missing_headers_are_read_from_the_messages_of_clang_and_gcc() {
        let clang = "cargo:warning=a.m:1:9: fatal error: 'Foundation/Foundation.h' file not found";
        assert_eq!(missing_header(clang), Some("Foundation/Foundation.h"));
        let gcc = "a.c:1:10: fatal error: openssl/ssl.h: No such file or directory";
        assert_eq!(missing_header(gcc), Some("openssl/ssl.h"));
        assert_eq!(
            missing_header("cc: fatal error: no input files: No such file or directory"),
            None
        );
        let is_apples = ["Foundation/Foundation.h", "objc/runtime.h", "Security/SecBase.h"];
        assert!(is_apples.into_iter().all(is_apples_header));
        assert!(!["openssl/ssl.h", "stdio.h", "Python.h"].into_iter().any(is_apples_header));
    }
}

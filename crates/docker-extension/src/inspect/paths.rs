//! Absolute paths of the machine that built a binary. They reveal who built it, and make its bytes
//! differ between machines.
//!
//! A program may legitimately contain names of directories such as `/home`. So a path counts only if it
//! starts in a home directory or in the directory of a build service, *and* leads to a source or object
//! file, or to a directory that only builds use. Rust's own sources, under `/rustc/<hash>`, don't count.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

/// The maximum number of paths; more of them add no information.
const ENOUGH: usize = 3;

const LONGEST: usize = 256;

/// The beginnings of paths on build machines. On Windows, the drive letter comes before.
const BEGINNINGS: [&str; 9] = [
    "/home/",
    "/Users/",
    "/root/",
    // GitLab's runners, and GitHub's in containers.
    "/builds/",
    "/__w/",
    "/github/workspace/",
    r":\Users\",
    ":/Users/",
    // GitHub's runners.
    r":\a\",
];

/// The file name extensions of sources and object files. Rust's strings follow each other without a
/// gap, so anything may come after `.rs`.
const SOURCES: [&str; 15] =
    ["c", "cc", "cpp", "cxx", "h", "hh", "hpp", "go", "m", "mm", "o", "pdb", "s", "swift", "zig"];

/// The directories of build outputs: cargo's, and this template's.
const BUILD_DIRECTORIES: [&str; 3] = ["/target/release/", "/target/debug/", "/host-bins/"];

/// The directory in which GitHub's runners check out repositories.
const RUNNERS: [&str; 2] = ["/home/runner/work/", "/Users/runner/work/"];

/// The first [`ENOUGH`] distinct paths.
pub(super) fn find(bytes: &[u8]) -> Vec<String> {
    static FINDERS: LazyLock<[Finder<'static>; 9]> = LazyLock::new(|| BEGINNINGS.map(Finder::new));
    let mut found = Vec::new();
    for finder in FINDERS.iter() {
        for position in finder.find_iter(bytes) {
            let Some(path) = path_at(bytes, position) else { continue };
            if !found.contains(&path) {
                found.push(path);
            }
            if found.len() == ENOUGH {
                return found;
            }
        }
    }
    found
}

/// The path of a build machine that starts at `position`, if it is one.
fn path_at(bytes: &[u8], position: usize) -> Option<String> {
    let is_windows = bytes.get(position) == Some(&b':');
    let start = if is_windows { position.checked_sub(1)? } else { position };
    let path = bytes.get(start..)?;
    if is_windows && !path.first()?.is_ascii_alphabetic() || is_in_url(bytes, start) {
        return None;
    }
    if !is_windows && is_behind_drive(bytes, start) {
        return None;
    }
    let colon = if is_windows { 2 } else { 0 };
    let length =
        path.iter().skip(colon).take(LONGEST).take_while(|&&byte| is_in_path(byte)).count();
    let path = String::from_utf8_lossy(path.get(..colon + length)?);
    let end = source_end(&path).or_else(|| is_build_directory(&path).then_some(path.len()))?;
    path.get(..end).map(str::to_owned)
}

/// Whether `c:` comes before: then it is a Windows path, which another prefix finds.
fn is_behind_drive(bytes: &[u8], start: usize) -> bool {
    match bytes.get(start.saturating_sub(3)..start) {
        Some([drive, b':']) => drive.is_ascii_alphabetic(),
        Some([before, drive, b':']) => {
            drive.is_ascii_alphabetic() && !before.is_ascii_alphanumeric()
        }
        _ => false,
    }
}

fn is_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || br"/\._-+@~=#%$".contains(&byte)
}

fn is_in_url(bytes: &[u8], start: usize) -> bool {
    const LONGEST_HOST: usize = 100;
    let before: Range<usize> = start.saturating_sub(LONGEST_HOST)..start;
    let before = bytes.get(before).unwrap_or_default();
    let begin = before.iter().rposition(|&byte| byte != b':' && !is_in_path(byte));
    let before = before.get(begin.map_or(0, |begin| begin + 1)..).unwrap_or_default();
    memmem::find(before, b"://").is_some()
}

/// The end of a source file's name.
fn source_end(path: &str) -> Option<usize> {
    let is_name = |end: usize| {
        path.get(..end)
            .is_some_and(|name| name.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let dots = path.match_indices('.').map(|(dot, _)| dot);
    dots.filter(|&dot| is_name(dot)).find_map(|dot| {
        let rest = path.get(dot + 1..)?;
        if rest.starts_with("rs") {
            return Some(dot + 3);
        }
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        // The name of a directory may end like that too: `project.go/`.
        let is_file = !rest.get(length..)?.starts_with(['/', '\\', '.']);
        (is_file && SOURCES.contains(&rest.get(..length)?)).then_some(dot + 1 + length)
    })
}

fn is_build_directory(path: &str) -> bool {
    // `D:\a\extension\extension\…`
    let runners = path.get(1..).and_then(|rest| rest.strip_prefix(r":\a\"));
    if runners.is_some_and(|rest| rest.matches('\\').count() >= 2) {
        return true;
    }
    let path = path.replace('\\', "/");
    BUILD_DIRECTORIES.iter().any(|directory| path.contains(directory))
        || RUNNERS.iter().any(|runner| path.starts_with(runner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        find(text.as_bytes())
    }

    #[test]
    fn source_paths_are_found_between_other_strings() {
        let text = "overflow/home/me/.cargo/registry/src/index-1/a-1.0/src/lib.rsattempt to add";
        assert_eq!(found(text), ["/home/me/.cargo/registry/src/index-1/a-1.0/src/lib.rs"]);
        assert_eq!(found("\0/Users/zoë/x/main.swift\0"), ["/Users/zoë/x/main.swift"]);
        assert_eq!(found("/root/src/a/main.go:12"), ["/root/src/a/main.go"]);
        assert_eq!(found("/tmp/a/home/b/x.rcgu.o\0"), ["/home/b/x.rcgu.o"]);
        assert_eq!(found(r"C:\Users\Me\x\tool.pdb"), [r"C:\Users\Me\x\tool.pdb"]);
        assert_eq!(found("c:/Users/me/x.cpp"), ["c:/Users/me/x.cpp"]);
        assert_eq!(found(r"D:\a\tool\tool\src\main.rs"), [r"D:\a\tool\tool\src\main.rs"]);
    }

    #[test]
    fn directories_that_only_builds_use_are_found() {
        for path in [
            "/home/runner/work/tool/tool",
            "/home/me/extension/host-bins/tool",
            "/Users/me/extension/target/release/build/out",
            r"D:\a\tool\tool\assets",
        ] {
            assert_eq!(found(path), [path]);
        }
    }

    #[test]
    fn paths_that_a_program_may_legitimately_contain_are_ignored() {
        for text in [
            "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/panicking.rs",
            "/home/",
            "/home/linuxbrew/.linuxbrew/bin",
            "/root/.ssh/id_ed25519",
            "/Users/Shared/settings.json",
            "/home/me/.rsyncd.conf",
            "https://example.com/home/page/index.c",
            "/usr/lib/go-1.22/src/runtime/proc.go",
            r"%a:\a\%",
            r"x:\Users\Public\Desktop",
            "/home/me/project.go/README",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn few_paths_are_kept_and_long_ones_are_truncated() {
        let many: String = (0..10).map(|n| format!("/home/me/{n}.rs\0/home/me/{n}.rs\0")).collect();
        assert_eq!(found(&many).len(), ENOUGH);
        let long = format!("/home/me/{}/main.rs", "x".repeat(300));
        assert_eq!(found(&long), Vec::<String>::new());
    }
}

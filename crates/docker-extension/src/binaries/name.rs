//! What the name of a listed file says about its content.

use super::cpu_word;
use super::listed::{base_name, extension};
use crate::platform::Os;

/// The kind of file that a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedKind {
    /// Machine code that is started, or on macOS and Linux a script.
    Program,
    Library,
    /// An object file of a compiler.
    Object,
    /// A script for `cmd.exe`.
    Batch,
    /// A script for a shell of macOS or Linux.
    Shell,
    /// A file that an interpreter reads.
    Interpreted(Language),
    Archive,
    /// A text that may be a whole HTML page.
    Markup,
    Data,
    /// Something else, or unknown.
    Other,
}

/// The language of a file for an interpreter, as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Language(&'static str);

impl Language {
    pub fn name(self) -> &'static str {
        self.0
    }

    /// The language of the interpreter `program`, unless it is a shell.
    pub fn of_interpreter(program: &str) -> Option<Self> {
        let program = program.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        INTERPRETERS.iter().find(|(name, _)| *name == program).map(|(_, language)| Self(language))
    }
}

const INTERPRETERS: [(&str, &str); 18] = [
    ("python", "Python"),
    ("pypy", "Python"),
    ("uv", "Python"),
    ("node", "JavaScript"),
    ("nodejs", "JavaScript"),
    ("deno", "JavaScript"),
    ("bun", "JavaScript"),
    ("tsx", "JavaScript"),
    ("pwsh", "PowerShell"),
    ("powershell", "PowerShell"),
    ("ruby", "Ruby"),
    ("perl", "Perl"),
    ("php", "PHP"),
    ("lua", "Lua"),
    ("java", "Java"),
    ("groovy", "Groovy"),
    ("osascript", "AppleScript"),
    ("wasmtime", "WebAssembly"),
];

const LANGUAGES: [(&str, &[&str]); 17] = [
    ("PowerShell", &["ps1", "psm1", "psd1", "ps1xml"]),
    ("Windows Script Host", &["vbs", "vbe", "wsf", "wsh", "jse"]),
    ("Python", &["py", "pyw", "pyc", "pyo", "pyz", "pyzw", "pex", "whl"]),
    ("JavaScript", &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"]),
    ("Java", &["jar", "war", "class", "jmod"]),
    ("Ruby", &["rb"]),
    ("Perl", &["pl", "pm"]),
    ("PHP", &["php", "phar"]),
    ("Lua", &["lua"]),
    ("Tcl", &["tcl"]),
    ("R", &["r"]),
    ("Groovy", &["groovy", "gradle"]),
    ("Kotlin", &["kts"]),
    ("AppleScript", &["scpt", "applescript"]),
    ("awk or sed", &["awk", "sed"]),
    ("fish or Nushell", &["fish", "nu"]),
    ("WebAssembly", &["wasm", "wat"]),
];

const LIBRARIES: [&str; 11] =
    ["dylib", "so", "bundle", "jnilib", "tbd", "dll", "pyd", "node", "ocx", "drv", "mui"];
const SHELLS: [&str; 8] = ["sh", "bash", "zsh", "ksh", "dash", "csh", "tcsh", "command"];
const PROGRAMS: [&str; 6] = ["bin", "run", "out", "elf", "appimage", "exec"];
const SYSTEMS: [&str; 5] = ["darwin", "macos", "mac", "linux", "windows"];
const ARCHIVES: [&str; 16] = [
    "zip", "gz", "tgz", "xz", "txz", "bz2", "tbz2", "zst", "7z", "tar", "br", "lz4", "rpm", "deb",
    "msi", "nupkg",
];
const MARKUP: [&str; 12] =
    ["html", "htm", "xhtml", "xml", "svg", "plist", "md", "markdown", "rst", "txt", "hta", "log"];
const DATA: [&str; 33] = [
    "properties",
    "pem",
    "crt",
    "cer",
    "der",
    "key",
    "pub",
    "p12",
    "pfx",
    "jks",
    "json",
    "jsonc",
    "json5",
    "yaml",
    "yml",
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "env",
    "csv",
    "tsv",
    "dat",
    "db",
    "sqlite",
    "sql",
    "lock",
    "png",
    "jpg",
    "ico",
    "icns",
    "proto",
];

/// Whether the name is that of a file which is started or loaded, not of data.
pub fn is_of_code(os: Os, path: &str) -> bool {
    match kind(os, path) {
        NamedKind::Program
        | NamedKind::Library
        | NamedKind::Batch
        | NamedKind::Shell
        | NamedKind::Interpreted(_) => true,
        NamedKind::Object
        | NamedKind::Archive
        | NamedKind::Markup
        | NamedKind::Data
        | NamedKind::Other => false,
    }
}

pub(super) fn kind(os: Os, path: &str) -> NamedKind {
    let name = base_name(path);
    let Some(extension) = extension(path) else {
        // Not one in capitals, such as `LICENSE`.
        let is_program = name.contains(|c: char| c.is_lowercase());
        return if is_program { NamedKind::Program } else { NamedKind::Other };
    };
    let extension = extension.as_str();
    let language = LANGUAGES.iter().find(|(_, extensions)| extensions.contains(&extension));
    match extension {
        "exe" | "com" => NamedKind::Program,
        "cmd" | "bat" => NamedKind::Batch,
        "o" | "obj" | "a" | "lib" | "rlib" => NamedKind::Object,
        _ if LIBRARIES.contains(&extension) || name.contains(".so.") => NamedKind::Library,
        _ if SHELLS.contains(&extension) => NamedKind::Shell,
        _ if ARCHIVES.contains(&extension) => NamedKind::Archive,
        _ if MARKUP.contains(&extension) => NamedKind::Markup,
        _ if DATA.contains(&extension) || name.starts_with('.') => NamedKind::Data,
        _ => match language {
            Some((language, _)) => NamedKind::Interpreted(Language(language)),
            None if is_program(os, extension) => NamedKind::Program,
            None => NamedKind::Other,
        },
    }
}

/// Whether what follows the last dot is not the type of a file: `tool-1.2`, `tool.darwin`, `tool.x86_64`.
fn is_program(os: Os, extension: &str) -> bool {
    let is_version = extension.starts_with(|c: char| c.is_ascii_digit());
    let is_suffix = PROGRAMS.contains(&extension) || SYSTEMS.contains(&extension);
    let named = cpu_word::read(extension);
    let is_platform = named.word.is_some() && named.stem.iter().all(|word| word == os.name());
    is_version || is_suffix || is_platform
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn a_name_means_a_kind_of_file() {
        let kinds = [
            ("/tool", NamedKind::Program),
            ("/tool-1.2.3", NamedKind::Program),
            ("/tool.x86_64", NamedKind::Program),
            ("/tool.darwin-arm64", NamedKind::Program),
            ("/Tool.EXE", NamedKind::Program),
            ("/libx.so.1", NamedKind::Library),
            ("/x.node", NamedKind::Library),
            ("/LICENSE", NamedKind::Other),
            ("/.hidden", NamedKind::Data),
            ("/a.PS1", NamedKind::Interpreted(Language("PowerShell"))),
            ("/a.jar", NamedKind::Interpreted(Language("Java"))),
            ("/a.tar.gz", NamedKind::Archive),
            ("/a.bat", NamedKind::Batch),
            ("/a.properties", NamedKind::Data),
            ("/a.html", NamedKind::Markup),
            ("/a.foo", NamedKind::Other),
        ];
        for (path, expected) in kinds {
            assert_eq!(kind(Os::Darwin, path), expected, "{path}");
        }
    }

    #[test]
    fn interpreters_other_than_shells_are_known_with_their_versions() {
        let language = |program| Language::of_interpreter(program).map(Language::name);
        assert_eq!(language("python3.12"), Some("Python"));
        assert_eq!(language("node"), Some("JavaScript"));
        assert_eq!(language("bash"), None);
    }
}

//! The Rust toolchain alone links for macOS and Windows, and the programs are valid there.

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::process::Command;

use docker_extension::internals::macos_symbols;
use docker_extension::internals::platform::HostPlatform;
use docker_extension::internals::toolchain::import_library;
use object::read::archive::{ArchiveFile, ArchiveSymbol};
use support::program::{
    assert_fit_for_macos, assert_fit_for_windows, assert_without_time, bound, imports, libraries,
    platform,
};
use support::{Extension, path_with, stderr, stdout, zig};

/// The path at which `dist` puts a host binary.
fn host_binary(extension: &Extension, platform: &str, name: &str) -> Vec<u8> {
    let suffix = if platform.starts_with("windows") { ".exe" } else { "" };
    fs::read(extension.path(&format!("dist/host/{platform}/{name}{suffix}"))).unwrap()
}

#[test]
fn pure_rust_needs_only_the_toolchain() {
    support::ready();
    let extension = Extension::new();
    let dir = tempfile::tempdir().unwrap();
    let path = path_with(&dir, &["cargo", "rustc", "rustup", "curl"]);
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    let output = command.env("PATH", path).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("linked by rust-lld\n"), "{messages}");
    for word in ["zig", "xcrun", "warning"] {
        assert!(!messages.contains(word), "{messages}");
    }
    for platform in ["darwin-amd64", "darwin-arm64"] {
        let program = host_binary(&extension, platform, "tool");
        assert_fit_for_macos(&program, platform);
        let system = BTreeSet::from(["/usr/lib/libSystem.B.dylib".to_owned()]);
        assert_eq!(libraries(&program), system);
    }
    let program = host_binary(&extension, "windows-amd64", "tool");
    assert_fit_for_windows(&program);
    assert_without_time(&program);
}

#[test]
fn two_directories_give_the_same_bytes_for_every_platform() {
    let build = || {
        let extension = Extension::new();
        let platforms = HostPlatform::ALL.map(|platform| platform.to_string());
        extension.dist(&["--platform", &platforms.join(",")]);
        platforms.map(|platform| host_binary(&extension, &platform, "tool"))
    };
    for ((one, other), platform) in build().iter().zip(&build()).zip(HostPlatform::ALL) {
        assert!(one == other, "{platform}");
    }
}

#[test]
fn the_plan_shows_the_linker_of_each_platform_and_the_reason() {
    support::ready();
    let extension = Extension::new();
    let plan = |extension: &Extension| {
        let output = extension.xtask(&["dist", "--plan", "--engine", "embedded"]).output().unwrap();
        stdout(&output)
    };
    assert_eq!(plan(&extension).matches("linker lld, the Rust toolchain's own").count(), 3);

    // A C compiler in the build dependencies, for one platform.
    extension.write("cc/Cargo.toml", "[package]\nname = \"cc\"\nedition = \"2024\"\n");
    extension.write("cc/src/lib.rs", "");
    extension.write(
        "sqlite/Cargo.toml",
        "[package]\nname = \"sqlite\"\nedition = \"2024\"\n[build-dependencies]\ncc = { path = \"../cc\" }\n",
    );
    extension.write("sqlite/src/lib.rs", "");
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let workspace = "[workspace]\nexclude = [\"cc\", \"sqlite\"]";
    extension.write("Cargo.toml", &manifest.replace("[workspace]", workspace));
    let package = "[package]\nname = \"tool\"\nedition = \"2024\"\n\
                   [target.'cfg(target_os = \"macos\")'.dependencies]\n\
                   sqlite = { path = \"../../sqlite\" }\n";
    extension.package("tool", package, "fn main() {}");
    let plan = plan(&extension);
    assert_eq!(plan.matches("linker zig, the crate `sqlite` compiles C").count(), 2, "{plan}");
    assert_eq!(plan.matches("linker lld").count(), 1, "{plan}");
}

/// A host binary that calls a macOS function.
fn calling(block: &str, function: &str) -> Extension {
    let extension = Extension::new();
    let source = format!(
        "#[cfg(target_os = \"macos\")]\n{block}\nunsafe extern \"C\" {{ fn {function}(); }}\n\
         #[cfg(target_os = \"macos\")]\nfn main() {{ unsafe {{ {function}() }} }}\n\
         #[cfg(not(target_os = \"macos\"))]\nfn main() {{}}\n"
    );
    extension.host_binary("tool", &source);
    extension
}

const SECURITY: &str = "#[link(name = \"Security\", kind = \"framework\")]";

#[test]
fn a_misspelled_symbol_is_reported_with_the_crate_that_requires_it() {
    let extension = calling("", "pthread_craete");
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    let words = [
        "`_pthread_craete`",
        "the crate `tool` 0.0.0",
        "correct the symbol's name, or, if macOS has it, add `macos-symbols.System = [\"_pthread_craete\"]` to \
         `[workspace.metadata.docker-extension]` in `Cargo.toml`",
        "docs/linking.md",
    ];
    extension.assert_fails(&mut command, 1, &words);
}

#[test]
fn an_unknown_framework_is_reported_with_the_crate_that_requires_it() {
    let extension = calling("#[link(name = \"NoSuchKit\", kind = \"framework\")]", "NoSuchThing");
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    let words = [
        "the macOS framework NoSuchKit",
        "the crate `tool` 0.0.0",
        "add `macos-symbols.NoSuchKit = [\"_NoSuchThing\"]` to `[workspace.metadata.docker-extension]`",
        "on a Mac",
    ];
    extension.assert_fails(&mut command, 1, &words);
}

#[test]
fn a_framework_symbol_is_bound_to_its_framework() {
    let extension = calling(SECURITY, "SecRandomCopyBytes");
    extension.dist(&["--platform", "darwin-arm64"]);
    let program = host_binary(&extension, "darwin-arm64", "tool");
    let library = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
    assert!(imports(&program).contains(&format!("{library}: _SecRandomCopyBytes")));
}

#[test]
fn macos_resolves_an_unknown_framework_symbol_at_load_time_unless_that_is_denied() {
    let extension = calling(SECURITY, "SecOfNextYear");
    let args = ["dist", "--engine", "embedded", "--platform", "darwin-arm64"];
    let mut denied = extension.xtask(&args);
    denied.arg("--deny-unknown-symbols");
    let words = ["`_SecOfNextYear` of the framework Security", "the crate `tool` 0.0.0"];
    extension.assert_fails(&mut denied, 1, &words);

    let output = extension.xtask(&args).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("warning: unknown macOS symbol"), "{messages}");
    let program = host_binary(&extension, "darwin-arm64", "tool");
    let imports = imports(&program);
    let (unknown, known): (Vec<_>, Vec<_>) =
        imports.iter().partition(|import| import.ends_with(": _SecOfNextYear"));
    assert_eq!(unknown, [": _SecOfNextYear"], "the symbol is bound to a library");
    assert!(known.iter().all(|import| import.starts_with('/')), "{known:?}");
}

/// A server that responds to every request with the same text.
fn server(answer: &'static str) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let length = answer.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n");
            let _ = write!(stream, "{head}Connection: close\r\n\r\n{answer}");
        }
    });
    address
}

#[test]
fn libraries_that_differ_from_the_manifest_are_rejected() {
    support::ready();
    let extension = Extension::new();
    let cache = tempfile::tempdir().unwrap();
    let attempt = |mirror: &str, words: &[&str]| {
        let args = ["dist", "--engine", "embedded", "--platform", "windows-amd64"];
        let mut command = extension.xtask(&args);
        command.args(["--linker", "lld"]).env("RUSTUP_DIST_SERVER", mirror);
        command.env("XDG_CACHE_HOME", cache.path()).env("no_proxy", "127.0.0.1");
        extension.assert_fails(&mut command, 1, words);
    };
    attempt(&server("something else"), &["can't get `rust-mingw`", "its SHA-256 is", "a mirror"]);
    attempt("http://127.0.0.1:9", &["can't get `rust-mingw`", "http://127.0.0.1:9/dist/"]);
}

/// A host binary that uses much of the standard library.
const STANDARD_LIBRARY: &str = include_str!("programs/standard_library.rs");

#[test]
#[ignore = "needs Wine"]
fn windows_programs_run_panicking_ones_too() {
    let extension = Extension::new();
    extension.host_binary("tool", STANDARD_LIBRARY);
    extension.dist(&["--platform", "windows-amd64"]);
    let program = extension.path("dist/host/windows-amd64/tool.exe");
    let run = |argument: &str| {
        let mut command = Command::new(std::env::var_os("WINE_RUN").unwrap());
        command.arg(&program).arg(argument).current_dir(extension.root()).output().unwrap()
    };
    let output = run("all");
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output).replace('\r', ""), include_str!("programs/standard_library.txt"));

    let output = run("panic");
    assert_eq!(output.status.code(), Some(101));
    assert!(stderr(&output).contains("on purpose"), "{}", stderr(&output));
    assert_eq!(run("exit").status.code(), Some(7));
}

#[test]
fn the_program_prints_the_same_on_this_machine_and_on_windows() {
    let extension = Extension::new();
    extension.host_binary("tool", STANDARD_LIBRARY);
    let mut command = Command::new("cargo");
    command.args(["run", "--quiet", "--", "all"]).current_dir(extension.root());
    assert_eq!(support::run(&mut command), include_str!("programs/standard_library.txt"));
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn functions_that_a_crate_says_are_in_a_dll_are_linked_by_lld_and_zig() {
    let extension = Extension::new();
    let source = "#[cfg(windows)]\n\
                  #[link(name = \"winmm\", kind = \"raw-dylib\")]\n\
                  unsafe extern \"system\" { fn timeGetTime() -> u32; }\n\
                  #[cfg(windows)]\n\
                  fn main() { println!(\"{}\", unsafe { timeGetTime() }) }\n\
                  #[cfg(not(windows))]\nfn main() {}";
    extension.host_binary("tool", source);
    for linker in ["lld", "zig"] {
        extension.dist(&["--platform", "windows-amd64", "--linker", linker]);
        let program = host_binary(&extension, "windows-amd64", "tool");
        assert!(imports(&program).contains("winmm.dll: timeGetTime"), "{linker}");
    }
}

/// zig has its own list of libSystem's symbols.
#[test]
#[ignore = "needs zig, which it downloads"]
fn lld_binds_what_zig_binds() {
    let extension = Extension::new();
    extension.host_binary("tool", STANDARD_LIBRARY);
    let platforms = ["darwin-amd64", "darwin-arm64"];
    let built_by = |linker: &str| {
        let _ = fs::remove_dir_all(extension.path("target"));
        extension.dist(&["--linker", linker, "--platform", &platforms.join(",")]);
        platforms.map(|platform| bound(&host_binary(&extension, platform, "tool")))
    };
    for (lld, zig) in built_by("lld").iter().zip(&built_by("zig")) {
        assert!(zig.len() > 100, "{zig:?}");
        assert_eq!(lld, zig);
    }
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn zig_binds_names_of_frameworks_like_lld() {
    let extension = calling(SECURITY, "SecRandomCopyBytes");
    extension.dist(&["--platform", "darwin-arm64", "--linker", "zig"]);
    let program = host_binary(&extension, "darwin-arm64", "tool");
    let library = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
    assert!(imports(&program).contains(&format!("{library}: _SecRandomCopyBytes")));
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn without_the_libraries_for_windows_zig_links_and_the_run_says_why() {
    let zig = zig();
    let extension = Extension::new();
    let cache = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let args = ["dist", "--engine", "embedded", "--platform", "windows-amd64"];
    let mut command = extension.xtask(&args);
    command
        .env("PATH", path_with(&dir, &["cargo", "rustc", "rustup", "curl", "python3"]))
        .env("ZIG", &zig.program)
        .env("XDG_CACHE_HOME", cache.path())
        // What zig compiles for Windows takes more than a minute, once.
        .env("ZIG_GLOBAL_CACHE_DIR", dirs::cache_dir().unwrap().join("zig"))
        .env("RUSTUP_DIST_SERVER", "http://127.0.0.1:9");
    let output = command.output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("linked by zig, because `rust-mingw` is unavailable"), "{messages}");
    let program = host_binary(&extension, "windows-amd64", "tool");
    assert_eq!(platform(&program), "windows-amd64");
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn every_name_of_libsystem_is_known_to_zig() {
    let zig = zig();
    let about = support::run(Command::new(&zig.program).args(&zig.args).arg("env"));
    let (_, directory) = about.split_once("lib_dir").unwrap();
    let directory = directory.split('"').find(|text| text.contains('/')).unwrap();
    let stub = fs::read_to_string(format!("{directory}/libc/darwin/libSystem.tbd")).unwrap();
    let names = stub.split(|c: char| c.is_whitespace() || "[],'\"".contains(c));
    let known: BTreeSet<&str> = names.collect();
    let system = macos_symbols::lists().find(|list| list.name == "System").unwrap();
    let unknown: Vec<String> = system
        .symbols
        .into_iter()
        .map(|symbol| symbol.name)
        // zig lists classes by their names.
        .filter(|name| !known.contains(name.rsplit("CLASS_$_").next().unwrap_or(name)))
        .collect();
    assert!(known.len() > 5000, "{}", known.len());
    assert_eq!(unknown, Vec::<String>::new());
}

/// rustc expects the `dlltool` of GNU's binutils.
#[test]
#[ignore = "needs GNU's dlltool for Windows"]
fn import_libraries_offer_what_those_of_gnus_dlltool_offer() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.def"), "EXPORTS\nBeep\nSleepEx\nold @7 NONAME\n").unwrap();
    let args = |library: &str| {
        let options = "-D kernel32.dll -m i386:x86-64 -f --64 --no-leading-underscore";
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let files = ["-d".to_owned(), path("a.def"), "-l".to_owned(), path(library)];
        files.into_iter().chain(options.split(' ').map(str::to_owned)).collect::<Vec<_>>()
    };
    support::run(Command::new("x86_64-w64-mingw32-dlltool").args(args("gnu.a")));
    let own = import_library::from_name("xtask-dlltool".as_ref(), &args("own.a"));
    own.unwrap().unwrap().run().unwrap();

    let symbols = |library: &str| {
        let library = fs::read(dir.path().join(library)).unwrap();
        let archive = ArchiveFile::parse(&*library).unwrap();
        let symbols = archive.symbols().unwrap().unwrap();
        let name = |symbol: ArchiveSymbol<'_>| String::from_utf8_lossy(symbol.name()).into_owned();
        let names = symbols.map(|symbol| name(symbol.unwrap()));
        // The members that GNU's linker needs in addition.
        let is_function = |name: &String| !name.contains("kernel32") && !name.contains("gnu_a");
        names.filter(is_function).collect::<BTreeSet<String>>()
    };
    assert_eq!(symbols("own.a").len(), 6);
    assert_eq!(symbols("own.a"), symbols("gnu.a"));
}

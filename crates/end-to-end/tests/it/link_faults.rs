//! A helper that can't be linked: every reason is named, with the crate behind it and what to do.

use crate::support;

use std::fs;
use std::process::{Command, Output};

use support::program::imports;
use support::{Extension, run, stderr, stdout};

/// Runs `dist` with the embedded engine.
fn dist(extension: &Extension, args: &[&str]) -> Output {
    extension.xtask(&["dist", "--engine", "embedded"]).args(args).output().unwrap()
}

fn succeeds(output: &Output) -> String {
    let messages = stderr(output);
    assert!(output.status.success(), "{messages}");
    messages
}

/// The number of crates that cargo compiled.
fn compiled(messages: &str) -> usize {
    messages.lines().filter(|line| line.trim_start().starts_with("Compiling ")).count()
}

const WARNING: &str = "warning: unknown macOS symbol: `_SecOfNextYear` of the framework Security, \
                       required by the crate `tool` 0.0.0";

/// A helper with a symbol that is in no list, and a dependency with a feature.
fn with_unknown_symbol() -> Extension {
    let extension = Extension::new();
    extension.write(
        "dep/Cargo.toml",
        "[package]\nname = \"dep\"\nedition = \"2024\"\n[features]\nloud = []\n",
    );
    extension.write(
        "dep/src/lib.rs",
        "pub fn text() -> &'static str { if cfg!(feature = \"loud\") { \"A\" } else { \"a\" } }",
    );
    let workspace = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let workspace = workspace.replace("[workspace]\n", "[workspace]\nexclude = [\"dep\"]\n");
    extension.write("Cargo.toml", &workspace);
    depend_on_dep(&extension, "");
    extension
}

fn depend_on_dep(extension: &Extension, features: &str) {
    let manifest = format!(
        "[package]\nname = \"tool\"\nedition = \"2024\"\nlicense = \"MIT\"\n[dependencies]\n\
         dep = {{ path = \"../../dep\", features = [{features}] }}\n"
    );
    let source = "#[cfg(target_os = \"macos\")]\n#[link(name = \"Security\", kind = \"framework\")]\n\
                  unsafe extern \"C\" { fn SecOfNextYear(); }\n\
                  fn main() { println!(\"{}\", dep::text()); \
                  #[cfg(target_os = \"macos\")] unsafe { SecOfNextYear() } }";
    extension.package("tool", &manifest, source);
}

/// Builds twice: the first run compiles `first` crates, the second none, and both warn.
fn assert_compiled_once(extension: &Extension, args: &[&str], first: usize) {
    for expected in [first, 0] {
        let messages = succeeds(&dist(extension, args));
        assert_eq!(compiled(&messages), expected, "{messages}");
        assert!(messages.contains(WARNING), "{messages}");
    }
}

#[test]
fn nothing_is_compiled_twice_because_of_a_symbol_that_macos_looks_for() {
    let extension = with_unknown_symbol();
    let platforms = ["--platform", "darwin-amd64,darwin-arm64"];
    // Both crates. Cargo names a crate once, however many targets there are.
    assert_compiled_once(&extension, &platforms, 2);
    depend_on_dep(&extension, "\"loud\"");
    assert_compiled_once(&extension, &platforms, 2);
    run(Command::new("cargo").arg("clean").current_dir(extension.root()));
    assert_compiled_once(&extension, &platforms, 2);
    // A denied symbol is reported although the program exists.
    let denied = dist(&extension, &["--platform", "darwin-arm64", "--deny-unknown-symbols"]);
    assert_eq!(denied.status.code(), Some(1));
    let messages = stderr(&denied);
    assert_eq!(compiled(&messages), 0, "{messages}");
    assert!(messages.contains("error: unknown macOS symbol: `_SecOfNextYear`"), "{messages}");
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn zig_leaves_a_symbol_to_macos_as_lld_does_and_explains_the_others() {
    let extension = with_unknown_symbol();
    let zig = ["--linker", "zig", "--platform", "darwin-arm64"];
    assert_compiled_once(&extension, &zig, 2);
    let program = fs::read(extension.path("dist/host/darwin-arm64/tool")).unwrap();
    let unbound: Vec<String> =
        imports(&program).into_iter().filter(|import| import.starts_with(": ")).collect();
    assert_eq!(unbound, [": _SecOfNextYear"]);

    let extension = misspelled();
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    let words = ["unknown macOS symbol: `_pthread_craete`, required by the crate `tool` 0.0.0"];
    extension.assert_fails(command.args(zig), 1, &words);
}

fn misspelled() -> Extension {
    let extension = Extension::new();
    let source = "#[cfg(unix)]\nunsafe extern \"C\" { fn pthread_craete(); }\n\
                  fn main() { #[cfg(unix)] unsafe { pthread_craete() } }";
    extension.host_binary("tool", source);
    extension
}

#[test]
fn no_message_recommends_zig_for_a_symbol_that_its_stubs_lack_too() {
    let output = dist(&misspelled(), &["--platform", "darwin-arm64"]);
    let messages = stderr(&output);
    assert!(messages.contains("unknown macOS symbol: `_pthread_craete`"), "{messages}");
    assert!(!messages.contains("zig"), "{messages}");
}

#[test]
fn an_undefined_symbol_is_named_on_linux_too() {
    let output = dist(&misspelled(), &["--platform", "linux-amd64"]);
    let messages = stderr(&output);
    assert!(messages.contains("error: the symbol `pthread_craete` is undefined"), "{messages}");
}

/// As the crate `cfg_aliases` does.
#[test]
fn a_symbol_behind_an_alias_of_the_build_script_is_traced_to_its_crate_and_framework() {
    let extension = Extension::new();
    let build = "fn main() { println!(\"cargo::rustc-check-cfg=cfg(platform_mac)\"); \
                 if std::env::var(\"CARGO_CFG_TARGET_OS\").unwrap() == \"macos\" { \
                 println!(\"cargo::rustc-cfg=platform_mac\"); \
                 println!(\"cargo::rustc-link-lib=framework=Security\"); } }";
    extension.write("host-bins/tool/build.rs", build);
    extension.write("host-bins/tool/src/mac.rs", "unsafe extern \"C\" { pub fn SecOfNextYear(); }");
    let source = "#[cfg(platform_mac)] mod mac;\n\
                  fn main() { #[cfg(platform_mac)] unsafe { mac::SecOfNextYear() } }";
    extension.host_binary("tool", source);
    let messages = succeeds(&dist(&extension, &["--platform", "darwin-arm64"]));
    assert!(messages.contains(WARNING), "{messages}");
}

/// A crate that links a library which only the machine of its author has.
fn add_sys_crate(extension: &Extension, features: &str) {
    extension.write(
        "nosuch-sys/Cargo.toml",
        &format!("[package]\nname = \"nosuch-sys\"\nversion = \"0.3.1\"\nedition = \"2024\"\n[features]\n{features}"),
    );
    extension
        .write("nosuch-sys/build.rs", "fn main() { println!(\"cargo::rustc-link-lib=nosuch\"); }");
    extension
        .write("nosuch-sys/src/lib.rs", "unsafe extern \"C\" { pub fn nosuch_version() -> u32; }");
    let workspace = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let workspace = workspace.replace("[workspace]\n", "[workspace]\nexclude = [\"nosuch-sys\"]\n");
    extension.write("Cargo.toml", &workspace);
    let manifest = "[package]\nname = \"tool\"\nedition = \"2024\"\n[dependencies]\n\
                    nosuch-sys = { path = \"../../nosuch-sys\" }\n";
    let source = "fn main() { println!(\"{}\", unsafe { nosuch_sys::nosuch_version() }); }";
    extension.package("tool", manifest, source);
}

const NO_LIBRARY: &str = "error: the library `nosuch` (`-lnosuch`) is missing, required by the crate \
                          `nosuch-sys` 0.3.1";

fn assert_library_is_missing(linker: &str) {
    let extension = Extension::new();
    add_sys_crate(&extension, "bundled = []\n");
    for platform in ["darwin-amd64", "windows-amd64", "linux-amd64"] {
        let output = dist(&extension, &["--platform", platform, "--linker", linker]);
        let messages = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{messages}");
        assert!(messages.contains(NO_LIBRARY), "{platform}: {messages}");
        assert!(
            messages.contains("help: enable the feature `bundled` of `nosuch-sys`"),
            "{messages}"
        );
        assert!(messages.contains("-i nosuch-sys@0.3.1`"), "{messages}");
        assert!(!messages.contains("unknown macOS symbol"), "{messages}");
    }
}

#[test]
fn a_missing_library_is_not_reported_as_a_missing_symbol() {
    assert_library_is_missing("lld");
    let extension = Extension::new();
    add_sys_crate(&extension, "");
    let messages = stderr(&dist(&extension, &["--platform", "darwin-arm64"]));
    assert!(messages.contains("`bundled`, `vendored` or `static`"), "{messages}");
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn a_missing_library_is_reported_for_zig_too() {
    assert_library_is_missing("zig");
}

#[test]
fn every_helper_that_fails_is_named_with_its_own_reason() {
    let extension = Extension::new();
    add_sys_crate(&extension, "");
    let framework = "#[cfg(target_os = \"macos\")]\n#[link(name = \"NoSuchKit\", kind = \"framework\")]\n\
                     unsafe extern \"C\" { fn NoSuchThing(); }\n\
                     fn main() { #[cfg(target_os = \"macos\")] unsafe { NoSuchThing() } }";
    extension.host_binary("framed", framework);
    extension.host_binary("wrong", "fn main() { missing() }");
    let symbol = "#[cfg(target_os = \"macos\")]\nunsafe extern \"C\" { fn pthread_craete(); }\n\
                  fn main() { #[cfg(target_os = \"macos\")] unsafe { pthread_craete() } }";
    extension.host_binary("misspelled", symbol);
    extension.host_binary("good", "fn main() {}");
    extension.write("host-bins/scripted/build.rs", "fn main() { panic!(\"no\") }");
    extension.host_binary("scripted", "fn main() {}");
    let output = dist(&extension, &["--platform", "darwin-amd64,darwin-arm64"]);
    let messages = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{messages}");
    let (_, report) = messages
        .split_once("error: the host binaries can't be built, for 5 reasons:")
        .expect(&messages);
    for line in [
        "error: no stub for the macOS framework NoSuchKit, required by the crate `framed` 0.0.0",
        "  --> `framed` for darwin-amd64 and darwin-arm64",
        NO_LIBRARY,
        "  --> `tool` for darwin-amd64 and darwin-arm64",
        "error: unknown macOS symbol: `_pthread_craete`, required by the crate `misspelled` 0.0.0",
        "  --> `misspelled` for darwin-amd64 and darwin-arm64",
        "error: the build script of the crate `scripted` 0.0.0 failed",
        "  --> `scripted` for darwin-amd64 and darwin-arm64",
        "error: `wrong` for darwin-amd64 and darwin-arm64 do not compile",
    ] {
        assert!(report.contains(line), "`{line}` is not in:\n{report}");
    }
    assert!(!report.contains("good"), "{report}");
    assert_eq!(report.matches("\n  help: ").count(), 5, "{report}");
    extension.assert_untouched();
}

#[test]
fn an_outdated_lock_file_ends_the_plan_too() {
    let extension = Extension::new();
    let lock = fs::read_to_string(extension.path("Cargo.lock")).unwrap();
    extension.host_binary("second", "fn main() {}");
    extension.write("Cargo.lock", &lock);
    for args in [&["dist", "--plan"][..], &["dist"], &["doctor"]] {
        let output = extension.xtask(args).output().unwrap();
        let said = stderr(&output) + &stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {said}");
        assert!(said.contains("`Cargo.lock` is out of date"), "{args:?}: {said}");
        assert!(said.contains("cargo update --workspace"), "{args:?}: {said}");
        assert!(!said.contains("linker lld"), "{args:?}: {said}");
    }
    extension.write("Cargo.lock", "[[");
    let output = extension.xtask(&["dist", "--plan"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let messages = stderr(&output);
    assert!(messages.contains("cargo can't resolve the crates"), "{messages}");
}

/// The contents of a file that a build script compiles.
fn compiled_by_cc(file: &str, source: &str) -> Extension {
    let extension = Extension::new();
    let manifest =
        "[package]\nname = \"tool\"\nedition = \"2024\"\n[build-dependencies]\ncc = \"1\"\n";
    extension.write(&format!("host-bins/tool/{file}"), source);
    let build = format!("fn main() {{ cc::Build::new().file(\"{file}\").compile(\"part\"); }}");
    extension.write("host-bins/tool/build.rs", &build);
    let main = "unsafe extern \"C\" { fn part() -> i32; }\n\
                fn main() { println!(\"{}\", unsafe { part() }); }";
    extension.package("tool", manifest, main);
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    extension
}

#[test]
#[ignore = "needs crates from the registry, and zig"]
fn objective_c_says_that_it_needs_apples_headers() {
    for (file, header) in [
        ("part.m", "Foundation/Foundation.h"),
        ("part.mm", "Cocoa/Cocoa.h"),
        ("part.c", "CoreFoundation/CoreFoundation.h"),
    ] {
        let extension =
            compiled_by_cc(file, &format!("#include <{header}>\nint part(void) {{ return 1; }}\n"));
        let output = dist(&extension, &["--platform", "darwin-arm64"]);
        let messages = stderr(&output);
        let expected = format!(
            "error: the crate `tool` 0.0.0 compiles Objective-C or C that needs Apple's headers: `{header}`"
        );
        assert!(messages.contains(&expected), "{file}: {messages}");
        assert!(messages.contains("help: build on a Mac"), "{file}: {messages}");
    }
    let extension =
        compiled_by_cc("part.c", "#include <nosuch/version.h>\nint part(void) { return 1; }\n");
    let messages = stderr(&dist(&extension, &["--platform", "darwin-arm64"]));
    let expected = "error: the build script of the crate `tool` 0.0.0 failed: the header \
                    `nosuch/version.h` is missing";
    assert!(messages.contains(expected), "{messages}");
}

/// As the crate `webview2-com-sys` does.
#[test]
fn a_dll_that_windows_lacks_is_reported_with_its_crate_and_origin() {
    let extension = Extension::new();
    let source = "#[cfg(windows)]\n#[link(name = \"WebView2Loader\", kind = \"raw-dylib\")]\n\
                  unsafe extern \"system\" { fn CreateCoreWebView2Environment(handler: usize) -> i32; }\n\
                  fn main() { #[cfg(windows)] unsafe { CreateCoreWebView2Environment(0); } }";
    extension.host_binary("tool", source);
    let output = dist(&extension, &["--platform", "windows-amd64"]);
    let messages = stderr(&output);
    let expected = "error: the library `WebView2Loader.dll` is not part of Windows, required by the crate \
                    `tool` 0.0.0";
    assert!(messages.contains(expected), "{messages}");
    for words in
        ["`Microsoft.Web.WebView2`", "`dist` puts no DLLs into the image", "-i tool@0.0.0`"]
    {
        assert!(messages.contains(words), "`{words}` is not in:\n{messages}");
    }
    assert!(!messages.contains("--linker"), "{messages}");
}

//! The libraries of macOS that programs link: umbrella frameworks, classes, C libraries.

use crate::support;

use std::fs;

use support::program::{assert_fit_for_macos, bound, imports};
use support::{Extension, stderr, stdout};

const PLATFORMS: [&str; 2] = ["darwin-amd64", "darwin-arm64"];

/// The source of a program that refers to the foreign items of `block` on macOS.
fn referring(block: &str, items: &[&str]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("&raw const {item}")).collect();
    format!(
        "#[cfg(target_os = \"macos\")]\n{block}\n\
         fn main() {{ #[cfg(target_os = \"macos\")] unsafe {{ println!(\"{{:?}}\", [{}]) }} }}\n",
        items.join(", ")
    )
}

/// Declares variables, which need no signature.
fn block(library: &str, kind: &str, items: &[&str]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("static {item}: u8;")).collect();
    let items = items.concat();
    format!("#[link(name = \"{library}\"{kind})] unsafe extern \"C\" {{ {items} }}")
}

const FRAMEWORK: &str = ", kind = \"framework\"";

fn built(extension: &Extension, platform: &str, name: &str) -> Vec<u8> {
    fs::read(extension.path(&format!("dist/host/{platform}/{name}"))).unwrap()
}

/// A symbol that is bound to a library: the last part of its install name, and the symbol.
fn is_bound(program: &[u8], library: &str, symbol: &str) -> bool {
    bound(program).iter().any(|import| import.ends_with(&format!("/{library}: {symbol}")))
}

#[test]
fn programs_that_link_umbrella_frameworks_and_classes_are_linked_by_the_toolchain() {
    support::ready();
    let extension = Extension::new();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    let package = |name: &str, source: &str| {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        extension.package(name, &manifest, source);
    };
    // Only its build script names the umbrella.
    package(
        "build-script",
        &referring("unsafe extern \"C\" { static CGMainDisplayID: u8; }", &["CGMainDisplayID"]),
    );
    extension.write(
        "host-bins/build-script/build.rs",
        "fn main() { if std::env::var(\"CARGO_CFG_TARGET_OS\").unwrap() == \"macos\" { \
         println!(\"cargo:rustc-link-lib=framework=ApplicationServices\"); } }",
    );
    let cases = [
        ("cocoa", "Cocoa", FRAMEWORK, &["NSApp", "NSLog", "CFRelease"][..]),
        ("carbon", "Carbon", FRAMEWORK, &["RegisterEventHotKey", "UCKeyTranslate", "LMGetKbdType"]),
        ("audio", "AudioUnit", FRAMEWORK, &["AudioComponentFindNext"]),
        ("network", "Network", FRAMEWORK, &["nw_path_monitor_create"]),
        ("sqlite", "sqlite3", "", &["sqlite3_libversion"]),
        ("compressed", "bz2", "", &["BZ2_bzCompress"]),
    ];
    for (name, library, kind, items) in cases {
        package(name, &referring(&block(library, kind, items), items));
    }
    let classes = "#[link(name = \"AppKit\", kind = \"framework\")] unsafe extern \"C\" {\n\
                   #[link_name = \"OBJC_CLASS_$_NSArray\"] static ARRAY: u8;\n\
                   #[link_name = \"OBJC_METACLASS_$_NSString\"] static STRING: u8;\n\
                   #[link_name = \"OBJC_CLASS_$_NSObject\"] static OBJECT: u8;\n\
                   #[link_name = \"OBJC_CLASS_$_NSWindow\"] static WINDOW: u8;\n\
                   #[link_name = \"OBJC_EHTYPE_$_NSException\"] static EXCEPTION: u8; }";
    let items = ["ARRAY", "STRING", "OBJECT", "WINDOW", "EXCEPTION"];
    package("classes", &referring(classes, &items));

    let args = ["dist", "--engine", "embedded", "--platform", &PLATFORMS.join(",")];
    let output = extension.xtask(&args).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("linked by rust-lld\n"), "{messages}");
    assert!(!messages.contains("unknown macOS symbol"), "{messages}");

    let expected = [
        ("build-script", &[("CoreGraphics", "_CGMainDisplayID")][..]),
        (
            "cocoa",
            &[("AppKit", "_NSApp"), ("Foundation", "_NSLog"), ("CoreFoundation", "_CFRelease")],
        ),
        (
            "carbon",
            &[
                ("Carbon", "_RegisterEventHotKey"),
                ("CoreServices", "_UCKeyTranslate"),
                ("Carbon", "_LMGetKbdType"),
            ],
        ),
        ("audio", &[("AudioToolbox", "_AudioComponentFindNext")]),
        ("network", &[("Network", "_nw_path_monitor_create")]),
        ("sqlite", &[("libsqlite3.dylib", "_sqlite3_libversion")]),
        ("compressed", &[("libbz2.1.0.dylib", "_BZ2_bzCompress")]),
        (
            "classes",
            &[
                ("CoreFoundation", "_OBJC_CLASS_$_NSArray"),
                ("Foundation", "_OBJC_METACLASS_$_NSString"),
                ("libobjc.A.dylib", "_OBJC_CLASS_$_NSObject"),
                ("AppKit", "_OBJC_CLASS_$_NSWindow"),
                ("CoreFoundation", "_OBJC_EHTYPE_$_NSException"),
            ],
        ),
    ];
    for platform in PLATFORMS {
        for (name, imported) in expected {
            let program = built(&extension, platform, name);
            assert_fit_for_macos(&program, platform);
            for (library, symbol) in imported {
                let imports = imports(&program);
                assert!(is_bound(&program, library, symbol), "{name}, {symbol}: {imports:?}");
            }
        }
    }
}

#[test]
fn dist_states_which_symbols_are_proven_for_the_minimum_macos() {
    let extension = Extension::new();
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let key = "[workspace.metadata.docker-extension]\n";
    extension
        .write("Cargo.toml", &manifest.replace(key, &format!("{key}minimum-macos = \"10.15\"\n")));
    extension.host_binary("tool", &referring(&block("c", "", &["preadv"]), &["preadv"]));
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--verbose"]);
    command.args(["--platform", &PLATFORMS.join(",")]);
    let output = command.output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    let line = messages.lines().find(|line| line.contains("`tool` for darwin-amd64: ")).unwrap();
    assert!(line.contains("imported symbols proven for macOS 10.15; not proven: `_"), "{line}");
    let all = [stdout(&output), messages].concat();
    let warning = "warning[macos-symbol-newer]: `/darwin/tool` supports macOS 10.15, but needs newer \
                   symbols: `_preadv` (macOS 11.0)\n";
    assert!(all.contains(warning), "{all}");
    assert_eq!(all.matches("warning[macos-symbol-newer]").count(), 1, "{all}");
    let unproven = "note[macos-symbol-unproven]: `/darwin/tool` has unproven imports: ";
    assert!(all.contains(unproven), "{all}");

    let manifest = fs::read_to_string(extension.path("dist/dist-manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let imports = |index: usize| &manifest["host_binaries"][index]["macos_imports"];
    let (amd64, arm64) = (imports(0), imports(1));
    assert_eq!(amd64["minimum_macos"], "10.15");
    assert_eq!(amd64["newer"], serde_json::json!(["_preadv"]));
    // Macs with Apple silicon have at least macOS 11.
    assert_eq!(
        (&arm64["minimum_macos"], &arm64["newer"]),
        (&"11.0".into(), &serde_json::json!([]))
    );
    let count = |imports: &serde_json::Value, key: &str| imports[key].as_u64().unwrap();
    assert!(count(amd64, "proven") > count(amd64, "count") / 2, "{amd64}");
    let unproven = amd64["unproven"].as_array().unwrap();
    assert_eq!(unproven.len() as u64, count(amd64, "count") - count(amd64, "proven"));
}

#[test]
fn a_project_adds_symbols_and_frameworks_that_the_tool_does_not_know() {
    let extension = Extension::new();
    let kit = block("NoSuchKit", FRAMEWORK, &["NoSuchThing"]);
    let security = block("Security", FRAMEWORK, &["SecOfNextYear"]);
    let source = referring(&kit, &["NoSuchThing", "SecOfNextYear"]);
    let source = source
        .replace("\nfn main", &format!("\n#[cfg(target_os = \"macos\")]\n{security}\nfn main"));
    extension.host_binary("tool", &source);
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let key = "[workspace.metadata.docker-extension]\n";
    let with = |lines: &str| manifest.replace(key, &format!("{key}{lines}"));

    // The message has the line to add.
    let args = ["dist", "--engine", "embedded", "--platform", "darwin-arm64"];
    let line = "macos-symbols.NoSuchKit = [\"_NoSuchThing\"]";
    extension.assert_fails(&mut extension.xtask(&args), 1, &[line]);
    extension.write("Cargo.toml", &with(&format!("{line}\n")));
    let both = ["dist", "--engine", "embedded", "--platform", "darwin-arm64,darwin-amd64"];
    let output = extension.xtask(&both).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    let other = "macos-symbols.Security = [\"_SecOfNextYear\"]";
    assert!(messages.contains(other), "{messages}");
    extension.write("Cargo.toml", &with(&format!("{line}\n{other}\n")));
    let output = extension.xtask(&args).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success() && !messages.contains("unknown macOS symbol"), "{messages}");
    let program = built(&extension, "darwin-arm64", "tool");
    assert!(is_bound(&program, "NoSuchKit", "_NoSuchThing"));
    assert!(is_bound(&program, "Security", "_SecOfNextYear"));
    // A platform that was not built with the new symbols yet is linked again, too.
    extension.dist(&["--platform", "darwin-amd64"]);
    let program = built(&extension, "darwin-amd64", "tool");
    assert!(is_bound(&program, "Security", "_SecOfNextYear"));

    let invalid = with("macos-symbols.Security = [\"SecOfNextYear\"]\n");
    extension.write("Cargo.toml", &invalid);
    let words = ["macos-symbols.Security[0]`", "`SecOfNextYear`", "such as `_SecRandomCopyBytes`"];
    let output = extension.xtask(&args).output().unwrap();
    let messages = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{messages}");
    assert!(words.iter().all(|word| messages.contains(word)), "{messages}");
}

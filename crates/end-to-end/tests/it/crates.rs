//! Crates that host binaries are likely to use, linked for all default platforms with the linker `auto`.
//!
//! `TEST_CRATES=all` selects the whole matrix; the default is a core set. With `--nocapture`, the test
//! prints a table of the libraries that each program requires and, for the whole matrix, the times.

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Instant, SystemTime};

use docker_extension::internals::macos_symbols;
use support::loader::start;
use support::program::{
    assert_fit_for_macos, assert_fit_for_windows, assert_without_time, bound, imports, libraries,
};
use support::{Extension, run, stderr, stdout};

/// A program that uses a crate.
struct Program {
    name: &'static str,
    dependency: &'static str,
    source: &'static str,
    /// A macOS library that it must require, besides libSystem, and a symbol from it.
    requires: Option<(&'static str, &'static str)>,
    is_core: bool,
}

const CRATES: [Program; 20] = [
    Program {
        name: "chrono",
        dependency: "chrono = \"0.4\"",
        source: "fn main() { println!(\"{}\", chrono::Local::now()); }",
        requires: Some(("CoreFoundation", "_CFTimeZoneCopySystem")),
        is_core: true,
    },
    Program {
        name: "keyring",
        dependency: "keyring = { version = \"3\", features = [\"apple-native\", \"windows-native\"] }",
        source: "fn main() { println!(\"{:?}\", keyring::Entry::new(\"a\", \"b\").map(|e| e.get_password())); }",
        requires: Some(("Security", "_SecKeychainFindGenericPassword")),
        is_core: true,
    },
    Program {
        name: "whoami",
        dependency: "whoami = \"1\"",
        source: "fn main() { println!(\"{} {}\", whoami::username(), whoami::devicename()); }",
        requires: Some(("SystemConfiguration", "_SCDynamicStoreCopyComputerName")),
        is_core: true,
    },
    Program {
        name: "notify",
        dependency: "notify = \"8\"",
        source: "use notify::Watcher;\nfn main() { let mut watcher = notify::recommended_watcher(|event| println!(\"{event:?}\")).unwrap(); watcher.watch(\".\".as_ref(), notify::RecursiveMode::Recursive).unwrap(); }",
        requires: Some(("CoreServices", "_FSEventStreamCreate")),
        is_core: true,
    },
    Program {
        name: "sysinfo",
        dependency: "sysinfo = \"0.37\"",
        source: "fn main() { let system = sysinfo::System::new_all(); println!(\"{} {} {}\", system.processes().len(), sysinfo::Disks::new_with_refreshed_list().len(), sysinfo::Components::new_with_refreshed_list().len()); }",
        requires: Some(("IOKit", "_IOServiceGetMatchingServices")),
        is_core: false,
    },
    Program {
        name: "arboard",
        dependency: "arboard = \"3\"",
        source: "fn main() { println!(\"{}\", arboard::Clipboard::new().and_then(|mut c| c.get_text()).is_ok()); }",
        requires: Some(("AppKit", "_NSPasteboardTypeString")),
        is_core: false,
    },
    Program {
        name: "native-certs",
        dependency: "rustls-native-certs = \"0.8\"",
        source: "fn main() { println!(\"{}\", rustls_native_certs::load_native_certs().certs.len()); }",
        requires: Some(("Security", "_SecTrustSettingsCopyCertificates")),
        is_core: false,
    },
    Program {
        name: "reqwest",
        dependency: "reqwest = { version = \"0.12\", features = [\"blocking\"] }",
        source: "fn main() { println!(\"{}\", reqwest::blocking::get(\"https://127.0.0.1:9\").is_err()); }",
        requires: Some(("Security", "_SSLHandshake")),
        is_core: false,
    },
    Program {
        name: "tokio",
        dependency: "tokio = { version = \"1\", features = [\"full\"] }",
        source: "#[tokio::main]\nasync fn main() { tokio::fs::metadata(\".\").await.unwrap(); tokio::select! { _ = tokio::signal::ctrl_c() => {} _ = tokio::process::Command::new(\"x\").output() => {} _ = tokio::net::TcpStream::connect(\"127.0.0.1:9\") => {} } }",
        requires: None,
        is_core: false,
    },
    Program {
        // Without TLS, which contains C code that zig would compile.
        name: "ureq",
        dependency: "ureq = { version = \"3\", default-features = false }",
        source: "fn main() { println!(\"{}\", ureq::get(\"http://127.0.0.1:9\").call().is_err()); }",
        requires: None,
        is_core: true,
    },
    Program {
        name: "listeners",
        dependency: "listeners = \"0.6\"",
        source: "fn main() { println!(\"{}\", listeners::get_all().is_ok()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "directories",
        dependency: "dirs = \"6\"",
        source: "fn main() { println!(\"{:?}\", dirs::home_dir()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "opener",
        dependency: "open = \"5\"",
        source: "fn main() { println!(\"{}\", open::that(\"https://example.com\").is_ok()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "bollard",
        dependency: "bollard = \"0.19\"",
        source: "fn main() { println!(\"{}\", bollard::Docker::connect_with_local_defaults().is_ok()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "crossterm",
        dependency: "crossterm = \"0.29\"",
        source: "fn main() { println!(\"{}\", crossterm::terminal::size().is_ok()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "netdev",
        dependency: "netdev = \"0.38\"",
        source: "fn main() { println!(\"{}\", netdev::get_interfaces().len()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "rfd",
        dependency: "rfd = \"0.15\"",
        source: "fn main() { if std::env::args().count() > 1 { println!(\"{:?}\", rfd::FileDialog::new().pick_file()); } }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "serialport",
        dependency: "serialport = { version = \"4\", default-features = false }",
        source: "fn main() { println!(\"{}\", serialport::available_ports().is_ok()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "trash",
        dependency: "trash = \"5\"",
        source: "fn main() { println!(\"{}\", trash::delete(\"no such file\").is_err()); }",
        requires: None,
        is_core: false,
    },
    Program {
        name: "standard-library",
        dependency: "",
        source: include_str!("programs/standard_library.rs"),
        requires: None,
        is_core: true,
    },
];

#[test]
#[ignore = "needs crates from the registry, zig, and Wine"]
fn crates_that_helpers_use_are_linked_without_anything_installed() {
    let is_all = std::env::var("TEST_CRATES").is_ok_and(|crates| crates == "all");
    let programs: Vec<&Program> =
        CRATES.iter().filter(|program| is_all || program.is_core).collect();
    let extension = Extension::new();
    extension.compile_dependencies_fast();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    for Program { name, dependency, source, .. } in &programs {
        let manifest = format!(
            "[package]\nname = \"use-{name}\"\nedition = \"2024\"\n[dependencies]\n{dependency}\n"
        );
        extension.package(&format!("use-{name}"), &manifest, &with_version(source));
    }
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    let output = extension.xtask(&["dist", "--engine", "embedded"]).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("linked by rust-lld\n"), "{messages}");
    assert!(!messages.contains("unknown macOS symbol"), "a symbol is not listed: {messages}");

    if is_all {
        time_each(&extension, &programs);
    }
    // The same programs, linked by zig, which has its own list of libSystem's symbols.
    let zig = ["--linker", "zig", "--platform", "darwin-amd64,darwin-arm64", "--output", "zig"];
    extension.dist(&zig);
    let wine = std::env::var("WINE_RUN").unwrap();
    for Program { name, requires, .. } in programs {
        for platform in ["darwin-amd64", "darwin-arm64"] {
            let built = |dist| extension.path(&format!("{dist}/host/{platform}/use-{name}"));
            let program = fs::read(built("dist")).unwrap();
            assert_same_libraries(name, &bound(&program), &bound(&fs::read(built("zig")).unwrap()));
            print_imports(name, platform, &program);
            assert_fit_for_macos(&program, platform);
            if let Some((library, symbol)) = requires {
                let imports = imports(&program);
                let required = format!("/{library}: {symbol}");
                assert!(imports.iter().any(|import| import.ends_with(&required)), "{imports:?}");
            }
        }
        for dist in ["dist", "zig"] {
            assert_starts(name, &extension.path(&format!("{dist}/host/darwin-amd64/use-{name}")));
        }
        let path = extension.path(&format!("dist/host/windows-amd64/use-{name}.exe"));
        let program = fs::read(&path).unwrap();
        print_imports(name, "windows-amd64", &program);
        assert_fit_for_windows(&program);
        assert_without_time(&program);
        run(Command::new(&wine).arg(path));
    }
}

#[test]
#[ignore = "needs crates from the registry, zig, and Wine"]
fn a_crate_that_compiles_c_is_linked_by_zig() {
    let extension = Extension::new();
    extension.compile_dependencies_fast();
    // C code is optimized as in a release: without optimization, zig adds its own checks.
    let workspace = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let ring = "[profile.release.package.ring]\nopt-level = 3\n";
    extension.write("Cargo.toml", &format!("{workspace}{ring}"));
    let manifest = "[package]\nname = \"tool\"\nedition = \"2024\"\n[dependencies]\nureq = \"3\"\n";
    let source =
        "fn main() { println!(\"{}\", ureq::get(\"https://127.0.0.1:9\").call().is_err()); }";
    extension.package("tool", manifest, source);
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    let output = extension.xtask(&["dist", "--engine", "embedded"]).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("linked by zig "), "{messages}");
    for platform in ["darwin-amd64", "darwin-arm64"] {
        let program = fs::read(extension.path(&format!("dist/host/{platform}/tool"))).unwrap();
        assert_fit_for_macos(&program, platform);
    }
    let program = extension.path("dist/host/windows-amd64/tool.exe");
    assert_fit_for_windows(&fs::read(&program).unwrap());
    assert_eq!(run(Command::new(std::env::var("WINE_RUN").unwrap()).arg(program)).trim(), "true");
}

/// Crates of programs with windows, which use many frameworks, and Objective-C classes that are linked
/// statically.
#[test]
#[ignore = "needs crates from the registry"]
fn crates_of_desktop_programs_are_linked_for_macos_by_the_toolchain() {
    let programs = [
        (
            "hotkey",
            "global-hotkey = \"0.9\"",
            "fn main() { println!(\"{}\", global_hotkey::GlobalHotKeyManager::new().is_ok()); }",
            &["Carbon: _InstallEventHandler"][..],
        ),
        (
            "window",
            "winit = { version = \"0.30\", default-features = false, features = [\"rwh_06\"] }",
            "use winit::application::ApplicationHandler;\nuse winit::event::WindowEvent;\n\
             use winit::event_loop::{ActiveEventLoop, EventLoop};\nuse winit::window::{Window, WindowId};\n\
             struct App(Option<Window>);\nimpl ApplicationHandler for App {\n\
             fn resumed(&mut self, it: &ActiveEventLoop) { self.0 = it.create_window(Window::default_attributes()).ok(); }\n\
             fn window_event(&mut self, it: &ActiveEventLoop, _: WindowId, _: WindowEvent) { it.exit(); } }\n\
             fn main() { println!(\"{}\", EventLoop::new().unwrap().run_app(&mut App(None)).is_ok()); }",
            &["Carbon: _TISGetInputSourceProperty", "ColorSync: _CGDisplayCreateUUIDFromDisplayID"],
        ),
        (
            "tao",
            "tao = { version = \"0.34\", default-features = false, features = [\"rwh_06\"] }",
            "use tao::event_loop::EventLoop;\nuse tao::window::WindowBuilder;\nfn main() {\n\
             let events = EventLoop::new();\nlet window = WindowBuilder::new().build(&events).unwrap();\n\
             events.run(move |event, _, _| println!(\"{event:?} {:?}\", window.id())); }",
            &["Carbon: _LMGetKbdType", "CoreServices: _UCKeyTranslate"],
        ),
        (
            "classes",
            "objc2 = { version = \"0.6\", features = [\"unstable-static-class\"] }\n\
             objc2-foundation = \"0.3\"\nobjc2-app-kit = \"0.3\"",
            "use objc2::{ClassType, runtime::NSObject};\nfn main() {\n\
             println!(\"{:?}\", objc2_foundation::NSArray::<NSObject>::class());\n\
             println!(\"{:?}\", objc2_foundation::NSString::class());\n\
             println!(\"{:?}\", objc2_app_kit::NSApplication::class());\n\
             println!(\"{:?}\", NSObject::class()); }",
            &[
                "CoreFoundation: _OBJC_CLASS_$_NSArray",
                "Foundation: _OBJC_CLASS_$_NSString",
                "AppKit: _OBJC_CLASS_$_NSApplication",
                "libobjc.A.dylib: _OBJC_CLASS_$_NSObject",
            ],
        ),
    ];
    let extension = Extension::new();
    extension.compile_dependencies_fast();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    for (name, dependency, source, _) in &programs {
        let target = "[target.'cfg(target_os = \"macos\")'.dependencies]";
        let manifest = format!(
            "[package]\nname = \"use-{name}\"\nedition = \"2024\"\n{target}\n{dependency}\n"
        );
        extension.package(&format!("use-{name}"), &manifest, &with_version(source));
    }
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    let platforms = ["darwin-amd64", "darwin-arm64"];
    let mut command = extension.xtask(&["dist", "--engine", "embedded", "--deny-unknown-symbols"]);
    let output = command.args(["--platform", &platforms.join(",")]).output().unwrap();
    let messages = stderr(&output);
    assert!(output.status.success(), "{messages}");
    assert!(messages.contains("linked by rust-lld\n"), "{messages}");
    for (name, _, _, required) in &programs {
        assert_starts(name, &extension.path(&format!("dist/host/darwin-amd64/use-{name}")));
        for platform in platforms {
            let path = extension.path(&format!("dist/host/{platform}/use-{name}"));
            let program = fs::read(path).unwrap();
            assert_fit_for_macos(&program, platform);
            let imports = imports(&program);
            for symbol in *required {
                let is_required = imports.iter().any(|it| it.ends_with(&format!("/{symbol}")));
                assert!(is_required, "{name} on {platform}: {symbol} is not in {imports:#?}");
            }
        }
    }
}

/// The program with an option `--version`, for which it needs no macOS.
fn with_version(source: &str) -> String {
    let version = "main() { if std::env::args().any(|it| it == \"--version\") \
                   { return println!(env!(\"CARGO_PKG_NAME\")); }";
    assert_eq!(source.matches("main() {").count(), 1, "{source}");
    source.replace("main() {", version)
}

/// Asserts that our loader binds all symbols, and runs the program.
fn assert_starts(name: &str, program: &Path) {
    let output = start(program, &["--version"]);
    assert_eq!(stdout(&output), format!("use-{name}\n"), "{}", stderr(&output));
}

/// Asserts that every symbol is bound to the library to which zig binds it. zig may bind more symbols,
/// because it keeps unused code; then our lists must have the symbol in that library.
fn assert_same_libraries(name: &str, lld: &BTreeSet<String>, zig: &BTreeSet<String>) {
    let only_lld: Vec<&String> = lld.difference(zig).collect();
    assert_eq!(only_lld, Vec::<&String>::new(), "{name}");
    for import in zig.difference(lld) {
        let (library, symbol) = import.split_once(": ").unwrap();
        let list = macos_symbols::lists().find(|list| list.install_name == library);
        let is_listed = list.is_some_and(|list| list.symbols.iter().any(|it| it.name == symbol));
        assert!(is_listed, "{name}: {import}");
    }
}

/// Links each program again for all platforms, and prints the time.
fn time_each(extension: &Extension, programs: &[&Program]) {
    for Program { name, .. } in programs {
        let main = extension.path(&format!("host-bins/use-{name}/src/main.rs"));
        let file = fs::File::options().append(true).open(main).unwrap();
        file.set_modified(SystemTime::now()).unwrap();
        let started = Instant::now();
        extension.dist(&["--output", "again"]);
        println!("{name:<18}compiled and linked in {:.1} s", started.elapsed().as_secs_f64());
    }
}

fn print_imports(name: &str, platform: &str, program: &[u8]) {
    let libraries = libraries(program);
    let names: Vec<&str> = libraries.iter().filter_map(|it| it.rsplit('/').next()).collect();
    println!("{name:<18}{platform:<15}{}", names.join(" "));
}

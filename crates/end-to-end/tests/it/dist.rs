//! `dist` with small extensions.

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;
use support::archive::Opened;
use support::{Extension, TABLE, stderr, stdout};

fn manifest(extension: &Extension, output: &str) -> Value {
    let text = fs::read(extension.path(output).join("dist-manifest.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[test]
fn the_plan_describes_the_run_and_changes_nothing() {
    let extension = Extension::with_pages();
    let plan = |args: &[&str]| {
        let args = [&["dist", "--plan", "--engine", "embedded"], args].concat();
        let output = extension.xtask(&args).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let text = plan(&[]);
    assert!(text.contains("me/tool:1.2.3"), "{text}");
    let json: Value = serde_json::from_str(&plan(&["--format", "json"])).unwrap();
    assert_eq!(json["reference"], "me/tool:1.2.3");
    assert_eq!(json["targets"][1]["target"], "aarch64-apple-darwin");
    assert_eq!(json["images"][1]["platform"], "linux/arm64");
    assert_eq!(json["images"][1]["host_binaries"][1]["path"], "/windows/tool.exe");
    assert_eq!(json["images"][1]["host_binaries"][1]["platform"], "windows-amd64");
    assert!(!extension.path("target").exists());
    extension.assert_untouched();
}

#[test]
fn doctor_reports_the_installed_tools_and_changes_nothing() {
    support::ready();
    let extension = Extension::with_pages();
    let output = extension.xtask(&["doctor"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let report = stdout(&output);
    for word in ["✓ darwin-arm64   standard library installed; linker ", "pages", "engine "] {
        assert!(report.contains(word), "{word} is not in:\n{report}");
    }
    assert!(!extension.path("target").exists());
    extension.assert_untouched();
}

#[test]
fn a_second_run_makes_the_same_bytes_and_replaces_the_first() {
    let extension = Extension::with_pages();
    let archive = extension.path("dist/tool-1.2.3.oci.tar");
    extension.dist(&[]);
    let first = fs::read(&archive).unwrap();
    extension.write("dist/left-over.txt", "from a run before");
    fs::remove_dir_all(extension.path("target")).unwrap();
    extension.dist(&[]);
    assert!(first == fs::read(&archive).unwrap(), "the images differ");
    assert!(!extension.path("dist/left-over.txt").exists());
}

#[test]
fn a_project_in_another_directory_makes_the_same_bytes() {
    let archives = [(); 2].map(|()| {
        let extension = Extension::with_pages();
        extension.dist(&[]);
        fs::read(extension.path("dist/tool-1.2.3.oci.tar")).unwrap()
    });
    assert!(archives[0] == archives[1], "the images differ");
}

#[test]
fn a_run_waits_until_another_run_has_finished() {
    let extension = Extension::new();
    fs::create_dir(extension.path("target")).unwrap();
    let lock = fs::File::create(extension.path("target/.xtask-dist.lock")).unwrap();
    lock.lock().unwrap();
    let mut run = extension.xtask(&["dist", "--engine", "embedded"]);
    let mut run = run.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut messages = String::new();
    let mut lines = BufReader::new(run.stderr.take().unwrap());
    while !messages.contains("waiting for another run") {
        assert!(lines.read_line(&mut messages).unwrap() > 0, "{messages}");
    }
    extension.assert_untouched();
    drop(lock);
    while lines.read_line(&mut messages).unwrap() > 0 {}
    assert!(run.wait().unwrap().success(), "{messages}");
    assert!(extension.path("dist/tool-1.2.3.oci.tar").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_steps_are_redrawn_and_finished_steps_show_their_times() {
    let extension = Extension::new();
    let xtask = env!("CARGO_BIN_EXE_xtask-under-test");
    let mut terminal = std::process::Command::new("script");
    let command = format!("'{xtask}' dist --engine embedded");
    terminal.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    let shown = support::run(terminal.current_dir(extension.root()));
    for step in ["Prepare the toolchain", "Compile the host binaries", "Build the image"] {
        let line = shown.lines().rfind(|line| line.contains('✓') && line.contains(step));
        assert!(line.is_some_and(|line| line.contains("s\u{1b}[0m")), "{step}: {shown}");
    }
    assert!(shown.contains("\u{1b}[2K"), "nothing was redrawn: {shown}");
    assert!(!shown.contains('·'), "plain lines on a terminal: {shown}");
}

#[test]
fn an_extension_may_have_only_a_tab() {
    let extension = Extension::with_pages();
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    extension.write("host-bins/.gitkeep", "");
    extension.dist(&[]);
    let opened = Opened::new(extension.path("dist/tool-1.2.3.oci.tar"));
    let metadata = opened.file("linux/arm64", "metadata.json");
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    assert_eq!(metadata.as_object().unwrap().keys().collect::<Vec<_>>(), ["icon", "ui"]);
    assert_eq!(manifest(&extension, "dist")["host_binaries"], Value::Array(Vec::new()));
}

#[test]
fn no_ui_leaves_out_the_tab() {
    let extension = Extension::with_pages();
    extension.dist(&["--no-ui", "--platform", "darwin-arm64", "-v"]);
    let opened = Opened::new(extension.path("dist/tool-1.2.3.oci.tar"));
    let metadata = opened.file("linux/arm64", "metadata.json");
    let metadata: Value = serde_json::from_slice(&metadata).unwrap();
    assert_eq!(metadata.as_object().unwrap().keys().collect::<Vec<_>>(), ["host", "icon"]);
}

/// A project whose author has not replaced every placeholder.
fn with_placeholders() -> Extension {
    let extension = Extension::new();
    let table = TABLE
        .replace("https://acme.dev/1.png", "https://example.com/1.png")
        .replace("\"First.\"", "{ file = \"changelog.html\" }");
    extension.manifest(&table);
    extension
        .write("changelog.html", "<p>Replace this text: say what is new\nin this version.</p>");
    extension.write("icon.svg", &support::generated_icon());
    extension
}

#[test]
fn a_project_with_placeholders_is_not_pushed_unless_they_are_allowed() {
    let extension = with_placeholders();
    extension.host_binary("tool", "this is not Rust");
    let words = [
        "the extension contains 3 placeholders and cannot be pushed\n",
        "`workspace.metadata.docker-extension.screenshots[0].url`: `https://example.com/1.png` is on a domain",
        "`changelog.html`: `Replace this text: say what is new in this version.` is a sample text",
        "`icon.svg`: the generated icon",
        "help: replace them, or push anyway with `--allow placeholder`",
    ];
    extension.assert_fails(&mut extension.xtask(&["dist", "--push"]), 1, &words);
    extension.assert_fails(&mut extension.xtask(&["dist", "--push", "--plan"]), 1, &words);
    // This may fail if Docker is not installed.
    let allowed = ["dist", "--push", "--plan", "--allow", "placeholder"];
    let message = stderr(&extension.xtask(&allowed).output().unwrap());
    assert!(!message.contains("placeholder"), "{message}");
    assert!(!extension.path("target").exists(), "something was compiled");
}

#[test]
fn placeholders_that_are_not_pushed_are_one_warning_unless_they_are_allowed() {
    let extension = with_placeholders();
    let message = |args: &[&str]| {
        let output = extension.xtask(args).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    let dist = ["dist", "--engine", "embedded", "--quiet"];
    let warning = message(&dist);
    assert_eq!(warning.matches("  help: replace it, or accept it").count(), 1, "{warning}");
    assert!(!warning.contains("warning: "), "the report is a warning of its own: {warning}");
    for place in ["screenshots /0/url", "changelog", "/icon.svg"] {
        let line = format!("{place} in linux/amd64 and linux/arm64\n");
        assert_eq!(warning.matches(&line).count(), 1, "{warning}");
    }
    assert_eq!(message(&[&dist[..], &["--allow", "placeholder"]].concat()), "");

    let strict = ["validate", "--deny", "warnings"];
    let output = extension.xtask(&strict).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    message(&[&strict[..], &["--allow", "placeholder"]].concat());
}

#[test]
fn quiet_prints_nothing_without_warnings_and_errors() {
    let extension = Extension::with_pages();
    let output = extension.xtask(&["dist", "--engine", "embedded", "-q"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
}

#[test]
fn metadata_lists_only_binaries_of_the_variant_if_windows_on_arm_is_omitted() {
    let extension = Extension::new();
    extension.manifest(&format!("{TABLE}windows-on-arm = \"omit\"\n"));
    extension.dist(&[]);
    let opened = Opened::new(extension.path("dist/tool-1.2.3.oci.tar"));
    let listed = |platform: &str| {
        let metadata: Value =
            serde_json::from_slice(&opened.file(platform, "metadata.json")).unwrap();
        let lists = metadata["host"]["binaries"][0].as_object().unwrap();
        lists.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(listed("linux/amd64"), ["darwin", "windows"]);
    assert_eq!(listed("linux/arm64"), ["darwin"]);
    let (tree, _) = &opened.variants()["linux/arm64"];
    assert!(!tree.contains_key("windows/tool.exe"));
}

#[test]
fn a_package_is_built_only_for_its_own_platforms() {
    let extension = Extension::new();
    let package = "[package]\nname = \"mac\"\nedition = \"2024\"\n\
                   [package.metadata.docker-extension]\nplatforms = [\"darwin-amd64\", \"darwin-arm64\"]\n";
    let source = "#[cfg(not(target_os = \"macos\"))] compile_error!(\"for macs\");\nfn main() {}";
    extension.package("mac", package, source);
    extension.dist(&[]);
    let manifest = manifest(&extension, "dist");
    let built: Vec<String> = manifest["host_binaries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {}", entry["name"], entry["platform"]).replace('"', ""))
        .collect();
    let expected = [
        "mac darwin-amd64",
        "tool darwin-amd64",
        "mac darwin-arm64",
        "tool darwin-arm64",
        "tool windows-amd64",
    ];
    assert_eq!(built, expected);
}

#[test]
fn archives_contain_the_licence_files_of_their_packages() {
    let extension = Extension::new();
    extension.write("LICENSE-MIT", "MIT");
    extension.write("LICENSE-ISC", "ISC");
    let package = "[package]\nname = \"own\"\nedition = \"2024\"\nlicense-file = \"EULA.txt\"\n\
                   [package.metadata.docker-extension]\nplatforms = [\"darwin-arm64\"]\n";
    extension.package("own", package, "fn main() {}");
    extension.write("host-bins/own/EULA.txt", "own");
    let package = "[package]\nname = \"none\"\nedition = \"2024\"\n\
                   [package.metadata.docker-extension]\nplatforms = [\"windows-amd64\"]\n";
    extension.package("none", package, "fn main() {}");
    let output = extension.xtask(&["dist", "--engine", "embedded"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let warning = "no licence file for `none`: set `license` or `license-file`";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    let names = |platform: &str| {
        let path = extension.path(&format!("dist/tool-1.2.3-{platform}.zip"));
        let zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
        zip.file_names().map(str::to_owned).collect::<Vec<_>>()
    };
    let licences = ["LICENSE", "LICENSE-MIT"];
    assert_eq!(names("darwin-amd64"), [&["tool"][..], &licences].concat());
    assert_eq!(names("darwin-arm64"), [&["own", "tool", "EULA.txt"][..], &licences].concat());
    assert_eq!(names("windows-amd64"), [&["none.exe", "tool.exe"][..], &licences].concat());
}

#[test]
fn every_host_platform_can_be_built() {
    let extension = Extension::new();
    let all = "windows-arm64,linux-amd64,linux-arm64,windows-amd64,darwin-amd64,darwin-arm64";
    extension.dist(&["--platform", all, "--output", "out", "--tag", "you/tool:dev"]);
    let manifest = manifest(&extension, "out");
    assert_eq!(manifest["host_binaries"].as_array().unwrap().len(), 6);
    assert_eq!(manifest["image"]["reference"], "you/tool:dev");
    let opened = Opened::new(extension.path("out/tool-1.2.3.oci.tar"));
    let variants = opened.variants();
    for path in ["darwin/tool", "linux/tool", "windows/tool.exe"] {
        let [amd64, arm64] = ["linux/amd64", "linux/arm64"].map(|it| &variants[it].0[path].2);
        assert_ne!(amd64, arm64, "{path}");
    }
    extension.assert_untouched();
}

#[test]
fn helpers_that_compile_c_are_built_for_every_platform() {
    let extension = Extension::new();
    let package =
        "[package]\nname = \"tool\"\nedition = \"2024\"\n[build-dependencies]\ncc = \"1\"\n";
    extension.write(
        "host-bins/tool/build.rs",
        "fn main() { cc::Build::new().file(\"answer.c\").compile(\"answer\"); }",
    );
    extension.write(
        "host-bins/tool/answer.c",
        "#include <string.h>\nint answer(void) { return (int)strlen(\"42\"); }",
    );
    let source = "unsafe extern \"C\" { fn answer() -> i32; }\nfn main() { println!(\"{}\", unsafe { answer() }) }";
    extension.package("tool", package, source);
    support::run(
        std::process::Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()),
    );
    extension.dist(&[]);
    assert_eq!(manifest(&extension, "dist")["host_binaries"].as_array().unwrap().len(), 3);
}

#[test]
#[ignore = "needs an apt mirror, and minutes to build the standard library"]
fn where_rustup_can_not_download_the_standard_library_is_built_from_debians_sources() {
    let extension = Extension::new();
    extension.compile_dependencies_fast();
    let toolchain = support::toolchain::bare();
    let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
    toolchain.set(&mut command);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("standard library built from"), "{}", stderr(&output));
    for entry in manifest(&extension, "dist")["host_binaries"].as_array().unwrap() {
        let bytes = fs::read(extension.path("dist").join(entry["path"].as_str().unwrap())).unwrap();
        let cache = b"docker-extension-xtask";
        assert!(!bytes.windows(cache.len()).any(|window| window == cache), "{entry}");
    }
}

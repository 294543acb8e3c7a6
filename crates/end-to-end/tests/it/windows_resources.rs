//! Programs for Windows have resources: those of build scripts, and generated ones.

use crate::support;

use std::fs;
use std::path::Path;
use std::process::Command;

use camino::Utf8Path;
use docker_extension::internals::resources::{Resources, kind, object_file, program, rc};
use support::{Extension, run, stderr};

/// A program that prints its resources in Windows.
const PRINT: &str = include_str!("programs/resources.rs");

fn resources(extension: &Extension, name: &str) -> Resources {
    let path = extension.path(&format!("dist/host/windows-amd64/{name}.exe"));
    program::read(&fs::read(path).unwrap()).unwrap()
}

fn kinds(resources: &Resources) -> Vec<String> {
    let mut kinds: Vec<String> = resources.iter().map(|(key, _)| key.kind.to_string()).collect();
    kinds.dedup();
    kinds
}

/// The data of the only resource of a kind.
fn data(resources: &Resources, number: u16) -> Vec<u8> {
    let all: Vec<_> =
        resources.iter().filter(|(key, _)| key.kind == number.into()).map(|it| it.1).collect();
    assert_eq!(all.len(), 1, "{:?}", kinds(resources));
    all[0].to_vec()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn contains(data: &[u8], part: &[u8]) -> bool {
    data.windows(part.len()).any(|it| it == part)
}

const ICON: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>\
                    <circle cx='4' cy='4' r='3' fill='#0a0'/></svg>";

#[test]
fn host_binaries_for_windows_get_a_version_an_icon_and_a_manifest_unless_the_configuration_omits_them()
 {
    let extension = Extension::new();
    extension.write("icon.svg", ICON);
    extension.package(
        "setup",
        "[package]\nname = \"setup\"\nversion = \"4.5.6\"\nedition = \"2024\"\nlicense = \"MIT\"\n\
         description = \"Prepares\\nit\"\n",
        "fn main() {}",
    );
    extension.package(
        "bare",
        "[package]\nname = \"bare\"\nedition = \"2024\"\nlicense = \"MIT\"\n\
         [package.metadata.docker-extension]\nwindows-resources = \"omit\"\n",
        "fn main() {}",
    );
    extension.dist(&["--platform", "windows-amd64"]);

    let setup = resources(&extension, "setup");
    assert_eq!(kinds(&setup), ["3", "14", "16", "24"]);
    let version = data(&setup, kind::VERSION);
    for text in [
        "4.5.6",
        "1.2.3",
        "Prepares it",
        "setup.exe",
        "Tool",
        "Copyright (c) Me, licensed under MIT",
    ] {
        assert!(contains(&version, &utf16(&format!("{text}\0"))), "{text}");
    }
    let manifest = String::from_utf8(data(&setup, kind::MANIFEST)).unwrap();
    for word in ["asInvoker", "longPathAware", "activeCodePage", "supportedOS"] {
        assert!(manifest.contains(word), "{manifest}");
    }
    // Without a description, it is the extension's title.
    assert!(contains(&data(&resources(&extension, "tool"), kind::VERSION), &utf16("Tool\0")));
    assert_eq!(kinds(&resources(&extension, "bare")), [""; 0]);

    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    extension.write("Cargo.toml", &format!("{manifest}\nwindows-resources = \"omit\"\n"));
    extension.dist(&["--platform", "windows-amd64"]);
    assert_eq!(kinds(&resources(&extension, "setup")), [""; 0]);
}

/// Links `app.rc` in the way of the crate `winres`, with the program's name of `embed-resource`.
const BUILD: &str = r#"
fn main() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let run = |program: &str, args: &[&str]| {
        assert!(std::process::Command::new(program).args(args).status().unwrap().success());
    };
    let (out, arch) = (variable("OUT_DIR"), variable("CARGO_CFG_TARGET_ARCH"));
    let (object, archive) = (format!("{out}/app.o"), format!("{out}/libapp.a"));
    run(&format!("{arch}-w64-mingw32-windres"), &["--output-format=coff", "app.rc", &object]);
    run("ar", &["rsc", &archive, &object]);
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static=app");
}
"#;

#[test]
fn a_build_script_finds_the_resource_compiler_and_its_message_is_shown() {
    let extension = Extension::new();
    let manifest = "[package]\nname = \"tool\"\nedition = \"2024\"\nlicense = \"MIT\"\n";
    extension.write("host-bins/tool/build.rs", BUILD);
    extension.write(
        "host-bins/tool/app.rc",
        "#include <winver.h>\n1 RCDATA { \"own\" }\n1 VERSIONINFO\nFILEVERSION 9,8,7,6\nFILEFLAGS \
         VS_FF_DEBUG\n{ }\n",
    );
    extension.package("tool", manifest, "fn main() {}");
    extension.dist(&["--platform", "windows-amd64"]);
    let found = resources(&extension, "tool");
    assert_eq!(data(&found, kind::RAW_DATA), b"own");
    // The program's own version is not replaced; the manifest is added.
    let version = data(&found, kind::VERSION);
    assert!(contains(&version, &[8, 0, 9, 0, 6, 0, 7, 0]) && !contains(&version, &utf16("Tool")));
    assert!(contains(&data(&found, kind::MANIFEST), b"asInvoker"));

    extension.write("dist/dist-manifest.json", "{}");
    extension.write("host-bins/tool/app.rc", "\n1 DIALOGEX 0, 0, 1, 1\nBEGIN\nEND\n");
    let output = extension.xtask(&["dist", "--platform", "windows-amd64"]).output().unwrap();
    let messages = stderr(&output);
    assert!(!output.status.success(), "{messages}");
    assert!(
        messages.contains("`app.rc`:2: the statement `DIALOGEX` is not supported"),
        "{messages}"
    );
}

#[test]
#[ignore = "needs crates from the registry, and Wine"]
fn in_windows_a_program_finds_the_resources_of_each_crate_and_the_generated_ones() {
    let extension = Extension::new();
    extension.write("icon.svg", ICON);
    extension.host_binary("tool", PRINT);
    let set = |crate_name: &str| {
        format!(
            "let mut resource = {crate_name}::WindowsResource::new();\n\
             resource.set(\"ProductName\", \"Bob's \\\"Disk\\\" \\\\ é\");\nresource.compile().unwrap();"
        )
    };
    let embed =
        "embed_resource::compile(\"app.rc\", embed_resource::NONE).manifest_required().unwrap();";
    let both = set("winresource") + embed;
    for (name, dependencies, build) in [
        ("winresource", "winresource = \"0.1\"", &*set("winresource")),
        ("winres", "winres = \"0.1\"", &set("winres")),
        (
            "tauri-winres",
            "tauri-winres = \"0.3\"",
            "tauri_winres::WindowsResource::new().compile().unwrap();",
        ),
        ("embed-resource", "embed-resource = \"3\"", embed),
        ("both", "winresource = \"0.1\"\nembed-resource = \"3\"", &both),
    ] {
        let directory = format!("host-bins/use-{name}");
        extension.write(
            &format!("{directory}/build.rs"),
            &format!(
                "fn main() {{ if std::env::var(\"CARGO_CFG_TARGET_OS\").unwrap() == \"windows\" {{ {build} }} }}"
            ),
        );
        extension.write(
            &format!("{directory}/app.rc"),
            "#define RT_MANIFEST 24\n1 RT_MANIFEST \"app.manifest\"\n",
        );
        extension.write(
            &format!("{directory}/app.manifest"),
            "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v1\" manifestVersion=\"1.0\"><!-- own --></assembly>",
        );
        let manifest = format!(
            "[package]\nname = \"use-{name}\"\nversion = \"0.7.0\"\nedition = \"2024\"\nlicense = \"MIT\"\n\
             [build-dependencies]\n{dependencies}\n"
        );
        extension.package(&format!("use-{name}"), &manifest, PRINT);
    }
    run(Command::new("cargo").arg("generate-lockfile").current_dir(extension.root()));
    extension.dist(&["--platform", "windows-amd64"]);

    let wine = std::env::var("WINE_RUN").unwrap();
    let printed = |name: &str| {
        let path = extension.path(&format!("dist/host/windows-amd64/{name}.exe"));
        run(Command::new(&wine).arg(path)).replace('\r', "")
    };
    let tool = printed("tool");
    for line in [
        "ProductName: Tool\n",
        "CompanyName: Me\n",
        "ProductVersion: 1.2.3\n",
        "OriginalFilename: tool.exe\n",
        "asInvoker",
        "icons: 6\n",
        "code page: 65001\n",
    ] {
        assert!(tool.contains(line), "{line} is not in {tool}");
    }
    let own_version = "ProductName: Bob's \"Disk\" \\ é\n";
    let version_of_crate = "ProductVersion: 0.7.0\n";
    for (name, has, has_not) in [
        ("winresource", &[own_version, version_of_crate, "asInvoker"][..], "Me\n"),
        ("winres", &[own_version, version_of_crate, "asInvoker"], "Me\n"),
        (
            "tauri-winres",
            &[version_of_crate, "ProductName: use-tauri-winres\n", "asInvoker"],
            "Me\n",
        ),
        ("embed-resource", &["<!-- own -->", "CompanyName: Me\n"], "asInvoker"),
        ("both", &[own_version, "<!-- own -->"], "asInvoker"),
    ] {
        let output = printed(&format!("use-{name}"));
        for line in has {
            assert!(output.contains(line), "{name}: {line} is not in {output}");
        }
        assert!(!output.contains(has_not), "{name}: {output}");
        assert!(output.contains("icons: 6\n"), "{name}: {output}");
    }
}

#[test]
#[ignore = "needs zig, which it downloads"]
fn windows_on_arm_gets_the_same_resources() {
    let extension = Extension::new();
    extension.write("icon.svg", ICON);
    extension.write("host-bins/tool/build.rs", BUILD);
    extension.write("host-bins/tool/app.rc", "1 RCDATA { \"own\" }");
    extension.dist(&["--platform", "windows-amd64,windows-arm64"]);
    let arm = fs::read(extension.path("dist/host/windows-arm64/tool.exe")).unwrap();
    let arm = program::read(&arm).unwrap();
    let amd = resources(&extension, "tool");
    assert_eq!(kinds(&arm), ["3", "10", "14", "16", "24"]);
    assert_eq!(arm, amd);
}

/// Statements whose data GNU's compiler writes in the same way.
const PEER: &str = r#"
1 RCDATA { 1, 2L, 0x10, "abc\n\t\x41", L"de", -1 }
name TYPELIB { "a" "b" }
2 24 { "<a b=""1""/>" }
STRINGTABLE { 1 "one" 17 "seventeen" 18, L"x" }
LANGUAGE 7, 1
STRINGTABLE { 1 "eins" }
1 VERSIONINFO
FILEVERSION 1, 2, 3, 4
PRODUCTVERSION 5, 6, 7, 8
FILEFLAGSMASK 0x3fL
FILEFLAGS 0x2L
FILEOS 0x40004L
FILETYPE 1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "ProductName", "Odd"
      VALUE "FileDescription", "Even!"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
1 ICON "a.ico"
2 BITMAP "a.bmp"
"#;

#[test]
#[ignore = "needs GNU's windres for Windows"]
fn the_resource_compiler_writes_the_same_data_as_gnus() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
    write("a.rc", PEER.as_bytes());
    let mut icon = vec![0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0, 4, 0, 0, 0, 22, 0, 0, 0];
    icon.extend(b"\x89PNG");
    write("a.ico", &icon);
    let mut bitmap = b"BM".to_vec();
    bitmap.extend([0; 12]);
    bitmap.extend([40, 0, 0, 0]);
    bitmap.extend([7; 40]);
    write("a.bmp", &bitmap);
    support::script(
        &dir.path().join("cat-last"),
        "#!/bin/sh\nfor last; do :; done\ncat \"$last\"\n",
    );
    let mut windres = Command::new("x86_64-w64-mingw32-windres");
    windres.args(["--preprocessor=./cat-last", "--codepage=65001", "a.rc", "a.o"]);
    run(windres.current_dir(dir.path()));
    let gnu = of_object_file(&dir.path().join("a.o"));

    let read = |path: &Utf8Path| Ok(fs::read(dir.path().join(path)).ok());
    let own = rc::compile("a.rc".into(), &rc::RcOptions::default(), &read).unwrap();
    let machine = object_file::CoffMachine::Amd64;
    write("own.o", &object_file::write(&own, machine).unwrap());
    assert_eq!(of_object_file(&dir.path().join("own.o")), gnu);
    assert!(gnu.len() >= 9, "{gnu:?}");
}

/// The resources of an object file, as LLVM reads them.
fn of_object_file(path: &Path) -> Vec<String> {
    let text = run(Command::new("llvm-readobj").arg("--coff-resources").arg(path));
    let lines = text.lines().map(str::trim).filter(|line| {
        ["Type:", "Name:", "Language:", "DataSize:"].iter().any(|it| line.starts_with(it))
            || line
                .split_once(": ")
                .is_some_and(|(at, _)| at.len() == 4 && at.bytes().all(|it| it.is_ascii_hexdigit()))
    });
    lines.map(str::to_owned).collect()
}

//! Features of crates don't spread from one helper, or from one platform, to another.

use crate::support;

use std::fs;

use support::program::libraries;
use support::{Extension, stderr};

/// A crate with a feature that links a framework, and a helper without it.
fn with_plain_helper() -> Extension {
    let extension = Extension::new();
    extension.write(
        "signer/Cargo.toml",
        "[package]\nname = \"signer\"\nedition = \"2024\"\n[features]\napple = []\n",
    );
    extension.write(
        "signer/src/lib.rs",
        "#[cfg(all(feature = \"apple\", target_os = \"macos\"))]\n\
         #[link(name = \"Security\", kind = \"framework\")]\n\
         unsafe extern \"C\" { fn SecRandomCopyBytes() -> i32; }\n\
         pub fn sign() -> i32 {\n\
             #[cfg(all(feature = \"apple\", target_os = \"macos\"))]\n\
             return unsafe { SecRandomCopyBytes() };\n\
             #[cfg(not(all(feature = \"apple\", target_os = \"macos\")))]\n\
             return if cfg!(feature = \"apple\") { 1 } else { 0 };\n\
         }\n",
    );
    let workspace = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let workspace = workspace.replace("[workspace]\n", "[workspace]\nexclude = [\"signer\"]\n");
    extension.write("Cargo.toml", &workspace);
    helper(&extension, "plain", "[dependencies]\nsigner = { path = \"../../signer\" }\n");
    fs::remove_dir_all(extension.path("host-bins/tool")).unwrap();
    extension
}

fn helper(extension: &Extension, name: &str, dependencies: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\nlicense = \"MIT\"\n{dependencies}"
    );
    extension.package(name, &manifest, "fn main() { println!(\"{}\", signer::sign()) }");
}

fn built(extension: &Extension, platform: &str, name: &str) -> Vec<u8> {
    let suffix = if platform.starts_with("windows") { ".exe" } else { "" };
    fs::read(extension.path(&format!("dist/host/{platform}/{name}{suffix}"))).unwrap()
}

#[test]
fn a_helper_does_not_depend_on_the_features_that_other_helpers_enable() {
    let extension = with_plain_helper();
    let platforms = ["--platform", "darwin-arm64,windows-amd64"];
    extension.dist(&platforms);
    let alone = ["darwin-arm64", "windows-amd64"].map(|it| built(&extension, it, "plain"));
    let apple = "[dependencies]\nsigner = { path = \"../../signer\", features = [\"apple\"] }\n";
    helper(&extension, "signing", apple);
    extension.dist(&platforms);
    let security = "/System/Library/Frameworks/Security.framework/Versions/A/Security";
    assert!(libraries(&built(&extension, "darwin-arm64", "signing")).contains(security));
    assert!(!libraries(&built(&extension, "darwin-arm64", "plain")).contains(security));
    let beside = ["darwin-arm64", "windows-amd64"].map(|it| built(&extension, it, "plain"));
    assert!(alone == beside, "the other helper changes the bytes");
}

#[test]
fn a_platform_does_not_depend_on_the_features_of_the_others() {
    let extension = with_plain_helper();
    let on_mac = "[dependencies]\nsigner = { path = \"../../signer\" }\n\
                  [target.'cfg(target_os = \"macos\")'.dependencies]\n\
                  signer = { path = \"../../signer\", features = [\"apple\"] }\n";
    helper(&extension, "plain", on_mac);
    let build = |platforms: &str| {
        extension.dist(&["--platform", platforms]);
        built(&extension, "windows-amd64", "plain")
    };
    let alone = build("windows-amd64");
    assert!(build("darwin-arm64,windows-amd64") == alone, "macOS's feature changes the bytes");
}

/// A call of cargo for each would compile the three targets one after the other.
#[test]
fn helpers_and_platforms_that_agree_about_features_share_a_call_of_cargo() {
    let calls = |extension: &Extension| {
        let args = ["dist", "--engine", "embedded", "--verbose"];
        let output = extension.xtask(&args).output().unwrap();
        let messages = stderr(&output);
        assert!(output.status.success(), "{messages}");
        messages.matches("--keep-going").count()
    };
    let extension = with_plain_helper();
    helper(&extension, "other", "[dependencies]\nsigner = { path = \"../../signer\" }\n");
    assert_eq!(calls(&extension), 1);
    let apple = "[dependencies]\nsigner = { path = \"../../signer\", features = [\"apple\"] }\n";
    helper(&extension, "signing", apple);
    assert_eq!(calls(&extension), 2);
}

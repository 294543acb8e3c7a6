//! Pages that npm builds, with the real npm.

use crate::support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use support::{Extension, run};

/// With a package from the registry, installed by `npm install`.
fn with_package() -> Extension {
    let extension = Extension::with_pages();
    declare(&extension, r#"{ "ms": "2.1.2" }"#);
    npm(&extension, &["install"]);
    extension
}

fn declare(extension: &Extension, dependencies: &str) {
    let build = r#"mkdir -p dist && cp index.html dist && node -p \"require('ms/package.json').version\" >dist/version.txt"#;
    extension.write(
        "ui/package.json",
        &format!(
            r#"{{ "name": "ui", "scripts": {{ "build": "{build}" }}, "dependencies": {dependencies} }}"#
        ),
    );
}

fn npm(extension: &Extension, args: &[&str]) {
    let options = ["--no-audit", "--no-fund"];
    run(Command::new("npm").args(args).args(options).current_dir(extension.path("ui")));
}

#[test]
fn a_lock_file_that_does_not_match_package_json_is_rejected_with_npms_reasons() {
    let extension = with_package();
    let out_of_date = "`ui/package-lock.json` is out of date";
    let help = "run `npm install` in `ui`, and commit `package-lock.json`";
    let planned = |words: &[&str]| {
        let mut command = extension.xtask(&["dist", "--engine", "embedded", "--plan"]);
        extension.assert_fails(&mut command, 1, &[words, &[out_of_date, help]].concat());
    };
    for is_installed in [true, false] {
        if !is_installed {
            fs::remove_dir_all(extension.path("ui/node_modules")).unwrap();
        }
        declare(&extension, r#"{ "ms": "2.1.2", "left-pad": "^1.3.0" }"#);
        planned(&["Missing: left-pad@1.3.0 from lock file"]);
        declare(&extension, r#"{ "ms": "^1.0.0" }"#);
        planned(&["Invalid: lock file's ms@2.1.2 does not satisfy ms@1.0.0"]);
        // npm would ignore it; cargo with `--locked` would not.
        declare(&extension, "{}");
        planned(&["`ms` in the lock file is missing in `package.json`"]);
        // Without a network, npm does not know what is missing.
        declare(&extension, r#"{ "ms": "2.1.2", "no-such-package-anywhere": "1" }"#);
        let mut command = extension.xtask(&["preview", "--no-open"]);
        command.env("npm_config_offline", "true");
        let reason = "`no-such-package-anywhere` in `package.json` is missing in the lock file";
        extension.assert_fails(&mut command, 1, &[out_of_date, reason, help]);
    }
    // The locked version satisfies it: the lock file need not change, as for cargo.
    declare(&extension, r#"{ "ms": "^2.1.0" }"#);
    run(&mut extension.xtask(&["dist", "--engine", "embedded", "--plan"]));
}

#[test]
fn packages_are_installed_again_when_npm_or_the_author_has_changed_them() {
    let extension = with_package();
    extension.dist(&[]);
    let built = || fs::read_to_string(extension.path("ui/dist/version.txt")).unwrap();
    assert_eq!(built(), "2.1.2\n");
    let marker = extension.path("ui/node_modules/marker");
    fs::write(&marker, "").unwrap();
    extension.dist(&[]);
    assert!(marker.exists(), "installed again without a reason");
    npm(&extension, &["install", "--no-save", "ms@2.1.3"]);
    extension.dist(&[]);
    assert_eq!(built(), "2.1.2\n");
    // Scripts don't change the packages.
    fs::write(&marker, "").unwrap();
    let package = fs::read_to_string(extension.path("ui/package.json")).unwrap();
    extension.write("ui/package.json", &package.replace("mkdir", "true; mkdir"));
    extension.dist(&[]);
    assert!(marker.exists(), "installed again without a reason");
    declare(&extension, r#"{ "ms": "^2.1.0" }"#);
    extension.dist(&[]);
    assert!(!marker.exists(), "`package.json` allows other packages");
}

#[test]
fn the_help_for_npm_depends_on_why_it_failed() {
    let extension = with_package();
    let dist = || {
        let mut command = extension.xtask(&["dist", "--engine", "embedded"]);
        command.env("npm_config_cache", extension.path("cache"));
        command
    };
    let lock = fs::read_to_string(extension.path("ui/package-lock.json")).unwrap();
    let mut unreachable = dist();
    unreachable
        .env("npm_config_registry", "http://127.0.0.1:1/")
        .env("npm_config_fetch_retries", "0");
    extension.assert_fails(
        &mut unreachable,
        1,
        &["can't install the npm packages of `ui`", "ECONNREFUSED", "check the network connection"],
    );
    let start = lock.find("sha512-").unwrap() + "sha512-".len();
    let wrong = format!("{}AAAA{}", &lock[..start], &lock[start + 4..]);
    extension.write("ui/package-lock.json", &wrong);
    extension.assert_fails(&mut dist(), 1, &["EINTEGRITY", "run `npm ci` in `ui`"]);
    for foreign in ["pnpm-lock.yaml", "yarn.lock"] {
        extension.write(&format!("ui/{foreign}"), "");
        let _ = fs::remove_file(extension.path("ui/package-lock.json"));
        let words = [&format!("does not read `{foreign}`"), "run `npm install` in `ui`"];
        extension.assert_fails(&mut dist(), 1, &words.map(|it| -> &str { it }));
    }
}

/// Runs until the line with `words` appears, and interrupts it.
fn interrupt_at(mut command: Command, words: &str) -> String {
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut messages = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    while !messages.contains(words) {
        assert!(lines.read_line(&mut messages).unwrap() > 0, "`{words}` is not in:\n{messages}");
    }
    run(Command::new("kill").args(["-INT", &child.id().to_string()]));
    while lines.read_line(&mut messages).unwrap() > 0 {}
    assert_eq!(child.wait().unwrap().code(), Some(1), "{messages}");
    messages
}

#[test]
fn programs_that_never_end_are_named_with_their_output_and_can_be_interrupted() {
    let extension = Extension::with_pages();
    let lock = r#"{ "lockfileVersion": 3, "requires": true, "packages": { "": {} } }"#;
    extension.write("ui/package-lock.json", lock);
    let dist = || extension.xtask(&["dist", "--engine", "embedded"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // Like a dev server: it writes its address, and waits.
            extension.write(
                "ui/package.json",
                r#"{ "scripts": { "build": "echo 'ready at http://localhost:5173'; printf 'Continue? '; sleep 600" } }"#,
            );
            let messages = interrupt_at(dist(), "if it never ends");
            assert!(messages.contains("still waiting for `npm run build` after "), "{messages}");
            assert!(messages.contains("\n    ready at http://localhost:5173\n"), "{messages}");
            assert!(messages.contains("\n    Continue? \n"), "{messages}");
            assert!(messages.contains("remove the dev server or the watch mode"), "{messages}");
        });
        scope.spawn(|| {
            let other = Extension::new();
            other.write("host-bins/tool/build.rs", "fn main() { loop { std::thread::park() } }");
            let mut command = other.xtask(&["dist", "--engine", "embedded"]);
            command.args(["--platform", "linux-amd64"]);
            let messages = interrupt_at(command, "still waiting for `cargo");
            assert!(messages.contains("seconds"), "{messages}");
        });
    });
    extension.assert_untouched();
    let directory = extension.root().to_str().unwrap();
    let remaining = Command::new("pgrep").args(["-fl", directory]).output().unwrap();
    assert_eq!(support::stdout(&remaining), "", "left running");
}

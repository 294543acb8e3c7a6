//! `new` creates a project that works.

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use support::{repository, run, script, stderr, stdout};
use tempfile::TempDir;

/// The tool of this repository, so that tests do not depend on the origin of the clone.
fn tool() -> String {
    format!("--tool=path={}", repository().join("crates/docker-extension").display())
}

fn docker_extension(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    command.args(args).current_dir(dir).env_remove("CARGO_TARGET_DIR").stdin(Stdio::null());
    command
}

fn new(dir: &Path, args: &[&str]) -> Command {
    let mut command = docker_extension(dir, &["new"]);
    command.args(args);
    command
}

/// Creates a project with the defaults.
fn project(dir: &Path, args: &[&str]) -> PathBuf {
    run(new(dir, &["acme-disk", "--yes", &tool()]).args(args));
    dir.join("acme-disk")
}

/// The paths of all files in `dir`, relative to it.
fn files(dir: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut directories = vec![dir.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
            } else {
                found.insert(entry.path().strip_prefix(dir).unwrap().to_owned());
            }
        }
    }
    found
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Asserts the exit status and `words` in the only error, and that the command leaves no files.
fn assert_fails(command: &mut Command, dir: &Path, code: i32, words: &[&str]) {
    let before = files(dir);
    let output = command.output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in:\n{message}");
    }
    assert_eq!(message.matches("error: ").count().min(1), 1, "{message}");
    assert!(message.contains("\nhelp: ") && !message.contains("panicked"), "{message}");
    assert_eq!(files(dir), before);
}

#[test]
fn a_project_is_small_and_does_not_contain_the_sample() {
    const MOST_FILES: usize = 40;
    const MOST_LINES: usize = 1500;
    for options in [&[][..], &["--no-helper"], &["--no-ui"], &["--license=proprietary"]] {
        let dir = tempfile::tempdir().unwrap();
        let project = project(dir.path(), options);
        let files = files(&project);
        assert!(files.len() <= MOST_FILES, "{}: {files:#?}", files.len());
        let is_lock =
            |path: &&PathBuf| path.ends_with("Cargo.lock") || path.ends_with("package-lock.json");
        let mut lines = 0;
        for path in files.iter() {
            let text = fs::read_to_string(project.join(path)).unwrap();
            let lower = text.to_lowercase().replace([' ', '_', '-'], "");
            assert!(!lower.contains("hostports"), "{}", path.display());
            if !is_lock(&path) {
                lines += text.lines().count();
            }
        }
        println!("{options:?}: {} files, {lines} lines", files.len());
        assert!(lines <= MOST_LINES, "{lines} lines");
    }
}

/// Asserts that a command succeeds in a new project, where cargo compiles the tool as it does for an author.
fn works(project: &Path, program: &str, args: &[&str], offline: bool) -> Output {
    let mut command = Command::new(program);
    command.args(args).current_dir(project);
    // Kept between test runs, because the dependencies of the tool rarely change.
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-project"));
    if offline {
        without_network(&mut command);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}{}", stdout(&output), stderr(&output));
    output
}

/// All downloads use these variables. No program listens on this port.
fn without_network(command: &mut Command) {
    for variable in
        ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
    {
        command.env(variable, "http://127.0.0.1:9");
    }
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    command
        .env("CARGO_HTTP_PROXY", "http://127.0.0.1:9")
        .env("npm_config_proxy", "http://127.0.0.1:9");
    command.env("npm_config_https_proxy", "http://127.0.0.1:9").env("npm_config_noproxy", "");
}

#[test]
fn a_new_project_passes_its_own_checks_and_a_second_one_does_so_without_a_network() {
    let dir = tempfile::Builder::new().prefix("Äcme dïsk ").tempdir().unwrap();
    for (name, offline) in [("acme-disk", false), ("acme-memory", true)] {
        let mut command = new(dir.path(), &[name, "--yes", &tool()]);
        if offline {
            without_network(&mut command);
        }
        run(&mut command);
        let project = dir.path().join(name);
        let works = |program: &str, args: &[&str]| works(&project, program, args, offline);
        works("cargo", &["fmt", "--check"]);
        works("cargo", &["test", "--workspace", "--locked"]);
        works("cargo", &["xtask", "upgrade", "--check"]);
        works("cargo", &["xtask", "dist", "--engine", "embedded"]);
        works("npm", &["--prefix", "ui", "test"]);
        let report = stdout(&works("cargo", &["xtask", "validate", "--format", "json"]));
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let is_placeholder = |finding: &&serde_json::Value| finding["rule"] == "placeholder";
        // Description, vendor, icon and its URL, screenshot, publisher, both texts.
        assert_eq!(findings.iter().filter(is_placeholder).count(), 8, "{report:#}");
        assert_eq!(report["counts"]["errors"], 0, "{report:#}");
        assert_eq!(report["counts"]["warnings"], 8, "{report:#}");
        if !offline {
            works(
                "cargo",
                &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
            );
        }
        let text = fs::read_to_string(project.join("dist/dist-manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["name"], name);
        assert_eq!(manifest["host_binaries"].as_array().unwrap().len(), 3, "{manifest:#}");
        let status = run(Command::new("git").args(["init", "--quiet"]).current_dir(&project))
            + &run(Command::new("git")
                .args(["status", "--porcelain", "-unormal"])
                .current_dir(&project));
        assert!(!status.contains("dist") && !status.contains("target"), "{status}");
    }
}

#[test]
#[ignore = "needs actionlint and zizmor"]
fn the_workflows_of_a_project_pass_linters() {
    let dir = tempfile::tempdir().unwrap();
    run(Command::new(repository().join(".ci/workflows")).arg(project(dir.path(), &[])));
}

#[test]
fn a_project_without_a_host_binary_or_without_a_tab_works() {
    for option in ["--no-helper", "--no-ui"] {
        let dir = tempfile::tempdir().unwrap();
        let project = project(dir.path(), &[option]);
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-project");
        let mut dist = docker_extension(&project, &["dist", "--engine", "embedded"]);
        run(dist.env("CARGO_TARGET_DIR", target));
        run(&mut docker_extension(&project, &["validate"]));
        if option == "--no-helper" {
            works(&project, "npm", &["--prefix", "ui", "test"], false);
        }
    }
}

#[test]
fn invalid_and_missing_answers_are_reported_by_option() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let required = [
        "error: `--description`, `--vendor`, `--image` and `--license` are required without a terminal\n",
        "help: add the options, or add `--yes`",
    ];
    assert_fails(&mut new(dir, &["acme-disk"]), dir, 2, &required);
    let all_but_one = ["acme-disk", "--description=Disks.", "--vendor=Acme", "--image=acme/disk"];
    let required = ["error: `--license` is required without a terminal\n"];
    assert_fails(&mut new(dir, &all_but_one), dir, 2, &required);
    assert_fails(&mut new(dir, &["磁盘", "--yes"]), dir, 2, &["`--name`: found `磁盘`"]);
    let image = "`--image`: found `Acme` (upper-case letters are not allowed), expected an image name \
                 without a tag";
    let answers = [
        "--image=Acme",
        "--license=Apache2",
        "--title= ",
        "--description=One\nTwo",
        "--name=xtask",
        "--yes",
    ];
    let expected = [
        "5 invalid answers",
        "`--description`: found a text with a line break",
        image,
        "`--license`: found `Apache2` (did you mean `Apache-2.0`",
        "`--title`: found an empty text",
        "`--name`: found `xtask` (another package",
    ];
    assert_fails(new(dir, &["acme-disk"]).args(answers), dir, 2, &expected);
    let both = new(dir, &["a", "--no-ui", "--no-helper"]).output().unwrap();
    assert!(both.status.code() == Some(2) && names(dir).is_empty(), "{}", stderr(&both));
}

#[test]
fn an_existing_directory_must_be_empty() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    fs::create_dir(dir.join("full")).unwrap();
    fs::write(dir.join("full/.hidden"), "mine").unwrap();
    fs::write(dir.join("file"), "mine").unwrap();
    assert_fails(&mut new(dir, &["full", "--yes"]), dir, 2, &["full` is not empty", "--here"]);
    assert_fails(
        &mut new(dir, &["file", "--yes"]),
        dir,
        2,
        &["file` exists and is not a directory"],
    );
    assert_fails(
        &mut new(dir, &["file/acme", "--yes", &tool()]),
        dir,
        2,
        &["file` exists and is not a directory"],
    );

    let empty = dir.join("empty");
    fs::create_dir(&empty).unwrap();
    run(&mut new(&empty, &[".", "--yes", &tool()]));
    assert!(empty.join("Cargo.lock").is_file());
    assert!(names(&empty).iter().all(|name| !name.contains("partial")), "{:?}", names(&empty));
}

#[test]
fn a_source_of_the_tool_that_does_not_exist_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let fails = |source: &str, code: i32, words: &[&str]| {
        assert_fails(&mut new(dir, &["acme-disk", "--yes", "--tool", source]), dir, code, words);
    };
    fails("path=elsewhere", 2, &["`--tool`", "elsewhere` does not contain the crate"]);
    let missing = format!("file://{}/none", dir.display());
    fails(&format!("git={missing}"), 1, &[&missing, "can't resolve the dependencies"]);
    fails("version=99.0.0", 1, &["99.0.0", "can't resolve the dependencies"]);
    let unknown = new(dir, &["acme-disk", "--tool=latest"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(stderr(&unknown).contains("expected `version=VERSION`"), "{}", stderr(&unknown));
}

#[test]
fn without_cargo_a_project_is_not_created() {
    let dir = tempfile::tempdir().unwrap();
    let path = support::path_with(&tempfile::tempdir().unwrap(), &[]);
    let mut command = new(dir.path(), &["a/b/acme-disk", "--yes", &tool()]);
    let words = ["`cargo` is not installed", "https://rustup.rs"];
    assert_fails(command.env("PATH", path), dir.path(), 1, &words);
}

/// A clone of this repository as a user would have it, with one commit.
fn clone() -> TempDir {
    let clone = support::copy_of_this_repository();
    let git = |args: &[&str]| run(Command::new("git").args(args).current_dir(clone.path()));
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&[
        "-c",
        "user.name=Me",
        "-c",
        "user.email=me@acme.dev",
        "commit",
        "--quiet",
        "--message=First",
    ]);
    clone
}

#[test]
fn a_project_can_get_the_tool_from_a_git_repository() {
    let (clone, dir) = (clone(), tempfile::tempdir().unwrap());
    let url = format!("file://{}", clone.path().display());
    let head = run(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(clone.path()));
    let source = format!("git={url}#{}", head.trim());
    let output = new(dir.path(), &["acme-disk", "--yes", "--tool", &source]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains(&url) && text.contains("on this machine only"), "{text}");
    let lock = fs::read_to_string(dir.path().join("acme-disk/Cargo.lock")).unwrap();
    assert!(
        lock.contains(&format!("source = \"git+{url}?rev={}#{}\"", head.trim(), head.trim())),
        "{lock}"
    );
}

#[test]
fn a_vendored_copy_of_the_tool_has_the_files_of_the_published_package() {
    let dir = tempfile::tempdir().unwrap();
    run(&mut new(dir.path(), &["acme-disk", "--yes", "--tool=vendor"]));
    let project = dir.path().join("acme-disk");
    let copied = files(&project.join("vendor/docker-extension"));
    let list = ["package", "--package=docker-extension", "--list", "--allow-dirty", "--offline"];
    let packaged = run(Command::new("cargo").args(list).current_dir(repository()));
    // `--list` may or may not include this file.
    let packaged = packaged.lines().map(PathBuf::from);
    let mut packaged: BTreeSet<PathBuf> = packaged.collect();
    packaged.insert(".cargo_vcs_info.json".into());
    let mut copied = copied;
    copied.insert(".cargo_vcs_info.json".into());
    assert_eq!(copied, packaged);

    // The project does not depend on this repository, and the copy is not a member of the workspace.
    let metadata = ["metadata", "--format-version=1", "--locked", "--offline"];
    let metadata = run(Command::new("cargo").args(metadata).current_dir(&project));
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["workspace_members"].as_array().unwrap().len(), 2);
    assert!(!metadata.to_string().contains(repository().to_str().unwrap()));
    run(Command::new("cargo").args(["fmt", "--check"]).current_dir(&project));

    // The tool recognizes by this file that it is a package, and copies itself into other projects.
    let sources = project.join("vendor/docker-extension");
    assert!(sources.join("Cargo.toml.orig").is_file());
}

#[test]
fn new_leaves_no_files_if_it_is_interrupted_at_any_time() {
    let dir = tempfile::tempdir().unwrap();
    let (mut interrupted, mut created) = (0, 0);
    // Longer and longer pauses, until two runs have ended before the signal.
    for pause in (0..60_000).step_by(15) {
        if created == 2 {
            break;
        }
        let place = dir.path().join(format!("{pause}"));
        fs::create_dir(&place).unwrap();
        let mut command = new(&place, &["a/b/acme-disk", "--yes", &tool()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        // It fails if the program has ended.
        let _ = Command::new("kill").args(["-INT", &child.id().to_string()]).output();
        let output = child.wait_with_output().unwrap();
        if output.status.success() {
            created += 1;
            assert!(place.join("a/b/acme-disk/Cargo.lock").is_file());
            assert_eq!(names(&place.join("a/b")), ["acme-disk"]);
        } else {
            interrupted += 1;
            assert_eq!(names(&place), [""; 0], "after {pause} ms: {}", stderr(&output));
        }
    }
    assert!(interrupted > 0 && created == 2, "{interrupted} interrupted, {created} created");
}

#[test]
fn new_leaves_no_files_if_cargo_is_interrupted() {
    for source in [&*tool(), "--tool=vendor"] {
        let (dir, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let started = bin.path().join("started");
        script(
            &bin.path().join("cargo"),
            &format!("#!/bin/sh\n: >'{}'\nexec sleep 60\n", started.display()),
        );
        let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
        let mut command = new(dir.path(), &["a/acme-disk", "--yes", source]);
        let child = command.env("PATH", path).stderr(Stdio::piped()).spawn().unwrap();
        while !started.exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
        run(Command::new("kill").args(["-INT", &child.id().to_string()]));
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).ends_with("interrupted\n"), "{}", stderr(&output));
        assert_eq!(names(dir.path()), [""; 0]);
    }
}

/// Runs `command` on a terminal. `answers` are pairs of words in a question and the text that is then typed.
#[cfg(target_os = "linux")]
fn on_terminal(command: &Command, answers: &[(&str, &str)]) -> (bool, String) {
    use std::io::{Read, Write};
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut terminal = Command::new("script");
    terminal.args(["--quiet", "--return", "--command", &words.join(" "), "/dev/null"]);
    terminal.current_dir(command.get_current_dir().unwrap());
    terminal.env("TERM", "dumb").env("NO_COLOR", "1");
    let mut child = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut text, mut asked) = (String::new(), 0);
    let mut read = |text: &mut String| {
        let mut buffer = [0; 4096];
        let count = output.read(&mut buffer).unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        count > 0
    };
    for (question, answer) in answers {
        while !text[asked..].contains(question) {
            assert!(read(&mut text), "`{question}` was not asked:\n{text}");
        }
        asked = text.len();
        input.write_all(answer.as_bytes()).unwrap();
    }
    while read(&mut text) {}
    (child.wait().unwrap().success(), text)
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_each_answer_is_checked_immediately() {
    let dir = tempfile::tempdir().unwrap();
    let command = new(dir.path(), &["Acme Disk", &tool()]);
    let answers = [
        ("? Name [acme-disk]", "\n"),
        ("? Title that users see [Acme Disk]", "The Disk\n"),
        ("? Description", "\n"),
        ("? Vendor", "Acme\n"),
        ("? Image", "acme:1\n"),
        ("? Image", "acme/disk\n"),
        ("? Licence", "MITT\n"),
        ("? Licence", "MIT\n"),
    ];
    let (is_done, text) = on_terminal(&command, &answers);
    assert!(is_done, "{text}");
    assert!(text.contains("`image`: found `acme:1` (the name must not contain a tag)"), "{text}");
    assert!(text.contains("`license`: found `MITT` (did you mean `MIT`"), "{text}");
    let manifest = fs::read_to_string(dir.path().join("Acme Disk/Cargo.toml")).unwrap();
    for line in [
        "members = [\"xtask\", \"host-bins/acme-disk\"]",
        "title = \"The Disk\"",
        "vendor = \"Acme\"",
        "image = \"acme/disk\"",
        "license = \"MIT\"",
    ] {
        assert!(manifest.contains(line), "{line}:\n{manifest}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_a_question() {
    let dir = tempfile::tempdir().unwrap();
    let (is_done, text) =
        on_terminal(&new(dir.path(), &["acme-disk", &tool()]), &[("? Name", "\u{3}")]);
    assert!(!is_done && text.contains("interrupted"), "{text}");
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn here_replaces_a_copy_of_this_repository_with_a_project() {
    let clone = clone();
    let root = clone.path();
    let here = |args: &[&str]| {
        docker_extension(root, &[&["new", "--here", "--name=acme-disk"], args].concat())
    };
    let all = files(root);

    // Uncommitted files are not deleted, and files are not deleted without confirmation.
    fs::write(root.join("notes.txt"), "mine").unwrap();
    assert_fails(&mut here(&["--yes"]), root, 1, &["1 uncommitted change", "commit the changes"]);
    fs::remove_file(root.join("notes.txt")).unwrap();
    let answers = ["--vendor=Acme", "--image=acme/disk", "--license=MIT", "--description=Disks."];
    assert_fails(
        here(&answers).arg(tool()),
        root,
        2,
        &["crates (", "needs a terminal to ask for confirmation", "--yes"],
    );
    assert_eq!(files(root), all);

    let output = here(&["--yes", "--tool=vendor"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("\n  host-bins/hostports ("), "{}", stderr(&output));
    let elsewhere = tempfile::tempdir().unwrap();
    let mut expected = files(&project(elsewhere.path(), &[]));
    let mut found = files(root);
    found.retain(|path| !path.starts_with(".git") || path.starts_with(".github"));
    found.retain(|path| !path.starts_with("vendor"));
    assert_eq!(found.difference(&expected).collect::<Vec<_>>(), Vec::<&PathBuf>::new());
    expected.retain(|path| !found.contains(path));
    assert!(expected.is_empty(), "{expected:?}");
}

#[test]
fn here_rejects_a_directory_that_is_not_a_copy_of_this_repository() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("mine"), "").unwrap();
    let mut command = docker_extension(dir.path(), &["new", "--here", "--yes"]);
    assert_fails(
        &mut command,
        dir.path(),
        2,
        &["is not a copy of the docker-extension repository"],
    );
    assert_eq!(fs::read_to_string(dir.path().join("mine")).unwrap(), "");
}

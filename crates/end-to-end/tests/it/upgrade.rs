//! `upgrade` updates a project and keeps its author's changes.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use docker_extension::internals::text::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{repository, run, stderr, stdout};
use tempfile::TempDir;

const RECORD: &str = ".docker-extension.json";

/// The version of the tool.
fn version() -> String {
    let text = run(Command::new(env!("CARGO_BIN_EXE_xtask-under-test")).arg("--version"));
    text.split_whitespace().next_back().unwrap().to_owned()
}

/// A project in a temporary directory.
struct Project {
    dir: TempDir,
}

impl Project {
    /// A project that the first version of the tool created, with this version as its dependency.
    fn first_version() -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap() };
        let fixture = repository().join("crates/end-to-end/tests/fixtures/first-version");
        let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let files = run(Command::new("git").args(list).current_dir(&fixture));
        for file in files.split_terminator('\0') {
            project.write(file, &fs::read_to_string(fixture.join(file)).unwrap());
        }
        let dependency = format!("{:?}", repository().join("crates/docker-extension"));
        project.edit("xtask/Cargo.toml", "\"../vendor/docker-extension\"", &dependency);
        // The versions in its lock file may not be on this machine.
        fs::copy(repository().join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        let update = ["update", "--workspace", "--offline", "--quiet"];
        run(Command::new("cargo").args(update).current_dir(project.dir.path()));
        project
    }

    fn new(args: &[&str]) -> Self {
        let project = Self { dir: tempfile::tempdir().unwrap() };
        run(project.tool(&["new", ".", "--yes", "--name=acme-disk"]).args(args));
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} has no `{old}`:\n{text}");
        self.write(path, &text.replace(old, new));
    }

    /// Changes the record as if an earlier version of the tool had written `text` to `path`, or no file.
    fn was_written(&self, path: &str, text: Option<&str>) {
        let mut record: Value = serde_json::from_str(&self.read(RECORD)).unwrap();
        let files = record["tool"].as_object_mut().unwrap();
        match text {
            Some(text) => files.insert(path.to_owned(), json!(hex(&Sha256::digest(text)))),
            None => files.remove(path),
        };
        self.write(RECORD, &record.to_string());
    }

    fn tool(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
        command.args(args).current_dir(self.dir.path()).env_remove("CARGO_TARGET_DIR");
        command.stdin(Stdio::null());
        command
    }

    fn upgrade(&self) -> String {
        run(&mut self.tool(&["upgrade"]))
    }

    /// The output of `upgrade --check`, which must fail and change nothing.
    fn check_fails(&self) -> String {
        let before = self.texts();
        let output = self.tool(&["upgrade", "--check"]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(stderr(&output).contains("is out of date"), "{}", stderr(&output));
        assert!(stderr(&output).contains("help: run `cargo xtask upgrade`"), "{}", stderr(&output));
        assert_eq!(self.texts(), before);
        stdout(&output)
    }

    fn assert_up_to_date(&self) {
        let text = run(&mut self.tool(&["upgrade", "--check"]));
        assert!(text.contains("up to date"), "{text}");
    }

    fn fails(&self, words: &[&str]) {
        let output = self.tool(&["upgrade"]).output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        for word in words {
            assert!(message.contains(word), "`{word}` is not in:\n{message}");
        }
    }

    /// The files of the tool and the author.
    fn texts(&self) -> Vec<(String, String)> {
        let record: Value = serde_json::from_str(&self.read(RECORD)).unwrap();
        let owners = [&record["tool"], &record["author"]];
        let paths = owners.into_iter().flat_map(|files| files.as_object().unwrap().keys());
        let paths = paths.cloned().chain([RECORD.to_owned(), "Cargo.lock".to_owned()]);
        paths
            .filter(|path| self.path(path).exists())
            .map(|path| (path.clone(), self.read(&path)))
            .collect()
    }
}

fn dist(project: &Project) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-project");
    let mut dist = project.tool(&["dist", "--engine", "embedded"]);
    dist.env("CARGO_TARGET_DIR", target).output().unwrap()
}

#[test]
fn a_project_of_the_first_version_is_upgraded_and_works() {
    let project = Project::first_version();
    project.edit(
        "Cargo.toml",
        "[workspace.metadata.docker-extension.ui]\n",
        "[workspace.metadata.docker-extension.ui]\nfolder = \"ui\" # mine\n",
    );
    let author_owned = |project: &Project| {
        let record: Value = serde_json::from_str(&project.read(RECORD)).unwrap();
        let paths =
            record["author"].as_object().unwrap().keys().filter(|path| *path != "Cargo.toml");
        paths.map(|path| project.read(path)).collect::<Vec<_>>()
    };
    let before = author_owned(&project);

    let rejected = dist(&project);
    assert_eq!(rejected.status.code(), Some(2));
    let message = stderr(&rejected);
    let expected =
        "ui.folder`: this key is now called `directory`; `cargo xtask upgrade` renames it";
    assert!(message.contains(expected), "{message}");

    assert!(project.check_fails().contains("ui.directory` in Cargo.toml"));
    project.upgrade();
    project.assert_up_to_date();
    assert!(project.read("Cargo.toml").contains("\ndirectory = \"ui\" # mine\n"));
    assert_eq!(author_owned(&project), before);
    let tool = format!("--tool=path={}", repository().join("crates/docker-extension").display());
    let new = Project::new(&[&tool]);
    let record: Value = serde_json::from_str(&new.read(RECORD)).unwrap();
    for path in record["tool"].as_object().unwrap().keys() {
        assert_eq!(project.read(path), new.read(path), "{path}");
    }

    let built = dist(&project);
    assert!(built.status.success(), "{}", stderr(&built));
}

#[test]
fn files_that_the_author_has_changed_are_shown_and_kept() {
    let project = Project::first_version();
    let (ci, release) = (".github/workflows/ci.yml", ".github/workflows/release.yml");
    let newest = [ci, release].map(|path| project.read(path));
    for path in [ci, release, ".github/workflows/old.yml"] {
        project.was_written(path, Some("old\n"));
    }
    project.write(ci, "mine\n");
    project.write(release, "old\r\n");
    project.write(".github/workflows/old.yml", "old\n");
    project.was_written(".cargo/config.toml", None);
    fs::remove_file(project.path(".cargo/config.toml")).unwrap();

    let shown = project.check_fails();
    assert_eq!(
        project.upgrade().replace("Review the changes with `git diff` and commit them.\n", ""),
        shown
    );
    let diff = format!("--- {ci} (yours)\n+++ {ci} (docker-extension {})\n@@ -1 +1,", version());
    for text in [
        "replace .github/workflows/release.yml",
        "create .cargo/config.toml",
        "delete .github/workflows/old.yml",
        "keep .github/workflows/ci.yml, because you have changed it",
        &diff,
        "\n-mine\n+",
    ] {
        assert!(shown.contains(text), "`{text}` is not in:\n{shown}");
    }
    assert_eq!(project.read(ci), "mine\n");
    assert_eq!(project.read(release), newest[1]);
    assert!(project.path(".cargo/config.toml").is_file());
    assert!(!project.path(".github/workflows/old.yml").exists());
    // The difference is shown only once.
    project.assert_up_to_date();
}

#[test]
fn a_file_that_cannot_be_read_is_not_taken_for_a_missing_one() {
    let project = Project::first_version();
    let path = ".cargo/config.toml";
    project.was_written(path, None);
    fs::write(project.path(path), b"\xff").unwrap();
    let output = project.tool(&["upgrade"]).output().unwrap();
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("can't read `") && message.contains("\nhelp: "), "{message}");
    assert_eq!(fs::read(project.path(path)).unwrap(), b"\xff");
}

#[test]
fn an_older_copy_of_the_tool_is_replaced() {
    let project = Project::new(&["--tool=vendor"]);
    project.assert_up_to_date();
    let manifest = "vendor/docker-extension/Cargo.toml";
    let version = version();
    project.edit(manifest, &format!("version = \"{version}\"\n"), "version = \"0.0.9\"\n");
    project.write("vendor/docker-extension/src/old.rs", "");
    let shown = project.check_fails();
    assert!(
        shown.contains(&format!("replace vendor/docker-extension 0.0.9 with {version}")),
        "{shown}"
    );
    project.upgrade();
    assert!(!project.path("vendor/docker-extension/src/old.rs").exists());
    project.assert_up_to_date();

    project.edit(manifest, &format!("version = \"{version}\"\n"), "version = \"9.0.0\"\n");
    project.fails(&["but the project was upgraded to 9.0.0", "install the newer version"]);
}

#[test]
fn a_version_of_the_tool_that_the_project_does_not_use_changes_nothing() {
    let project = Project::first_version();
    let before = project.texts();
    let lock = project.read("Cargo.lock");
    let version = version();
    let entry = |version: &str| format!("name = \"docker-extension\"\nversion = \"{version}\"\n");
    project.edit("Cargo.lock", &entry(&version), &entry("0.0.9"));
    project.fails(&["the project uses docker-extension 0.0.9", "run `cargo xtask upgrade`"]);
    project.edit("Cargo.lock", &entry("0.0.9"), "name = \"other\"\nversion = \"1.0.0\"\n");
    project.fails(&["Cargo.lock` does not contain exactly one version of `docker-extension`"]);
    project.write("Cargo.lock", &lock);
    assert_eq!(project.texts(), before);

    let record = project.read(RECORD);
    project.write(
        RECORD,
        &record.replace(&format!("\"version\": \"{version}\""), "\"version\": \"9.0.0\""),
    );
    project.fails(&["upgraded to 9.0.0", "cargo update --package docker-extension"]);
    project.write(RECORD, "{}");
    project.fails(&[
        "`.docker-extension.json` is invalid",
        "because: missing field",
        "restore the file",
    ]);
    project.edit(RECORD, "{}", &record.replace(".cargo/", "../.cargo/"));
    project.fails(&[
        "`.docker-extension.json` is invalid",
        "`../.cargo/config.toml` is not in the project",
    ]);
    fs::remove_file(project.path(RECORD)).unwrap();
    project.fails(&["has a `.docker-extension.json`", "`docker-extension new` has created"]);
}

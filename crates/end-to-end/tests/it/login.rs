//! Registries that require a login, with real logins of `docker login`.
//!
//! `.ci/docker-engine` and `.ci/registry` start the required programs.

use crate::support;

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;
use support::registry::Registry;
use support::tokens::TokenServer;
use support::{Extension, run, stderr};
use tempfile::TempDir;

/// The password of `me`; the file is from `htpasswd -nbB me "open sesame"`.
const PASSWORD: &str = "open sesame";
const PASSWORD_FILE: &str = "me:$2b$05$8dhdLV84LO5b1IOHk9EuAOj7xoU.3FrwCk/2H449zZ/P2ff6obd2O\n";
/// The same user with another password.
const CHANGED_FILE: &str = "me:$2b$05$XZ24XYeyIrDTjxlMyYi.q.D9248laBh8oRRbJx4l5m25E8yQYIAxa\n";

/// An extension and a separate configuration of Docker.
struct Author {
    extension: Extension,
    configuration: TempDir,
}

impl Author {
    fn new() -> Self {
        let configuration = tempfile::tempdir().unwrap();
        let plugins = std::env::var("DOCKER_CONFIG").unwrap() + "/cli-plugins";
        std::os::unix::fs::symlink(plugins, configuration.path().join("cli-plugins")).unwrap();
        Self { extension: Extension::new(), configuration }
    }

    fn run(&self, command: &mut Command) -> Output {
        let _cache = support::while_docker_builds();
        command.env("DOCKER_CONFIG", self.configuration.path()).output().unwrap()
    }

    fn xtask(&self, args: &[&str]) -> Output {
        self.run(&mut self.extension.xtask(args))
    }

    /// Runs `xtask`, and asserts its exit status and `words` in its standard error.
    fn assert_ends(&self, args: &[&str], code: i32, words: &[&str]) {
        let output = self.xtask(args);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {message}");
        for word in words {
            assert!(message.contains(word), "{args:?}: `{word}` is not in: {message}");
        }
    }

    fn log_in(&self, registry: &str) {
        let mut login = Command::new("docker");
        login.env("DOCKER_CONFIG", self.configuration.path());
        run(login.args(["login", "--username=me", "--password", PASSWORD, registry]));
    }

    fn report(&self, image: &str) -> Value {
        let output = self.xtask(&["--quiet", "validate", "--format=json", image]);
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", stderr(&output)));
        report["findings"].clone()
    }
}

#[test]
#[ignore = "needs a Docker Engine and a registry's program"]
fn an_image_is_pushed_and_read_with_the_stored_login_of_docker() {
    let registry = Registry::start(|directory| {
        fs::write(directory.join("htpasswd"), PASSWORD_FILE).unwrap();
        format!("htpasswd: {{ realm: tests, path: {}/htpasswd }}", directory.display())
    });
    let author = Author::new();
    let address = registry.address();
    let image = format!("{address}/private/tool:1.2.3");
    let help = format!("`docker login {address}`");

    let push = ["dist", "--engine=docker", "--push", "--tag", &image];
    author.assert_ends(&push, 1, &["could not push", "help: log in with `docker login`"]);
    let what = format!("the registry `{address}` does not allow anonymous users to read `{image}`");
    author.assert_ends(&["validate", &image], 1, &[&what, &help]);

    author.log_in(address);
    author.assert_ends(&push, 0, &[]);
    assert_eq!(author.report(&image), author.report("dist"));

    // The password has changed since the login.
    fs::write(registry.directory().join("htpasswd"), CHANGED_FILE).unwrap();
    let what =
        format!("the registry `{address}` rejected the login of `me` from Docker's configuration");
    author.assert_ends(&["validate", &image], 1, &[&what, "log in again", &help]);
    author.assert_ends(&push, 1, &["could not push", "help: log in with `docker login`"]);
    run(Command::new("docker").args(["image", "rm", &image]));
}

#[test]
#[ignore = "needs a Docker Engine and a registry's program"]
fn a_token_server_allows_everyone_to_read_public_images_and_only_the_owner_to_read_others() {
    let directory = tempfile::tempdir().unwrap();
    let tokens = TokenServer::start(directory.path(), PASSWORD);
    let registry = Registry::start(|_| tokens.configuration());
    let (owner, anonymous) = (Author::new(), Author::new());
    let address = registry.address();
    let image = |repository: &str| format!("{address}/{repository}/tool:1.2.3");
    let (public, private, other) = (image("public"), image("private"), image("other"));
    owner.log_in(address);
    for image in [&public, &private] {
        owner.assert_ends(&["dist", "--engine=docker", "--push", "--tag", image], 0, &[]);
        run(Command::new("docker").args(["image", "rm", image]));
    }
    let expected = owner.report("dist");
    let refused =
        format!("the registry `{address}` rejected the login of `me` from Docker's configuration");
    let help = format!("`docker login {address}`");

    assert_eq!(anonymous.report(&public), expected);
    anonymous.assert_ends(&["validate", &private], 1, &["anonymous users", &help]);
    assert_eq!(owner.report(&private), expected);
    owner.assert_ends(&["validate", &other], 1, &["does not allow `me` to read", "this account"]);
    tokens.change_password("another");
    owner.assert_ends(&["validate", &private], 1, &[&refused, "log in again", &help]);
    tokens.change_password(PASSWORD);

    // The server returns a token, which Docker stores instead of the password.
    tokens.give_identity_tokens();
    owner.log_in(address);
    let stored = fs::read_to_string(owner.configuration.path().join("config.json")).unwrap();
    assert!(stored.contains("identitytoken"), "{stored}");
    tokens.change_password("another");
    assert_eq!(owner.report(&private), expected);
}

//! The person's login for a registry, as `docker login` has kept it: in Docker's configuration, or
//! in the system's keychain, which a helper program opens.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::error;
use crate::error::Result;
use crate::process;

/// What Docker calls Docker Hub in its configuration.
const DOCKER_HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");
/// The name that stands for "the password is a token".
const TOKEN_NAME: &str = "<token>";
/// No answer of a helper comes near it, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// A login.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    Password {
        name: String,
        password: String,
    },
    /// What gets tokens from the token server, instead of name and password.
    IdentityToken(String),
}

impl Login {
    /// Who it is, for messages.
    pub fn account(&self) -> String {
        match self {
            Login::Password { name, .. } => format!("`{name}`"),
            Login::IdentityToken(_) => "an identity token".to_owned(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Configuration {
    auths: BTreeMap<String, Kept>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

/// A login in the configuration itself.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Kept {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

/// The login for a registry, if the person has one.
pub(super) fn find(registry: &str) -> Result<Option<Login>> {
    let folder = match std::env::var_os("DOCKER_CONFIG") {
        Some(folder) => Some(folder.into()),
        None => dirs::home_dir().map(|home| home.join(".docker")),
    };
    match folder.and_then(|folder| Utf8PathBuf::from_path_buf(folder).ok()) {
        Some(folder) => find_in(&folder.join("config.json"), registry),
        None => Ok(None),
    }
}

fn find_in(path: &Utf8Path, registry: &str) -> Result<Option<Login>> {
    if !path.is_file() {
        return Ok(None);
    }
    let broken = |reason: String| error::credentials(path, &reason);
    let configuration: Configuration = serde_json::from_slice(&crate::files::read(path)?)
        .map_err(|error| broken(error.to_string()))?;
    let server = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { registry };
    let helper = configuration.cred_helpers.get(server).or(configuration.creds_store.as_ref());
    if let Some(helper) = helper
        && let Some(login) = ask_helper(helper, server, path, registry)?
    {
        return Ok(Some(login));
    }
    let is_meant = |kept: &&String| *kept == server || host(kept) == host(server);
    let key = configuration.auths.keys().find(|kept| *kept == server);
    let kept = key.or(configuration.auths.keys().find(is_meant));
    match kept.and_then(|key| configuration.auths.get(key)) {
        Some(kept) => {
            kept.login().ok_or_else(|| broken(format!("the login for `{server}` is garbled")))
        }
        None => Ok(None),
    }
}

/// Old configurations have whole addresses.
fn host(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

impl Kept {
    /// None where it can't be understood; no login where it is empty, as helpers leave it.
    fn login(&self) -> Option<Option<Login>> {
        if !self.identitytoken.is_empty() {
            return Some(Some(Login::IdentityToken(self.identitytoken.clone())));
        }
        let (name, password) = if self.auth.is_empty() {
            (self.username.clone(), self.password.clone())
        } else {
            let text = String::from_utf8(BASE64_STANDARD.decode(&self.auth).ok()?).ok()?;
            let (name, password) = text.split_once(':')?;
            (name.to_owned(), password.trim_end_matches('\0').to_owned())
        };
        Some(if name.is_empty() { None } else { Some(Login::Password { name, password }) })
    }
}

/// Asks the program `docker-credential-<helper>`.
fn ask_helper(
    helper: &str,
    server: &str,
    path: &Utf8Path,
    registry: &str,
) -> Result<Option<Login>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer {
        username: String,
        secret: String,
    }
    let broken = |reason: String| error::credentials(path, &reason);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if helper.is_empty() || !helper.chars().all(is_name) {
        return Err(broken(format!("`{helper}` is no name of a credential helper")));
    }
    let mut command = Command::new(format!("docker-credential-{helper}"));
    command.arg("get");
    let mut answer = Vec::new();
    let outcome = process::stream(command, server.as_bytes(), |bytes| {
        answer.extend(bytes);
        let is_enough = answer.len() > LARGEST_ANSWER;
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match outcome {
        Ok(()) => {}
        // How helpers say that they have none; there is no other way.
        Err(_) if String::from_utf8_lossy(&answer).contains("credentials not found") => {
            return Ok(None);
        }
        Err(source) => return Err(error::credential_helper(registry, source)),
    }
    let answer: Answer = serde_json::from_slice(&answer)
        .map_err(|_| broken(format!("`docker-credential-{helper}` answers no login")))?;
    Ok(Some(if answer.username == TOKEN_NAME {
        Login::IdentityToken(answer.secret)
    } else {
        Login::Password { name: answer.username, password: answer.secret }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::testing::Folder;

    /// The account and the secret; `-` where there is no login, `!` where it can't be read.
    fn found(configuration: &str, registry: &str) -> String {
        let folder = Folder::with(&[("config.json", configuration)]);
        match find_in(&folder.path().join("config.json"), registry) {
            Ok(Some(Login::Password { name, password })) => format!("{name} {password}"),
            Ok(Some(Login::IdentityToken(token))) => format!("token {token}"),
            Ok(None) => "-".to_owned(),
            Err(error) if error.to_string().starts_with("can't read from `") => "!".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn kept(server: &str, login: &str) -> String {
        format!(r#"{{ "auths": {{ "{server}": {login} }} }}"#)
    }

    #[test]
    fn a_login_is_found_under_the_names_that_docker_gives_to_registries() {
        // "me:a:b", as `docker login` writes it.
        let login = r#"{ "auth": "bWU6YTpi" }"#;
        for (server, registry, expected) in [
            ("localhost:5000", "localhost:5000", "me a:b"),
            ("http://localhost:5000/v1/", "localhost:5000", "me a:b"),
            ("https://index.docker.io/v1/", "docker.io", "me a:b"),
            ("docker.io", "docker.io", "-"),
            ("localhost:5000", "localhost:5001", "-"),
            ("localhost:5000", "localhost", "-"),
        ] {
            assert_eq!(found(&kept(server, login), registry), expected, "{server} {registry}");
        }
        assert_eq!(found("{}", "localhost"), "-");
        assert!(find_in("/nowhere/config.json".into(), "localhost").is_ok_and(|it| it.is_none()));
    }

    #[test]
    fn all_forms_of_kept_logins_are_read_and_garbled_ones_told() {
        for (login, expected) in [
            (r#"{ "username": "me", "password": "secret" }"#, "me secret"),
            // Older versions have filled it up.
            (r#"{ "auth": "bWU6c2VjcmV0AAA=" }"#, "me secret"),
            (r#"{ "auth": "bWU6", "identitytoken": "it" }"#, "token it"),
            // What a credential helper leaves behind.
            ("{}", "-"),
            (r#"{ "auth": "*" }"#, "!"),
            (r#"{ "auth": "bWU=" }"#, "!"),
            (r#"{ "auth": 1 }"#, "!"),
        ] {
            assert_eq!(found(&kept("localhost", login), "localhost"), expected, "{login}");
        }
        assert_eq!(found("{", "localhost"), "!");
    }

    #[test]
    fn a_helper_is_a_program_of_its_kind_only() {
        assert_eq!(found(r#"{ "credsStore": "../../bin/sh" }"#, "localhost"), "!");
        let other = r#"{ "credHelpers": { "localhost:1": "x/y" } }"#;
        assert_eq!(found(other, "localhost"), "-");
        let missing = found(r#"{ "credsStore": "there-is-none" }"#, "localhost");
        assert_eq!(missing, "can't get the login for `localhost`");
    }
}

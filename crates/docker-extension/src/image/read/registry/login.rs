//! The user's login for a registry, which `docker login` has stored in Docker's configuration, or in the
//! system's keychain, to which a helper program has access.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use xshell::{Shell, cmd};

use super::error;
use crate::error::Result;
use crate::process;

/// The key of Docker Hub in Docker's configuration.
const DOCKER_HUB: (&str, &str) = ("docker.io", "https://index.docker.io/v1/");
/// The user name that means that the password is a token.
const TOKEN_NAME: &str = "<token>";
/// The limit of a helper's output, in bytes.
const LARGEST_ANSWER: usize = 1024 * 1024;

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    Password {
        name: String,
        password: String,
    },
    /// A token for the token server that replaces name and password.
    IdentityToken(String),
}

impl Login {
    /// The account, for messages.
    pub fn account(&self) -> String {
        match self {
            Login::Password { name, .. } => format!("`{name}`"),
            Login::IdentityToken(_) => "an identity token".to_owned(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DockerConfiguration {
    auths: BTreeMap<String, StoredLogin>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

/// A login that is stored in the configuration itself.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct StoredLogin {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

/// The login for a registry, if the user has one.
pub(super) fn find(registry: &str) -> Result<Option<Login>> {
    let directory = match std::env::var_os("DOCKER_CONFIG") {
        Some(directory) => Some(directory.into()),
        None => dirs::home_dir().map(|home| home.join(".docker")),
    };
    match directory.and_then(|directory| Utf8PathBuf::from_path_buf(directory).ok()) {
        Some(directory) => find_in(&directory.join("config.json"), registry),
        None => Ok(None),
    }
}

fn find_in(path: &Utf8Path, registry: &str) -> Result<Option<Login>> {
    if !path.is_file() {
        return Ok(None);
    }
    let broken = |reason: String| error::credentials(path, &reason);
    let configuration: DockerConfiguration = serde_json::from_slice(&crate::files::read(path)?)
        .map_err(|error| broken(error.to_string()))?;
    let server = if registry == DOCKER_HUB.0 { DOCKER_HUB.1 } else { registry };
    let helper = configuration.cred_helpers.get(server).or(configuration.creds_store.as_ref());
    if let Some(helper) = helper
        && let Some(login) = ask_helper(helper, server, path, registry)?
    {
        return Ok(Some(login));
    }
    let is_meant = |stored: &&String| *stored == server || host(stored) == host(server);
    let key = configuration.auths.keys().find(|stored| *stored == server);
    let stored = key.or(configuration.auths.keys().find(is_meant));
    match stored.and_then(|key| configuration.auths.get(key)) {
        Some(stored) => {
            stored.login().ok_or_else(|| broken(format!("the login for `{server}` is invalid")))
        }
        None => Ok(None),
    }
}

/// Old configurations contain whole addresses.
fn host(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

impl StoredLogin {
    /// `None` if the login is invalid; `Some(None)` if it is empty, as helpers leave it.
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

/// Runs the program `docker-credential-<helper>`.
fn ask_helper(
    helper: &str,
    server: &str,
    path: &Utf8Path,
    registry: &str,
) -> Result<Option<Login>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct HelperAnswer {
        username: String,
        secret: String,
    }
    let broken = |reason: String| error::credentials(path, &reason);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if helper.is_empty() || !helper.chars().all(is_name) {
        return Err(broken(format!("`{helper}` is not a valid name of a credential helper")));
    }
    let program = format!("docker-credential-{helper}");
    let sh = Shell::new().map_err(crate::error::Error::from)?;
    let mut answer = Vec::new();
    let outcome = process::stream(cmd!(sh, "{program} get"), server.as_bytes(), |bytes| {
        answer.extend(bytes);
        let is_enough = answer.len() > LARGEST_ANSWER;
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match outcome {
        Ok(()) => {}
        // This output is the only sign that a helper has no login.
        Err(_) if String::from_utf8_lossy(&answer).contains("credentials not found") => {
            return Ok(None);
        }
        Err(source) => return Err(error::credential_helper(registry, source)),
    }
    let answer: HelperAnswer = serde_json::from_slice(&answer)
        .map_err(|_| broken(format!("the output of `{program}` is not a login")))?;
    Ok(Some(if answer.username == TOKEN_NAME {
        Login::IdentityToken(answer.secret)
    } else {
        Login::Password { name: answer.username, password: answer.secret }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::testing::TestDirectory;

    /// The account and the secret; `-` without a login, `!` if it can't be read.
    fn found(configuration: &str, registry: &str) -> String {
        let directory = TestDirectory::with(&[("config.json", configuration)]);
        match find_in(&directory.path().join("config.json"), registry) {
            Ok(Some(Login::Password { name, password })) => format!("{name} {password}"),
            Ok(Some(Login::IdentityToken(token))) => format!("token {token}"),
            Ok(None) => "-".to_owned(),
            Err(error) if error.to_string().starts_with("could not read the login from `") => {
                "!".to_owned()
            }
            Err(error) => error.to_string(),
        }
    }

    fn stored(server: &str, login: &str) -> String {
        format!(r#"{{ "auths": {{ "{server}": {login} }} }}"#)
    }

    #[test]
    fn a_login_is_found_under_the_names_that_docker_uses_for_registries() {
        // "me:a:b", in the format of `docker login`.
        let login = r#"{ "auth": "bWU6YTpi" }"#;
        for (server, registry, expected) in [
            ("localhost:5000", "localhost:5000", "me a:b"),
            ("http://localhost:5000/v1/", "localhost:5000", "me a:b"),
            ("https://index.docker.io/v1/", "docker.io", "me a:b"),
            ("docker.io", "docker.io", "-"),
            ("localhost:5000", "localhost:5001", "-"),
            ("localhost:5000", "localhost", "-"),
        ] {
            assert_eq!(found(&stored(server, login), registry), expected, "{server} {registry}");
        }
        assert_eq!(found("{}", "localhost"), "-");
        assert!(find_in("/nowhere/config.json".into(), "localhost").is_ok_and(|it| it.is_none()));
    }

    #[test]
    fn all_forms_of_stored_logins_are_read_and_invalid_ones_reported() {
        for (login, expected) in [
            (r#"{ "username": "me", "password": "secret" }"#, "me secret"),
            // Older versions pad it with NULs.
            (r#"{ "auth": "bWU6c2VjcmV0AAA=" }"#, "me secret"),
            (r#"{ "auth": "bWU6", "identitytoken": "it" }"#, "token it"),
            // The entry that remains after a credential helper has stored the login.
            ("{}", "-"),
            (r#"{ "auth": "*" }"#, "!"),
            (r#"{ "auth": "bWU=" }"#, "!"),
            (r#"{ "auth": 1 }"#, "!"),
        ] {
            assert_eq!(found(&stored("localhost", login), "localhost"), expected, "{login}");
        }
        assert_eq!(found("{", "localhost"), "!");
    }

    #[test]
    fn an_invalid_helper_name_is_never_run() {
        assert_eq!(found(r#"{ "credsStore": "../../bin/sh" }"#, "localhost"), "!");
        let other = r#"{ "credHelpers": { "localhost:1": "x/y" } }"#;
        assert_eq!(found(other, "localhost"), "-");
        let missing = found(r#"{ "credsStore": "there-is-none" }"#, "localhost");
        assert_eq!(missing, "could not get the login for `localhost`");
    }
}

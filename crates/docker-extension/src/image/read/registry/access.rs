//! Authorization to read a repository: with a token from the registry's token server, or with name and
//! password, depending on the registry.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::challenge::Challenge;
use super::error;
use super::login::{self, Login};
use crate::error::{Error, Result};
use crate::http::{Address, ClientRequest};

/// The client identifier for token servers.
const CLIENT: &str = "cargo-xtask";
const BASIC: &str = "Basic ";
/// The limit in bytes. Tokens have a few kilobytes.
const LARGEST_ANSWER: u64 = 1024 * 1024;

/// Requests authorization for a repository.
pub(super) struct Access {
    registry: String,
    scope: String,
    /// Whether credentials must be encrypted.
    is_https: bool,
    /// The user's login, after it was looked up.
    login: OnceLock<Option<Login>>,
}

impl Access {
    pub fn new(registry: &str, repository: &str, is_https: bool) -> Self {
        let scope = format!("repository:{repository}:pull");
        Self { registry: registry.to_owned(), scope, is_https, login: OnceLock::new() }
    }

    /// The value of `Authorization` that answers one of the challenges. Like in Docker, the user's login is
    /// sent to the registry and to the token server that it names.
    pub fn authorize(&self, challenges: &[Challenge], reference: &str) -> Result<Option<String>> {
        let find = |scheme| challenges.iter().find(|it| it.scheme == scheme);
        let login = self.login()?;
        if let Some(bearer) = find("bearer") {
            return self.token(bearer, login, reference).map(Some);
        }
        match (find("basic"), login) {
            (Some(_), Some(Login::Password { name, password })) => Ok(Some(basic(name, password))),
            _ => Err(self.unauthorised(reference)),
        }
    }

    /// The error for a request with `authorization` that the registry has rejected.
    pub fn rejected(&self, status: u16, authorization: Option<&str>, reference: &str) -> Error {
        // If a token is rejected, the reason is its permissions, not the login.
        let is_login = authorization.is_some_and(|value| value.starts_with(BASIC));
        match self.account() {
            Some(account) if is_login && status == 401 => {
                error::login_rejected(&self.registry, &account)
            }
            _ => self.unauthorised(reference),
        }
    }

    fn login(&self) -> Result<Option<&Login>> {
        if self.login.get().is_none() {
            let found = login::find(&self.registry)?;
            // Another download may have set it; the result is the same.
            let _ = self.login.set(found);
        }
        Ok(self.login.get().and_then(Option::as_ref))
    }

    fn account(&self) -> Option<String> {
        self.login.get()?.as_ref().map(Login::account)
    }

    fn unauthorised(&self, reference: &str) -> Error {
        error::unauthorised(&self.registry, reference, self.account().as_deref())
    }

    fn token(&self, bearer: &Challenge, login: Option<&Login>, reference: &str) -> Result<String> {
        let request = self.token_request(bearer, login)?;
        let answer = request.send(LARGEST_ANSWER);
        let answer = answer.map_err(|source| error::http(&self.registry, source))?;
        match answer.head.status {
            200 => {}
            400 | 401 | 403 => {
                return Err(match self.account() {
                    Some(account) => error::login_rejected(&self.registry, &account),
                    None => self.unauthorised(reference),
                });
            }
            429 => return Err(error::rate_limited(&self.registry)),
            status => {
                let what = format!("returned status {status} for a token");
                return Err(error::strange(&self.registry, &what));
            }
        }
        #[derive(Deserialize)]
        struct TokenResponse {
            token: Option<String>,
            access_token: Option<String>,
        }
        let token = serde_json::from_slice::<TokenResponse>(&answer.body).ok();
        let token = token.and_then(|response| response.token.or(response.access_token));
        let token = token.filter(|token| !token.is_empty());
        match token {
            Some(token) => Ok(format!("Bearer {token}")),
            None => Err(error::strange(&self.registry, "returned no token")),
        }
    }

    fn token_request(&self, bearer: &Challenge, login: Option<&Login>) -> Result<ClientRequest> {
        let parameter = |name| bearer.parameters.get(name).map(String::as_str);
        let realm = parameter("realm").unwrap_or_default();
        let address = realm.parse::<Address>();
        let address = address.ok().filter(|address| address.is_https() || !self.is_https);
        let Some(mut address) = address else {
            let what = format!("names the token server `{realm}`, which is not a safe address");
            return Err(error::strange(&self.registry, &what));
        };
        let service = parameter("service").unwrap_or_default();
        if let Some(Login::IdentityToken(token)) = login {
            let form = [
                ("grant_type", "refresh_token"),
                ("service", service),
                ("client_id", CLIENT),
                ("scope", &self.scope),
                ("refresh_token", token),
            ];
            return Ok(ClientRequest::post(address, &form));
        }
        if !service.is_empty() {
            address = address.with_parameter("service", service);
        }
        let request = ClientRequest::get(address.with_parameter("scope", &self.scope));
        Ok(match login {
            Some(Login::Password { name, password }) => {
                request.authorization(Some(basic(name, password)))
            }
            _ => request,
        })
    }
}

fn basic(name: &str, password: &str) -> String {
    format!("{BASIC}{}", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::read::registry::challenge;

    #[test]
    fn logins_are_sent_to_encrypted_token_servers_if_the_registry_is_encrypted() {
        let takes = |is_https: bool, realm: &str| {
            let access = Access::new("registry.example", "tool", is_https);
            let bearer = format!("Bearer realm=\"{realm}\",service=registry");
            let challenges = challenge::parse([bearer.as_str()].into_iter());
            access.token_request(&challenges[0], None).is_ok()
        };
        assert!(takes(true, "https://auth.example/token"));
        assert!(!takes(true, "http://auth.example/token"));
        assert!(takes(false, "http://127.0.0.1:5001/token"));
        assert!(!takes(false, "file:///etc/passwd"));
        assert!(!takes(false, ""));
    }
}

//! How one is allowed to read a repository: with a token from the registry's token server, or with
//! name and password, as the registry wants it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::challenge::Challenge;
use super::login::{self, Login};
use crate::http::{self, Address, Request};
use crate::image::read::error::Error;

/// What token servers want to know about who asks.
const CLIENT: &str = "cargo-xtask";
/// Tokens are some kilobytes, in bytes.
const LARGEST_ANSWER: u64 = 1024 * 1024;

/// The way into a repository.
pub(super) struct Access {
    registry: String,
    scope: String,
    /// Whether logins must not be seen by others on the way.
    is_https: bool,
}

impl Access {
    pub fn new(registry: &str, repository: &str, is_https: bool) -> Self {
        let scope = format!("repository:{repository}:pull");
        Self { registry: registry.to_owned(), scope, is_https }
    }

    /// The value of `Authorization` that answers one of the challenges. The person's login goes
    /// where Docker sends it: to the registry, and to the token server that it names.
    pub fn authorize(
        &self,
        challenges: &[Challenge],
        reference: &str,
    ) -> Result<Option<String>, Error> {
        let find = |scheme| challenges.iter().find(|it| it.scheme == scheme);
        if let Some(bearer) = find("bearer") {
            let login = login::find(&self.registry)?;
            return self.token(bearer, login, reference).map(Some);
        }
        match (find("basic"), login::find(&self.registry)?) {
            (Some(_), Some(Login::Password { name, password })) => {
                Ok(Some(basic(&name, &password)))
            }
            _ => Err(self.unauthorised(reference)),
        }
    }

    /// The registry does not let the person in.
    pub fn unauthorised(&self, reference: &str) -> Error {
        Error::Unauthorised { registry: self.registry.clone(), reference: reference.to_owned() }
    }

    fn token(
        &self,
        bearer: &Challenge,
        login: Option<Login>,
        reference: &str,
    ) -> Result<String, Error> {
        let request = self.token_request(bearer, login)?;
        let answer = request.send(LARGEST_ANSWER).map_err(|error| match error {
            http::Error::Interrupted(interrupted) => interrupted.into(),
            source => Error::Http { registry: self.registry.clone(), source },
        })?;
        match answer.head.status {
            200 => {}
            400 | 401 | 403 => return Err(self.unauthorised(reference)),
            429 => return Err(Error::RateLimited { registry: self.registry.clone() }),
            status => {
                return Err(self.strange(format!("has a token server with status {status}")));
            }
        }
        #[derive(Deserialize)]
        struct Token {
            token: Option<String>,
            access_token: Option<String>,
        }
        let token = serde_json::from_slice::<Token>(&answer.body).ok();
        let token = token.and_then(|answer| answer.token.or(answer.access_token));
        let token = token.filter(|token| !token.is_empty());
        match token {
            Some(token) => Ok(format!("Bearer {token}")),
            None => Err(self.strange("has a token server without tokens".to_owned())),
        }
    }

    fn token_request(&self, bearer: &Challenge, login: Option<Login>) -> Result<Request, Error> {
        let parameter = |name| bearer.parameters.get(name).map(String::as_str);
        let realm = parameter("realm").unwrap_or_default();
        let address = realm.parse::<Address>();
        let address = address.ok().filter(|address| address.is_https() || !self.is_https);
        let Some(mut address) = address else {
            let what = format!("names `{realm}` as its token server, which has no safe address");
            return Err(self.strange(what));
        };
        let service = parameter("service").unwrap_or_default();
        if let Some(Login::IdentityToken(token)) = login {
            let form = [
                ("grant_type", "refresh_token"),
                ("service", service),
                ("client_id", CLIENT),
                ("scope", &self.scope),
                ("refresh_token", &token),
            ];
            return Ok(Request::post(address, &form));
        }
        if !service.is_empty() {
            address = address.with_parameter("service", service);
        }
        let request = Request::get(address.with_parameter("scope", &self.scope));
        Ok(match login {
            Some(Login::Password { name, password }) => {
                request.authorization(Some(basic(&name, &password)))
            }
            _ => request,
        })
    }

    fn strange(&self, what: String) -> Error {
        Error::Registry { registry: self.registry.clone(), what }
    }
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

use crate::error::Error;
use crate::http::address::{Address, InvalidAddress};
use crate::interrupt::Interrupted;
use crate::process::ProcessError;
use crate::text;

/// Why there is no response to a request.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// `curl` is missing, or failed for a reason of its own.
    #[error("could not run the request with `curl`")]
    Client(#[source] ProcessError),
    #[error("could not reach {host}: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// The text from `curl`, like in the next two variants.
        reason: String,
    },
    /// The server's certificate is invalid, or the server does not speak TLS.
    #[error("no secure connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    /// The connection ended before the response did.
    #[error("the connection to {host} was lost: {reason}")]
    Cut { host: String, reason: String },
    #[error("the response is not HTTP")]
    NotHttp,
    #[error("the response is larger than {}", text::size(*.0))]
    TooLarge(u64),
    #[error("the server redirects more than {} times", super::REDIRECTS)]
    Redirects,
    #[error("a redirect to `{to}` is invalid: {reason}")]
    Redirect { to: String, reason: InvalidAddress },
    /// Others on the network could read or change it.
    #[error("`{0}` is not encrypted")]
    Insecure(Address),
    /// This machine is the cause, for example its disk.
    #[error(transparent)]
    Local(Error),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl HttpError {
    pub fn help(&self) -> Option<String> {
        match self {
            HttpError::Client(ProcessError::NotFound { .. }) => Some("install `curl`".into()),
            HttpError::Unreachable { .. } | HttpError::Cut { .. } => Some(
                "check the address and the network connection, and set `HTTPS_PROXY` if you need a proxy"
                    .into(),
            ),
            HttpError::Tls { .. } => Some(
                "check the address, and set `CURL_CA_BUNDLE` if the server uses a private certificate".into(),
            ),
            HttpError::Local(error) => error.advice().map(str::to_owned),
            _ => None,
        }
    }

    /// Whether repeating the request may help.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, HttpError::Unreachable { .. } | HttpError::Cut { .. })
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Local(error) => error,
            error => {
                let help = error.help();
                let error = Error::showing(error);
                if let Some(help) = help { error.help(help) } else { error }
            }
        }
    }
}

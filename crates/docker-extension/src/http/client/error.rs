use crate::error::Error;
use crate::http::address::{Address, InvalidAddress};
use crate::interrupt::Interrupted;
use crate::process::ProcessError;
use crate::text;

/// A request has no response.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// `curl` is missing, or fails by a fault of its own.
    #[error("the request with `curl` failed")]
    Client(#[source] ProcessError),
    #[error("{host} can't be reached: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// In the words of `curl`, as in the next two.
        reason: String,
    },
    /// The server is not who it should be, or does not speak TLS.
    #[error("there is no safe connection to {host}: {reason}")]
    Tls { host: String, reason: String },
    /// The connection ended before the response did.
    #[error("the connection to {host} broke: {reason}")]
    Cut { host: String, reason: String },
    #[error("the response is not HTTP")]
    NotHttp,
    #[error("the response has more than {}", text::size(*.0))]
    TooLarge(u64),
    #[error("too many redirects lead away from `{0}`")]
    Redirects(Address),
    #[error("a redirect leads to `{to}`: {source}")]
    Redirect { to: String, source: InvalidAddress },
    /// Others on the way could read it, and respond in the server's place.
    #[error("`{0}` is not encrypted")]
    Insecure(Address),
    /// This machine is at fault, such as its disk.
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
                "check the address and the network; a proxy is named by the variable `HTTPS_PROXY`"
                    .into(),
            ),
            HttpError::Tls { .. } => Some(
                "check the address; certificates that your machine does not know are named by the \
                 variable `CURL_CA_BUNDLE`"
                    .into(),
            ),
            HttpError::Local(error) => error.advice().map(str::to_owned),
            _ => None,
        }
    }

    /// Whether the next attempt may succeed.
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

//! Conversions of the modules' own errors, until they are [`Error`]s themselves.

use crate::error::Error;
use crate::{compile, http, preview, toolchain, ui};

macro_rules! legacy {
    ($($type:ty, $is_usage:expr;)*) => {$(
        impl From<$type> for Error {
            fn from(error: $type) -> Self {
                let is_usage: fn(&$type) -> bool = $is_usage;
                let (help, is_usage) = (error.help(), is_usage(&error));
                let error = Error::showing(error);
                let error = if is_usage { error.usage() } else { error };
                match help { Some(help) => error.help(help), None => error }
            }
        }
    )*};
}

legacy! {
    toolchain::Error, |_| false;
    compile::Error, |_| false;
    ui::Error, |it| matches!(it, ui::Error::NoPage { .. });
    http::Error, |_| false;
    preview::Error, |it| matches!(it, preview::Error::NoUi | preview::Error::Port(_));
}

impl From<toolchain::import_library::DlltoolError> for Error {
    fn from(error: toolchain::import_library::DlltoolError) -> Self {
        Error::showing(error)
    }
}

impl From<xshell::Error> for Error {
    fn from(error: xshell::Error) -> Self {
        Error::new("can't work in this directory").because(error)
    }
}

impl From<ctrlc::Error> for Error {
    fn from(error: ctrlc::Error) -> Self {
        Error::new("can't listen for Ctrl-C").because(error)
    }
}

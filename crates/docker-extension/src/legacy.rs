//! Conversions of the modules' own errors, until they are [`Error`]s themselves.

use crate::error::Error;
use crate::{context, dist, image};

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
    context::Error, |_| false;
    image::NoBuilder, |it| matches!(it, image::NoBuilder::Unknown { .. });
    image::Error, |_| false;
    dist::Error, |it| matches!(it, dist::Error::NotADist(_) | dist::Error::NotAFolder(_) | dist::Error::InContext(_));
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

//! The platform of an image's variant.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::missing::{empty_is_none, null_is_default};

/// The platform of a variant of any image, from an index or a configuration. The variants of an
/// extension have an [`ImagePlatform`].
///
/// [`ImagePlatform`]: crate::platform::ImagePlatform
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OciPlatform {
    /// The operating system: `linux`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub os: String,
    /// The CPU architecture: `arm64`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub architecture: String,
    /// The variant of the architecture: `v7`.
    #[serde(default, deserialize_with = "empty_is_none", skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl fmt::Display for OciPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

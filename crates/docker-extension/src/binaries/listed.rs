use crate::platform::{Arch, Os};
use crate::project::config::MacOsVersion;

/// Where a host binary is listed.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    pub os: Os,
    /// The architecture of the image that carries it.
    pub image: Arch,
    /// In the image, or of the file that goes into it.
    pub path: &'a str,
    /// The base names of everything that is listed for the same system: all of it is copied into one
    /// folder, so that programs find libraries beside them.
    pub beside: &'a [&'a str],
    /// Of a program that this run has built.
    pub promise: Option<Promise>,
}

/// That a file is a program for exactly the operating system and the CPU for which it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// Which it runs on, if it is one for macOS.
    pub minimum_macos: MacOsVersion,
}

impl Listed<'_> {
    pub(super) fn base_name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// What follows the last dot of the name, in lower case.
    pub(super) fn extension(&self) -> Option<String> {
        let (_, extension) = self.base_name().rsplit_once('.')?;
        Some(extension.to_ascii_lowercase())
    }

    /// The operating system, as users call it.
    pub(super) fn system(&self) -> &'static str {
        match self.os {
            Os::Darwin => "macOS",
            Os::Windows => "Windows",
            Os::Linux => "Linux",
        }
    }
}

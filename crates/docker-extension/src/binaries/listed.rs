use crate::platform::{Arch, Os};
use crate::project::config::MacOsVersion;

/// The entry of a host binary in `host.binaries`.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    pub os: Os,
    /// The architecture of the image variant that contains it.
    pub image: Arch,
    /// The path in the image, or of the file that will be copied into it.
    pub path: &'a str,
    /// The base names of all files that are listed for the same system. They are copied into one directory, so
    /// programs find their libraries there.
    pub beside: &'a [&'a str],
    /// For a program that this run has built.
    pub promise: Option<Promise>,
}

/// The file must be a program for exactly the operating system and the CPU for which it is listed.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    /// The oldest version on which it must run, if it is for macOS.
    pub minimum_macos: MacOsVersion,
}

impl Listed<'_> {
    pub(super) fn base_name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or_default()
    }

    /// The file name extension in lower case.
    pub(super) fn extension(&self) -> Option<String> {
        let (_, extension) = self.base_name().rsplit_once('.')?;
        Some(extension.to_ascii_lowercase())
    }

    /// The name of the operating system in messages.
    pub(super) fn system(&self) -> &'static str {
        match self.os {
            Os::Darwin => "macOS",
            Os::Windows => "Windows",
            Os::Linux => "Linux",
        }
    }
}

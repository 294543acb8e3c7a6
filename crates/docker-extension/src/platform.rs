//! The platforms of an extension: where host binaries run, and which image carries them.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use target_lexicon::Triple;

use crate::oci::OciPlatform;
use crate::text::nearest;

/// An operating system, by the key that `host.binaries` in `metadata.json` uses for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Os {
    /// macOS.
    Darwin,
    Windows,
    Linux,
}

impl Os {
    /// Every operating system, in the order in which generated files list them.
    pub const ALL: [Os; 3] = [Os::Darwin, Os::Windows, Os::Linux];

    /// The name in `metadata.json`, which is also the folder in the image.
    pub const fn name(self) -> &'static str {
        match self {
            Os::Darwin => "darwin",
            Os::Windows => "windows",
            Os::Linux => "linux",
        }
    }
}

/// A CPU architecture, by the name that OCI images and Docker use for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    Amd64,
    Arm64,
}

impl Arch {
    pub const ALL: [Arch; 2] = [Arch::Amd64, Arch::Arm64];

    /// The name in an OCI platform and in `TARGETARCH`.
    pub const fn name(self) -> &'static str {
        match self {
            Arch::Amd64 => "amd64",
            Arch::Arm64 => "arm64",
        }
    }
}

/// Where a host binary runs: Docker's name for a desktop platform, such as `darwin-arm64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPlatform {
    pub os: Os,
    pub arch: Arch,
}

impl HostPlatform {
    /// Every host platform that Docker Desktop runs on.
    pub const ALL: [HostPlatform; 6] = [
        HostPlatform::new(Os::Darwin, Arch::Amd64),
        HostPlatform::new(Os::Darwin, Arch::Arm64),
        HostPlatform::new(Os::Windows, Arch::Amd64),
        HostPlatform::new(Os::Windows, Arch::Arm64),
        HostPlatform::new(Os::Linux, Arch::Amd64),
        HostPlatform::new(Os::Linux, Arch::Arm64),
    ];

    /// What an extension is built for unless its configuration says otherwise.
    pub const DEFAULT: [HostPlatform; 3] = [
        HostPlatform::new(Os::Darwin, Arch::Amd64),
        HostPlatform::new(Os::Darwin, Arch::Arm64),
        HostPlatform::new(Os::Windows, Arch::Amd64),
    ];

    pub const fn new(os: Os, arch: Arch) -> Self {
        Self { os, arch }
    }

    /// The Rust triple that builds for this platform.
    ///
    /// Linux helpers are linked statically (musl), so that they run on every distribution.
    /// Windows on Arm has no GNU target in Rust; `gnullvm` is the one that needs no Visual Studio.
    pub const fn triple(self) -> &'static str {
        match (self.os, self.arch) {
            (Os::Darwin, Arch::Amd64) => "x86_64-apple-darwin",
            (Os::Darwin, Arch::Arm64) => "aarch64-apple-darwin",
            (Os::Windows, Arch::Amd64) => "x86_64-pc-windows-gnu",
            (Os::Windows, Arch::Arm64) => "aarch64-pc-windows-gnullvm",
            (Os::Linux, Arch::Amd64) => "x86_64-unknown-linux-musl",
            (Os::Linux, Arch::Arm64) => "aarch64-unknown-linux-musl",
        }
    }

    /// [`Self::triple`], taken apart.
    pub fn target(self) -> Triple {
        self.triple().parse().expect("every triple of this table is one that target-lexicon knows")
    }

    /// The platform that `triple` builds for.
    pub fn from_triple(triple: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.triple() == triple)
    }

    /// The file name that the binary `name` has on this platform.
    pub fn file_name(self, name: &str) -> String {
        match self.os {
            Os::Windows => format!("{name}.exe"),
            Os::Darwin | Os::Linux => name.to_owned(),
        }
    }
}

impl fmt::Display for HostPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}", self.os.name(), self.arch.name()))
    }
}

impl Serialize for HostPlatform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host platform{}; these are: {}", suggestion(.found), names())]
pub struct UnknownPlatform {
    found: String,
}

fn names() -> String {
    HostPlatform::ALL.map(|platform| platform.to_string()).join(", ")
}

fn suggestion(found: &str) -> String {
    if found.contains('/') {
        return " (image platforms are always linux/amd64 and linux/arm64)".to_owned();
    }
    let names = HostPlatform::ALL.map(|platform| platform.to_string());
    // As Rust and people call it.
    let found = &found.replace("macos", Os::Darwin.name());
    match nearest(found, names.iter().map(String::as_str)) {
        Some(name) => format!(" (did you mean `{name}`?)"),
        None => String::new(),
    }
}

impl FromStr for HostPlatform {
    type Err = UnknownPlatform;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.to_string() == text)
            .ok_or_else(|| UnknownPlatform { found: text.to_owned() })
    }
}

/// The platform of one variant of the image: always Linux, because the image is for the engine's
/// virtual machine. Its architecture decides which host binaries it carries, because
/// `metadata.json` has no word for an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePlatform(pub Arch);

impl ImagePlatform {
    /// The two variants that every extension image has.
    pub const ALL: [ImagePlatform; 2] = [ImagePlatform(Arch::Amd64), ImagePlatform(Arch::Arm64)];
}

impl fmt::Display for ImagePlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "linux/{}", self.0.name())
    }
}

impl Serialize for ImagePlatform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl OciPlatform {
    /// The variant of an extension that this is, if it is one. `linux/arm64/v8` is the same as
    /// `linux/arm64` (containerd's normalisation of platforms).
    pub fn image_platform(&self) -> Option<ImagePlatform> {
        let arch = Arch::ALL.into_iter().find(|arch| arch.name() == self.architecture)?;
        let is_plain = matches!(
            (arch, self.variant.as_deref()),
            (_, None) | (Arch::Arm64, Some("v8")) | (Arch::Amd64, Some("v1"))
        );
        (self.os == Os::Linux.name() && is_plain).then_some(ImagePlatform(arch))
    }
}

impl From<ImagePlatform> for OciPlatform {
    fn from(platform: ImagePlatform) -> Self {
        let [os, architecture] = [Os::Linux.name(), platform.0.name()].map(str::to_owned);
        Self { os, architecture, variant: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_reads_back_from_its_name_and_its_triple() {
        for platform in HostPlatform::ALL {
            assert_eq!(platform.to_string().parse(), Ok(platform));
            assert_eq!(HostPlatform::from_triple(platform.triple()), Some(platform));
            assert_eq!(platform.target().to_string(), platform.triple());
        }
    }

    #[test]
    fn an_unknown_platform_is_told_the_nearest_one() {
        let message = "darwin-arm46".parse::<HostPlatform>().unwrap_err().to_string();
        assert!(message.contains("did you mean `darwin-arm64`?"), "{message}");
    }

    #[test]
    fn people_who_say_macos_are_told_darwin() {
        let message = "macos-arm64".parse::<HostPlatform>().unwrap_err().to_string();
        assert!(message.contains("did you mean `darwin-arm64`?"), "{message}");
    }

    #[test]
    fn an_image_platform_is_not_mistaken_for_a_host_platform() {
        let message = "linux/amd64".parse::<HostPlatform>().unwrap_err().to_string();
        assert!(message.contains("image platforms are always"), "{message}");
    }
}

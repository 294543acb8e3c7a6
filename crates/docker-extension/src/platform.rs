//! The platforms of an extension: those on which host binaries run, and those of the image variants.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use target_lexicon::Triple;

use crate::oci::OciPlatform;
use crate::text::nearest;

/// An operating system, named after its key in `host.binaries` of `metadata.json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Os {
    /// macOS.
    Darwin,
    Windows,
    Linux,
}

impl Os {
    /// In the order of generated files.
    pub const ALL: [Os; 3] = [Os::Darwin, Os::Windows, Os::Linux];

    /// The name in `metadata.json` and of the directory in the image.
    pub const fn name(self) -> &'static str {
        match self {
            Os::Darwin => "darwin",
            Os::Windows => "windows",
            Os::Linux => "linux",
        }
    }
}

/// A CPU architecture, named as in OCI images.
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

/// A platform on which a host binary runs, named as Docker names desktop platforms: `darwin-arm64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPlatform {
    pub os: Os,
    pub arch: Arch,
}

impl HostPlatform {
    /// All platforms of Docker Desktop.
    pub const ALL: [HostPlatform; 6] = [
        HostPlatform::new(Os::Darwin, Arch::Amd64),
        HostPlatform::new(Os::Darwin, Arch::Arm64),
        HostPlatform::new(Os::Windows, Arch::Amd64),
        HostPlatform::new(Os::Windows, Arch::Arm64),
        HostPlatform::new(Os::Linux, Arch::Amd64),
        HostPlatform::new(Os::Linux, Arch::Arm64),
    ];

    /// The platforms of an extension that configures none.
    pub const DEFAULT: [HostPlatform; 3] = [
        HostPlatform::new(Os::Darwin, Arch::Amd64),
        HostPlatform::new(Os::Darwin, Arch::Arm64),
        HostPlatform::new(Os::Windows, Arch::Amd64),
    ];

    pub const fn new(os: Os, arch: Arch) -> Self {
        Self { os, arch }
    }

    /// The target that builds for this platform.
    ///
    /// Programs for Linux are linked statically (musl), so that they run on every distribution.
    /// Rust has no GNU target for Windows on Arm; `gnullvm` does not need Visual Studio.
    pub fn triple(self) -> Triple {
        let triple = match (self.os, self.arch) {
            (Os::Darwin, Arch::Amd64) => "x86_64-apple-darwin",
            (Os::Darwin, Arch::Arm64) => "aarch64-apple-darwin",
            (Os::Windows, Arch::Amd64) => "x86_64-pc-windows-gnu",
            (Os::Windows, Arch::Arm64) => "aarch64-pc-windows-gnullvm",
            (Os::Linux, Arch::Amd64) => "x86_64-unknown-linux-musl",
            (Os::Linux, Arch::Arm64) => "aarch64-unknown-linux-musl",
        };
        triple.parse().expect("target-lexicon knows every triple in this table")
    }

    /// The inverse of [`Self::triple`].
    pub fn from_triple(triple: &Triple) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.triple() == *triple)
    }

    /// The file name of the binary `name` on this platform.
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
#[error("{}", hint(.found))]
pub struct UnknownPlatform {
    found: String,
}

fn hint(found: &str) -> String {
    if found.contains('/') {
        return format!(
            "this is the platform of an image variant; the host platforms are {}",
            all()
        );
    }
    match &suggestions(found)[..] {
        [] => format!("the host platforms are {}", all()),
        names => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    }
}

fn all() -> String {
    HostPlatform::ALL.map(|platform| platform.to_string()).join(", ")
}

/// The platforms that `found` may mean. Words that other tools use for an operating system or a CPU count
/// as its name: similar spelling alone would take `windows-x64` for `windows-arm64`.
fn suggestions(found: &str) -> Vec<String> {
    let lower = found.to_lowercase().replace("x86_64", "amd64").replace("x86-64", "amd64");
    let words: Vec<&str> = lower.split(['-', '_', '.', ' ']).filter(|it| !it.is_empty()).collect();
    let os = words.iter().find_map(|word| os_of(word));
    let arch = words.iter().find_map(|word| arch_of(word));
    let is_misspelled = words.iter().any(|word| os_of(word).is_none() && arch_of(word).is_none());

    let names: Vec<String> = HostPlatform::ALL
        .into_iter()
        .filter(|platform| os.is_none_or(|os| os == platform.os))
        .filter(|platform| arch.is_none_or(|arch| arch == platform.arch))
        .map(|platform| platform.to_string())
        .collect();
    match (os, arch) {
        (Some(_), Some(_)) => names,
        // One word is missing, not misspelled.
        (Some(_), None) | (None, Some(_)) if !is_misspelled => names,
        _ => {
            let canonical: Vec<&str> =
                words.iter().map(|word| os_of(word).map_or(*word, |os| os.name())).collect();
            let canonical = canonical.join("-");
            let best = nearest(&canonical, names.iter().map(String::as_str));
            best.map(str::to_owned).into_iter().collect()
        }
    }
}

fn os_of(word: &str) -> Option<Os> {
    match word {
        "darwin" | "macos" | "mac" | "osx" | "macosx" | "apple" => Some(Os::Darwin),
        "windows" | "win" | "win32" | "win64" => Some(Os::Windows),
        "linux" => Some(Os::Linux),
        _ => None,
    }
}

fn arch_of(word: &str) -> Option<Arch> {
    match word {
        "amd64" | "x64" | "x86" | "intel" => Some(Arch::Amd64),
        "arm64" | "aarch64" | "arm" | "silicon" => Some(Arch::Arm64),
        _ => None,
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

/// The platform of an image variant: always Linux, because the image is for Docker's virtual machine. Its
/// architecture decides which host binaries the variant contains, because `metadata.json` cannot express
/// an architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePlatform(pub Arch);

impl ImagePlatform {
    /// The platforms of the two variants that every extension image has.
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
    /// Some if an extension image has a variant for this platform. `linux/arm64/v8` is the same as
    /// `linux/arm64` (containerd's platform normalization).
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
    fn a_platform_is_parsed_from_its_name_and_its_triple() {
        for platform in HostPlatform::ALL {
            assert_eq!(platform.to_string().parse(), Ok(platform));
            let triple = platform.triple();
            assert_eq!(HostPlatform::from_triple(&triple), Some(platform));
            assert_eq!(triple.to_string().parse(), Ok(triple));
        }
    }

    #[test]
    fn an_unknown_platform_gets_the_platform_of_the_same_cpu_as_a_suggestion() {
        for (found, expected) in [
            ("windows-x64", "did you mean `windows-amd64`?"),
            ("win32-x64", "did you mean `windows-amd64`?"),
            ("win-arm64", "did you mean `windows-arm64`?"),
            ("Windows-AArch64", "did you mean `windows-arm64`?"),
            ("macos-arm64", "did you mean `darwin-arm64`?"),
            ("darwin-x86_64", "did you mean `darwin-amd64`?"),
            ("x86_64-apple-darwin", "did you mean `darwin-amd64`?"),
            ("aarch64-pc-windows-gnullvm", "did you mean `windows-arm64`?"),
            ("darwin_arm64", "did you mean `darwin-arm64`?"),
            ("darwin-arm46", "did you mean `darwin-arm64`?"),
            ("macos-arm46", "did you mean `darwin-arm64`?"),
            ("windos-x64", "did you mean `windows-amd64`?"),
            ("osx", "did you mean `darwin-amd64` or `darwin-arm64`?"),
            ("amd64", "did you mean `darwin-amd64` or `windows-amd64` or `linux-amd64`?"),
        ] {
            assert_eq!(found.parse::<HostPlatform>().unwrap_err().to_string(), expected, "{found}");
        }
        for found in ["", "freebsd", "solaris-sparc"] {
            let message = found.parse::<HostPlatform>().unwrap_err().to_string();
            assert!(message.starts_with("the host platforms are darwin-amd64, "), "{message}");
        }
    }

    #[test]
    fn an_image_platform_is_not_mistaken_for_a_host_platform() {
        let message = "linux/amd64".parse::<HostPlatform>().unwrap_err().to_string();
        assert!(message.starts_with("this is the platform of an image variant"), "{message}");
    }
}

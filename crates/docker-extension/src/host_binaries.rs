//! Assigns the host binaries to platforms and image variants.

use std::collections::BTreeSet;

use crate::platform::{Arch, HostPlatform, ImagePlatform, Os};
use crate::project::config::WindowsOnArm;
use crate::project::{HostBinary, Project};

/// One host binary for one platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build<'a> {
    pub platform: HostPlatform,
    pub binary: &'a HostBinary,
}

/// A host binary in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement<'a> {
    /// Its key in `metadata.json`.
    pub os: Os,
    /// Its architecture may differ from the image variant's.
    pub build: Build<'a>,
}

impl Placement<'_> {
    /// The directory in the image for the host binaries of an operating system.
    pub fn directory(os: Os) -> &'static str {
        os.name()
    }

    /// The absolute path in the image.
    pub fn path(&self) -> String {
        format!("/{}/{}", Self::directory(self.os), self.file_name())
    }

    pub fn file_name(&self) -> String {
        self.build.platform.file_name(&self.build.binary.name)
    }
}

/// The host binaries of a run.
#[derive(Clone, Debug)]
pub struct HostBinaryPlan<'a> {
    binaries: &'a [HostBinary],
    builds: Vec<Build<'a>>,
    windows_on_arm: WindowsOnArm,
}

impl<'a> HostBinaryPlan<'a> {
    pub fn new(project: &'a Project, platforms: &BTreeSet<HostPlatform>) -> Self {
        Self::of(&project.host_binaries, platforms, project.config.windows_on_arm)
    }

    fn of(
        binaries: &'a [HostBinary],
        platforms: &BTreeSet<HostPlatform>,
        windows_on_arm: WindowsOnArm,
    ) -> Self {
        let builds = platforms.iter().flat_map(|&platform| {
            let binaries = binaries.iter().filter(move |binary| binary.runs_on(platform));
            binaries.map(move |binary| Build { platform, binary })
        });
        Self { binaries, builds: builds.collect(), windows_on_arm }
    }

    /// Sorted by platform.
    pub fn builds(&self) -> &[Build<'a>] {
        &self.builds
    }

    /// The platforms with at least one binary.
    pub fn platforms(&self) -> Vec<HostPlatform> {
        let platforms: BTreeSet<HostPlatform> =
            self.builds.iter().map(|build| build.platform).collect();
        platforms.into_iter().collect()
    }

    /// The host binaries of one image variant, sorted by operating system and name.
    ///
    /// They have the architecture of the variant. The exception is Windows on Arm, which pulls the arm64
    /// variant and can run amd64 programs under emulation.
    pub fn placements(&self, image: ImagePlatform) -> Vec<Placement<'a>> {
        let mut placements: Vec<Placement<'a>> = Vec::new();
        for os in Os::ALL {
            let native = HostPlatform::new(os, image.0);
            let emulated = (self.windows_on_arm == WindowsOnArm::Emulate)
                .then_some(HostPlatform::new(Os::Windows, Arch::Amd64))
                .filter(|_| native == HostPlatform::new(Os::Windows, Arch::Arm64));
            let on = |platform| self.builds.iter().filter(move |build| build.platform == platform);
            let mut found: Vec<Build<'a>> = on(native).copied().collect();
            if let Some(emulated) = emulated {
                let is_new =
                    |build: &&Build<'a>| found.iter().all(|native| native.binary != build.binary);
                let others: Vec<Build<'a>> = on(emulated).filter(is_new).copied().collect();
                found.extend(others);
            }
            found.sort_by(|a, b| a.binary.name.cmp(&b.binary.name));
            placements.extend(found.into_iter().map(|build| Placement { os, build }));
        }
        placements
    }

    /// Warnings about binaries that are not built for any platform, and about those that only one of the image
    /// variants contains.
    pub fn gaps(&self) -> Vec<String> {
        let is_built = |binary: &HostBinary| self.builds.iter().any(|it| it.binary == binary);
        let unbuilt = self.binaries.iter().filter(|binary| !is_built(binary));
        let mut gaps: Vec<String> = unbuilt
            .map(|binary| {
                format!("`{}` is not built: its package allows none of the platforms", binary.name)
            })
            .collect();
        let [amd64, arm64] = ImagePlatform::ALL;
        for (image, other) in [(amd64, arm64), (arm64, amd64)] {
            let there = self.placements(image);
            for placement in self.placements(other) {
                if placement.os == Os::Windows && self.windows_on_arm == WindowsOnArm::Omit {
                    continue;
                }
                let is_same = |own: &Placement<'_>| own.path() == placement.path();
                if !there.iter().any(is_same) {
                    gaps.push(format!(
                        "`{}` ({}) is only in the {other} image: machines that pull {image} will not \
                         get it",
                        placement.build.binary.name,
                        placement.os.name(),
                    ));
                }
            }
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(name: &str, only: Option<&[&str]>) -> HostBinary {
        let only = only.map(|only| only.iter().map(|name| name.parse().unwrap()).collect());
        HostBinary { package: name.to_owned(), name: name.to_owned(), only }
    }

    fn plan<'a>(
        binaries: &'a [HostBinary],
        platforms: &[&str],
        windows_on_arm: WindowsOnArm,
    ) -> HostBinaryPlan<'a> {
        let platforms = platforms.iter().map(|name| name.parse().unwrap()).collect();
        HostBinaryPlan::of(binaries, &platforms, windows_on_arm)
    }

    fn placed(plan: &HostBinaryPlan<'_>, arch: Arch) -> Vec<String> {
        plan.placements(ImagePlatform(arch))
            .iter()
            .map(|placement| format!("{} {}", placement.path(), placement.build.platform))
            .collect()
    }

    const DEFAULT: [&str; 3] = ["darwin-amd64", "darwin-arm64", "windows-amd64"];

    #[test]
    fn each_variant_has_binaries_of_its_architecture_and_arm64_has_the_amd64_windows_binary() {
        let binaries = [binary("tool", None)];
        let plan = plan(&binaries, &DEFAULT, WindowsOnArm::Emulate);
        let amd64 = ["/darwin/tool darwin-amd64", "/windows/tool.exe windows-amd64"];
        assert_eq!(placed(&plan, Arch::Amd64), amd64);
        let arm64 = ["/darwin/tool darwin-arm64", "/windows/tool.exe windows-amd64"];
        assert_eq!(placed(&plan, Arch::Arm64), arm64);
        assert_eq!(plan.gaps(), Vec::<String>::new());
    }

    #[test]
    fn a_binary_that_only_one_variant_contains_is_reported() {
        let binaries = [binary("tool", None)];
        let plan = plan(&binaries, &["darwin-arm64"], WindowsOnArm::Emulate);
        assert_eq!(plan.gaps().len(), 1);
        assert!(plan.gaps()[0].contains("is only in the linux/arm64 image"), "{:?}", plan.gaps());
    }

    #[test]
    fn an_arm64_windows_binary_replaces_the_emulated_one() {
        let binaries = [binary("tool", None)];
        let platforms = ["windows-amd64", "windows-arm64"];
        let plan = plan(&binaries, &platforms, WindowsOnArm::Emulate);
        assert_eq!(placed(&plan, Arch::Arm64), ["/windows/tool.exe windows-arm64"]);
    }

    #[test]
    fn omit_leaves_windows_out_of_the_arm64_image() {
        let binaries = [binary("tool", None)];
        let plan = plan(&binaries, &DEFAULT, WindowsOnArm::Omit);
        assert_eq!(placed(&plan, Arch::Arm64), ["/darwin/tool darwin-arm64"]);
        assert_eq!(plan.gaps(), Vec::<String>::new());
    }

    #[test]
    fn a_binary_that_is_not_built_is_reported() {
        let binaries = [binary("tool", None), binary("other", Some(&["linux-amd64"]))];
        let plan = plan(&binaries, &DEFAULT, WindowsOnArm::Emulate);
        assert_eq!(plan.gaps(), ["`other` is not built: its package allows none of the platforms"]);
    }
}

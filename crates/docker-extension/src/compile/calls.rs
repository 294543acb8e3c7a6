//! Divides the host binaries into calls of cargo.
//!
//! Within a call, cargo enables a feature of a crate for every binary and every target if one of them needs
//! it. So binaries and targets share a call only if they agree about the features of all their crates:
//! otherwise the bytes of a helper would depend on the other helpers, and on the platforms of the run.

use crate::cargo::build::CargoSetup;
use crate::cargo::tree::CrateFeatures;
use crate::host_binaries::HostBinaryPlan;
use crate::platform::HostPlatform;
use crate::project::HostBinary;
use crate::toolchain::Tools;

/// Builds each of the binaries for each of the platforms.
#[derive(Clone, Debug)]
pub(super) struct CargoCall<'a> {
    pub setup: &'a CargoSetup,
    pub platforms: Vec<HostPlatform>,
    pub binaries: Vec<&'a HostBinary>,
    features: CrateFeatures,
}

impl CargoCall<'_> {
    fn may_include(&self, other: &Self) -> bool {
        self.setup == other.setup && self.features.agree_with(&other.features)
    }
}

pub(super) fn calls<'a>(plan: &HostBinaryPlan<'a>, tools: &'a Tools<'_>) -> Vec<CargoCall<'a>> {
    let mut calls: Vec<CargoCall<'a>> = Vec::new();
    for package in by_package(plan, tools) {
        let is_same = |call: &&mut CargoCall<'a>| {
            call.platforms == package.platforms && call.may_include(&package)
        };
        match calls.iter_mut().find(is_same) {
            Some(call) => {
                call.binaries.extend(package.binaries);
                call.features.extend(package.features);
            }
            None => calls.push(package),
        }
    }
    calls
}

/// The calls for each package: more than one if its platforms need different features or linkers.
fn by_package<'a>(plan: &HostBinaryPlan<'a>, tools: &'a Tools<'_>) -> Vec<CargoCall<'a>> {
    let mut calls: Vec<CargoCall<'a>> = Vec::new();
    for one in by_platform(plan, tools) {
        let is_same =
            |call: &&mut CargoCall<'a>| call.binaries == one.binaries && call.may_include(&one);
        match calls.iter_mut().find(is_same) {
            Some(call) => {
                call.platforms.extend(one.platforms);
                call.features.extend(one.features);
            }
            None => calls.push(one),
        }
    }
    calls
}

/// A call for each package on each platform.
fn by_platform<'a>(plan: &HostBinaryPlan<'a>, tools: &'a Tools<'_>) -> Vec<CargoCall<'a>> {
    let mut calls: Vec<CargoCall<'a>> = Vec::new();
    for build in plan.builds() {
        let is_same = |call: &&mut CargoCall<'a>| {
            call.platforms == [build.platform]
                && call.binaries.iter().all(|binary| binary.package == build.binary.package)
        };
        match calls.iter_mut().find(is_same) {
            Some(call) => call.binaries.push(build.binary),
            None => calls.push(CargoCall {
                setup: tools.linking.setup(build.platform),
                platforms: vec![build.platform],
                binaries: vec![build.binary],
                features: tools.features(build.platform, &build.binary.package),
            }),
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::project;
    use crate::toolchain::Toolchain;
    use crate::toolchain::standard_library::StandardLibrary;

    #[test]
    fn cargo_is_called_once_unless_packages_restrict_their_platforms() {
        let toolchain = Toolchain {
            version: "1.95.0".to_owned(),
            commit: None,
            host: "x86_64-unknown-linux-gnu".parse().unwrap(),
            sysroot: "/rust".into(),
            rustup_name: None,
        };
        let tools = Tools::for_test(&toolchain, StandardLibrary::Prebuilt);
        let mut project = project("/home/me/tool".into());
        let binary =
            |name: &str, only| HostBinary { package: name.to_owned(), name: name.to_owned(), only };
        let [mac, _, windows] = HostPlatform::DEFAULT;
        let sizes = |project: &_| {
            let plan = HostBinaryPlan::new(project, &[mac, windows].into());
            let calls = calls(&plan, &tools).into_iter();
            calls.map(|call| (call.platforms.len(), call.binaries.len())).collect::<Vec<_>>()
        };
        project.host_binaries = vec![binary("a", None), binary("b", None)];
        assert_eq!(sizes(&project), [(2, 2)]);
        project.host_binaries.push(binary("c", Some([mac].into())));
        assert_eq!(sizes(&project), [(2, 2), (1, 1)]);
    }
}

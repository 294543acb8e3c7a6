//! Decides what compiles and links the host binaries of a run, then provides it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use xshell::Shell;

use super::linker::{Linker, Situation};
use super::linking::{self, Linking};
use super::route::{Machine, Routes};
use super::rust::Toolchain;
use super::standard_library::{self, StandardLibrary};
use super::zig::ZigPlan;
use crate::cargo::tree::{self, CrateFeatures};
use crate::error::{Error, Result};
use crate::parallel::in_parallel;
use crate::platform::HostPlatform;
use crate::progress::Step;
use crate::project::Project;
use crate::project::config::LinkerRequest;

/// Everything that cargo needs besides the project itself.
#[derive(Clone, Debug)]
pub struct Tools<'a> {
    pub toolchain: &'a Toolchain,
    pub standard_library: StandardLibrary,
    pub linking: Linking,
    features: FeaturesOfHelpers,
    /// Whether a macOS framework symbol that is in no list is an error.
    pub deny_unknown_symbols: bool,
}

/// The features of the crates of each package with host binaries, on each platform. Empty for a single package
/// on a single platform: nothing can disagree with it.
type FeaturesOfHelpers = BTreeMap<(HostPlatform, String), CrateFeatures>;

impl Tools<'_> {
    /// The features of the crates of `package`.
    pub fn features(&self, platform: HostPlatform, package: &str) -> CrateFeatures {
        self.features.get(&(platform, package.to_owned())).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
impl<'a> Tools<'a> {
    /// Tools that set no variables.
    pub(crate) fn for_test(
        toolchain: &'a Toolchain,
        standard_library: StandardLibrary,
    ) -> Tools<'a> {
        let linking = Linking::default();
        let features = FeaturesOfHelpers::new();
        Tools { toolchain, standard_library, linking, features, deny_unknown_symbols: false }
    }
}

impl fmt::Display for Tools<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard library {}; {}", self.standard_library, self.linking.description)
    }
}

/// How a run compiles and links its host binaries.
#[derive(Clone, Debug)]
pub struct ToolchainPlan<'a> {
    pub toolchain: &'a Toolchain,
    pub routes: Routes,
    /// The zig to use, if one of the routes may need it.
    pub zig: Option<ZigPlan>,
    features: FeaturesOfHelpers,
    /// Whether a macOS framework symbol that is in no list is an error.
    pub deny_unknown_symbols: bool,
}

impl<'a> ToolchainPlan<'a> {
    /// Inspects the machine and the crates of the host binaries, and decides. Downloads nothing.
    ///
    /// # Errors
    /// Cargo can't list the crates, the requested linker can't link a platform on this machine, or `ZIG` is
    /// not the path of a working zig.
    pub fn decide(
        toolchain: &'a Toolchain,
        project: &Project,
        platforms: &[HostPlatform],
        request: LinkerRequest,
        deny_unknown_symbols: bool,
        sh: &Shell,
    ) -> Result<Self> {
        let find = |platform: &HostPlatform| {
            Ok::<_, Error>((*platform, Situation::find(toolchain, project, *platform)?))
        };
        // Each call mostly waits for cargo.
        let targets = in_parallel(platforms, platforms.len(), find)?.into_iter().collect();
        let machine = Machine { has_rustup: toolchain.rustup_name.is_some(), targets };
        let routes = Routes::decide(&machine, request)?;
        let zig = routes.may_use(Linker::Zig).then(|| ZigPlan::decide(sh)).transpose()?;
        let features = features(project, platforms)?;
        Ok(Self { toolchain, routes, zig, features, deny_unknown_symbols })
    }

    /// Provides the tools of the plan, and downloads those that are missing.
    ///
    /// # Errors
    /// A tool is missing and can't be downloaded.
    pub fn prepare(&self, project: &Project, sh: &Shell, step: &Step<'_>) -> Result<Tools<'a>> {
        let (standard_library, route) =
            standard_library::provide(self.toolchain, &self.routes, sh, step)?;
        let linking =
            linking::prepare(self.toolchain, self.zig.as_ref(), route, project, sh, step)?;
        Ok(Tools {
            toolchain: self.toolchain,
            standard_library,
            linking,
            features: self.features.clone(),
            deny_unknown_symbols: self.deny_unknown_symbols,
        })
    }
}

fn features(project: &Project, platforms: &[HostPlatform]) -> Result<FeaturesOfHelpers> {
    /// The number of calls of cargo at the same time.
    const CALLS: usize = 8;
    let mut packages = BTreeSet::new();
    for &platform in platforms {
        let binaries = project.host_binaries.iter().filter(|binary| binary.runs_on(platform));
        packages.extend(binaries.map(|binary| (platform, binary.package.clone())));
    }
    if packages.len() < 2 {
        return Ok(FeaturesOfHelpers::new());
    }
    let packages: Vec<(HostPlatform, String)> = packages.into_iter().collect();
    let find = |(platform, package): &(HostPlatform, String)| {
        let found = tree::features(&project.root, &platform.triple(), package);
        Ok::<_, Error>(((*platform, package.clone()), found.map_err(tree::unresolvable)?))
    };
    Ok(in_parallel(&packages, CALLS, find)?.into_iter().collect())
}

//! What compiles and links the host binaries of a run: decided, then made available.

use std::fmt;

use xshell::Shell;

use super::linker::{Linker, Situation};
use super::linking::{self, Linking};
use super::route::{Machine, Routes};
use super::rust::Toolchain;
use super::standard_library::{self, StandardLibrary};
use super::zig::ZigPlan;
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
    /// Whether a name of a macOS framework that no list has is an error.
    pub deny_unknown_symbols: bool,
}

#[cfg(test)]
impl<'a> Tools<'a> {
    /// Tools that set no variables.
    pub(crate) fn for_test(
        toolchain: &'a Toolchain,
        standard_library: StandardLibrary,
    ) -> Tools<'a> {
        let linking = Linking::default();
        Tools { toolchain, standard_library, linking, deny_unknown_symbols: false }
    }
}

impl fmt::Display for Tools<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard library {}; {}", self.standard_library, self.linking.said)
    }
}

/// What a run takes to compile and link its host binaries.
#[derive(Clone, Debug)]
pub struct ToolchainPlan<'a> {
    pub toolchain: &'a Toolchain,
    pub routes: Routes,
    /// Which zig, where one of the routes may need it.
    pub zig: Option<ZigPlan>,
    /// Whether a name of a macOS framework that no list has is an error.
    pub deny_unknown_symbols: bool,
}

impl<'a> ToolchainPlan<'a> {
    /// Looks at the machine and at the crates of the host binaries, and decides. Downloads nothing.
    ///
    /// # Errors
    /// The linker that was asked for can't link a platform on this machine, or `ZIG` is set to something
    /// else.
    pub fn decide(
        toolchain: &'a Toolchain,
        project: &Project,
        platforms: &[HostPlatform],
        request: LinkerRequest,
        deny_unknown_symbols: bool,
        sh: &Shell,
    ) -> Result<Self> {
        let find = |platform: &HostPlatform| {
            Ok::<_, Error>((*platform, Situation::find(toolchain, project, *platform)))
        };
        // Each waits for cargo most of the time.
        let targets = in_parallel(platforms, platforms.len(), find)?.into_iter().collect();
        let machine = Machine { has_rustup: toolchain.rustup_name.is_some(), targets };
        let routes = Routes::decide(&machine, request)?;
        let zig = routes.may_use(Linker::Zig).then(|| ZigPlan::decide(sh)).transpose()?;
        Ok(Self { toolchain, routes, zig, deny_unknown_symbols })
    }

    /// Makes it available: finds it, else downloads it.
    ///
    /// # Errors
    /// Something is neither there nor to be had.
    pub fn prepare(&self, project: &Project, sh: &Shell, step: &Step<'_>) -> Result<Tools<'a>> {
        let (standard_library, route) =
            standard_library::provide(self.toolchain, &self.routes, sh, step)?;
        let linking =
            linking::prepare(self.toolchain, self.zig.as_ref(), route, project, sh, step)?;
        Ok(Tools {
            toolchain: self.toolchain,
            standard_library,
            linking,
            deny_unknown_symbols: self.deny_unknown_symbols,
        })
    }
}

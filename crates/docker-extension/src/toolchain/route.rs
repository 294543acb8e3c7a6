//! Decides how the host binaries of a run are compiled and linked, before anything is downloaded.
//!
//! The first choice can still fail: rustup may not have a target's standard library, or the
//! download of `rust-mingw` may fail. The decision therefore includes a fallback.

use std::collections::BTreeMap;

use super::linker::{self, Linker, LinkerPlan, Situation};
use crate::error::Result;
use crate::platform::HostPlatform;
use crate::project::config::LinkerRequest;

/// The route to try first, and the one to take if its standard libraries are unavailable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    pub first: Route,
    pub otherwise: Option<Route>,
}

/// The source of the standard libraries for all targets, and a linker for each target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub library: LibraryOrigin,
    pub linkers: BTreeMap<HostPlatform, LinkerPlan>,
}

/// Where the standard libraries come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryOrigin {
    /// The toolchain, after rustup has added the libraries for `missing`.
    Toolchain { missing: Vec<HostPlatform> },
    /// cargo builds all of them.
    Source,
}

/// The facts that the decision is based on.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// rustup manages the toolchain.
    pub has_rustup: bool,
    pub targets: BTreeMap<HostPlatform, Situation>,
}

impl Routes {
    /// # Errors
    /// The requested linker can't link a platform on this machine.
    pub fn decide(machine: &Machine, request: LinkerRequest) -> Result<Self> {
        let missing: Vec<HostPlatform> = machine
            .targets
            .iter()
            .filter(|(_, situation)| !situation.has_standard_library)
            .map(|(platform, _)| *platform)
            .collect();
        let route = |library| Route::decide(library, machine, request);
        if missing.is_empty() {
            let first = route(LibraryOrigin::Toolchain { missing })?;
            return Ok(Self { first, otherwise: None });
        }
        let from_source = route(LibraryOrigin::Source);
        if !machine.has_rustup {
            return Ok(Self { first: from_source?, otherwise: None });
        }
        // A linker that requires Rust's prebuilt standard library has no fallback.
        let otherwise = from_source.ok();
        Ok(Self { first: route(LibraryOrigin::Toolchain { missing })?, otherwise })
    }

    /// Whether any route may use `linker`.
    pub fn may_use(&self, linker: Linker) -> bool {
        let routes = [Some(&self.first), self.otherwise.as_ref()];
        let mut plans = routes.into_iter().flatten().flat_map(|route| route.linkers.values());
        plans.any(|plan| {
            plan.choice.linker == linker
                || plan.otherwise.as_ref().is_some_and(|choice| choice.linker == linker)
        })
    }
}

impl Route {
    fn decide(library: LibraryOrigin, machine: &Machine, request: LinkerRequest) -> Result<Self> {
        let is_prebuilt = library != LibraryOrigin::Source;
        let plan = |(&platform, situation): (&HostPlatform, &Situation)| {
            Ok((platform, linker::plan(platform, request, situation, is_prebuilt)?))
        };
        let linkers = machine.targets.iter().map(plan).collect::<Result<_>>()?;
        Ok(Self { library, linkers })
    }

    /// Whether zig is the first choice for a target.
    pub fn uses_zig(&self) -> bool {
        self.linkers.values().any(|plan| plan.choice.linker == Linker::Zig)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Arch, Os};

    const WINDOWS: HostPlatform = HostPlatform::new(Os::Windows, Arch::Amd64);
    const MAC: HostPlatform = HostPlatform::new(Os::Darwin, Arch::Arm64);

    fn machine(has_rustup: bool, has_standard_library: bool) -> Machine {
        let situation = Situation { has_standard_library, has_lld: true, ..Situation::default() };
        let targets = [WINDOWS, MAC].map(|platform| (platform, situation.clone())).into();
        Machine { has_rustup, targets }
    }

    fn linker(route: &Route, platform: HostPlatform) -> Linker {
        route.linkers[&platform].choice.linker
    }

    #[test]
    fn installed_libraries_leave_one_route() {
        let routes = Routes::decide(&machine(true, true), LinkerRequest::Auto).unwrap();
        assert_eq!(routes.first.library, LibraryOrigin::Toolchain { missing: Vec::new() });
        assert_eq!(routes.otherwise, None);
        assert!(!routes.may_use(Linker::Zig));
    }

    #[test]
    fn the_fallback_is_decided_before_rustup_can_fail() {
        let routes = Routes::decide(&machine(true, false), LinkerRequest::Auto).unwrap();
        let LibraryOrigin::Toolchain { missing } = &routes.first.library else { panic!() };
        assert_eq!(missing, &[MAC, WINDOWS]);
        let otherwise = routes.otherwise.as_ref().unwrap();
        assert_eq!(otherwise.library, LibraryOrigin::Source);
        // Only Rust's prebuilt standard library contains the startup files of Windows programs.
        assert_eq!(
            (linker(otherwise, WINDOWS), linker(otherwise, MAC)),
            (Linker::Zig, Linker::Lld)
        );
        assert!(routes.may_use(Linker::Zig));
    }

    #[test]
    fn without_rustup_missing_libraries_are_built_from_source() {
        let routes = Routes::decide(&machine(false, false), LinkerRequest::Auto).unwrap();
        assert_eq!(routes.first.library, LibraryOrigin::Source);
        assert_eq!(routes.otherwise, None);
        assert!(Routes::decide(&machine(false, false), LinkerRequest::Lld).is_err());
    }

    #[test]
    fn a_requested_linker_is_not_replaced_if_rustup_fails() {
        let routes = Routes::decide(&machine(true, false), LinkerRequest::Lld).unwrap();
        assert_eq!(routes.otherwise, None);
    }
}

//! How the host binaries of a run are compiled and linked, decided before anything is downloaded.
//!
//! A decision can fail later for reasons that nobody knows before: rustup may not have a target's
//! standard library, or `rust-mingw` can't be downloaded. What happens then is part of the decision.

use std::collections::BTreeMap;

use super::linker::{self, Linker, LinkerPlan, Situation};
use crate::error::Result;
use crate::platform::HostPlatform;
use crate::project::config::LinkerRequest;

/// The route that is taken, and the one for when its standard libraries are not to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    pub first: Route,
    pub otherwise: Option<Route>,
}

/// One place for the standard libraries of all targets, and a linker for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub library: LibraryOrigin,
    pub linkers: BTreeMap<HostPlatform, LinkerPlan>,
}

/// Where the standard libraries come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryOrigin {
    /// The toolchain, after rustup has added those of `missing`.
    Toolchain { missing: Vec<HostPlatform> },
    /// cargo builds them all.
    Source,
}

/// What the decision is made from.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// rustup manages the toolchain.
    pub has_rustup: bool,
    pub targets: BTreeMap<HostPlatform, Situation>,
}

impl Routes {
    /// # Errors
    /// The linker that was asked for can't link a platform on this machine.
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
        // A linker that needs Rust's own build of the library leaves no other route.
        let otherwise = from_source.ok();
        Ok(Self { first: route(LibraryOrigin::Toolchain { missing })?, otherwise })
    }

    /// Whether a linker may be needed, on whatever route.
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
    fn where_rustup_may_fail_the_other_route_is_known_before() {
        let routes = Routes::decide(&machine(true, false), LinkerRequest::Auto).unwrap();
        let LibraryOrigin::Toolchain { missing } = &routes.first.library else { panic!() };
        assert_eq!(missing, &[MAC, WINDOWS]);
        let otherwise = routes.otherwise.as_ref().unwrap();
        assert_eq!(otherwise.library, LibraryOrigin::Source);
        // What a Windows program begins and ends with comes with Rust's own build alone.
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
    fn a_linker_that_was_asked_for_is_not_replaced_when_rustup_fails() {
        let routes = Routes::decide(&machine(true, false), LinkerRequest::Lld).unwrap();
        assert_eq!(routes.otherwise, None);
    }
}

//! Several reasons why host binaries could not be built, as one error.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::error::Error;
use crate::platform::HostPlatform;
use crate::style::{BAD, HELP};
use crate::text;

/// The names of host binaries, and the platforms for which they could not be built.
pub(super) type Affected = BTreeSet<(String, HostPlatform)>;

/// A reason.
#[derive(Debug)]
pub(super) struct BuildProblem {
    /// Empty if unknown.
    pub affected: Affected,
    pub error: Error,
}

/// The error for all of the problems, at least one. Calls of cargo for different platforms may have the same.
pub(super) fn report(problems: Vec<BuildProblem>) -> Error {
    let mut distinct: Vec<BuildProblem> = Vec::new();
    for BuildProblem { affected, error } in problems {
        let same = distinct.iter_mut().find(|it| it.error.to_string() == error.to_string());
        match same {
            Some(same) => same.affected.extend(affected),
            None => distinct.push(BuildProblem { affected, error }),
        }
    }
    match <[BuildProblem; 1]>::try_from(distinct) {
        Ok([problem]) => problem.error,
        Err(problems) => together(&problems),
    }
}

fn together(problems: &[BuildProblem]) -> Error {
    let mut text = format!("the host binaries can't be built, for {} reasons:\n", problems.len());
    for BuildProblem { affected, error } in problems {
        let _ = write!(text, "\n{BAD}error{BAD:#}: {error}");
        if !affected.is_empty() {
            let _ = write!(text, "\n  --> {}", described(affected));
        }
        if let Some(help) = error.advice() {
            let _ = write!(text, "\n  {HELP}help{HELP:#}: {help}");
        }
        text.push('\n');
    }
    Error::new(text.trim_end())
}

/// `` `one` for darwin-amd64 and darwin-arm64, and `two` for windows-amd64 ``.
pub(super) fn described(affected: &Affected) -> String {
    let mut platforms: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, platform) in affected {
        platforms.entry(name).or_default().push(platform.to_string());
    }
    let described =
        platforms.iter().map(|(name, platforms)| format!("`{name}` for {}", text::list(platforms)));
    described.collect::<Vec<_>>().join(", and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Arch, Os};

    fn problem(error: &str, name: &str, arch: Arch) -> BuildProblem {
        let affected = [(name.to_owned(), HostPlatform::new(Os::Darwin, arch))].into();
        BuildProblem { affected, error: Error::new(error).help("fix it") }
    }

    #[test]
    fn every_reason_is_reported_with_the_host_binaries_that_it_affects() {
        let problems = vec![
            problem("no stub", "one", Arch::Amd64),
            problem("no library", "two", Arch::Amd64),
            problem("no stub", "one", Arch::Arm64),
        ];
        let message = report(problems).message();
        let message = anstream::adapter::strip_str(&message).to_string();
        let expected = "error: the host binaries can't be built, for 2 reasons:\n\n\
                        error: no stub\n  --> `one` for darwin-amd64 and darwin-arm64\n  help: fix it\n\n\
                        error: no library\n  --> `two` for darwin-amd64\n  help: fix it";
        assert_eq!(message, expected);
    }

    #[test]
    fn a_single_reason_is_the_error() {
        let problems = [Arch::Amd64, Arch::Arm64].map(|arch| problem("no stub", "one", arch));
        assert_eq!(report(problems.into()).to_string(), "no stub");
    }
}

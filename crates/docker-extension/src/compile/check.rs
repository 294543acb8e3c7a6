//! Checks that the host binaries will run on their platforms.

use camino::{Utf8Path, Utf8PathBuf};

use crate::binaries::{self, Listed, ListedFiles, Promise};
use crate::error::{Error, Result};
use crate::files;
use crate::host_binaries::Build;
use crate::inspect;
use crate::platform::Os;
use crate::project::config::MacOsVersion;
use crate::rules::binaries::LIBRARY_MISSING;
use crate::rules::{self, Breach, Severity};

/// An error of a host binary that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildBreach<'a> {
    pub build: Build<'a>,
    /// The file that cargo wrote.
    path: Utf8PathBuf,
    pub breach: Breach,
}

/// The violations of rules of severity error. Warnings are left to the validation of the image, and DLLs that
/// Windows lacks to [`super::dll`].
///
/// # Errors
/// A file can't be read.
pub(super) fn check<'a, 'p>(
    built: impl Iterator<Item = (Build<'a>, &'p Utf8Path)>,
    minimum_macos: MacOsVersion,
) -> Result<Vec<BuildBreach<'a>>> {
    let mut errors = Vec::new();
    for (build, path) in built {
        let breaches = judge(build, path, minimum_macos)?.into_iter();
        let is_dll = |rule| build.platform.os == Os::Windows && rule == &LIBRARY_MISSING;
        let breaches =
            breaches.filter(|it| it.rule.severity == Severity::Error && !is_dll(it.rule));
        errors.extend(breaches.map(|breach| BuildBreach { build, path: path.to_owned(), breach }));
    }
    Ok(errors)
}

fn judge(build: Build<'_>, path: &Utf8Path, minimum_macos: MacOsVersion) -> Result<Vec<Breach>> {
    let listed = Listed {
        os: build.platform.os,
        image: build.platform.arch,
        path: path.as_str(),
        mode: None,
        files: &ListedFiles::default(),
        promise: Some(Promise { minimum_macos }),
    };
    Ok(binaries::judge(listed, &inspect::read(&files::read(path)?)))
}

/// The error of a run whose host binaries have these errors.
pub fn would_not_run(mut errors: Vec<BuildBreach<'_>>) -> Error {
    errors.sort_by_key(|it| rules::position(it.breach.rule));
    let by_rule = errors.chunk_by(|one, other| one.breach.rule == other.breach.rule);
    let paragraphs = by_rule.map(|group| {
        let findings = group.iter().map(|BuildBreach { build, path, breach }| {
            let subject = format!("`{}` for {}", build.binary.name, build.platform);
            (path.to_string(), breach.headline(&subject))
        });
        group[0].breach.rule.explain(&findings.collect::<Vec<_>>())
    });
    let paragraphs = paragraphs.collect::<Vec<_>>().join("\n");
    let paragraphs = paragraphs.trim_end();
    Error::new(format!("the host binaries were built but would not run:\n\n{paragraphs}\n"))
        .help("choose another linker with `--linker`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::{Arch, HostPlatform};
    use crate::project::HostBinary;

    #[test]
    fn binaries_that_would_not_run_are_explained_as_by_validate() {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(dir.path()).unwrap().join("tool");
        files::write(&path, "#!/bin/sh\n").unwrap();
        let binary = HostBinary { package: "p".to_owned(), name: "tool".to_owned(), only: None };
        let [amd64, arm64] =
            [Arch::Amd64, Arch::Arm64].map(|arch| HostPlatform::new(Os::Darwin, arch));
        let builds = [amd64, arm64].map(|platform| Build { platform, binary: &binary });
        let built = builds.iter().map(|build| (*build, &*path));
        let message = would_not_run(check(built, MacOsVersion::DEFAULT).unwrap()).message();
        let message = anstream::adapter::strip_str(&message).to_string();
        let expected = format!(
            "error: the host binaries were built but would not run:\n\n\
             error[binary-kind]: `tool` for darwin-amd64 is not a program: it is neither Mach-O, PE nor ELF\n  \
             --> {path}\n\
             error[binary-kind]: `tool` for darwin-arm64 is not a program: it is neither Mach-O, PE nor ELF\n  \
             --> {path}\n  \
             note: A library, an object file or a text cannot be started as a program.\n  help: "
        );
        assert!(message.starts_with(&expected), "{message}");
        assert!(message.ends_with("\n\nhelp: choose another linker with `--linker`"), "{message}");
    }
}

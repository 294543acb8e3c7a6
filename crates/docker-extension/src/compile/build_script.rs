//! A build script that failed: the crate it belongs to, and the headers that its C compiler did not find.

use std::collections::{BTreeMap, BTreeSet};

use super::crates::{self, Crates};
use super::fault;
use crate::cargo::tree::ResolvedCrate;
use crate::error::Error;
use crate::platform::Os;
use crate::text;

/// The build scripts that failed, from the lines of cargo's standard error.
#[derive(Clone, Debug, Default)]
pub(super) struct FailedBuildScripts {
    /// The headers that were not found.
    headers: BTreeMap<ResolvedCrate, BTreeSet<String>>,
    /// The script whose output follows.
    current: Option<ResolvedCrate>,
}

impl FailedBuildScripts {
    pub fn look_at(&mut self, line: &str) {
        if let Some(failed) = failed_crate(line) {
            self.headers.entry(failed.clone()).or_default();
            self.current = Some(failed);
        } else if line.starts_with("error") {
            self.current = None;
        }
        if let (Some(failed), Some(header)) = (&self.current, fault::missing_header(line)) {
            self.headers.entry(failed.clone()).or_default().insert(header.to_owned());
        }
    }

    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// An error for each script, with its crate.
    pub fn errors(&self, crates: &Crates<'_>) -> Vec<(ResolvedCrate, Error)> {
        let failed = self.headers.iter();
        failed.map(|(failed, headers)| (failed.clone(), error(failed, headers, crates))).collect()
    }
}

/// Parses `error: failed to run custom build command for `openssl-sys v0.9.109 (/path)``.
fn failed_crate(line: &str) -> Option<ResolvedCrate> {
    let (_, found) = line.split_once("failed to run custom build command for `")?;
    ResolvedCrate::parse(found.split('`').next()?)
}

fn error(failed: &ResolvedCrate, headers: &BTreeSet<String>, crates: &Crates<'_>) -> Error {
    let ResolvedCrate { name, version } = failed;
    let package = crates.named(failed);
    let tree = package
        .map(|package| format!(" ({} shows what depends on it)", crates.tree_command(package)));
    let tree = tree.unwrap_or_default();
    let quoted: Vec<String> = headers.iter().map(|header| format!("`{header}`")).collect();
    let headers_named = text::list(&quoted);
    if crates.platform.os == Os::Darwin && headers.iter().any(|it| fault::is_apples_header(it)) {
        let what = format!(
            "the crate `{name}` {version} compiles Objective-C or C that needs Apple's headers: \
             {headers_named}"
        );
        return Error::new(what).help(format!(
            "build on a Mac, or set SDKROOT to a copy of Apple's SDK from Xcode, or use a crate without \
             Objective-C sources, such as the `objc2` ones{tree}"
        ));
    }
    let what = format!("the build script of the crate `{name}` {version} failed");
    let what = match quoted.len() {
        0 => what,
        1 => format!("{what}: the header {headers_named} is missing"),
        _ => format!("{what}: the headers {headers_named} are missing"),
    };
    Error::new(what).help(match package.and_then(crates::bundling_feature) {
        Some(feature) => format!(
            "enable its feature `{feature}`, which compiles the C library as well, in the `Cargo.toml` that \
             depends on it{tree}"
        ),
        None => format!(
            "fix the error in the script's output above; if it needs a C library, use a crate that compiles \
             the library itself{tree}"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::crates::testing::package;
    use super::*;
    use crate::platform::{Arch, HostPlatform};

    fn errors(output: &str, os: Os, features: &[&str]) -> Vec<Error> {
        let mut scripts = FailedBuildScripts::default();
        output.lines().for_each(|line| scripts.look_at(line));
        let platform = HostPlatform::new(os, Arch::Amd64);
        let packages = vec![package("ssl-sys", "0.9.1", features)];
        let errors = scripts.errors(&Crates { platform, packages, scripts: &[] });
        errors.into_iter().map(|(_, error)| error).collect()
    }

    const OBJECTIVE_C: &str = "warning: mac@1.0.0: a.m:1:9: fatal error: 'Cocoa/Cocoa.h' file not found\n\
        error: failed to run custom build command for `mac v1.0.0 (/w/mac)`\n\n\
        Caused by:\n  --- stdout\n\
        \x20 cargo:warning=a.m:1:9: fatal error: 'Cocoa/Cocoa.h' file not found\n\
        error: could not compile `other` (lib)\n\
        \x20 fatal error: 'other.h' file not found\n";

    #[test]
    fn objective_c_sources_say_that_they_need_apples_headers() {
        let errors = errors(OBJECTIVE_C, Os::Darwin, &[]);
        let [error] = &errors[..] else { panic!("{errors:?}") };
        let expected = "the crate `mac` 1.0.0 compiles Objective-C or C that needs Apple's headers: \
                        `Cocoa/Cocoa.h`";
        assert_eq!(error.to_string(), expected);
        let advice = error.advice().unwrap();
        assert!(advice.contains("build on a Mac") && advice.contains("SDKROOT"), "{advice}");
    }

    #[test]
    fn a_missing_header_of_a_c_library_is_named_with_the_feature_that_compiles_the_library() {
        let output = "error: failed to run custom build command for `ssl-sys v0.9.1`\n\
                      \x20 cargo:warning=a.c:1:10: fatal error: openssl/ssl.h: No such file or directory\n";
        let errors = errors(output, Os::Windows, &["vendored"]);
        let [error] = &errors[..] else { panic!("{errors:?}") };
        let expected = "the build script of the crate `ssl-sys` 0.9.1 failed: the header \
                        `openssl/ssl.h` is missing";
        assert_eq!(error.to_string(), expected);
        let advice = error.advice().unwrap();
        assert!(advice.starts_with("enable its feature `vendored`"), "{advice}");
        assert!(advice.contains("-i ssl-sys@0.9.1`"), "{advice}");
    }

    #[test]
    fn every_failed_build_script_is_named() {
        let output = "error: failed to run custom build command for `a v1.0.0`\n\
                      error: failed to run custom build command for `b v2.0.0 (/w/b)`\n";
        let errors = errors(output, Os::Linux, &[]);
        let names: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let expected = [
            "the build script of the crate `a` 1.0.0 failed",
            "the build script of the crate `b` 2.0.0 failed",
        ];
        assert_eq!(names, expected);
    }
}

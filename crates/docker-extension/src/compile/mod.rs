//! Compiles the host binaries with as few calls of cargo as possible, explains what failed, and checks the
//! programs.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::binaries::imports;
use crate::cargo::build::{self, BuildScriptOutput};
use crate::error::{Error, Result};
use crate::files;
use crate::host_binaries::{Build, HostBinaryPlan, Placement};
use crate::inspect;
use crate::platform::Os;
use crate::progress::{Progress, Step};
use crate::project::Project;
use crate::rules::binaries::LIBRARY_MISSING;
use crate::rules::{Rule, Waiver};
use crate::toolchain::Tools;

mod build_script;
mod calls;
mod check;
mod crates;
mod dll;
mod fault;
mod framework;
mod invocation;
mod library;
mod outcome;
mod problem;
mod relink;
mod symbol;

pub use check::{BuildBreach, would_not_run};
use crates::Crates;
use invocation::Invocation;
use outcome::BinaryPaths;
use problem::{Affected, BuildProblem};

/// What was compiled.
#[derive(Clone, Debug, Default)]
pub struct Compiled<'a> {
    pub files: Vec<HostBinaryFile<'a>>,
    /// The reasons why some of the files would not run on their platforms.
    pub breaches: Vec<BuildBreach<'a>>,
}

/// A host binary, built and checked.
#[derive(Clone, Debug)]
pub struct HostBinaryFile<'a> {
    pub build: Build<'a>,
    /// The file that cargo wrote.
    pub path: Utf8PathBuf,
}

/// Compiles everything in `plan`.
///
/// # Errors
/// A binary does not compile, or requires a DLL that Windows lacks and no waiver covers that.
pub fn compile<'a>(
    project: &Project,
    plan: &HostBinaryPlan<'a>,
    tools: &Tools<'_>,
    waivers: &[Waiver],
    step: &Step<'_>,
) -> Result<Compiled<'a>> {
    if let Some(stubs) = &tools.linking.macos_stubs {
        relink::forget_outdated(project, plan.builds(), stubs)?;
    }
    let mut built = BinaryPaths::new();
    let mut scripts = Vec::new();
    let mut problems = Vec::new();
    let mut uncompiled = Affected::new();
    for call in &calls::calls(plan, tools) {
        let inherited_flags = build::inherited_rustflags();
        let invocation = Invocation { project, call, tools, inherited_flags };
        let outcome = outcome::run(&invocation, step)?;
        built.extend(outcome.built);
        scripts.extend(outcome.scripts);
        problems.extend(outcome.problems);
        uncompiled.extend(outcome.uncompiled);
    }
    if !uncompiled.is_empty() {
        let error = not_compiled(&uncompiled);
        problems.push(BuildProblem { affected: Affected::new(), error });
    }
    problems.extend(unknown_symbols(project, &built, &scripts, tools, step)?);
    if !problems.is_empty() {
        return Err(problem::report(problems));
    }
    let file = |build: &Build<'a>| {
        let path = built.get(&(build.platform, build.binary.name.clone()));
        let path = path.ok_or_else(|| not_built(build))?.clone();
        Ok(HostBinaryFile { build: *build, path })
    };
    let files = plan.builds().iter().map(file).collect::<Result<Vec<_>>>()?;
    let is_waived = |build: Build<'_>, rule: &Rule| {
        let path = Placement { os: build.platform.os, build }.path();
        waivers.iter().any(|waiver| waiver.covers(rule, Some(&path)))
    };
    let with_dlls = files.iter().filter(|file| !is_waived(file.build, &LIBRARY_MISSING));
    let with_dlls: Vec<HostBinaryFile<'_>> = with_dlls.cloned().collect();
    let mut problems = dll::problems(project, &with_dlls, &scripts)?;
    let built = files.iter().map(|file| (file.build, &*file.path));
    let breaches = check::check(built, project.config.minimum_macos)?;
    describe_imports(&files, step.progress())?;
    if problems.is_empty() {
        return Ok(Compiled { files, breaches });
    }
    let errors = breaches.into_iter().filter(|it| !is_waived(it.build, it.breach.rule));
    let errors: Vec<BuildBreach<'_>> = errors.collect();
    if !errors.is_empty() {
        let error = would_not_run(errors);
        problems.push(BuildProblem { affected: Affected::new(), error });
    }
    Err(problem::report(problems))
}

/// Prints how many imports of each program for macOS are proven.
fn describe_imports(files: &[HostBinaryFile<'_>], progress: &Progress) -> Result<()> {
    let for_macos = files.iter().filter(|file| file.build.platform.os == Os::Darwin);
    for HostBinaryFile { build, path } in for_macos.filter(|_| progress.is_verbose()) {
        if let Some(proof) = imports::of_file(&inspect::read(&files::read(path)?)) {
            let Build { binary, platform } = build;
            let described = imports::described(&proof);
            progress.detail(format_args!("`{}` for {platform}: {described}", binary.name));
        }
    }
    Ok(())
}

fn not_built(build: &Build<'_>) -> Error {
    let Build { binary, platform } = build;
    Error::new(format!("cargo did not report the file of `{}` for {platform}", binary.name))
        .help("run the command again with `-v`, and read cargo's output")
}

fn not_compiled(builds: &Affected) -> Error {
    let does = if builds.len() == 1 { "does" } else { "do" };
    Error::new(format!("{} {does} not compile", problem::described(builds))).help(
        "fix the compiler's errors above; if a binary is not meant for every platform, set `platforms` in \
         its package's `[package.metadata.docker-extension]`",
    )
}

/// Warns about the symbols for which macOS will search at load time, and returns the problems with the others.
fn unknown_symbols(
    project: &Project,
    built: &BinaryPaths,
    scripts: &[BuildScriptOutput],
    tools: &Tools<'_>,
    step: &Step<'_>,
) -> Result<Vec<BuildProblem>> {
    let mut unbound: BTreeMap<String, Affected> = BTreeMap::new();
    // Users of Apple's linker may have asked it to leave symbols to macOS.
    let is_left = |platform| tools.linking.leaves_unknown_symbols(platform);
    for ((platform, name), path) in built.iter().filter(|((platform, _), _)| is_left(*platform)) {
        for symbol in symbol::unbound_in(path)? {
            unbound.entry(symbol).or_default().insert((name.clone(), *platform));
        }
    }
    let Some((_, platform)) = unbound.values().flatten().next() else { return Ok(Vec::new()) };
    let crates = Crates::find(project, *platform, scripts);
    let symbols: BTreeSet<String> = unbound.keys().cloned().collect();
    let (in_frameworks, others) = symbol::explain(&crates, &symbols).split();
    let problem = |unknown: symbol::UnknownSymbols| {
        let affected = unknown.symbols().filter_map(|symbol| unbound.get(symbol)).flatten();
        BuildProblem { affected: affected.cloned().collect(), error: unknown.error() }
    };
    let mut problems: Vec<BuildProblem> = others.map(problem).into_iter().collect();
    match in_frameworks {
        Some(unknown) if tools.deny_unknown_symbols => problems.push(problem(unknown)),
        Some(unknown) => step.progress().warn(unknown.warning()),
        None => {}
    }
    Ok(problems)
}

//! The summary of a run: the files, their sizes and the next command.

use std::fmt::Write;

use crate::cli::DistArgs;
use crate::context::Context;
use crate::dist::manifest::DistManifest;
use crate::engine::EngineKind;
use crate::error::Result;
use crate::output;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::style::{DIM, GOOD, HELP};
use crate::text;

/// Prints the summary, except with `--quiet`.
pub(super) fn print(
    plan: &Plan<'_>,
    context: &Context,
    manifest: &DistManifest,
    args: &DistArgs,
    progress: &Progress,
) -> Result<()> {
    if progress.is_quiet() {
        return Ok(());
    }
    output::print(&summary(plan, context, manifest, args))
}

fn summary(plan: &Plan<'_>, context: &Context, manifest: &DistManifest, args: &DistArgs) -> String {
    let image = &manifest.image;
    let platforms: Vec<String> = image.platforms.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "\n{GOOD}{}{GOOD:#} for {}\n{DIM}{}{DIM:#}\n\n",
        image.reference,
        text::list(&platforms),
        image.digest
    );
    let mut rows: Vec<(String, u64)> =
        manifest.host_binaries.iter().map(|binary| (binary.path.clone(), binary.size)).collect();
    rows.extend(manifest.artifacts.iter().map(|artifact| (artifact.path.clone(), artifact.size)));
    let width = rows.iter().map(|(path, _)| path.len()).max().unwrap_or_default();
    for (path, size) in rows {
        let _ = writeln!(text, "  {path:<width$}  {:>8}", text::size(size));
    }
    let _ = writeln!(text, "\nin {} {DIM}(context: {}){DIM:#}", plan.output, context.dir());
    let _ = writeln!(text, "{HELP}next{HELP:#}: {}", next(plan, manifest, args));
    text
}

/// The command that the user most likely needs next.
fn next(plan: &Plan<'_>, manifest: &DistManifest, args: &DistArgs) -> String {
    let reference = &plan.reference;
    if args.push {
        return format!("docker extension validate {reference}");
    }
    let install = format!("docker extension install {reference}");
    if args.load {
        return install;
    }
    let archive = plan.output.join(&manifest.image.archive);
    let mut next =
        format!("docker load --input {} && {install}", text::shell_word(archive.as_str()));
    if manifest.image.engine == EngineKind::Docker && plan.is_publishable {
        next += "\n      or `cargo xtask dist --push` to publish it";
    }
    next
}

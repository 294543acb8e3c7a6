//! What was made, how big, where, and what to type next.

use std::fmt::Write;

use super::Request;
use crate::cli;
use crate::context::Context;
use crate::dist::manifest::Manifest;
use crate::error::Error;
use crate::image::EngineKind;
use crate::output;
use crate::progress::Progress;
use crate::style::{DIM, GOOD, HELP};
use crate::text;

/// Prints the summary, unless nothing is to be said.
pub(super) fn print(
    request: &Request,
    context: &Context,
    manifest: &Manifest,
    options: &cli::Dist,
    progress: &Progress,
) -> Result<(), Error> {
    if progress.is_quiet() {
        return Ok(());
    }
    output::print(&summary(request, context, manifest, options))
}

fn summary(
    request: &Request,
    context: &Context,
    manifest: &Manifest,
    options: &cli::Dist,
) -> String {
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
    let _ = writeln!(text, "\nin {} {DIM}(context: {}){DIM:#}", request.output, context.dir());
    let _ = writeln!(text, "{HELP}next{HELP:#}: {}", next(request, manifest, options));
    text
}

/// The command that a person will most likely want now.
fn next(request: &Request, manifest: &Manifest, options: &cli::Dist) -> String {
    let reference = &request.reference;
    if options.push {
        return format!("docker extension validate {reference}");
    }
    let install = format!("docker extension install {reference}");
    if options.load {
        return install;
    }
    let archive = request.output.join(&manifest.image.archive);
    let mut next = format!("docker load --input {} && {install}", quoted(archive.as_str()));
    if manifest.image.engine == EngineKind::Docker {
        next += "\n      or `cargo xtask dist --push` to publish it";
    }
    next
}

/// The path as a shell takes it.
fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-:\\".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else if cfg!(windows) {
        format!("\"{path}\"")
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

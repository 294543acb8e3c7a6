//! `--plan`: what would be done, as text or JSON.

use std::fmt::Write;

use serde::Serialize;
use xshell::Shell;

use super::Request;
use crate::cli::Format;
use crate::error::Error;
use crate::image::{Engine, EngineChoice, EngineKind};
use crate::output;
use crate::plan::HostBinaryPlan;
use crate::platform::{HostPlatform, ImagePlatform};
use crate::text;
use crate::toolchain::linker::{self, Linker, LinkerChoice, Situation};
use crate::toolchain::standard_library::Expected;
use crate::toolchain::{Toolchain, zig};
use crate::ui::Pages;

/// The plan, as `--format json` prints it.
#[derive(Serialize)]
pub(super) struct Plan<'a> {
    reference: String,
    engine: EngineKind,
    engine_reason: &'a str,
    targets: Vec<Target>,
    zig: Option<String>,
    pages: Option<&'static str>,
    images: Vec<ImagePlan>,
    output: &'a str,
}

/// A platform for which host binaries are built.
#[derive(Serialize)]
struct Target {
    platform: HostPlatform,
    target: &'static str,
    standard_library: Expected,
    #[serde(flatten)]
    linker: LinkerChoice,
    binaries: Vec<String>,
}

/// One variant of the image.
#[derive(Serialize)]
struct ImagePlan {
    platform: ImagePlatform,
    host_binaries: Vec<PlacementPlan>,
}

/// A host binary in it.
#[derive(Serialize)]
struct PlacementPlan {
    path: String,
    platform: HostPlatform,
}

impl<'a> Plan<'a> {
    /// Finds out what would be done, without doing it.
    pub fn new(
        request: &'a Request,
        binaries: &HostBinaryPlan<'_>,
        pages: Option<&Pages<'_>>,
        toolchain: &Toolchain,
        engine: &'a EngineChoice,
        sh: &Shell,
    ) -> Result<Self, Error> {
        let target = |platform: HostPlatform| {
            let builds = binaries.builds().iter().filter(|build| build.platform == platform);
            let (standard_library, situation) =
                Situation::before_a_run(toolchain, &request.project, platform);
            Ok(Target {
                platform,
                target: platform.triple(),
                standard_library,
                linker: linker::choose(platform, request.linker, &situation)?,
                binaries: builds.map(|build| build.binary.name.clone()).collect(),
            })
        };
        let targets =
            binaries.platforms().into_iter().map(target).collect::<Result<Vec<_>, Error>>()?;
        let links_with_zig = targets.iter().any(|target| target.linker.linker == Linker::Zig);
        let zig = links_with_zig.then(|| zig::find(sh)).transpose()?;
        Ok(Self {
            reference: request.reference.to_string(),
            engine: engine.engine.kind(),
            engine_reason: &engine.reason,
            targets,
            zig: zig.map(|zig| match zig {
                Some(zig) => format!("{} ({})", zig.version, zig.origin),
                None => "will be downloaded".to_owned(),
            }),
            pages: pages.map(Pages::manner),
            images: ImagePlatform::ALL.map(|image| ImagePlan::new(image, binaries)).into(),
            output: request.output.as_str(),
        })
    }

    /// Writes the plan to standard output.
    pub fn print(&self, format: Format) -> Result<(), Error> {
        match format {
            Format::Text => output::print(&self.text()),
            Format::Json => output::print(&text::json(self)),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |label: &str, value: &dyn std::fmt::Display| {
            let _ = writeln!(text, "{label:<10}{value}");
        };
        line("image", &self.reference);
        line("engine", &format_args!("{}: {}", self.engine, self.engine_reason));
        line("pages", &self.pages.unwrap_or("none"));
        if let Some(zig) = &self.zig {
            line("zig", zig);
        }
        for target in &self.targets {
            line(
                "compile",
                &format_args!(
                    "{} for {} ({}): standard library {}; linker {}, {}",
                    target.binaries.join(", "),
                    target.platform,
                    target.target,
                    target.standard_library,
                    target.linker.linker,
                    target.linker.reason
                ),
            );
        }
        for image in &self.images {
            for placement in &image.host_binaries {
                line(
                    "place",
                    &format_args!(
                        "{} in {}, from {}",
                        placement.path, image.platform, placement.platform
                    ),
                );
            }
        }
        line("output", &self.output);
        text
    }
}

impl ImagePlan {
    fn new(image: ImagePlatform, binaries: &HostBinaryPlan<'_>) -> Self {
        let placements = binaries.placements(image);
        let host_binaries = placements.iter().map(|placement| PlacementPlan {
            path: placement.path(),
            platform: placement.build.platform,
        });
        Self { platform: image, host_binaries: host_binaries.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn it_reads_line_by_line() {
        let platform = HostPlatform::DEFAULT[2];
        let plan = Plan {
            reference: "me/tool:1.2.3".to_owned(),
            engine: EngineKind::Embedded,
            engine_reason: "`docker` is not installed, or not on PATH",
            targets: vec![Target {
                platform,
                target: platform.triple(),
                standard_library: Expected::Rustup,
                linker: LinkerChoice::new(Linker::Zig, "asked for"),
                binaries: vec!["tool".to_owned()],
            }],
            zig: Some("0.17.1 (on PATH)".to_owned()),
            pages: Some("built with npm"),
            images: vec![ImagePlan {
                platform: ImagePlatform::ALL[1],
                host_binaries: vec![PlacementPlan {
                    path: "/windows/tool.exe".to_owned(),
                    platform,
                }],
            }],
            output: "/home/me/tool/dist",
        };
        expect![[r#"
            image     me/tool:1.2.3
            engine    embedded: `docker` is not installed, or not on PATH
            pages     built with npm
            zig       0.17.1 (on PATH)
            compile   tool for windows-amd64 (x86_64-pc-windows-gnu): standard library `rustup target add`, else built from source; linker zig, asked for
            place     /windows/tool.exe in linux/arm64, from windows-amd64
            output    /home/me/tool/dist
        "#]].assert_eq(&plan.text());
        expect![[r#"
            {
              "reference": "me/tool:1.2.3",
              "engine": "embedded",
              "engine_reason": "`docker` is not installed, or not on PATH",
              "targets": [
                {
                  "platform": "windows-amd64",
                  "target": "x86_64-pc-windows-gnu",
                  "standard_library": "rustup",
                  "linker": "zig",
                  "reason": "asked for",
                  "binaries": [
                    "tool"
                  ]
                }
              ],
              "zig": "0.17.1 (on PATH)",
              "pages": "built with npm",
              "images": [
                {
                  "platform": "linux/arm64",
                  "host_binaries": [
                    {
                      "path": "/windows/tool.exe",
                      "platform": "windows-amd64"
                    }
                  ]
                }
              ],
              "output": "/home/me/tool/dist"
            }
        "#]]
        .assert_eq(&text::json(&plan));
    }
}

//! A plan as text and as JSON.

use std::fmt::Write;

use serde::{Serialize, Serializer};

use super::Plan;
use crate::engine::EngineKind;
use crate::host_binaries::HostBinaryPlan;
use crate::platform::{HostPlatform, ImagePlatform};
use crate::text;
use crate::toolchain::ToolchainPlan;
use crate::toolchain::linker::LinkerChoice;
use crate::toolchain::route::{LibraryOrigin, Routes};
use crate::ui::UiSource;

impl Plan<'_> {
    pub fn text(&self) -> String {
        Shown::new(self).text()
    }

    /// Its keys are stable, because release workflows read them.
    pub fn json(&self) -> String {
        text::json(&Shown::new(self))
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    reference: String,
    engine: EngineKind,
    engine_reason: &'a str,
    targets: Vec<ShownTarget<'a>>,
    zig: Option<String>,
    pages: Option<&'static str>,
    images: Vec<ShownVariant>,
    output: &'a str,
    sinks: Vec<&'static str>,
}

#[derive(Serialize)]
struct ShownTarget<'a> {
    platform: HostPlatform,
    target: String,
    #[serde(flatten)]
    made_with: TargetTools<'a>,
    binaries: Vec<&'a str>,
}

/// The tools for a target: one line of the plan and of `doctor`.
#[derive(Serialize)]
pub struct TargetTools<'a> {
    standard_library: LibraryStatus,
    #[serde(flatten)]
    linker: &'a LinkerChoice,
}

/// Where the standard library of a target comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LibraryStatus {
    Installed,
    /// rustup installs it; if that fails, it is built from source.
    Rustup,
    Source,
}

#[derive(Serialize)]
struct ShownVariant {
    platform: ImagePlatform,
    host_binaries: Vec<ShownPlacement>,
}

#[derive(Serialize)]
struct ShownPlacement {
    path: String,
    platform: HostPlatform,
}

impl<'a> TargetTools<'a> {
    /// The tools of the first route; none if nothing is built for the platform.
    pub fn of(routes: &'a Routes, platform: HostPlatform) -> Option<Self> {
        let standard_library = match &routes.first.library {
            LibraryOrigin::Source => LibraryStatus::Source,
            LibraryOrigin::Toolchain { missing } if missing.contains(&platform) => {
                LibraryStatus::Rustup
            }
            LibraryOrigin::Toolchain { .. } => LibraryStatus::Installed,
        };
        let linker = &routes.first.linkers.get(&platform)?.choice;
        Some(Self { standard_library, linker })
    }

    pub fn is_installed(&self) -> bool {
        self.standard_library == LibraryStatus::Installed
    }
}

impl std::fmt::Display for TargetTools<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let library = match self.standard_library {
            LibraryStatus::Installed => "installed",
            LibraryStatus::Rustup => "`rustup target add`, else built from source",
            LibraryStatus::Source => "built from source",
        };
        let LinkerChoice { linker, reason } = self.linker;
        write!(f, "standard library {library}; linker {linker}, {reason}")
    }
}

impl Serialize for LibraryStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            LibraryStatus::Installed => "installed",
            LibraryStatus::Rustup => "rustup",
            LibraryStatus::Source => "source",
        })
    }
}

impl<'a> Shown<'a> {
    fn new(plan: &'a Plan<'_>) -> Self {
        let targets = plan.toolchain.iter().flat_map(|it| targets(&plan.host_binaries, it));
        Self {
            reference: plan.reference.to_string(),
            engine: plan.engine.engine.kind(),
            engine_reason: &plan.engine.reason,
            targets: targets.collect(),
            zig: plan.toolchain.as_ref().and_then(|it| it.zig.as_ref()).map(ToString::to_string),
            pages: plan.pages.as_ref().map(UiSource::manner),
            images: ImagePlatform::ALL
                .map(|image| ShownVariant::new(image, &plan.host_binaries))
                .into(),
            output: plan.output.as_str(),
            sinks: plan.sinks.iter().map(|sink| sink.name()).collect(),
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
        for ShownTarget { platform, target, made_with, binaries } in &self.targets {
            let binaries = binaries.join(", ");
            line("compile", &format_args!("{binaries} for {platform} ({target}): {made_with}"));
        }
        for ShownVariant { platform: image, host_binaries } in &self.images {
            for ShownPlacement { path, platform } in host_binaries {
                line("place", &format_args!("{path} in {image}, from {platform}"));
            }
        }
        line("output", &self.output);
        for sink in &self.sinks {
            line("deliver", sink);
        }
        text
    }
}

fn targets<'a>(
    host_binaries: &'a HostBinaryPlan<'_>,
    toolchain: &'a ToolchainPlan<'_>,
) -> impl Iterator<Item = ShownTarget<'a>> {
    host_binaries.platforms().into_iter().filter_map(|platform| {
        let builds = host_binaries.builds().iter().filter(|build| build.platform == platform);
        Some(ShownTarget {
            platform,
            target: platform.triple().to_string(),
            made_with: TargetTools::of(&toolchain.routes, platform)?,
            binaries: builds.map(|build| build.binary.name.as_str()).collect(),
        })
    })
}

impl ShownVariant {
    fn new(image: ImagePlatform, binaries: &HostBinaryPlan<'_>) -> Self {
        let placements = binaries.placements(image);
        let host_binaries = placements.iter().map(|placement| ShownPlacement {
            path: placement.path(),
            platform: placement.build.platform,
        });
        Self { platform: image, host_binaries: host_binaries.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::linker::Linker;
    use expect_test::expect;

    #[test]
    fn a_plan_is_shown_as_text_and_as_json() {
        let platform = HostPlatform::DEFAULT[2];
        let choice = LinkerChoice::new(Linker::Zig, "requested");
        let plan = Shown {
            reference: "me/tool:1.2.3".to_owned(),
            engine: EngineKind::Embedded,
            engine_reason: "`docker` is not installed or not on PATH",
            targets: vec![ShownTarget {
                platform,
                target: platform.triple().to_string(),
                made_with: TargetTools { standard_library: LibraryStatus::Rustup, linker: &choice },
                binaries: vec!["tool"],
            }],
            zig: Some("0.17.1 (on PATH)".to_owned()),
            pages: Some("built with npm"),
            images: vec![ShownVariant {
                platform: ImagePlatform::ALL[1],
                host_binaries: vec![ShownPlacement {
                    path: "/windows/tool.exe".to_owned(),
                    platform,
                }],
            }],
            output: "/home/me/tool/dist",
            sinks: vec!["docker-engine"],
        };
        expect![[r#"
            image     me/tool:1.2.3
            engine    embedded: `docker` is not installed or not on PATH
            pages     built with npm
            zig       0.17.1 (on PATH)
            compile   tool for windows-amd64 (x86_64-pc-windows-gnu): standard library `rustup target add`, else built from source; linker zig, requested
            place     /windows/tool.exe in linux/arm64, from windows-amd64
            output    /home/me/tool/dist
            deliver   docker-engine
        "#]].assert_eq(&plan.text());
        expect![[r#"
            {
              "reference": "me/tool:1.2.3",
              "engine": "embedded",
              "engine_reason": "`docker` is not installed or not on PATH",
              "targets": [
                {
                  "platform": "windows-amd64",
                  "target": "x86_64-pc-windows-gnu",
                  "standard_library": "rustup",
                  "linker": "zig",
                  "reason": "requested",
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
              "output": "/home/me/tool/dist",
              "sinks": [
                "docker-engine"
              ]
            }
        "#]]
        .assert_eq(&text::json(&plan));
    }
}

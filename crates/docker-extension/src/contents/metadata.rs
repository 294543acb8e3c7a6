//! `metadata.json`: what Docker Desktop reads to install an extension.
//!
//! `docker extension validate` rejects every other key at its root.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::host_binaries::Placement;
use crate::platform::Os;
use crate::project::config::{Service, Ui, Vm};
use crate::text;

/// The directory of the pages in the image and in the build context.
pub const UI_DIRECTORY: &str = "ui";
/// The compose file's path in the image.
pub const COMPOSE_FILE: &str = "docker-compose.yaml";

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The icon's path in the image.
    pub icon: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui: Option<UiSection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm: Option<VmSection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostSection>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UiSection {
    #[serde(rename = "dashboard-tab")]
    pub dashboard_tab: DashboardTab,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DashboardTab {
    pub title: String,
    /// The directory of the pages in the image.
    pub root: String,
    /// The page that the tab opens, relative to `root`.
    pub src: String,
}

/// The services in Docker's virtual machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VmSection {
    /// An image reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The compose file's path in the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composefile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposes: Option<Exposes>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposes {
    /// A file name.
    pub socket: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostSection {
    /// One entry with a list for each operating system, as in most published extensions.
    pub binaries: [BTreeMap<&'static str, Vec<BinaryPath>>; 1],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BinaryPath {
    /// The path in the image. Docker Desktop copies the file into one directory under its base name.
    pub path: String,
}

impl Metadata {
    /// The metadata of one image variant.
    pub fn new(
        icon: String,
        ui: Option<&Ui>,
        vm: Option<&Vm>,
        placements: &[Placement<'_>],
    ) -> Self {
        Self {
            icon,
            ui: ui.map(|ui| UiSection {
                dashboard_tab: DashboardTab {
                    title: ui.title.clone(),
                    root: UI_DIRECTORY.to_owned(),
                    src: ui.entry.as_str().to_owned(),
                },
            }),
            vm: vm.map(VmSection::new),
            host: HostSection::new(placements),
        }
    }

    pub fn to_json(&self) -> String {
        text::json(self)
    }
}

impl VmSection {
    fn new(vm: &Vm) -> Self {
        let (image, composefile) = match &vm.service {
            Service::Image(image) => (Some(image.clone()), None),
            Service::ComposeFile(_) => (None, Some(COMPOSE_FILE.to_owned())),
        };
        let exposes = vm.socket.clone().map(|socket| Exposes { socket });
        Self { image, composefile, exposes }
    }
}

impl HostSection {
    fn new(placements: &[Placement<'_>]) -> Option<Self> {
        let mut lists: BTreeMap<&'static str, Vec<BinaryPath>> = BTreeMap::new();
        for os in Os::ALL {
            let paths: Vec<BinaryPath> = placements
                .iter()
                .filter(|placement| placement.os == os)
                .map(|placement| BinaryPath { path: placement.path() })
                .collect();
            if !paths.is_empty() {
                lists.insert(os.name(), paths);
            }
        }
        (!lists.is_empty()).then_some(Self { binaries: [lists] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host_binaries::Build;
    use crate::project::HostBinary;
    use expect_test::expect;

    #[test]
    fn the_root_has_only_the_four_allowed_keys() {
        let tool = HostBinary { package: "tool".into(), name: "tool".into(), only: None };
        let placements = ["darwin-arm64", "windows-amd64"].map(|name| {
            let platform = name.parse::<crate::platform::HostPlatform>().unwrap();
            Placement { os: platform.os, build: Build { platform, binary: &tool } }
        });
        let ui = Ui {
            title: "Tool".into(),
            directory: "ui".into(),
            build_directory: "dist".into(),
            entry: "index.html?v=1#/home".parse().unwrap(),
        };
        let vm = Vm {
            service: Service::ComposeFile("extension/docker-compose.yaml".into()),
            socket: Some("backend.sock".into()),
        };
        let metadata = Metadata::new("icon.svg".into(), Some(&ui), Some(&vm), &placements);
        expect![[r#"
            {
              "icon": "icon.svg",
              "ui": {
                "dashboard-tab": {
                  "title": "Tool",
                  "root": "ui",
                  "src": "index.html?v=1#/home"
                }
              },
              "vm": {
                "composefile": "docker-compose.yaml",
                "exposes": {
                  "socket": "backend.sock"
                }
              },
              "host": {
                "binaries": [
                  {
                    "darwin": [
                      {
                        "path": "/darwin/tool"
                      }
                    ],
                    "windows": [
                      {
                        "path": "/windows/tool.exe"
                      }
                    ]
                  }
                ]
              }
            }
        "#]]
        .assert_eq(&metadata.to_json());
    }

    #[test]
    fn sections_that_the_extension_does_not_have_are_left_out() {
        let metadata = Metadata::new("icon.svg".into(), None, None, &[]);
        expect![[r#"
            {
              "icon": "icon.svg"
            }
        "#]]
        .assert_eq(&metadata.to_json());
    }
}

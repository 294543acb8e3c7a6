//! `metadata.json`: what Docker Desktop reads to install an extension.
//!
//! Its root is closed: `docker extension validate` refuses every key but the four that are here.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::host_binaries::Placement;
use crate::platform::Os;
use crate::project::config::{Service, Ui, Vm};
use crate::text;

/// The directory of the pages, in the image and in the context.
pub(super) const UI_DIRECTORY: &str = "ui";
/// The compose file's path in the image.
pub(super) const COMPOSE_FILE: &str = "docker-compose.yaml";

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// The icon's path in the image.
    pub icon: String,
    /// The dashboard tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui: Option<UiSection>,
    /// The services in the virtual machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vm: Option<VmSection>,
    /// The host binaries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostSection>,
}

/// The section `ui`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UiSection {
    /// The one tab that there can be.
    #[serde(rename = "dashboard-tab")]
    pub dashboard_tab: DashboardTab,
}

/// The section `ui.dashboard-tab`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DashboardTab {
    /// The tab's title.
    pub title: String,
    /// The folder in the image that holds the pages.
    pub root: String,
    /// The page below it that is opened.
    pub src: String,
}

/// The section `vm`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VmSection {
    /// The image that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The compose file's path in the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composefile: Option<String>,
    /// What the service offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposes: Option<Exposes>,
}

/// The section `vm.exposes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exposes {
    /// The socket's file name.
    pub socket: String,
}

/// The section `host`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HostSection {
    /// One entry, with a list for each operating system: the shape that most published extensions
    /// have.
    pub binaries: [BTreeMap<&'static str, Vec<BinaryPath>>; 1],
}

/// A host binary in the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BinaryPath {
    /// Its path. Consumers copy it into one folder under its base name.
    pub path: String,
}

impl Metadata {
    /// The file of one variant of the image.
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
                    src: ui.entry.to_string(),
                },
            }),
            vm: vm.map(VmSection::new),
            host: HostSection::new(placements),
        }
    }

    /// The file's text.
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
    fn the_root_has_the_four_keys_that_are_allowed_and_no_other() {
        let tool = HostBinary { package: "tool".into(), name: "tool".into(), only: None };
        let placements = ["darwin-arm64", "windows-amd64"].map(|name| {
            let platform = name.parse::<crate::platform::HostPlatform>().unwrap();
            Placement { os: platform.os, build: Build { platform, binary: &tool } }
        });
        let ui = Ui {
            title: "Tool".into(),
            folder: "ui".into(),
            build_folder: "dist".into(),
            entry: "index.html".into(),
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
                  "src": "index.html"
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
    fn what_the_extension_has_not_is_left_out() {
        let metadata = Metadata::new("icon.svg".into(), None, None, &[]);
        expect![[r#"
            {
              "icon": "icon.svg"
            }
        "#]]
        .assert_eq(&metadata.to_json());
    }
}

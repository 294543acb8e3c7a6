//! A project for tests.

use std::collections::BTreeMap;

use camino::Utf8Path;
use serde_json::json;

use super::config::Config;
use super::{HostBinary, Project};

pub(crate) fn config() -> Config {
    let config = json!({
        "image": "me/my-tool",
        "title": "Tool",
        "description": "Costs $5.",
        "vendor": "Me",
        "api-version": ">= 0.3.4",
        "icon": "extension/icon.png",
        "icon-url": "https://example.com/icon.png",
        "screenshots": [{ "alt": "It", "url": "https://example.com/1.png" }],
        "detailed-description": { "file": "extension/description.html" },
        "publisher-url": "https://example.com",
        "changelog": "<p>First.</p>",
        "categories": ["networking", "security"],
        "ui": { "title": "Tool" },
    });
    Config::parse(&config).unwrap()
}

/// A small extension in the directory `root`, with one host binary and a tab.
pub(crate) fn project(root: &Utf8Path) -> Project {
    Project {
        root: root.to_owned(),
        target_dir: root.join("target"),
        version: "1.2.3".parse().unwrap(),
        tag: "1.2.3".parse().unwrap(),
        config: config(),
        host_binaries: vec![HostBinary {
            package: "my-tool".to_owned(),
            name: "tool".to_owned(),
            only: None,
        }],
        licences: BTreeMap::new(),
        packages: BTreeMap::new(),
    }
}

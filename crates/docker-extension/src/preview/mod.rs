//! The Docker Desktop extension API in an ordinary browser, with the real host binaries behind it.
//!
//! ```text
//! browser ─▶ routes ─▶ guard ─┬─▶ pages ─▶ the pages' dev server, or plain files
//!                             ├─▶ exec ─▶ host binaries, docker
//!                             ├─▶ browse ─▶ directories of this machine
//!                             ├─▶ service_request ─▶ services ─▶ docker compose
//!                             └─▶ tabs ◀─ exec, build, types
//! ```
//!
//! The script in `client/` creates `window.ddClient` in the page. It sends short requests, and receives
//! all messages on one connection that stays open for each browser tab.

use serde_json::json;

use crate::project::Project;

mod browse;
pub mod browser;
pub mod build;
mod containers;
pub mod dev_server;
mod exec;
pub mod guard;
pub mod pages;
mod programs;
pub mod routes;
pub mod search_path;
mod service_request;
pub mod services;
pub mod session;
mod tabs;
pub mod types;
mod utf8;
mod watch;

/// The parts of the page's script. Each uses only those before it.
const PARTS: [&str; 9] = [
    include_str!("client/notices.js"),
    include_str!("client/connection.js"),
    include_str!("client/source_map.js"),
    include_str!("client/page_errors.js"),
    include_str!("client/themes.js"),
    include_str!("client/shell_words.js"),
    include_str!("client/open_dialog.js"),
    include_str!("client/vm.js"),
    include_str!("client/dd_client.js"),
];

/// The script that creates `window.ddClient` for this project on this machine.
pub fn script(project: &Project) -> String {
    let facts = json!({
        "image": project.config.image.with_tag(project.tag.clone()).to_string(),
        // Node's names.
        "platform": match std::env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            other => other,
        },
        "arch": match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            other => other,
        },
        "hostname": hostname(),
        "hasHost": !project.host_binaries.is_empty(),
        "hasVm": project.config.vm.is_some(),
    });
    let parts = PARTS.join("\n");
    format!("(() => {{\n\"use strict\";\nconst facts = {facts};\n{parts}\n}})();\n")
}

#[cfg(unix)]
fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn hostname() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

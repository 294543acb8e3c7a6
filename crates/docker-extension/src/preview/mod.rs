//! The Docker Desktop extension API in an ordinary browser, with the real host binaries behind it.
//!
//! ```text
//! browser ─▶ server ─▶ guard ─┬─▶ pages ─▶ the pages' dev server, or plain files
//!                             ├─▶ exec ─▶ host binaries, docker
//!                             └─▶ tabs ◀─ exec, build
//! ```
//!
//! The script `client/` makes `window.ddClient` in the page. It asks with short requests, and is
//! told everything on one connection that is held open for each browser tab.

use std::io;

use serde_json::json;

use crate::project::Project;

pub mod browser;
pub mod build;
pub mod containers;
pub mod dev_server;
pub mod exec;
pub mod guard;
pub mod http;
pub mod pages;
pub mod programs;
pub mod server;
pub mod session;
pub mod tabs;
pub mod utf8;
pub mod watch;

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The extension has no page.
    #[error("there is no dashboard tab to see: the configuration has no table `ui`")]
    NoUi,
    /// The port is taken.
    #[error("can't listen on that port")]
    Port(#[source] io::Error),
    /// The operating system has no random bytes.
    #[error("can't make a secret")]
    Random(#[source] io::Error),
    /// The pages' own dev server fails.
    #[error(transparent)]
    DevServer(#[from] dev_server::Error),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::NoUi => {
                Some("add `[workspace.metadata.docker-extension.ui]` to `Cargo.toml`".to_owned())
            }
            Error::Port(_) => Some("choose another with `--port`, or leave it out".to_owned()),
            Error::Random(_) => None,
            Error::DevServer(error) => error.help(),
        }
    }
}

/// The script that makes `window.ddClient` for this project on this machine.
pub fn script(project: &Project) -> String {
    let facts = json!({
        "image": project.config.image.with_tag(project.tag.clone()).to_string(),
        // As Node names them.
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
    format!(
        "(() => {{\n\"use strict\";\nconst facts = {facts};\n{}\n{}\n{}\n}})();\n",
        include_str!("client/notices.js"),
        include_str!("client/connection.js"),
        include_str!("client/dd_client.js"),
    )
}

#[cfg(unix)]
fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn hostname() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

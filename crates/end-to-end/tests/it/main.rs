//! Runs the tool as users do, and checks its results with third-party tools.
//!
//! All tests are in one binary: it is linked once, and more tests run in parallel.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests fail by panicking")]

#[cfg(target_os = "linux")]
mod agrees_with_llvm;
#[cfg(unix)]
mod bad_input;
#[cfg(unix)]
mod c_paths;
#[cfg(unix)]
mod crates;
mod dist;
mod docker_engine;
#[cfg(unix)]
mod features;
mod guards;
#[cfg(unix)]
mod interrupt;
mod layers;
#[cfg(unix)]
mod link_faults;
#[cfg(unix)]
mod linking;
#[cfg(unix)]
mod linking_speed;
mod login;
mod macos_libraries;
#[cfg(unix)]
mod new;
#[cfg(unix)]
mod npm;
#[cfg(unix)]
mod pictures_in_browser;
#[cfg(unix)]
mod preview;
#[cfg(unix)]
mod preview_in_browser;
#[cfg(unix)]
mod preview_services;
mod published;
mod sample;
mod shapes;
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
mod starts_on_linux;
mod support;
#[cfg(unix)]
mod upgrade;
mod validate;
#[cfg(unix)]
mod validate_online;
mod waivers;
#[cfg(unix)]
mod windows_resources;

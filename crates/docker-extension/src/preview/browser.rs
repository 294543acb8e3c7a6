//! Opening the user's browser.

use std::process::{Command, Stdio};
use std::thread;

use xshell::{Shell, cmd};

use crate::error::{Error, Result};

/// Opens an address in the browser that `BROWSER` names, or else in the default one. The browser keeps
/// running when the preview ends.
///
/// # Errors
/// The browser does not start.
pub fn open(address: &str) -> Result<()> {
    let sh = Shell::new()?;
    let command = match std::env::var_os("BROWSER").filter(|browser| !browser.is_empty()) {
        Some(browser) => cmd!(sh, "{browser} {address}"),
        // `start` would pass the address through a shell.
        None if cfg!(windows) => cmd!(sh, "rundll32.exe url.dll,FileProtocolHandler {address}"),
        None if cfg!(target_os = "macos") => cmd!(sh, "open {address}"),
        None => cmd!(sh, "xdg-open {address}"),
    };
    let mut command = Command::from(command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let child = command.spawn();
    let mut child = child.map_err(|error| Error::new("can't open a browser").because(error))?;
    // Otherwise it becomes a zombie when it ends.
    thread::spawn(move || child.wait());
    Ok(())
}

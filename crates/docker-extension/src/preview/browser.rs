//! Opening the person's browser.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::thread;

/// Opens an address in the browser that `BROWSER` names, else in the default one. It lives on when
/// the preview ends: it is the person's.
///
/// # Errors
/// There is no browser to be found.
pub fn open(address: &str) -> std::io::Result<()> {
    let mut command = match std::env::var_os("BROWSER").filter(|browser| !browser.is_empty()) {
        Some(browser) => Command::new(browser),
        None => default_browser(),
    };
    command.arg(address);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    // So that no trace of it is left when it ends.
    thread::spawn(move || child.wait());
    Ok(())
}

fn default_browser() -> Command {
    let words: &[&str] = if cfg!(windows) {
        // `start` would have a shell look at the address.
        &["rundll32.exe", "url.dll,FileProtocolHandler"]
    } else if cfg!(target_os = "macos") {
        &["open"]
    } else {
        &["xdg-open"]
    };
    let mut words = words.iter().map(OsString::from);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

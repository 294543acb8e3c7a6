//! How the tool's texts look on a terminal. Where they go elsewhere, anstream removes the styles.

use anstyle::{AnsiColor, Style};

/// Success.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What a user should look at.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Failure.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What to do next.
pub const HELP: Style = AnsiColor::Cyan.on_default().bold();
/// Side remarks.
pub const DIM: Style = Style::new().dimmed();

//! The styles of texts on a terminal. anstream removes them from other output.

use anstyle::{AnsiColor, Style};

/// For success.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// For warnings.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// For errors.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// For notes and help.
pub const HELP: Style = AnsiColor::Cyan.on_default().bold();
/// For less important text.
pub const DIM: Style = Style::new().dimmed();

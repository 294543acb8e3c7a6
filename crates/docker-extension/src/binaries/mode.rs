//! Checks the permissions of a file, which Docker Desktop does not change. Windows has none.

use super::listed::Listed;
use crate::platform::Os;
use crate::rules::{Breach, image as rules};

/// `is_started`: whether the file itself is started. Other files need not be executable.
pub(super) fn judge(listed: Listed<'_>, is_started: bool) -> Option<Breach> {
    const ALL_USERS: u32 = 0o555;
    const OWNER_CAN_READ: u32 = 0o400;
    const OTHERS_CAN_WRITE: u32 = 0o002;
    let mode = listed.mode.filter(|_| listed.os != Os::Windows)?;
    if is_started && mode & ALL_USERS != ALL_USERS {
        let what = format!("has mode {mode:04o}: not all users can read and execute it");
        return Some(Breach::new(&rules::BINARY_EXECUTABLE, what));
    }
    let what = if is_started && mode != 0o755 {
        format!("has mode {mode:04o} instead of 0755")
    } else if mode & OWNER_CAN_READ == 0 {
        format!("has mode {mode:04o}: programs cannot read it")
    } else if mode & OTHERS_CAN_WRITE != 0 {
        format!("has mode {mode:04o} instead of 0644: every user can change it")
    } else {
        return None;
    };
    Some(Breach::new(&rules::BINARY_MODE, what))
}

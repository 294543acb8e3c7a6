//! Paths as tar files and symbolic links have them: parts between slashes, below the image's root.

/// The parts of `path` below the root, `.` and `..` resolved by their text alone, as Go's
/// `filepath.Clean` does it. None where it leaves the root.
pub(super) fn parts(path: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts)
}

/// The same for a path that a person or a consumer names: `/..` is the root.
pub(super) fn parts_within_root(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

/// Whether the text of a symbolic link in `folder` leaves the root. In a container it leads to the
/// root; where somebody unpacks the image into a folder, it leads out of that.
pub(super) fn link_leaves_root(folder: &[&str], target: &str) -> bool {
    !target.starts_with('/') && parts(&format!("{}/{target}", folder.join("/"))).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_by_their_text() {
        assert_eq!(parts("./a//b/../c/"), Some(vec!["a", "c"]));
        assert_eq!(parts("/a"), Some(vec!["a"]));
        assert_eq!(parts("./"), Some(vec![]));
        assert_eq!(parts("a/../../b"), None);
        assert_eq!(parts_within_root("a/../../b"), ["b"]);
    }

    #[test]
    fn a_link_leaves_the_root_only_by_dots() {
        assert!(!link_leaves_root(&["usr", "bin"], "../lib/x"));
        assert!(!link_leaves_root(&["usr"], "/etc/x"));
        assert!(link_leaves_root(&["usr"], "../../etc/x"));
        assert!(!link_leaves_root(&["usr"], "/../../etc/x"));
    }
}

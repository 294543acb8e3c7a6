//! Paths in tar files and symbolic links: components between slashes, below the image's root.

/// The components of `path` below the root. Like Go's `filepath.Clean`, `.` and `..` are resolved
/// textually. `None` if the path leaves the root.
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

/// The same for a path of a user or a consumer: `/..` is the root.
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

/// Whether the target of a symbolic link in `directory` leaves the root. In a container, it would lead to
/// the root; if the image is unpacked into a directory, it leads out of that directory.
pub(super) fn link_leaves_root(directory: &[&str], target: &str) -> bool {
    !target.starts_with('/') && parts(&format!("{}/{target}", directory.join("/"))).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_textually() {
        assert_eq!(parts("./a//b/../c/"), Some(vec!["a", "c"]));
        assert_eq!(parts("/a"), Some(vec!["a"]));
        assert_eq!(parts("./"), Some(vec![]));
        assert_eq!(parts("a/../../b"), None);
        assert_eq!(parts_within_root("a/../../b"), ["b"]);
    }

    #[test]
    fn a_link_leaves_the_root_only_through_parent_components() {
        assert!(!link_leaves_root(&["usr", "bin"], "../lib/x"));
        assert!(!link_leaves_root(&["usr"], "/etc/x"));
        assert!(link_leaves_root(&["usr"], "../../etc/x"));
        assert!(!link_leaves_root(&["usr"], "/../../etc/x"));
    }
}

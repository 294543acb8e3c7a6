//! The files of a variant: whether those that `metadata.json` names exist and can be copied as Docker
//! Desktop and Rancher Desktop copy them.

use std::collections::BTreeSet;

use super::finding::{At, LocatedBreach};
use super::metadata::{Declared, DeclaredBinary, DeclaredTab, ImagePath, PathEnding};
use super::room::LocatedBreaches;
use crate::binaries;
use crate::image::read::tree::{FileTree, NodeKind, Unresolved};
use crate::oci::Digest;
use crate::platform::Os;
use crate::rules::{Breach, Rule, image as rules, metadata as metadata_rules};

/// A file whose content must be inspected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pending {
    pub content: Digest,
    pub path: String,
    pub part: Part,
    /// The permissions.
    pub mode: u32,
}

/// The purpose of a file in the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Icon,
    /// The page that a tab opens.
    Page,
    ComposeFile,
    HostBinary(Os),
}

/// Checks all declared files. Also returns the files whose content must be inspected.
pub(super) fn check(tree: &FileTree, declared: &Declared) -> (Vec<LocatedBreach>, Vec<Pending>) {
    let mut checker =
        FileChecker { tree, breaches: LocatedBreaches::default(), pending: Vec::new() };
    checker.oddities();
    if let Some(icon) = &declared.icon {
        checker.icon(icon);
    }
    declared.tabs.iter().for_each(|tab| checker.tab(tab));
    if let Some(file) = &declared.compose_file {
        checker.compose_file(file);
    }
    declared.binaries.iter().for_each(|binary| checker.host_binary(binary));
    checker.unlisted(&declared.binaries);
    (checker.breaches.into_vec(), checker.pending)
}

struct FileChecker<'a> {
    tree: &'a FileTree,
    breaches: LocatedBreaches,
    pending: Vec<Pending>,
}

impl FileChecker<'_> {
    fn oddities(&mut self) {
        for oddity in self.tree.oddities().first() {
            let what = format!("is an invalid layer entry: it {}", oddity.kind);
            self.report(&rules::LAYER_ENTRY, &oddity.path, what);
        }
        if self.tree.oddities().count() > self.tree.oddities().first().len() {
            self.breaches.omit(&rules::LAYER_ENTRY);
        }
    }

    fn icon(&mut self, icon: &ImagePath) {
        if let Some((content, mode)) = self.file(icon, &rules::ICON_MISSING) {
            self.inspect(content, mode, icon, Part::Icon);
        }
    }

    fn tab(&mut self, DeclaredTab { root, src }: &DeclaredTab) {
        match self.tree.resolve(root.as_str()) {
            Err(reason) => {
                return self.report(&rules::UI_MISSING, root.as_str(), unresolved(reason));
            }
            Ok(found) if matches!(found.node.kind, NodeKind::Symlink(_)) => {
                self.report(&rules::UI_LINK, root.as_str(), "is a symbolic link");
            }
            Ok(found) if found.node.kind != NodeKind::Directory => {
                return self.report(&rules::UI_MISSING, root.as_str(), "is not a directory");
            }
            Ok(_) => {}
        }
        let links: Vec<String> = self
            .tree
            .below(root.as_str())
            .filter(|found| matches!(found.node.kind, NodeKind::Symlink(_)))
            .map(|found| found.path)
            .collect();
        for link in links {
            self.report(&rules::UI_LINK, &link, "is a symbolic link");
        }
        let Some(src) = src else { return };
        if let Some((content, mode)) = self.file(src, &rules::UI_MISSING) {
            self.inspect(content, mode, src, Part::Page);
        }
    }

    fn compose_file(&mut self, path: &ImagePath) {
        if let Some((content, mode)) = self.file(path, &rules::COMPOSE_MISSING) {
            self.inspect(content, mode, path, Part::ComposeFile);
        }
    }

    fn host_binary(&mut self, DeclaredBinary { os, path, ending }: &DeclaredBinary) {
        let found = match self.tree.resolve(path.as_str()) {
            Ok(found) => found,
            Err(reason) => {
                let what = format!("{} (listed for {})", unresolved(reason), os.name());
                return self.report(&rules::BINARY_MISSING, path.as_str(), what);
            }
        };
        let what = match &found.node.kind {
            NodeKind::File { .. } if *ending == PathEnding::Slash => {
                let what = "is not a directory, but its listed path ends in `/`";
                return self.report(&metadata_rules::PATH, path.as_str(), what);
            }
            NodeKind::File { content, .. } => {
                let (content, mode) = (*content, found.node.mode);
                return self.inspect(content, mode, path, Part::HostBinary(*os));
            }
            NodeKind::Directory => {
                let what = format!("is a directory, not a file (listed for {})", os.name());
                return self.report(&rules::BINARY_DIRECTORY, path.as_str(), what);
            }
            NodeKind::Symlink(target) => format!("is a symbolic link to `{target}`"),
            NodeKind::Special => "is a device or a pipe, not a program".to_owned(),
        };
        self.report(&rules::BINARY_FILE, path.as_str(), what);
    }

    /// Reports unlisted programs in the directories of host binaries, except in those of the system.
    fn unlisted(&mut self, listed: &[DeclaredBinary]) {
        let paths: BTreeSet<&str> = listed.iter().map(|binary| binary.path.as_str()).collect();
        let directories: BTreeSet<(&str, Os)> =
            listed.iter().map(|binary| (binary.path.parent(), binary.os)).collect();
        let is_of_system =
            |directory: &str| matches!(directory, "" | "/bin" | "/usr/bin" | "/usr/local/bin");
        let mut reported = BTreeSet::new();
        for (directory, os) in directories.into_iter().filter(|(it, _)| !is_of_system(it)) {
            let files: Vec<String> = self
                .tree
                .below(directory)
                .filter(|found| matches!(found.node.kind, NodeKind::File { .. }))
                .filter(|found| found.node.mode & 0o111 != 0)
                .map(|found| found.path)
                .filter(|path| path.rsplit_once('/').is_some_and(|(parent, _)| parent == directory))
                .filter(|path| !paths.contains(path.as_str()))
                // Some tools make every file executable.
                .filter(|path| binaries::is_of_code(os, path) && reported.insert(path.clone()))
                .collect();
            for path in files {
                self.report(&rules::BINARY_UNLISTED, &path, "is not listed in `host.binaries`");
            }
        }
    }

    /// The content of a regular file. If there is none, it is a finding of `rule`.
    fn file(&mut self, path: &ImagePath, rule: &'static Rule) -> Option<(Digest, u32)> {
        // A symbolic link fails, because Docker Desktop copies links as they are.
        match self.tree.resolve(path.as_str()).map(|found| (&found.node.kind, found.node.mode)) {
            Ok((NodeKind::File { content, .. }, mode)) => return Some((*content, mode)),
            Ok(_) => self.report(rule, path.as_str(), NOT_REGULAR),
            Err(reason) => self.report(rule, path.as_str(), unresolved(reason)),
        }
        None
    }

    fn inspect(&mut self, content: Digest, mode: u32, path: &ImagePath, part: Part) {
        self.pending.push(Pending { content, path: path.as_str().to_owned(), part, mode });
    }

    fn report(&mut self, rule: &'static Rule, path: &str, what: impl ToString) {
        self.breaches.push(about_file(&Breach::new(rule, what.to_string()), path));
    }
}

/// The fault of a file that is there, but is a directory, a link or a device.
pub(super) const NOT_REGULAR: &str = "is not a regular file";

/// The fault of a path that does not lead to a file.
pub(super) fn unresolved(reason: Unresolved) -> &'static str {
    match reason {
        Unresolved::NotFound => "is missing",
        Unresolved::NotADirectory => "is missing: a parent is not a directory",
        Unresolved::TooManyLinks => "cannot be reached: its path has too many symbolic links",
    }
}

/// The breach of a rule by a file of the image.
pub(super) fn about_file(breach: &Breach, path: &str) -> LocatedBreach {
    breach.at(&format!("`{path}`"), At::File(path.to_owned()))
}

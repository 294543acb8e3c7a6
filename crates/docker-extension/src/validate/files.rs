//! The files of a variant: whether what `metadata.json` names is there, and can be copied as
//! consumers copy it.

use std::collections::BTreeSet;

use super::finding::{At, LocatedBreach};
use super::metadata::{Declared, DeclaredBinary, DeclaredTab, ImagePath};
use super::room::LocatedBreaches;
use crate::image::read::tree::{FileTree, NodeKind};
use crate::oci::Digest;
use crate::platform::Os;
use crate::rules::{Rule, image as rules};

/// A file whose content is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The digest of its content.
    pub content: Digest,
    pub path: String,
    pub part: Part,
}

/// What a file is in the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Icon,
    /// The page that a tab opens.
    Page,
    HostBinary(Os),
}

/// Looks for everything that is declared; returns what is to be inspected, too.
pub(super) fn check(tree: &FileTree, declared: &Declared) -> (Vec<LocatedBreach>, Vec<Wanted>) {
    let mut checker =
        FileChecker { tree, breaches: LocatedBreaches::default(), wanted: Vec::new() };
    checker.oddities();
    if let Some(icon) = &declared.icon {
        checker.icon(icon);
    }
    declared.tabs.iter().for_each(|tab| checker.tab(tab));
    if let Some(file) = &declared.compose_file {
        checker.file(file, &rules::COMPOSE_MISSING);
    }
    declared.binaries.iter().for_each(|binary| checker.host_binary(binary));
    checker.unlisted(&declared.binaries);
    (checker.breaches.into_vec(), checker.wanted)
}

struct FileChecker<'a> {
    tree: &'a FileTree,
    breaches: LocatedBreaches,
    wanted: Vec<Wanted>,
}

impl FileChecker<'_> {
    fn oddities(&mut self) {
        for oddity in self.tree.oddities().first() {
            self.report(&rules::LAYER_ENTRY, &oddity.path, oddity.kind.to_string());
        }
    }

    fn icon(&mut self, icon: &ImagePath) {
        if let Some(content) = self.file(icon, &rules::ICON_MISSING) {
            self.want(content, icon, Part::Icon);
        }
    }

    fn tab(&mut self, DeclaredTab { root, src }: &DeclaredTab) {
        match self.tree.resolve(root.as_str()) {
            Err(reason) => return self.report(&rules::UI_MISSING, root.as_str(), reason),
            Ok(found) if matches!(found.node.kind, NodeKind::Symlink(_)) => {
                self.report(&rules::UI_LINK, root.as_str(), "it is a symbolic link");
            }
            Ok(found) if found.node.kind != NodeKind::Folder => {
                return self.report(&rules::UI_MISSING, root.as_str(), "it is no folder");
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
            self.report(&rules::UI_LINK, &link, "it is a symbolic link");
        }
        let Some(src) = src else { return };
        if let Some(content) = self.file(src, &rules::UI_MISSING) {
            self.want(content, src, Part::Page);
        }
    }

    fn host_binary(&mut self, DeclaredBinary { os, path }: &DeclaredBinary) {
        let found = match self.tree.resolve(path.as_str()) {
            Ok(found) => found,
            Err(reason) => {
                let what = format!("it is listed for {}, but {reason}", os.name());
                return self.report(&rules::BINARY_MISSING, path.as_str(), what);
            }
        };
        let what = match &found.node.kind {
            NodeKind::File { content, .. } => {
                let content = *content;
                self.mode(*os, path, found.node.mode);
                return self.want(content, path, Part::HostBinary(*os));
            }
            NodeKind::Folder => "it is a folder".to_owned(),
            NodeKind::Symlink(target) => format!("it is a symbolic link to `{target}`"),
            NodeKind::Special => "it is a device or a pipe".to_owned(),
        };
        self.report(&rules::BINARY_FILE, path.as_str(), what);
    }

    /// Windows knows no modes; elsewhere everybody has to be able to start it.
    fn mode(&mut self, os: Os, path: &ImagePath, mode: u32) {
        const EVERYBODY: u32 = 0o555;
        let what = format!("its mode is {mode:04o}");
        if os != Os::Windows && mode & EVERYBODY != EVERYBODY {
            self.report(&rules::BINARY_EXECUTABLE, path.as_str(), what);
        } else if mode != 0o755 {
            self.report(&rules::BINARY_MODE, path.as_str(), what);
        }
    }

    /// Programs in folders that hold host binaries and nothing else of the system.
    fn unlisted(&mut self, listed: &[DeclaredBinary]) {
        let paths: BTreeSet<&str> = listed.iter().map(|binary| binary.path.as_str()).collect();
        let folders: BTreeSet<&str> = listed.iter().map(|binary| binary.path.parent()).collect();
        let is_systems =
            |folder: &&str| matches!(*folder, "" | "/bin" | "/usr/bin" | "/usr/local/bin");
        for folder in folders.into_iter().filter(|folder| !is_systems(folder)) {
            let files: Vec<String> = self
                .tree
                .below(folder)
                .filter(|found| matches!(found.node.kind, NodeKind::File { .. }))
                .filter(|found| found.node.mode & 0o111 != 0)
                .map(|found| found.path)
                .filter(|path| path.rsplit_once('/').is_some_and(|(around, _)| around == folder))
                .filter(|path| !paths.contains(path.as_str()))
                .collect();
            for path in files {
                self.report(&rules::BINARY_UNLISTED, &path, "`host.binaries` does not list it");
            }
        }
    }

    /// The content of a plain file; `rule` is broken where there is none.
    fn file(&mut self, path: &ImagePath, rule: &'static Rule) -> Option<Digest> {
        // Consumers copy the icon, and the folders around pages and compose files, links and all.
        match self.tree.resolve(path.as_str()).map(|found| &found.node.kind) {
            Ok(NodeKind::File { content, .. }) => return Some(*content),
            Ok(_) => self.report(rule, path.as_str(), "it is no plain file"),
            Err(reason) => self.report(rule, path.as_str(), reason),
        }
        None
    }

    fn want(&mut self, content: Digest, path: &ImagePath, part: Part) {
        self.wanted.push(Wanted { content, path: path.as_str().to_owned(), part });
    }

    fn report(&mut self, rule: &'static Rule, path: &str, what: impl ToString) {
        let at = At::File(path.to_owned());
        self.breaches.push(LocatedBreach::new(rule, at, what.to_string()));
    }
}

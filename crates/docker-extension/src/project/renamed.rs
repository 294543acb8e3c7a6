//! Keys of the configuration that had another name in an earlier version of the tool.

use toml_edit::{DocumentMut, Item, TableLike};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenamedKey {
    /// The table of the key, relative to the workspace's table.
    table: &'static [&'static str],
    old: &'static str,
    new: &'static str,
}

const RENAMED: [RenamedKey; 2] = [
    RenamedKey { table: &["ui"], old: "folder", new: "directory" },
    RenamedKey { table: &["ui"], old: "build-folder", new: "build-directory" },
];

impl RenamedKey {
    /// The new name of the full key `key`.
    pub fn new_name(key: &str) -> Option<&'static str> {
        RENAMED
            .iter()
            .find(|renamed| renamed.full_key(renamed.old) == key)
            .map(|renamed| renamed.new)
    }

    fn full_key(self, name: &str) -> String {
        let mut parts = vec![super::config::WORKSPACE_KEY];
        parts.extend(self.table);
        parts.push(name);
        parts.join(".")
    }
}

/// A manifest with the new names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    pub text: String,
    /// Old and new full keys.
    pub renamed: Vec<(String, String)>,
}

/// Renames the keys in the workspace's `Cargo.toml`, unless the new name is taken. Nothing else changes,
/// not even white space.
///
/// # Errors
/// The text is not TOML.
pub fn migrate(manifest: &str) -> Result<Migrated, toml_edit::TomlError> {
    let mut document: DocumentMut = manifest.parse()?;
    let mut renamed = Vec::new();
    for key in RENAMED {
        let mut path = super::config::WORKSPACE_KEY.split('.').chain(key.table.iter().copied());
        let table = path.try_fold(document.as_item_mut(), |item, name| item.get_mut(name));
        if let Some(table) = table.and_then(Item::as_table_like_mut)
            && rename(table, key.old, key.new)
        {
            renamed.push((key.full_key(key.old), key.full_key(key.new)));
        }
    }
    let text = if renamed.is_empty() { manifest.to_owned() } else { document.to_string() };
    Ok(Migrated { text, renamed })
}

/// Renames a key and keeps the order of the entries.
fn rename(table: &mut dyn TableLike, old: &str, new: &str) -> bool {
    if !table.contains_key(old) || table.contains_key(new) {
        return false;
    }
    let names: Vec<String> = table.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        let Some(key) = table.key(&name).cloned() else { continue };
        let Some(item) = table.remove(&name) else { continue };
        let key = if name == old {
            toml_edit::Key::new(new)
                .with_leaf_decor(key.leaf_decor().clone())
                .with_dotted_decor(key.dotted_decor().clone())
        } else {
            key
        };
        table.entry_format(&key).or_insert(item);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migrated(text: &str) -> Migrated {
        migrate(text).unwrap()
    }

    #[test]
    fn keys_are_renamed_and_nothing_else_changes() {
        let old = r#"# First.
[workspace]
members = [ "xtask" ]

[workspace.metadata.docker-extension.ui] # The tab.
title  = "Disk"
# Where it is.
  folder = 'web'   # here
build-folder = "build"
entry = "index.html"
"#;
        let new =
            old.replace("  folder =", "  directory =").replace("build-folder", "build-directory");
        let found = migrated(old);
        assert_eq!(found.text, new);
        let table = "workspace.metadata.docker-extension.ui";
        assert_eq!(found.renamed[0], (format!("{table}.folder"), format!("{table}.directory")));
        assert_eq!(found.renamed.len(), 2);
        assert_eq!(migrated(&new), Migrated { text: new.clone(), renamed: vec![] });
    }

    #[test]
    fn keys_are_found_in_every_form_of_a_table() {
        for old in [
            "[workspace.metadata.docker-extension]\nui = { title = \"A\", folder = \"b\" } # c\n",
            "[workspace.metadata.docker-extension]\nui.title = \"A\"\nui.folder = \"b\" # c\n",
            "workspace.metadata.docker-extension.ui.folder = \"b\"\n",
        ] {
            let found = migrated(old);
            assert_eq!(found.text, old.replace("folder", "directory"));
            assert_eq!(found.renamed.len(), 1, "{old}");
        }
    }

    #[test]
    fn a_manifest_without_old_keys_does_not_change() {
        let both = "[workspace.metadata.docker-extension.ui]\nfolder = \"a\"\ndirectory = \"b\"\n";
        for text in [both, "", "[workspace]\r\n", "[workspace.metadata]\ndocker-extension = 1\n"] {
            assert_eq!(migrated(text), Migrated { text: text.to_owned(), renamed: vec![] });
        }
        assert!(migrate("[").is_err());
    }
}

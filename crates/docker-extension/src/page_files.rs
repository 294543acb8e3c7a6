//! The files of the built pages. They are listed once, so that later files are not in the image.

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};
use crate::files::{self, IoContext};
use crate::interrupt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFiles {
    pub directory: Utf8PathBuf,
    /// Relative to the directory.
    pub paths: Vec<Utf8PathBuf>,
}

impl PageFiles {
    /// Lists the files of `directory` except hidden ones and npm packages, which are beside the pages if the
    /// pages are not built.
    ///
    /// # Errors
    /// A directory can't be read, or contains a symbolic link or special file.
    pub fn list(directory: &Utf8Path) -> Result<Self> {
        let mut paths = Vec::new();
        list(directory, Utf8Path::new(""), &mut paths)?;
        Ok(Self { directory: directory.to_owned(), paths })
    }
}

fn list(root: &Utf8Path, directory: &Utf8Path, paths: &mut Vec<Utf8PathBuf>) -> Result<()> {
    interrupt::check()?;
    for entry in files::entries(&root.join(directory))? {
        if entry.file_name().starts_with('.') || entry.file_name() == "node_modules" {
            continue;
        }
        let path = directory.join(entry.file_name());
        let kind = entry.file_type().doing("read", entry.path())?;
        if kind.is_dir() {
            list(root, &path, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        } else {
            return Err(Error::new(format!("`{}` is not a file or directory", entry.path())).help(
                "replace it with a file: symbolic links in the pages make the installation fail on \
                     Windows",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(files: &[&str]) -> (tempfile::TempDir, Utf8PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8PathBuf::try_from(dir.path().to_owned()).unwrap();
        for path in files {
            files::create_dir(root.join(path).parent().unwrap()).unwrap();
            files::write(&root.join(path), "").unwrap();
        }
        (dir, root)
    }

    #[test]
    fn hidden_files_and_npm_packages_are_not_listed() {
        let (_dir, root) =
            directory(&["index.html", "assets/a b.js", ".env", ".git/x", "assets/node_modules/x"]);
        let pages = PageFiles::list(&root).unwrap();
        assert_eq!(pages.paths, ["assets/a b.js", "index.html"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_special_files_are_rejected() {
        use std::os::unix::{fs::symlink, net::UnixListener};
        let (_dir, root) = directory(&["index.html", "assets/a.js"]);
        symlink("../index.html", root.join("assets/link.html")).unwrap();
        let error = PageFiles::list(&root).unwrap_err();
        assert!(error.to_string().contains("assets/link.html` is not a file"), "{error}");
        assert!(error.advice().is_some_and(|help| help.contains("Windows")));

        let (_dir, root) = directory(&[]);
        let _socket = UnixListener::bind(root.join("socket")).unwrap();
        assert!(PageFiles::list(&root).is_err());
    }
}

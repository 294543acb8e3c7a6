//! The build context `target/extension/`: everything that goes into the image, and the
//! `Dockerfile` that puts it there.
//!
//! ```text
//! Dockerfile
//! metadata.json                   where the variants differ: variants/<arch>/metadata.json
//! icon.<ext>
//! docker-compose.yaml             where the extension has services
//! ui/                             the pages
//! host/<os>/<binary>              the host binaries that both variants of the image have
//! host/<os>/<arch>/<binary>       or those that they have each
//! ```

use camino::{Utf8Path, Utf8PathBuf};

use crate::compile::HostBinaryFile;
use crate::files;
use crate::interrupt;
use crate::plan::{HostBinaryPlan, Placement};
use crate::platform::{ImagePlatform, Os};
use crate::project::Project;
use crate::project::config::{Service, Vm};
use crate::staging::Staged;

pub mod contents;
mod dockerfile;
mod labels;
mod metadata;

pub use contents::Context;
use contents::{Contents, FileMode, Layer, Source};
pub use dockerfile::dockerfile;
use metadata::Metadata;

const METADATA: &str = "metadata.json";
const VARIANTS_FOLDER: &str = "variants";
const UI_FOLDER: &str = "ui";
const HOST_FOLDER: &str = "host";
const COMPOSE_FILE: &str = "docker-compose.yaml";

/// Why there is no context.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A symbolic link, a socket or the like.
    #[error("`{0}` is neither a file nor a folder")]
    SpecialFile(Utf8PathBuf),
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
    /// The person pressed Ctrl-C.
    #[error(transparent)]
    Interrupted(#[from] interrupt::Interrupted),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::SpecialFile(_) => Some(
                "put a file in its place: a symbolic link in the pages breaks the installation on \
                 Windows"
                    .to_owned(),
            ),
            Error::Files(error) => error.help(),
            Error::Interrupted(_) => None,
        }
    }
}

/// What goes into a context.
pub struct Parts<'a> {
    /// The extension.
    pub project: &'a Project,
    /// Which image carries which host binary.
    pub plan: &'a HostBinaryPlan<'a>,
    /// The host binaries.
    pub binaries: &'a [HostBinaryFile<'a>],
    /// The folder with the built pages, unless they are left out.
    pub pages: Option<&'a Utf8Path>,
}

/// Writes the context to `place`, which is replaced as a whole.
///
/// # Errors
/// A part can't be read, or the folder can't be written; then the old one still stands.
pub fn write(parts: &Parts<'_>, place: &Utf8Path) -> Result<Context, Error> {
    let staged = Staged::begin(place)?;
    let mut writer = Writer { parts, root: staged.path(), layers: Vec::new() };
    writer.write_root()?;
    writer.write_pages()?;
    writer.write_host_binaries()?;
    let contents = Contents { labels: labels::labels(parts.project)?, layers: writer.layers };
    files::write(&staged.path().join("Dockerfile"), dockerfile(&contents))?;
    staged.commit()?;
    Ok(Context::new(place.to_owned(), contents))
}

/// Writes files, and notes for each group the layer that it makes.
struct Writer<'a> {
    parts: &'a Parts<'a>,
    root: &'a Utf8Path,
    layers: Vec<Layer>,
}

impl Writer<'_> {
    fn write_root(&mut self) -> Result<(), Error> {
        let project = self.parts.project;
        let icon = match project.config.icon.extension() {
            Some(extension) => format!("icon.{extension}"),
            None => "icon".to_owned(),
        };
        files::copy(&project.root.join(&project.config.icon), &self.root.join(&icon), false)?;
        let mut sources = vec![self.write_metadata(&icon)?, Source::Shared(icon.into())];
        if let Some(Vm { service: Service::ComposeFile(file), .. }) = &project.config.vm {
            files::copy(&project.root.join(file), &self.root.join(COMPOSE_FILE), false)?;
            sources.push(Source::Shared(COMPOSE_FILE.into()));
        }
        self.layers.push(Layer { sources, folder: "".into(), mode: FileMode::Data });
        Ok(())
    }

    /// Each variant's `metadata.json` lists exactly what the variant carries, because a path that is
    /// not in the image ends the installation. Where both carry the same there is one file.
    fn write_metadata(&self, icon: &str) -> Result<Source, Error> {
        let config = &self.parts.project.config;
        let ui = config.ui.as_ref().filter(|_| self.parts.pages.is_some());
        let text = |image| {
            let placements = self.parts.plan.placements(image);
            Metadata::new(icon.to_owned(), ui, config.vm.as_ref(), &placements).to_json()
        };
        let [amd64, arm64] = ImagePlatform::ALL.map(text);
        if amd64 == arm64 {
            files::write(&self.root.join(METADATA), amd64)?;
            return Ok(Source::Shared(METADATA.into()));
        }
        for (image, text) in ImagePlatform::ALL.into_iter().zip([amd64, arm64]) {
            let folder = self.root.join(VARIANTS_FOLDER).join(image.0.name());
            files::create_dir(&folder)?;
            files::write(&folder.join(METADATA), text)?;
        }
        Ok(Source::PerArch { before: format!("{VARIANTS_FOLDER}/"), after: format!("/{METADATA}") })
    }

    fn write_pages(&mut self) -> Result<(), Error> {
        let Some(pages) = self.parts.pages else { return Ok(()) };
        copy_folder(pages, &self.root.join(UI_FOLDER))?;
        self.layers.push(Layer {
            sources: vec![Source::Shared(format!("{UI_FOLDER}/").into())],
            folder: UI_FOLDER.into(),
            mode: FileMode::Data,
        });
        Ok(())
    }

    /// One layer for each operating system, so that one which both variants have is stored, pushed
    /// and pulled once.
    fn write_host_binaries(&mut self) -> Result<(), Error> {
        for os in Os::ALL {
            let [amd64, arm64] = ImagePlatform::ALL.map(|image| {
                let mut placements = self.parts.plan.placements(image);
                placements.retain(|placement| placement.os == os);
                placements
            });
            if amd64.is_empty() && arm64.is_empty() {
                continue;
            }
            let folder = format!("{HOST_FOLDER}/{}", os.name());
            let source = if amd64 == arm64 {
                self.place(&folder, &amd64)?;
                Source::Shared(format!("{folder}/").into())
            } else {
                for (image, placements) in ImagePlatform::ALL.into_iter().zip([amd64, arm64]) {
                    self.place(&format!("{folder}/{}", image.0.name()), &placements)?;
                }
                Source::PerArch { before: format!("{folder}/"), after: "/".to_owned() }
            };
            self.layers.push(Layer {
                sources: vec![source],
                folder: Placement::folder(os).into(),
                mode: FileMode::Executable,
            });
        }
        Ok(())
    }

    /// Copies host binaries into a folder of the context. `COPY` wants the folder even where a
    /// variant has nothing for the operating system.
    fn place(&self, folder: &str, placements: &[Placement<'_>]) -> Result<(), Error> {
        let folder = self.root.join(folder);
        files::create_public_dir(&folder)?;
        for placement in placements {
            let is_it = |file: &&HostBinaryFile<'_>| file.build == placement.build;
            let built = self.parts.binaries.iter().find(is_it);
            let built = built.expect("everything in the plan was compiled");
            files::copy(&built.path, &folder.join(placement.file_name()), true)?;
        }
        Ok(())
    }
}

fn copy_folder(from: &Utf8Path, to: &Utf8Path) -> Result<(), Error> {
    interrupt::check()?;
    files::create_public_dir(to)?;
    for entry in files::entries(from)? {
        let target = to.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => copy_folder(entry.path(), &target)?,
            Ok(kind) if kind.is_file() => files::copy(entry.path(), &target, false)?,
            _ => return Err(Error::SpecialFile(entry.into_path())),
        }
    }
    Ok(())
}

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
use crate::host_binaries::{HostBinaryPlan, Placement};
use crate::interrupt;
use crate::platform::{ImagePlatform, Os};
use crate::project::Project;
use crate::project::config::{Service, Vm};
use crate::staging::Staged;

pub mod contents;
mod dockerfile;
pub mod labels;
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
            Error::Files(error) => error.advice().map(str::to_owned),
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
        copy_pages(pages, &self.root.join(UI_FOLDER))?;
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

/// Copies pages. Hidden files and npm's packages lie beside the pages of people who build none.
fn copy_pages(from: &Utf8Path, to: &Utf8Path) -> Result<(), Error> {
    interrupt::check()?;
    files::create_public_dir(to)?;
    for entry in files::entries(from)? {
        if entry.file_name().starts_with('.') || entry.file_name() == "node_modules" {
            continue;
        }
        let target = to.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => copy_pages(entry.path(), &target)?,
            Ok(kind) if kind.is_file() => files::copy(entry.path(), &target, false)?,
            _ => return Err(Error::SpecialFile(entry.into_path())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::config::WindowsOnArm;
    use crate::project::testing::project;
    use expect_test::{Expect, expect};

    /// Writes the context of a small extension, and lists its files; those that are generated with
    /// what they hold.
    fn assert_context(windows_on_arm: WindowsOnArm, expected: &Expect) {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        for (path, text) in [
            ("extension/icon.png", "icon"),
            ("extension/description.html", "<p>\nIt.\n</p>\n"),
            ("ui/dist/index.html", "page"),
            ("ui/dist/assets/a b.js", "script"),
            ("ui/dist/.env", "secret"),
            ("built/tool", "program"),
        ] {
            files::create_dir(root.join(path).parent().unwrap()).unwrap();
            files::write(&root.join(path), text).unwrap();
        }
        let mut project = project(root);
        project.config.windows_on_arm = windows_on_arm;
        let plan = HostBinaryPlan::new(&project, &project.config.platforms);
        let built = |&build| HostBinaryFile { build, path: root.join("built/tool") };
        let binaries: Vec<HostBinaryFile<'_>> = plan.builds().iter().map(built).collect();
        let pages = root.join("ui/dist");
        let parts =
            Parts { project: &project, plan: &plan, binaries: &binaries, pages: Some(&pages) };
        let context = write(&parts, &root.join("target/extension")).unwrap();
        expected.assert_eq(&listing(context.dir(), context.dir()));
    }

    fn listing(folder: &Utf8Path, root: &Utf8Path) -> String {
        let mut text = String::new();
        for entry in files::entries(folder).unwrap() {
            let path = entry.path();
            if path.is_dir() {
                text += &listing(path, root);
                continue;
            }
            text += &format!("== {}\n", path.strip_prefix(root).unwrap());
            if matches!(entry.file_name(), "Dockerfile" | METADATA) {
                text += &files::read_text(path).unwrap();
            }
        }
        text
    }

    #[test]
    fn one_metadata_serves_both_variants_where_they_carry_the_same_paths() {
        assert_context(
            WindowsOnArm::Emulate,
            &expect![[r#"
            == Dockerfile
            # Generated by `cargo xtask dist` from [workspace.metadata.docker-extension] in Cargo.toml.
            # Changes made here are lost.

            FROM scratch
            # amd64 or arm64: it picks the host binaries, as metadata.json has no word for it.
            ARG TARGETARCH

            LABEL com.docker.desktop.extension.api.version=">= 0.3.4" \
                  com.docker.desktop.extension.icon="https://example.com/icon.png" \
                  com.docker.extension.additional-urls="[]" \
                  com.docker.extension.categories="networking,security" \
                  com.docker.extension.changelog="<p>First.</p>" \
                  com.docker.extension.publisher-url="https://example.com" \
                  com.docker.extension.screenshots="[{\"alt\":\"It\",\"url\":\"https://example.com/1.png\"}]" \
                  org.opencontainers.image.description="Costs \$5." \
                  org.opencontainers.image.title="Tool" \
                  org.opencontainers.image.vendor="Me" \
                  org.opencontainers.image.version="1.2.3"

            # A Dockerfile can't write a value with line breaks, or a very long one. `cargo xtask dist`
            # gives these labels with `docker buildx build --label`:
            #   com.docker.extension.detailed-description

            COPY metadata.json icon.png /
            COPY ui/ /ui/
            COPY --chmod=0755 host/darwin/${TARGETARCH}/ /darwin/
            COPY --chmod=0755 host/windows/ /windows/
            == host/darwin/amd64/tool
            == host/darwin/arm64/tool
            == host/windows/tool.exe
            == icon.png
            == metadata.json
            {
              "icon": "icon.png",
              "ui": {
                "dashboard-tab": {
                  "title": "Tool",
                  "root": "ui",
                  "src": "index.html"
                }
              },
              "host": {
                "binaries": [
                  {
                    "darwin": [
                      {
                        "path": "/darwin/tool"
                      }
                    ],
                    "windows": [
                      {
                        "path": "/windows/tool.exe"
                      }
                    ]
                  }
                ]
              }
            }
            == ui/assets/a b.js
            == ui/index.html
        "#]],
        );
    }

    #[test]
    fn each_variant_has_its_own_metadata_where_they_do_not() {
        assert_context(
            WindowsOnArm::Omit,
            &expect![[r#"
            == Dockerfile
            # Generated by `cargo xtask dist` from [workspace.metadata.docker-extension] in Cargo.toml.
            # Changes made here are lost.

            FROM scratch
            # amd64 or arm64: it picks the host binaries, as metadata.json has no word for it.
            ARG TARGETARCH

            LABEL com.docker.desktop.extension.api.version=">= 0.3.4" \
                  com.docker.desktop.extension.icon="https://example.com/icon.png" \
                  com.docker.extension.additional-urls="[]" \
                  com.docker.extension.categories="networking,security" \
                  com.docker.extension.changelog="<p>First.</p>" \
                  com.docker.extension.publisher-url="https://example.com" \
                  com.docker.extension.screenshots="[{\"alt\":\"It\",\"url\":\"https://example.com/1.png\"}]" \
                  org.opencontainers.image.description="Costs \$5." \
                  org.opencontainers.image.title="Tool" \
                  org.opencontainers.image.vendor="Me" \
                  org.opencontainers.image.version="1.2.3"

            # A Dockerfile can't write a value with line breaks, or a very long one. `cargo xtask dist`
            # gives these labels with `docker buildx build --label`:
            #   com.docker.extension.detailed-description

            COPY variants/${TARGETARCH}/metadata.json icon.png /
            COPY ui/ /ui/
            COPY --chmod=0755 host/darwin/${TARGETARCH}/ /darwin/
            COPY --chmod=0755 host/windows/${TARGETARCH}/ /windows/
            == host/darwin/amd64/tool
            == host/darwin/arm64/tool
            == host/windows/amd64/tool.exe
            == icon.png
            == ui/assets/a b.js
            == ui/index.html
            == variants/amd64/metadata.json
            {
              "icon": "icon.png",
              "ui": {
                "dashboard-tab": {
                  "title": "Tool",
                  "root": "ui",
                  "src": "index.html"
                }
              },
              "host": {
                "binaries": [
                  {
                    "darwin": [
                      {
                        "path": "/darwin/tool"
                      }
                    ],
                    "windows": [
                      {
                        "path": "/windows/tool.exe"
                      }
                    ]
                  }
                ]
              }
            }
            == variants/arm64/metadata.json
            {
              "icon": "icon.png",
              "ui": {
                "dashboard-tab": {
                  "title": "Tool",
                  "root": "ui",
                  "src": "index.html"
                }
              },
              "host": {
                "binaries": [
                  {
                    "darwin": [
                      {
                        "path": "/darwin/tool"
                      }
                    ]
                  }
                ]
              }
            }
        "#]],
        );
    }
}

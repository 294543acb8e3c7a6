//! The build context `target/extension/`: the files of the image and the `Dockerfile` that copies them. A
//! builder needs nothing else.
//!
//! ```text
//! Dockerfile
//! docker-bake.hcl                 how to build it, for `docker buildx bake`
//! metadata.json                   if the variants differ: variants/<arch>/metadata.json
//! icon.<ext>
//! docker-compose.yaml             if the extension has services
//! ui/                             the pages
//! host/<os>/<binary>              if both variants have the same host binaries
//! host/<os>/<arch>/<binary>       else
//! ```

use camino::{Utf8Path, Utf8PathBuf};

use crate::contents::bake::bake_file;
use crate::contents::dockerfile::dockerfile;
use crate::contents::{FileMode, FileOrigin, ImageContents};
use crate::error::Result;
use crate::files;
use crate::oci::{Reference, Tag};
use crate::staging::Staged;

/// The complete build context on disk.
///
/// It contains a copy of every file of the image. The engines and the zip archives read only these copies,
/// so that they agree even if an original file changes while `dist` runs.
#[derive(Clone, Debug)]
pub struct Context {
    dir: Utf8PathBuf,
    contents: ImageContents,
}

impl Context {
    /// Writes the context of `contents` to `place`, whose old contents are deleted. `docker buildx bake`
    /// names the image `reference`.
    ///
    /// # Errors
    /// A file can't be read or written; then the old context is unchanged.
    pub fn write(
        contents: ImageContents,
        reference: &Reference<Tag>,
        place: &Utf8Path,
    ) -> Result<Self> {
        let staged = Staged::begin(place)?;
        let tree = contents.context_tree();
        for directory in &tree.directories {
            files::create_public_dir(&staged.path().join(directory))?;
        }
        for (path, (origin, mode)) in &tree.files {
            let path = staged.path().join(path);
            match origin {
                FileOrigin::Generated(text) => files::write(&path, text)?,
                FileOrigin::File(file) => files::copy(file, &path, *mode == FileMode::Executable)?,
            }
        }
        files::write(&staged.path().join("Dockerfile"), dockerfile(&contents))?;
        files::write(&staged.path().join("docker-bake.hcl"), bake_file(reference))?;
        staged.commit()?;
        Ok(Self { dir: place.to_owned(), contents })
    }

    pub fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    pub fn contents(&self) -> &ImageContents {
        &self.contents
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::HostBinaryFile;
    use crate::contents::ContentsInput;
    use crate::contents::labels::{LongTexts, labels};
    use crate::host_binaries::{Build, HostBinaryPlan};
    use crate::page_files::PageFiles;
    use crate::project::config::WindowsOnArm;
    use crate::project::testing::project;
    use expect_test::{Expect, expect};

    /// Asserts the listing of a small extension's context. It includes the text of `Dockerfile` and
    /// `metadata.json`.
    fn assert_context(windows_on_arm: WindowsOnArm, expected: &Expect) {
        let dir = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(dir.path()).unwrap();
        for (path, text) in [
            ("extension/icon.png", "icon"),
            ("extension/description.html", "<p>\nIt.\n</p>\n"),
            ("ui/dist/index.html", "page"),
            ("ui/dist/assets/a b.js", "script"),
            ("ui/dist/.env", "secret"),
            ("built/darwin-amd64", "program"),
            ("built/darwin-arm64", "program"),
            ("built/windows-amd64", "program"),
        ] {
            files::create_dir(root.join(path).parent().unwrap()).unwrap();
            files::write(&root.join(path), text).unwrap();
        }
        let mut project = project(root);
        project.config.windows_on_arm = windows_on_arm;
        let plan = HostBinaryPlan::new(&project, &project.config.platforms);
        let built = |&build| HostBinaryFile { build, path: built(root, build) };
        let binaries: Vec<HostBinaryFile<'_>> = plan.builds().iter().map(built).collect();
        let texts = LongTexts {
            detailed_description: project.long_text(&project.config.detailed_description).unwrap(),
            changelog: project.long_text(&project.config.changelog).unwrap(),
        };
        let contents = ContentsInput {
            project: &project,
            host_binaries: &plan,
            files: &binaries,
            pages: Some(&PageFiles::list(&root.join("ui/dist")).unwrap()),
            labels: &labels(&project, &texts),
        }
        .contents();
        let context = Context::write(
            contents.unwrap(),
            &project.config.image.with_tag(project.tag.clone()),
            &root.join("target/extension"),
        )
        .unwrap();
        expected.assert_eq(&listing(context.dir(), context.dir()));
    }

    fn built(root: &Utf8Path, build: Build<'_>) -> Utf8PathBuf {
        root.join(format!("built/{}", build.platform))
    }

    fn listing(directory: &Utf8Path, root: &Utf8Path) -> String {
        let mut text = String::new();
        for entry in files::entries(directory).unwrap() {
            let path = entry.path();
            if path.is_dir() {
                text += &listing(path, root);
                continue;
            }
            text += &format!("== {}\n", path.strip_prefix(root).unwrap());
            if matches!(entry.file_name(), "Dockerfile" | "metadata.json") {
                text += &files::read_text(path).unwrap();
            }
        }
        text
    }

    #[test]
    fn variants_with_the_same_paths_share_one_metadata_file() {
        assert_context(
            WindowsOnArm::Emulate,
            &expect![[r#"
                == Dockerfile
                # Generated by `cargo xtask dist` from [workspace.metadata.docker-extension] in Cargo.toml.
                # Do not edit: `cargo xtask dist` replaces this file.

                FROM scratch
                # amd64 or arm64. It selects the host binaries, because metadata.json cannot.
                ARG TARGETARCH

                LABEL com.docker.desktop.extension.api.version=">= 0.3.4" \
                      com.docker.desktop.extension.icon="https://example.com/icon.png" \
                      com.docker.extension.additional-urls="[]" \
                      com.docker.extension.categories="networking,security" \
                      com.docker.extension.changelog="<p>First.</p>" \
                      com.docker.extension.detailed-description="<p> It. </p>" \
                      com.docker.extension.publisher-url="https://example.com" \
                      com.docker.extension.screenshots="[{\"alt\":\"It\",\"url\":\"https://example.com/1.png\"}]" \
                      org.opencontainers.image.description="Costs \$5." \
                      org.opencontainers.image.title="Tool" \
                      org.opencontainers.image.vendor="Me" \
                      org.opencontainers.image.version="1.2.3"

                COPY metadata.json icon.png /
                COPY ui/ /ui/
                COPY --chmod=0755 host/darwin/${TARGETARCH}/ /darwin/
                COPY --chmod=0755 host/windows/ /windows/
                == docker-bake.hcl
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
    fn variants_with_different_paths_have_their_own_metadata_files() {
        assert_context(
            WindowsOnArm::Omit,
            &expect![[r#"
                == Dockerfile
                # Generated by `cargo xtask dist` from [workspace.metadata.docker-extension] in Cargo.toml.
                # Do not edit: `cargo xtask dist` replaces this file.

                FROM scratch
                # amd64 or arm64. It selects the host binaries, because metadata.json cannot.
                ARG TARGETARCH

                LABEL com.docker.desktop.extension.api.version=">= 0.3.4" \
                      com.docker.desktop.extension.icon="https://example.com/icon.png" \
                      com.docker.extension.additional-urls="[]" \
                      com.docker.extension.categories="networking,security" \
                      com.docker.extension.changelog="<p>First.</p>" \
                      com.docker.extension.detailed-description="<p> It. </p>" \
                      com.docker.extension.publisher-url="https://example.com" \
                      com.docker.extension.screenshots="[{\"alt\":\"It\",\"url\":\"https://example.com/1.png\"}]" \
                      org.opencontainers.image.description="Costs \$5." \
                      org.opencontainers.image.title="Tool" \
                      org.opencontainers.image.vendor="Me" \
                      org.opencontainers.image.version="1.2.3"

                COPY variants/${TARGETARCH}/metadata.json icon.png /
                COPY ui/ /ui/
                COPY --chmod=0755 host/darwin/${TARGETARCH}/ /darwin/
                COPY --chmod=0755 host/windows/${TARGETARCH}/ /windows/
                == docker-bake.hcl
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

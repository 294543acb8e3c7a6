//! The contents of an extension's image.

use camino::{Utf8Path, Utf8PathBuf};

use super::labels::Labels;
use super::metadata::{COMPOSE_FILE, Metadata, UI_DIRECTORY};
use super::model::{
    CopySource, FileMode, FileOrigin, Files, ImageContents, LayerContents, PerVariant,
};
use crate::compile::HostBinaryFile;
use crate::error::Result;
use crate::host_binaries::{HostBinaryPlan, Placement};
use crate::page_files::PageFiles;
use crate::platform::{ImagePlatform, Os};
use crate::project::Project;
use crate::project::config::{Service, Vm};

/// The directory of the context for host binaries.
const HOST_DIRECTORY: &str = "host";
const METADATA: &str = "metadata.json";

/// Everything that decides the contents of the image. It is in memory.
pub struct ContentsInput<'a> {
    pub project: &'a Project,
    /// Assigns the host binaries to the variants.
    pub host_binaries: &'a HostBinaryPlan<'a>,
    /// The compiled host binaries of the plan.
    pub files: &'a [HostBinaryFile<'a>],
    /// The built pages, unless they are left out.
    pub pages: Option<&'a PageFiles>,
    pub labels: &'a Labels,
}

impl ContentsInput<'_> {
    /// # Errors
    /// See [`ImageContents::new`].
    pub fn contents(&self) -> Result<ImageContents> {
        let mut layers = vec![root_layer(self)];
        layers.extend(self.pages.map(page_layer));
        layers.extend(host_binary_layers(self));
        ImageContents::new(self.labels.clone(), layers)
    }
}

fn root_layer(input: &ContentsInput<'_>) -> LayerContents {
    let project = input.project;
    let file = |name: &str, path: &Utf8Path| CopySource::File {
        name: name.to_owned(),
        origin: PerVariant::Shared(FileOrigin::File(project.root.join(path))),
    };
    let icon = icon_name(&project.config.icon);
    let mut sources = vec![metadata_source(input, &icon), file(&icon, &project.config.icon)];
    if let Some(Vm { service: Service::ComposeFile(path), .. }) = &project.config.vm {
        sources.push(file(COMPOSE_FILE, path));
    }
    LayerContents { sources, directory: "".into(), mode: FileMode::Data }
}

/// The name of the icon's file in the root of the image.
pub fn icon_name(path: &Utf8Path) -> String {
    // Spaces and `$` are special in `COPY`.
    let is_plain = |extension: &&str| extension.chars().all(|c| c.is_ascii_alphanumeric());
    match path.extension().filter(is_plain) {
        Some(extension) => format!("icon.{extension}"),
        None => "icon".to_owned(),
    }
}

/// Each variant's `metadata.json` lists only files that the variant contains: the installation fails for a
/// missing path.
fn metadata_source(input: &ContentsInput<'_>, icon: &str) -> CopySource {
    let config = &input.project.config;
    let ui = config.ui.as_ref().filter(|_| input.pages.is_some());
    let origin = PerVariant::new(|platform| {
        let placements = input.host_binaries.placements(platform);
        let metadata = Metadata::new(icon.to_owned(), ui, config.vm.as_ref(), &placements);
        FileOrigin::Generated(metadata.to_json().into())
    });
    CopySource::File { name: METADATA.to_owned(), origin }
}

fn page_layer(pages: &PageFiles) -> LayerContents {
    let origin = |path: &Utf8PathBuf| (path.clone(), FileOrigin::File(pages.directory.join(path)));
    let files = PerVariant::Shared(pages.paths.iter().map(origin).collect());
    LayerContents {
        sources: vec![CopySource::Directory { path: UI_DIRECTORY.to_owned(), files }],
        directory: UI_DIRECTORY.into(),
        mode: FileMode::Data,
    }
}

/// One layer per operating system, so that a layer of both variants is stored, pushed and pulled once.
fn host_binary_layers(input: &ContentsInput<'_>) -> Vec<LayerContents> {
    let layer = |os: Os| {
        let files = PerVariant::new(|platform| {
            let placements = input.host_binaries.placements(platform).into_iter();
            let placements = placements.filter(|placement| placement.os == os);
            placements
                .map(|placement| (placement.file_name().into(), built(input, &placement)))
                .collect::<Files>()
        });
        let is_empty = ImagePlatform::ALL.iter().all(|&platform| files.get(platform).is_empty());
        let path = format!("{HOST_DIRECTORY}/{}", os.name());
        (!is_empty).then(|| LayerContents {
            sources: vec![CopySource::Directory { path, files }],
            directory: Placement::directory(os).into(),
            mode: FileMode::Executable,
        })
    };
    Os::ALL.into_iter().filter_map(layer).collect()
}

fn built(input: &ContentsInput<'_>, placement: &Placement<'_>) -> FileOrigin {
    let built = input.files.iter().find(|file| file.build == placement.build);
    FileOrigin::File(built.expect("every binary in the plan was compiled").path.clone())
}

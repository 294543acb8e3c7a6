//! The contents of an image: labels, and layers of files with their paths, modes and origins.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::labels::Labels;
use crate::error::{Error, Result};
use crate::platform::{Arch, ImagePlatform};

/// The directory of the build context for files that differ between the variants.
const VARIANTS_DIRECTORY: &str = "variants";

/// Files by their paths relative to a directory.
pub type Files = BTreeMap<Utf8PathBuf, FileOrigin>;

/// The contents of an image that has no base image (`FROM scratch`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageContents {
    labels: Labels,
    layers: Vec<LayerContents>,
}

/// One layer, made by one `COPY` instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerContents {
    pub sources: Vec<CopySource>,
    /// The target directory, relative to the root of the image; empty for the root.
    pub directory: Utf8PathBuf,
    pub mode: FileMode,
}

/// An argument of `COPY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopySource {
    /// A file that keeps its name.
    File { name: String, origin: PerVariant<FileOrigin> },
    /// The files of a directory in the context. They keep their paths relative to it.
    Directory { path: String, files: PerVariant<Files> },
}

/// A value that both image variants share, or one value for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerVariant<T> {
    Shared(T),
    Each { amd64: T, arm64: T },
}

/// The source of a file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOrigin {
    Generated(Vec<u8>),
    /// A copy of this file.
    File(Utf8PathBuf),
}

/// The mode of the files in a layer; directories have 0755. Docker Desktop keeps these modes when it copies
/// files out of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// 0644.
    Data,
    /// 0755.
    Executable,
}

/// A file of one image variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile<'a> {
    /// Relative to the root of the image.
    pub path: Utf8PathBuf,
    /// Relative to the build context.
    pub context_path: Utf8PathBuf,
    pub origin: &'a FileOrigin,
}

/// The files of the image in the build context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextTree<'a> {
    /// Sorted, so that a directory comes before its contents.
    pub directories: BTreeSet<Utf8PathBuf>,
    pub files: BTreeMap<Utf8PathBuf, (&'a FileOrigin, FileMode)>,
}

impl ImageContents {
    /// # Errors
    /// A label contains a line break, which a `Dockerfile` can't express. Or two files have the same path, or
    /// a file has the path of a directory: one of them would be lost.
    pub fn new(labels: Labels, layers: Vec<LayerContents>) -> Result<Self> {
        if let Some((name, _)) = labels.iter().find(|(_, value)| value.contains(['\n', '\r'])) {
            return Err(Error::new(format!("the label `{name}` contains a line break")));
        }
        for platform in ImagePlatform::ALL {
            check_paths(&layers, platform)?;
        }
        Ok(Self { labels, layers })
    }

    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    pub fn layers(&self) -> &[LayerContents] {
        &self.layers
    }

    /// The directories and files of the build context.
    pub fn context_tree(&self) -> ContextTree<'_> {
        let mut tree = ContextTree::default();
        for layer in &self.layers {
            for platform in ImagePlatform::ALL {
                for source in &layer.sources {
                    if let CopySource::Directory { .. } = source {
                        // `COPY` fails if it is missing, even if the variant has no file in it.
                        tree.add_directories(source.argument(platform.0.name()).as_ref());
                    }
                }
                for file in layer.files(platform) {
                    tree.add_directories(file.context_path.parent().unwrap_or("".as_ref()));
                    tree.files.insert(file.context_path, (file.origin, layer.mode));
                }
            }
        }
        tree
    }

    /// The path of each file's copy in the build context, by the path of the original.
    pub fn context_paths(&self) -> BTreeMap<&Utf8Path, Utf8PathBuf> {
        let copies = self.context_tree().files.into_iter();
        copies
            .filter_map(|(path, (origin, _))| match origin {
                FileOrigin::File(file) => Some((&**file, path)),
                FileOrigin::Generated(_) => None,
            })
            .collect()
    }
}

fn check_paths(layers: &[LayerContents], platform: ImagePlatform) -> Result<()> {
    let files = layers.iter().flat_map(|layer| layer.files(platform));
    let mut paths: Vec<Utf8PathBuf> = files.map(|file| file.path).collect();
    // Compared component by component: the contents of a directory follow it directly.
    paths.sort();
    match paths.windows(2).find(|pair| pair[1].starts_with(&pair[0])) {
        None => Ok(()),
        Some(pair) if pair[0] == pair[1] => {
            Err(Error::new(format!("two files have the path `{}` in the image", pair[0]))
                .help("rename one of them"))
        }
        Some(pair) => {
            let message = format!("`{}` is both a file and a directory in the image", pair[0]);
            Err(Error::new(message).help(format!("rename it or the directory of `{}`", pair[1])))
        }
    }
}

impl ContextTree<'_> {
    fn add_directories(&mut self, path: &Utf8Path) {
        let directories = path.ancestors().filter(|path| !path.as_str().is_empty());
        self.directories.extend(directories.map(Utf8Path::to_owned));
    }
}

impl LayerContents {
    /// Whether both variants share the layer.
    pub fn is_shared(&self) -> bool {
        self.sources.iter().all(|source| match source {
            CopySource::File { origin, .. } => origin.is_shared(),
            CopySource::Directory { files, .. } => files.is_shared(),
        })
    }

    /// The files of the layer in one variant.
    pub fn files(&self, platform: ImagePlatform) -> Vec<ImageFile<'_>> {
        self.sources
            .iter()
            .flat_map(|source| source.files(platform))
            .map(|file| ImageFile { path: self.directory.join(&file.path), ..file })
            .collect()
    }
}

impl CopySource {
    /// The argument of `COPY`, relative to the build context. `arch` is inserted where the variants differ.
    pub fn argument(&self, arch: &str) -> String {
        match self {
            CopySource::File { name, origin: PerVariant::Shared(_) } => name.clone(),
            CopySource::File { name, .. } => format!("{VARIANTS_DIRECTORY}/{arch}/{name}"),
            CopySource::Directory { path, files: PerVariant::Shared(_) } => format!("{path}/"),
            CopySource::Directory { path, .. } => format!("{path}/{arch}/"),
        }
    }

    /// The files, with paths relative to the target directory.
    fn files(&self, platform: ImagePlatform) -> Vec<ImageFile<'_>> {
        let argument = Utf8PathBuf::from(self.argument(platform.0.name()));
        match self {
            CopySource::File { name, origin } => vec![ImageFile {
                path: name.into(),
                context_path: argument,
                origin: origin.get(platform),
            }],
            CopySource::Directory { files, .. } => {
                let file = |(path, origin): (&Utf8PathBuf, _)| ImageFile {
                    path: path.clone(),
                    context_path: argument.join(path),
                    origin,
                };
                files.get(platform).iter().map(|(path, origin)| file((path, origin))).collect()
            }
        }
    }
}

impl<T: PartialEq> PerVariant<T> {
    /// Shared if `value` returns the same for both.
    pub fn new(value: impl Fn(ImagePlatform) -> T) -> Self {
        let [amd64, arm64] = ImagePlatform::ALL.map(value);
        if amd64 == arm64 { PerVariant::Shared(amd64) } else { PerVariant::Each { amd64, arm64 } }
    }
}

impl<T> PerVariant<T> {
    pub fn is_shared(&self) -> bool {
        matches!(self, PerVariant::Shared(_))
    }

    pub fn get(&self, platform: ImagePlatform) -> &T {
        match (self, platform.0) {
            (PerVariant::Shared(value), _) => value,
            (PerVariant::Each { amd64, .. }, Arch::Amd64) => amd64,
            (PerVariant::Each { arm64, .. }, Arch::Arm64) => arm64,
        }
    }
}

impl FileMode {
    pub const fn bits(self) -> u32 {
        match self {
            FileMode::Data => 0o644,
            FileMode::Executable => 0o755,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(directory: &str, paths: &[&str]) -> LayerContents {
        let file = |path: &&str| (Utf8PathBuf::from(path), FileOrigin::Generated(Vec::new()));
        let files = PerVariant::Shared(paths.iter().map(file).collect());
        let sources = vec![CopySource::Directory { path: "files".to_owned(), files }];
        LayerContents { sources, directory: directory.into(), mode: FileMode::Data }
    }

    fn error(layers: Vec<LayerContents>) -> String {
        ImageContents::new(Labels::new(), layers).unwrap_err().to_string()
    }

    #[test]
    fn a_label_with_a_line_break_is_rejected() {
        let labels = [("title".to_owned(), "a\rb".to_owned())].into();
        let error = ImageContents::new(labels, Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the label `title` contains a line break");
    }

    #[test]
    fn two_files_with_one_path_are_rejected() {
        let twice = layer("", &["icon.svg"]);
        assert_eq!(
            error(vec![twice.clone(), twice]),
            "two files have the path `icon.svg` in the image"
        );
        let layers = vec![layer("ui", &["a", "b"]), layer("", &["ui/b"])];
        assert_eq!(error(layers), "two files have the path `ui/b` in the image");
        let layers = vec![layer("ui", &["a.b", "a/b"]), layer("", &["ui/a.c"])];
        assert!(ImageContents::new(Labels::new(), layers).is_ok());
    }

    #[test]
    fn a_file_with_the_path_of_a_directory_is_rejected() {
        let layers = vec![layer("ui", &["a", "a b"]), layer("ui/a", &["b"])];
        assert_eq!(error(layers), "`ui/a` is both a file and a directory in the image");
    }

    #[test]
    fn two_files_with_one_path_are_rejected_even_in_one_variant_only() {
        let files = |path: &str| [(path.into(), FileOrigin::Generated(Vec::new()))].into();
        let files = PerVariant::Each { amd64: files("a"), arm64: files("b") };
        let sources = vec![CopySource::Directory { path: "host".to_owned(), files }];
        let own = LayerContents { sources, directory: "".into(), mode: FileMode::Data };
        assert_eq!(error(vec![own, layer("", &["b"])]), "two files have the path `b` in the image");
    }
}

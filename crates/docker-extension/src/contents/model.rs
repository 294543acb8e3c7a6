//! The value: labels, and layers whose files are known by path, mode and origin.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::labels::Labels;
use crate::error::{Error, Result};
use crate::platform::{Arch, ImagePlatform};

/// The directory of the context for files of which each variant has its own.
const VARIANTS_DIRECTORY: &str = "variants";

/// The files of a directory, by their paths below it.
pub type Files = BTreeMap<Utf8PathBuf, FileOrigin>;

/// Everything that goes into the image, on top of nothing (`FROM scratch`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageContents {
    labels: Labels,
    layers: Vec<LayerContents>,
}

/// One layer, which one `COPY` instruction makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerContents {
    pub sources: Vec<CopySource>,
    /// The directory of the image that the files are copied into, relative to its root: empty for the
    /// root itself.
    pub directory: Utf8PathBuf,
    pub mode: FileMode,
}

/// An argument of `COPY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopySource {
    /// A file, which keeps its name.
    File { name: String, origin: PerVariant<FileOrigin> },
    /// The files of a directory of the context. They keep their paths below it.
    Directory { path: String, files: PerVariant<Files> },
}

/// A value that both variants of the image share, or one for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerVariant<T> {
    Shared(T),
    Each { amd64: T, arm64: T },
}

/// Where the bytes of a file come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileOrigin {
    /// They are generated.
    Generated(Vec<u8>),
    /// They are those of this file.
    File(Utf8PathBuf),
}

/// The mode of a layer's files; directories always have 0755. It is fixed, because consumers keep the
/// modes that the image has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    /// 0644.
    Data,
    /// 0755.
    Executable,
}

/// A file of one variant of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile<'a> {
    /// Its path in the image, relative to the root.
    pub path: Utf8PathBuf,
    /// The path of its copy, relative to the build context.
    pub context_path: Utf8PathBuf,
    pub origin: &'a FileOrigin,
}

/// What the build context holds for the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextTree<'a> {
    /// Sorted, so that each comes before what it holds.
    pub directories: BTreeSet<Utf8PathBuf>,
    pub files: BTreeMap<Utf8PathBuf, (&'a FileOrigin, FileMode)>,
}

impl ImageContents {
    /// # Errors
    /// A label has a line break, which a `Dockerfile` can't write. Or a path is in the image twice, or
    /// as a file and a directory: one of the two would be lost.
    pub fn new(labels: Labels, layers: Vec<LayerContents>) -> Result<Self> {
        if let Some((name, _)) = labels.iter().find(|(_, value)| value.contains(['\n', '\r'])) {
            return Err(Error::new(format!("the label `{name}` has a line break")));
        }
        for platform in ImagePlatform::ALL {
            check_paths(&layers, platform)?;
        }
        Ok(Self { labels, layers })
    }

    /// The labels of both variants.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// The layers, first to last.
    pub fn layers(&self) -> &[LayerContents] {
        &self.layers
    }

    /// The build context's directories and files, by their paths in it.
    pub fn context_tree(&self) -> ContextTree<'_> {
        let mut tree = ContextTree::default();
        for layer in &self.layers {
            for platform in ImagePlatform::ALL {
                for source in &layer.sources {
                    if let CopySource::Directory { .. } = source {
                        // `COPY` fails without it, even where the variant has no file in it.
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

    /// Where the build context has the copy of each file, by the file's own path.
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
    // Part by part: what a path is a directory of comes right behind it.
    paths.sort();
    match paths.windows(2).find(|pair| pair[1].starts_with(&pair[0])) {
        None => Ok(()),
        Some(pair) if pair[0] == pair[1] => {
            Err(Error::new(format!("`{}` would be in the image twice", pair[0]))
                .help("rename one of the two"))
        }
        Some(pair) => {
            let message = format!("`{}` would be a file and a directory in the image", pair[0]);
            Err(Error::new(message).help(format!("rename it, or the directory of `{}`", pair[1])))
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
    /// Whether both variants have the same layer.
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
    /// The argument: a path relative to the build context. `arch` stands where the variants differ.
    pub fn argument(&self, arch: &str) -> String {
        match self {
            CopySource::File { name, origin: PerVariant::Shared(_) } => name.clone(),
            CopySource::File { name, .. } => format!("{VARIANTS_DIRECTORY}/{arch}/{name}"),
            CopySource::Directory { path, files: PerVariant::Shared(_) } => format!("{path}/"),
            CopySource::Directory { path, .. } => format!("{path}/{arch}/"),
        }
    }

    /// The files, by their paths below the directory that they are copied into.
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
    /// Shared where `value` is the same for both.
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
    /// The permission bits.
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
    fn a_label_is_one_line() {
        let labels = [("title".to_owned(), "a\rb".to_owned())].into();
        let error = ImageContents::new(labels, Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the label `title` has a line break");
    }

    #[test]
    fn a_path_is_in_the_image_once() {
        let twice = layer("", &["icon.svg"]);
        assert_eq!(error(vec![twice.clone(), twice]), "`icon.svg` would be in the image twice");
        let layers = vec![layer("ui", &["a", "b"]), layer("", &["ui/b"])];
        assert_eq!(error(layers), "`ui/b` would be in the image twice");
        let layers = vec![layer("ui", &["a.b", "a/b"]), layer("", &["ui/a.c"])];
        assert!(ImageContents::new(Labels::new(), layers).is_ok());
    }

    #[test]
    fn a_path_is_not_a_file_and_a_directory() {
        let layers = vec![layer("ui", &["a", "a b"]), layer("ui/a", &["b"])];
        assert_eq!(error(layers), "`ui/a` would be a file and a directory in the image");
    }

    #[test]
    fn a_path_that_one_variant_alone_has_twice_is_found() {
        let files = |path: &str| [(path.into(), FileOrigin::Generated(Vec::new()))].into();
        let files = PerVariant::Each { amd64: files("a"), arm64: files("b") };
        let sources = vec![CopySource::Directory { path: "host".to_owned(), files }];
        let own = LayerContents { sources, directory: "".into(), mode: FileMode::Data };
        assert_eq!(error(vec![own, layer("", &["b"])]), "`b` would be in the image twice");
    }
}

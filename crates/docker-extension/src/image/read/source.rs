//! The source of an image, from the text of a user.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::{Error, Result};
use crate::oci::layout::MARKER;
use crate::oci::{InvalidReference, Reference};

/// The source of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// A tar file with an OCI layout or the output of `docker save`; may be compressed.
    Archive {
        path: Utf8PathBuf,
        /// The name, tag or digest of the image, if the archive has several.
        image: Option<String>,
    },
    /// A directory with an OCI image layout.
    Layout {
        path: Utf8PathBuf,
        /// The name, tag or digest of the image, if the layout has several.
        image: Option<String>,
    },
    Registry(Reference),
    /// The Docker Engine of the command `docker`.
    Daemon(Reference),
}

const DAEMON: &str = "docker-daemon:";
/// The extensions of archives, which tags hardly have.
const ENDINGS: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".json"];

impl ImageSource {
    /// Parses the source from `text`; relative paths start at `here`. `path:name` selects one image of
    /// several.
    ///
    /// # Errors
    /// The text is not a valid source.
    pub fn parse(text: &str, here: &Utf8Path) -> Result<Self> {
        if let Some(reference) = text.strip_prefix(DAEMON) {
            return Ok(ImageSource::Daemon(parse_reference(reference, text)?));
        }
        if let Some(source) = Self::of_path(&here.join(text), None)? {
            return Ok(source);
        }
        for (colon, _) in text.match_indices(':') {
            let (path, image) = (&text[..colon], &text[colon + 1..]);
            if let Ok(Some(source)) = Self::of_path(&here.join(path), Some(image)) {
                return Ok(source);
            }
        }
        if looks_like_path(text) {
            let help =
                "check the path; the name of an image in a registry does not start with `.` or `/`";
            return Err(Error::new(format!("`{text}` does not exist")).help(help).usage());
        }
        Ok(ImageSource::Registry(parse_reference(text, text)?))
    }

    fn of_path(path: &Utf8Path, image: Option<&str>) -> Result<Option<Self>> {
        let path = path.to_owned();
        let image = image.map(str::to_owned);
        if path.is_file() {
            Ok(Some(ImageSource::Archive { path, image }))
        } else if path.join(MARKER).is_file() {
            Ok(Some(ImageSource::Layout { path, image }))
        } else if path.exists() {
            let what = format!(
                "the directory `{path}` is not an OCI image layout: it has no file `{MARKER}`"
            );
            let help = "for an image in a registry, write its name with the registry or the tag, such as \
            `docker.io/example/tool:1.0.0`";
            Err(Error::new(what).help(help).usage())
        } else {
            Ok(None)
        }
    }
}

fn parse_reference(reference: &str, text: &str) -> Result<Reference> {
    reference.parse().map_err(|source: InvalidReference| {
        let help = "give the path of an archive or a layout, or an image in a registry \
        (`example/tool:1.0.0`) or in the Docker Engine \
        (`docker-daemon:example/tool:1.0.0`)";
        let what = format!("`{text}` is not an existing path or a valid image name");
        Error::new(what).because(source).help(help).usage()
    })
}

fn looks_like_path(text: &str) -> bool {
    // A drive in a Windows path.
    let is_drive = text.as_bytes().get(1..3).is_some_and(|it| it == b":/");
    text.starts_with(['.', '/', '~'])
        || text.contains('\\')
        || is_drive
        || ENDINGS.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending))
}

impl fmt::Display for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageSource::Archive { path, image } | ImageSource::Layout { path, image } => {
                path.fmt(f)?;
                image.as_ref().map_or(Ok(()), |image| write!(f, ":{image}"))
            }
            ImageSource::Registry(reference) => reference.fmt(f),
            ImageSource::Daemon(reference) => write!(f, "{DAEMON}{reference}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::testing::TestDirectory;

    #[test]
    fn existing_paths_decide_the_kind_of_a_source() {
        let directory = TestDirectory::with(&[
            ("image.tar", ""),
            ("layout/oci-layout", "{}"),
            ("example/tool/file", ""),
        ]);
        let kind = |text: &str| match ImageSource::parse(text, directory.path()) {
            Ok(ImageSource::Archive { image, .. }) => format!("archive {image:?}"),
            Ok(ImageSource::Layout { image, .. }) => format!("layout {image:?}"),
            Ok(ImageSource::Registry(reference)) => format!("registry {reference}"),
            Ok(ImageSource::Daemon(reference)) => format!("daemon {reference}"),
            Err(error) => error.to_string().split('`').nth(2).unwrap_or_default().to_owned(),
        };
        assert_eq!(kind("image.tar"), "archive None");
        assert_eq!(kind("image.tar:localhost:5000/a:1"), "archive Some(\"localhost:5000/a:1\")");
        assert_eq!(kind("./layout"), "layout None");
        assert_eq!(kind("layout:1.0.0"), "layout Some(\"1.0.0\")");
        assert_eq!(kind("example/tool"), " is not an OCI image layout: it has no file ");
        assert_eq!(kind("example/tool:1.0.0"), "registry example/tool:1.0.0");
        assert_eq!(kind("localhost:5000/a"), "registry localhost:5000/a");
        assert_eq!(kind("docker-daemon:example/tool:1"), "daemon example/tool:1");
        for missing in ["missing.tar", "./missing", "a\\b", "C:/missing", "dist/image.oci.tar"] {
            assert_eq!(kind(missing), " does not exist", "{missing}");
        }
        assert_eq!(kind("Example/tool"), " is not an existing path or a valid image name");
    }

    #[test]
    fn the_message_about_an_invalid_name_gives_the_reason_once() {
        let error = ImageSource::parse("foo/Bar", Utf8Path::new("/nowhere")).unwrap_err();
        let message = error.message();
        assert_eq!(message.matches("upper-case letters are not allowed").count(), 1, "{message}");
    }

    #[test]
    fn a_source_is_parsed_from_its_own_text() {
        for text in ["docker-daemon:example/tool:1", "localhost:5000/a:1"] {
            let source = ImageSource::parse(text, Utf8Path::new("/nowhere")).unwrap();
            assert_eq!(source.to_string(), text);
        }
    }
}

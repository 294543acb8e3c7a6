//! The finished files under `dist/`, and the manifest that lists them.
//!
//! ```text
//! <name>-<version>.oci.tar                  the image
//! <name>-<version>-<host platform>.zip      its host binaries, with the licence files
//! host/<host platform>/<binary>             the same, unpacked
//! dist-manifest.json                        what all this is
//! SHA256SUMS                                of every file that a release publishes
//! ```

use camino::{Utf8Path, Utf8PathBuf};

use crate::compile::HostBinaryFile;
use crate::files;
use crate::image::Image;
use crate::oci::Digest;
use crate::platform::HostPlatform;
use crate::project::Project;
use crate::staging::Staged;

mod archive;
pub mod manifest;

use manifest::{Artifact, ArtifactKind, HostBinaryEntry, Manifest};

/// The manifest's file name.
pub const MANIFEST: &str = "dist-manifest.json";
/// The checksums' file name.
pub const CHECKSUMS: &str = "SHA256SUMS";

/// Why there is no dist.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder holds something else, which would be lost.
    #[error(
        "`{0}` holds files that `cargo xtask dist` did not make, and it is replaced as a whole"
    )]
    NotADist(Utf8PathBuf),
    /// It is no folder.
    #[error("`{0}` is not a folder")]
    NotAFolder(Utf8PathBuf),
    /// It would be lost when the context is replaced.
    #[error("`{0}` is in the build context, which is replaced as a whole itself")]
    InContext(Utf8PathBuf),
    /// Nothing can be written to the folder.
    #[error("`{0}` can't be written to")]
    ReadOnly(Utf8PathBuf),
    /// A zip archive can't be written.
    #[error("can't write `{path}`")]
    Zip {
        /// The archive.
        path: Utf8PathBuf,
        /// Why.
        source: zip::result::ZipError,
    },
    /// A file can't be read or written.
    #[error(transparent)]
    Files(#[from] files::Error),
}

impl Error {
    /// What the person can do.
    pub fn help(&self) -> Option<String> {
        match self {
            Error::NotADist(_) => {
                Some("choose another folder with `--output`, or empty this one".to_owned())
            }
            Error::NotAFolder(_) | Error::InContext(_) => {
                Some("choose another folder with `--output`".to_owned())
            }
            Error::ReadOnly(_) => {
                Some("make it writable, or choose another folder with `--output`".to_owned())
            }
            Error::Zip { .. } => Some("make room on the disk, and look at its rights".to_owned()),
            Error::Files(error) => error.advice().map(str::to_owned),
        }
    }
}

/// A dist that is being written; dropped before [`Dist::commit`], it is gone.
pub struct Dist<'a> {
    project: &'a Project,
    staged: Staged,
    place: Utf8PathBuf,
    host_binaries: Vec<HostBinaryEntry>,
    artifacts: Vec<Artifact>,
}

impl<'a> Dist<'a> {
    /// Begins the dist that will stand at `place`, which was checked by [`check_place`].
    ///
    /// # Errors
    /// Nothing can be written beside it.
    pub fn begin(project: &'a Project, place: &Utf8Path) -> Result<Self, Error> {
        Ok(Self {
            project,
            staged: Staged::begin(place)?,
            place: place.to_owned(),
            host_binaries: Vec::new(),
            artifacts: Vec::new(),
        })
    }

    /// The path at which the image's archive is to be written.
    pub fn image_path(&self) -> Utf8PathBuf {
        self.staged.path().join(format!("{}.oci.tar", self.stem()))
    }

    /// Adds the host binaries: unpacked, and a zip archive for each platform.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn add_host_binaries(&mut self, binaries: &[HostBinaryFile<'_>]) -> Result<(), Error> {
        for group in binaries.chunk_by(|a, b| a.build.platform == b.build.platform) {
            let platform = group[0].build.platform;
            let folder = format!("host/{platform}");
            files::create_public_dir(&self.staged.path().join(&folder))?;
            let mut packed = Vec::new();
            for file in group {
                let name = platform.file_name(&file.build.binary.name);
                let path = format!("{folder}/{name}");
                let copy = self.staged.path().join(&path);
                files::copy(&file.path, &copy, true)?;
                let (digest, size) = Digest::of_file(&copy)?;
                self.host_binaries.push(HostBinaryEntry {
                    name: file.build.binary.name.clone(),
                    platform,
                    target: platform.triple().to_string(),
                    path,
                    sha256: digest,
                    size,
                });
                packed.push(archive::Entry { path: copy, name, is_executable: true });
            }
            self.add_archive(platform, packed)?;
        }
        Ok(())
    }

    fn add_archive(
        &mut self,
        platform: HostPlatform,
        mut packed: Vec<archive::Entry>,
    ) -> Result<(), Error> {
        for licence in &self.project.licences {
            let name = licence.file_name().unwrap_or_default().to_owned();
            packed.push(archive::Entry { path: licence.clone(), name, is_executable: false });
        }
        let name = format!("{}-{platform}.zip", self.stem());
        archive::write(&self.staged.path().join(&name), &packed)?;
        self.add_artifact(name, ArtifactKind::HostBinaries)
    }

    /// Adds the image, whose archive stands at [`Self::image_path`], and puts the dist into its
    /// place, where the archive of the returned image is.
    ///
    /// # Errors
    /// A file can't be written, or the place can't be taken: then what stood there still stands.
    pub fn commit(mut self, image: Image) -> Result<(Image, Manifest), Error> {
        let archive = format!("{}.oci.tar", self.stem());
        self.add_artifact(archive.clone(), ArtifactKind::Image)?;
        let mut artifacts = std::mem::take(&mut self.artifacts);
        artifacts.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = Manifest {
            schema_version: manifest::SCHEMA_VERSION,
            name: self.project.name().to_owned(),
            version: self.project.version.to_string(),
            image: manifest::ImageEntry {
                reference: image.reference.to_string(),
                digest: image.digest,
                archive: archive.clone(),
                platforms: image.platforms.clone(),
                engine: image.engine,
            },
            host_binaries: std::mem::take(&mut self.host_binaries),
            artifacts,
        };
        let path = self.staged.path().join(MANIFEST);
        files::write(&path, manifest.to_json())?;
        let (digest, _) = Digest::of_file(&path)?;
        let checksums = manifest.checksums(digest);
        files::write(&self.staged.path().join(CHECKSUMS), checksums)?;
        self.staged.commit()?;
        Ok((Image { archive: self.place.join(&archive), ..image }, manifest))
    }

    fn stem(&self) -> String {
        format!("{}-{}", self.project.name(), self.project.version)
    }

    fn add_artifact(&mut self, path: String, kind: ArtifactKind) -> Result<(), Error> {
        let file = self.staged.path().join(&path);
        files::make_public(&file)?;
        let (digest, size) = Digest::of_file(&file)?;
        self.artifacts.push(Artifact { path, kind, sha256: digest, size });
        Ok(())
    }
}

/// Whether what stands at `place` is ours to replace: reported before hours of work, not after.
///
/// # Errors
/// `place` can't be replaced, or should not be.
pub fn check_place(project: &Project, place: &Utf8Path) -> Result<(), Error> {
    if place.starts_with(project.context_folder()) {
        return Err(Error::InContext(place.to_owned()));
    }
    if !place.exists() && !place.is_symlink() {
        return Ok(());
    }
    if !place.is_dir() {
        return Err(Error::NotAFolder(place.to_owned()));
    }
    let is_ours = place.join(MANIFEST).is_file() || files::entries(place)?.is_empty();
    if !is_ours {
        return Err(Error::NotADist(place.to_owned()));
    }
    #[cfg(unix)]
    if rustix::fs::access(place.as_std_path(), rustix::fs::Access::WRITE_OK).is_err() {
        return Err(Error::ReadOnly(place.to_owned()));
    }
    Ok(())
}

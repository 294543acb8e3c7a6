//! The finished files under `dist/`, and the manifest that lists them.
//!
//! ```text
//! <name>-<version>.oci.tar                  the image
//! <name>-<version>-<host platform>.zip      its host binaries, with the licence files
//! host/<host platform>/<binary>             the same host binaries, unpacked
//! dist-manifest.json                        the manifest
//! SHA256SUMS                                the checksums of the files that a release publishes
//! ```

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use crate::binaries::imports;
use crate::compile::HostBinaryFile;
use crate::engine::EngineKind;
use crate::error::{Error, Result};
use crate::files;
use crate::image::Image;
use crate::inspect;
use crate::oci::Digest;
use crate::platform::Os;
use crate::project::{Project, licences};
use crate::staging::Staged;

pub mod manifest;
mod zip_archive;

pub use manifest::MANIFEST;
use manifest::{Artifact, ArtifactKind, CHECKSUMS, DistManifest, HostBinaryEntry, MacOsImports};

/// What is known about the imports of a host binary, if it is for macOS.
fn macos_imports(os: Os, path: &Utf8Path) -> Result<Option<MacOsImports>> {
    if os != Os::Darwin {
        return Ok(None);
    }
    let proof = imports::of_file(&inspect::read(&files::read(path)?));
    Ok(proof.map(MacOsImports::from))
}

/// A dist that is being written. It is deleted if it is dropped before [`StagedDist::commit`].
pub struct StagedDist<'a> {
    project: &'a Project,
    staged: Staged,
    place: Utf8PathBuf,
    host_binaries: Vec<HostBinaryEntry>,
    artifacts: Vec<Artifact>,
}

impl<'a> StagedDist<'a> {
    /// Begins a dist for the directory `place`, which [`check_place`] has accepted.
    ///
    /// # Errors
    /// The parent directory of `place` can't be written.
    pub fn begin(project: &'a Project, place: &Utf8Path) -> Result<Self> {
        Ok(Self {
            project,
            staged: Staged::begin(place)?,
            place: place.to_owned(),
            host_binaries: Vec::new(),
            artifacts: Vec::new(),
        })
    }

    /// The archive that an engine writes, which has not been validated yet.
    pub fn unchecked_image_path(&self) -> Utf8PathBuf {
        self.staged.path().join(format!(".{}.oci.tar", self.stem()))
    }

    /// The archive of the validated image.
    pub fn image_path(&self) -> Utf8PathBuf {
        self.staged.path().join(format!("{}.oci.tar", self.stem()))
    }

    /// Adds the host binaries: unpacked, and a zip archive for each platform.
    ///
    /// # Errors
    /// A file can't be written.
    pub fn add_host_binaries(&mut self, binaries: &[HostBinaryFile<'_>]) -> Result<()> {
        for group in binaries.chunk_by(|a, b| a.build.platform == b.build.platform) {
            let platform = group[0].build.platform;
            let directory = format!("host/{platform}");
            files::create_public_dir(&self.staged.path().join(&directory))?;
            let mut packed = Vec::new();
            for file in group {
                let name = platform.file_name(&file.build.binary.name);
                let path = format!("{directory}/{name}");
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
                    macos_imports: macos_imports(platform.os, &copy)?,
                });
                packed.push(zip_archive::ZipEntry { path: copy, name, is_executable: true });
            }
            for (name, path) in self.licences(group) {
                packed.push(zip_archive::ZipEntry { path, name, is_executable: false });
            }
            let name = format!("{}-{platform}.zip", self.stem());
            zip_archive::write(&self.staged.path().join(&name), &packed)?;
            self.add_artifact(name, ArtifactKind::HostBinaries)?;
        }
        Ok(())
    }

    /// The licence files of host binaries, by their names in an archive.
    fn licences(&self, binaries: &[HostBinaryFile<'_>]) -> Vec<(String, Utf8PathBuf)> {
        let packages: BTreeSet<_> =
            binaries.iter().map(|file| &file.build.binary.package).collect();
        let packages = packages.into_iter();
        let licences = packages.filter_map(|package| self.project.licences.get_key_value(package));
        let names = licences::archive_names(licences.map(|(package, it)| (package.as_str(), it)));
        names.into_iter().map(|(name, path)| (name, path.to_owned())).collect()
    }

    /// Adds the image, whose archive is at [`Self::image_path`], and moves the dist to its place. The returned
    /// image has its archive there.
    ///
    /// # Errors
    /// A file can't be written or moved; then the old contents of the place are unchanged.
    pub fn commit(mut self, image: Image, engine: EngineKind) -> Result<(Image, DistManifest)> {
        let archive = format!("{}.oci.tar", self.stem());
        self.add_artifact(archive.clone(), ArtifactKind::Image)?;
        let mut artifacts = std::mem::take(&mut self.artifacts);
        artifacts.sort_by(|a, b| a.path.cmp(&b.path));
        let manifest = DistManifest {
            schema_version: manifest::SCHEMA_VERSION,
            name: self.project.name().to_owned(),
            version: self.project.version.to_string(),
            image: manifest::ImageEntry {
                reference: image.reference.to_string(),
                digest: image.digest,
                archive: archive.clone(),
                platforms: image.platforms.clone(),
                engine,
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

    fn add_artifact(&mut self, path: String, kind: ArtifactKind) -> Result<()> {
        let file = self.staged.path().join(&path);
        files::make_public(&file)?;
        let (digest, size) = Digest::of_file(&file)?;
        self.artifacts.push(Artifact { path, kind, sha256: digest, size });
        Ok(())
    }
}

/// Checks, before a long build, that `place` can be replaced.
///
/// # Errors
/// `place` is not writable, or contains files that `dist` did not write.
pub fn check_place(project: &Project, place: &Utf8Path) -> Result<()> {
    const OTHER: &str = "choose another directory with `--output`";
    if place.starts_with(project.context_directory()) {
        let what = format!("`{place}` is inside the build context, which `dist` deletes");
        return Err(Error::new(what).help(OTHER).usage());
    }
    if !place.exists() && !place.is_symlink() {
        return Ok(());
    }
    if !place.is_dir() {
        return Err(Error::new(format!("`{place}` is not a directory")).help(OTHER).usage());
    }
    let is_ours = place.join(MANIFEST).is_file() || files::entries(place)?.is_empty();
    if !is_ours {
        let what = format!("`{place}` contains files that `dist` did not write and would delete");
        return Err(Error::new(what).help(format!("{OTHER}, or empty this one")).usage());
    }
    #[cfg(unix)]
    if rustix::fs::access(place.as_std_path(), rustix::fs::Access::WRITE_OK).is_err() {
        return Err(Error::new(format!("`{place}` is not writable"))
            .help(format!("make it writable, or {OTHER}")));
    }
    Ok(())
}

//! The files of an image variant, as Docker Engines unpack them and as the tool reads them.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Command;

use camino::Utf8Path;
use docker_extension::internals::image::read::tree::{FileTree, NodeKind};
use docker_extension::internals::image::read::{ImageSource, StoredImage};
use docker_extension::internals::progress::{Progress, Verbosity};
use docker_extension::internals::text::hex;
use sha2::{Digest, Sha256};

/// By path: the type, the mode (0 for links), and the hash of the contents or the target of a link.
pub type Files = BTreeMap<String, (&'static str, u32, String)>;

/// The paths that an engine adds to every container.
const OF_ENGINE: [&str; 5] = [".dockerenv", "dev", "etc", "proc", "sys"];

/// The image stores of the engines in `.ci/docker-engine`. Each unpacks layers with its own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Containerd,
    Classic,
}

impl Store {
    pub const BOTH: [Store; 2] = [Store::Containerd, Store::Classic];

    pub fn docker(self, args: &[&str]) -> Command {
        let mut docker = Command::new("docker");
        if self == Store::Classic {
            docker.env("DOCKER_HOST", std::env::var("TEST_CLASSIC_DOCKER_HOST").unwrap());
        }
        docker.args(args);
        docker
    }

    /// Removes an image from the engine.
    pub fn remove(self, image: &str) {
        super::run(&mut self.docker(&["image", "rm", "--force", image]));
    }

    /// The files of an image in the engine, as a container sees them.
    pub fn unpacked(self, image: &str, platform: &str) -> Files {
        let args = ["create", "--platform", platform, "--network=none", "--entrypoint=/", image];
        let container = super::run(&mut self.docker(&args)).trim().to_owned();
        let tar = self.docker(&["export", &container]).output().unwrap();
        assert!(tar.status.success(), "{}", super::stderr(&tar));
        super::run(&mut self.docker(&["rm", &container]));
        files_of_tar(&tar.stdout)
    }
}

fn is_of_engine(path: &str) -> bool {
    path.split('/').next().is_some_and(|first| OF_ENGINE.contains(&first))
}

fn files_of_tar(tar: &[u8]) -> Files {
    let mut files = Files::new();
    for entry in tar::Archive::new(tar).entries().unwrap() {
        let mut entry = entry.unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
        let path = text(&entry.path_bytes()).trim_matches('/').to_owned();
        let link = entry.link_name_bytes().map(|link| text(&link)).unwrap_or_default();
        let mode = entry.header().mode().unwrap() & 0o7777;
        let file = match entry.header().entry_type().as_byte() {
            b'0' => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                ("file", mode, hex(&Sha256::digest(content)))
            }
            b'1' => files[link.trim_start_matches('/')].clone(),
            b'2' => ("link", 0, link),
            b'5' => ("directory", mode, String::new()),
            _ => ("special", mode, String::new()),
        };
        if !path.is_empty() && !is_of_engine(&path) {
            files.insert(path, file);
        }
    }
    files
}

/// Reads the image `source`.
pub fn read(source: &str) -> StoredImage {
    let progress = Progress::new(Verbosity::Quiet);
    let source = ImageSource::parse(source, Utf8Path::new("/")).unwrap();
    StoredImage::open(&source, &progress.step("")).unwrap()
}

/// The files in a tree.
pub fn files_of(tree: &FileTree) -> Files {
    let files = tree.below("/").map(|found| {
        let mode = found.node.mode;
        let file = match &found.node.kind {
            NodeKind::File { content, .. } => ("file", mode, content.hex()),
            NodeKind::Symlink(target) => ("link", 0, target.to_string()),
            NodeKind::Directory => ("directory", mode, String::new()),
            NodeKind::Special => ("special", mode, String::new()),
        };
        (found.path.trim_start_matches('/').to_owned(), file)
    });
    files.filter(|(path, _)| !is_of_engine(path)).collect()
}

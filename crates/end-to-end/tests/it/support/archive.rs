//! Reads the archive of an image without the crate under test.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Type, mode and hash of the contents, by path.
pub type Tree = BTreeMap<String, (u8, u32, String)>;

pub struct Opened(BTreeMap<String, Vec<u8>>);

impl Opened {
    pub fn new(archive: impl AsRef<Path>) -> Self {
        let mut archive = tar::Archive::new(File::open(archive.as_ref()).unwrap());
        let files = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (String::from_utf8(entry.path_bytes().into_owned()).unwrap(), content)
        });
        Self(files.collect())
    }

    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.0[path]).unwrap()
    }

    fn blob(&self, descriptor: &Value) -> &[u8] {
        &self.0[&format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"))]
    }

    fn blob_json(&self, descriptor: &Value) -> Value {
        serde_json::from_slice(self.blob(descriptor)).unwrap()
    }

    /// The descriptors in the image index.
    pub fn platforms(&self) -> Vec<Value> {
        let index = self.blob_json(&self.json("index.json")["manifests"][0]);
        index["manifests"].as_array().unwrap().clone()
    }

    /// The descriptors in the image index, without attestations.
    fn images(&self) -> Vec<Value> {
        let mut images = self.platforms();
        images.retain(|image| image["annotations"]["vnd.docker.reference.type"].is_null());
        images
    }

    /// The instructions of the layers of one variant, without BuildKit's suffix.
    pub fn history(&self, platform: &str) -> Vec<String> {
        let descriptor =
            self.images().into_iter().find(|image| name(&image["platform"]) == platform);
        let config = self.blob_json(&self.blob_json(&descriptor.unwrap())["config"]);
        let history = config["history"].as_array().unwrap().iter();
        let layers = history.filter(|entry| entry["empty_layer"] != true);
        let instructions = layers.map(|entry| entry["created_by"].as_str().unwrap());
        instructions.map(|it| it.trim_end_matches(" # buildkit").to_owned()).collect()
    }

    /// The tree and the labels of each variant, by platform.
    pub fn variants(&self) -> BTreeMap<String, (Tree, Value)> {
        let variants = self.images().into_iter().map(|descriptor| {
            let manifest = self.blob_json(&descriptor);
            let config = self.blob_json(&manifest["config"]);
            let mut tree = Tree::new();
            for layer in manifest["layers"].as_array().unwrap() {
                read_layer(self.blob(layer), &mut tree);
            }
            let platform = &descriptor["platform"];
            assert_eq!(
                (&config["os"], &config["architecture"]),
                (&platform["os"], &platform["architecture"])
            );
            (name(platform), (tree, config["config"]["Labels"].clone()))
        });
        variants.collect()
    }

    /// A file of one variant.
    pub fn file(&self, platform: &str, path: &str) -> Vec<u8> {
        let descriptor =
            self.images().into_iter().find(|image| name(&image["platform"]) == platform);
        let manifest = self.blob_json(&descriptor.unwrap());
        for layer in manifest["layers"].as_array().unwrap() {
            let layer = GzDecoder::new(self.blob(layer));
            for entry in tar::Archive::new(layer).entries().unwrap() {
                let mut entry = entry.unwrap();
                if entry.path_bytes() == path.as_bytes() {
                    let mut content = Vec::new();
                    entry.read_to_end(&mut content).unwrap();
                    return content;
                }
            }
        }
        panic!("{platform} has no {path}");
    }
}

fn name(platform: &Value) -> String {
    format!("{}/{}", platform["os"], platform["architecture"]).replace('"', "")
}

fn read_layer(layer: &[u8], tree: &mut Tree) {
    for entry in tar::Archive::new(GzDecoder::new(layer)).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let header = entry.header();
        assert_eq!(
            (header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()),
            (0, 0, 0)
        );
        let kind = header.entry_type().as_byte();
        let value = (
            kind,
            header.mode().unwrap(),
            docker_extension::internals::text::hex(&Sha256::digest(content)),
        );
        tree.insert(String::from_utf8(entry.path_bytes().into_owned()).unwrap(), value);
    }
}

//! Images that Docker builds and `dist` does not: on a base image, with whiteouts and links of all kinds,
//! for one platform, with attestations. The reader sees what engines unpack.
//!
//! `.ci/docker-engine`, `.ci/registry` and `.ci/tools` provide what the tests need.

use crate::support;

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use support::unpacked::{Store, files_of, read};
use support::{Extension, run};

/// The base image: a shell with hundreds of names, and the files that the derived image changes.
const BASE: &str = r#"
FROM scratch
SHELL ["/bin/busybox", "sh", "-euc"]
COPY busybox /bin/
RUN --network=none /bin/busybox --install /bin
RUN --network=none \
    mkdir -p usr/lib folder/deep emptied/deep gone/deep to-file/deep to-link/deep darwin ui; \
    for path in folder/kept folder/gone folder/deep/kept emptied/old emptied/deep/old \
        gone/deep/file to-file/deep/file to-link/file to-folder returns restored stale; \
    do echo lower >$path; done; \
    ln -s usr/lib lib; ln -s folder to-plain; ln -s /nowhere/at/all broken; ln -s returns relinked; \
    ln folder/kept linked; ln linked linked-too; \
    mkfifo pipe stays; \
    chmod 600 folder/kept; chmod 4755 returns; chmod 1777 emptied usr; chmod 700 folder/deep; \
    echo '{' >metadata.json; echo >ui/stale.js; ln -s nowhere ui/link; \
    echo '#!/bin/sh' >darwin/stale; chmod 755 darwin/stale
RUN --network=none rm -r returns restored folder/deep
RUN --network=none mkdir folder/deep; echo again >folder/deep/again; echo again >returns
"#;

/// The steps after the extension's own `Dockerfile`. The last one removes the shell.
const CHANGES: &str = r#"
RUN --network=none \
    rm -r gone folder/gone stale pipe linked ui/stale.js ui/link darwin/stale; \
    rm -r emptied; mkdir emptied; echo new >emptied/new; \
    rm -r to-file; echo file >to-file; \
    rm -r to-link; ln -s folder to-link; \
    rm to-folder; mkdir -p to-folder/deep; echo in >to-folder/deep/file; \
    rm to-plain; echo plain >to-plain; \
    ln -sf folder/kept relinked; \
    echo through >lib/through; \
    ln folder/kept across; echo changed >linked-too; \
    chmod 750 folder; chmod 440 folder/deep/again; \
    echo >"a name with blanks, ü and 日本"; \
    long=$(printf %080d 0); mkdir -p $long/$long; echo deep >$long/$long/$long; ln -s $long/$long long
RUN --network=none echo restored >restored; rm -r /bin
"#;

/// The build context from which `dist` made the image.
const CONTEXT: &str = "target/extension";

/// An extension, and the name of its images in the registry.
struct Sample {
    extension: Extension,
    registry: String,
}

impl Sample {
    fn new(name: &str) -> Self {
        let extension = Extension::with_pages();
        extension.dist(&[]);
        let registry = std::env::var("TEST_REGISTRY").unwrap();
        let registry = format!("{registry}/shapes/{name}");
        Self { extension, registry }
    }

    /// Builds a directory for both platforms.
    fn build(&self, directory: &str, output: &str) {
        self.build_with(directory, output, &PLATFORMS.join(","), &["--provenance=false"]);
    }

    /// The shell of the base image is for the CPU of this machine on all platforms, so no emulator is needed.
    fn build_with(&self, directory: &str, output: &str, platforms: &str, options: &[&str]) {
        let _cache = support::while_docker_builds();
        let mut build = Command::new("docker");
        build.args(["buildx", "build", "--platform", platforms, "--output", output]).args(options);
        run(build.arg(self.extension.path(directory)));
    }

    /// The report of `validate` without the name and the digest of the image.
    fn report(&self, image: &str) -> Value {
        let mut command = self.extension.xtask(&["--quiet", "validate", "--format=json", image]);
        let output = command.output().unwrap();
        let mut report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", support::stderr(&output)));
        report["subject"] = report["subject"]["platforms"].take();
        report
    }
}

const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// Asserts that the reader sees the same files in each of `sources` as both engines unpack from `image`, which
/// is in the registry.
fn assert_read_as_unpacked(image: &str, sources: &[&str]) {
    let read: Vec<_> = sources.iter().map(|source| (source, read(source))).collect();
    for (number, platform) in PLATFORMS.into_iter().enumerate() {
        for store in Store::BOTH {
            run(&mut store.docker(&["pull", "--quiet", "--platform", platform, image]));
            let unpacked = store.unpacked(image, platform);
            for (source, image) in &read {
                let variant = &image.variants[number];
                assert_eq!(variant.platform.to_string(), platform);
                assert_eq!(variant.tree.oddities().first(), [], "{source}");
                assert_eq!(files_of(&variant.tree), unpacked, "{source} {platform} {store:?}");
            }
        }
    }
    for store in Store::BOTH {
        store.remove(image);
    }
}

#[test]
#[ignore = "needs two Docker Engines, a registry, and busybox-static"]
fn an_image_on_a_base_image_is_read_as_engines_unpack_it_with_any_compression() {
    let sample = Sample::new("over-base");
    let base = format!("{}:base", sample.registry);
    sample.extension.write("base/Dockerfile", BASE);
    fs::copy("/bin/busybox", sample.extension.path("base/busybox")).unwrap();
    sample.build("base", &format!("type=image,name={base},push=true"));
    assert_read_as_unpacked(&base, &[&base]);

    let dockerfile = sample.extension.path(&format!("{CONTEXT}/Dockerfile"));
    let own = fs::read_to_string(&dockerfile).unwrap();
    fs::write(dockerfile, own.replace("FROM scratch", &format!("FROM {base}")) + CHANGES).unwrap();
    let expected = sample.report(sample.extension.path("dist").to_str().unwrap());
    let archive = sample.extension.path("image.tar").to_str().unwrap().to_owned();
    for (tag, options) in [
        ("1.0.0-docker", "oci-mediatypes=false"),
        // The layers of the base image keep their compression.
        ("1.0.0-mixed", "oci-mediatypes=true,compression=zstd"),
        ("1.0.0-seekable", "oci-mediatypes=true,compression=estargz,force-compression=true"),
        ("1.0.0-plain", "oci-mediatypes=true,compression=uncompressed,force-compression=true"),
    ] {
        let image = format!("{}:{tag}", sample.registry);
        sample.build(CONTEXT, &format!("type=image,name={image},push=true,{options}"));
        sample.build(CONTEXT, &format!("type=oci,dest={archive},{options}"));
        let in_engine = format!("docker-daemon:{image}");
        let sources = [image.as_str(), &archive, &in_engine];
        for source in sources {
            assert_eq!(sample.report(source), expected, "{source}");
        }
        assert_read_as_unpacked(&image, &sources);
    }
}

/// The classic store saves only one platform, in its own format.
#[test]
#[ignore = "needs two Docker Engines and a registry"]
fn an_image_saved_by_the_classic_store_has_the_files_of_the_registry() {
    let sample = Sample::new("saved");
    let image = format!("{}:1.0.0", sample.registry);
    sample.build(CONTEXT, &format!("type=image,name={image},push=true"));
    let in_registry = read(&image);
    let saved = sample.extension.path("saved.tar").to_str().unwrap().to_owned();
    for (number, platform) in PLATFORMS.into_iter().enumerate() {
        let docker = |args: &[&str]| run(&mut Store::Classic.docker(args));
        docker(&["pull", "--quiet", "--platform", platform, &image]);
        docker(&["save", "--output", &saved, &image]);
        let (saved, pulled) = (read(&saved), &in_registry.variants[number]);
        assert_eq!(saved.variants[0].platform.to_string(), platform);
        assert_eq!(saved.variants[0].labels, pulled.labels);
        assert_eq!(files_of(&saved.variants[0].tree), files_of(&pulled.tree));
    }
    for store in Store::BOTH {
        store.remove(&image);
    }
}

#[test]
#[ignore = "needs a Docker Engine and a registry"]
fn the_missing_platform_of_an_image_is_reported() {
    let sample = Sample::new("one-platform");
    for (number, types) in ["oci-mediatypes=true", "oci-mediatypes=false"].into_iter().enumerate() {
        for (platform, other) in [("linux/amd64", "linux/arm64"), ("linux/arm64", "linux/amd64")] {
            let tag = format!("1.0.{number}-{}", platform.replace('/', "-"));
            let image = format!("{}:{tag}", sample.registry);
            let output = format!("type=image,name={image},push=true,{types}");
            sample.build_with(CONTEXT, &output, platform, &["--provenance=false"]);
            assert!(!read(&image).is_index);
            let report = sample.report(&image);
            assert_eq!(report["subject"], json!([platform]));
            assert_eq!(report["counts"]["errors"], 1, "{report}");
            let finding = &report["findings"][0];
            assert_eq!(finding["rule"], "platform-missing");
            assert_eq!(finding["place"], json!({ "platforms": [other] }));
            let what = format!("image variant `{other}` is missing");
            assert_eq!(finding["what"], what);
            Store::Containerd.remove(&image);
        }
    }
}

#[test]
#[ignore = "needs a Docker Engine and a registry"]
fn attestations_do_not_change_the_report() {
    let sample = Sample::new("attested");
    let archive = sample.extension.path("attested.tar").to_str().unwrap().to_owned();
    let image = format!("{}:1.0.0", sample.registry);
    let expected = sample.report(sample.extension.path("dist").to_str().unwrap());
    for output in [format!("type=image,name={image},push=true"), format!("type=oci,dest={archive}")]
    {
        sample.build_with(CONTEXT, &output, &PLATFORMS.join(","), &["--provenance=mode=max"]);
    }
    for source in [&image, &archive, &format!("docker-daemon:{image}")] {
        assert_eq!(read(source).attestations, 2, "{source}");
        assert_eq!(sample.report(source), expected, "{source}");
    }
    Store::Containerd.remove(&image);
}

//! Both engines with a real Docker Engine, a real registry and third-party tools.
//!
//! `.ci/docker-engine` and `.ci/registry` start them.

use crate::support;

use std::fs;
use std::process::Command;

use camino::Utf8PathBuf;
use docker_extension::internals::contents::labels::Labels;
use docker_extension::internals::contents::{
    CopySource, FileMode, FileOrigin, Files, ImageContents, LayerContents, PerVariant,
};
use docker_extension::internals::context::Context;
use docker_extension::internals::engine::{
    self, BuildxEngine, Engine, EngineChoice, EngineRequest, NoBuilder, probe,
};
use docker_extension::internals::image::Image;
use docker_extension::internals::oci::{ImageName, Reference, Tag};
use docker_extension::internals::platform::ImagePlatform;
use docker_extension::internals::progress::{Progress, Verbosity};
use docker_extension::internals::sink::{DockerEngine, Registry, Sink};
use docker_extension::internals::text::hex;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::archive::Opened;
use support::run as read;
use tempfile::TempDir;

const LABELS: [(&str, &str); 3] = [
    ("com.example.json", r#"[{"alt": "a \\ b", "url": "https://example.com/?a=$b"}]"#),
    ("com.example.odd", "#one\ttwo, \\three \"four\" = ü"),
    ("org.opencontainers.image.title", "Tool"),
];

/// A build context, and a directory for archives.
struct Sample {
    dir: Utf8PathBuf,
    context: Context,
    _removed_at_the_end: TempDir,
}

impl Sample {
    fn new() -> Self {
        Self::with_labels(LABELS.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    fn with_labels(labels: Labels) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = Utf8PathBuf::try_from(temp.path().to_owned()).unwrap();
        let contents = ImageContents::new(labels, layers()).unwrap();
        let context =
            Context::write(contents, &reference("example/sample"), &dir.join("context")).unwrap();
        Self { context, dir, _removed_at_the_end: temp }
    }

    fn build(&self, engine: &Engine, reference: &Reference<Tag>, file: &str) -> Image {
        let progress = Progress::new(Verbosity::Quiet);
        let archive = self.dir.join(file);
        let _cache = support::while_docker_builds();
        engine.build(&self.context, reference, &archive, &progress.step("")).unwrap()
    }
}

/// Layers with difficult contents: deep directories, long names, files of only one variant.
fn layers() -> Vec<LayerContents> {
    let origin = |text: &str| FileOrigin::Generated(text.into());
    let file = |name: &str, text: &str| CopySource::File {
        name: name.to_owned(),
        origin: PerVariant::Shared(origin(text)),
    };
    let files = |list: &[(&str, &str)]| -> Files {
        list.iter().map(|(path, text)| (Utf8PathBuf::from(*path), origin(text))).collect()
    };
    let shared = |path: &str, list| CopySource::Directory {
        path: path.to_owned(),
        files: PerVariant::Shared(files(list)),
    };
    let each = |path: &str, amd64, arm64| CopySource::Directory {
        path: path.to_owned(),
        files: PerVariant::Each { amd64: files(amd64), arm64: files(arm64) },
    };
    let layer = |sources, directory: &str, mode| LayerContents {
        sources,
        directory: directory.into(),
        mode,
    };
    let own = PerVariant::Each { amd64: origin("for amd64"), arm64: origin("for arm64") };
    let metadata = CopySource::File { name: "metadata.json".to_owned(), origin: own };
    let long_name = format!("{}/{}.js", "folder".repeat(12), "name".repeat(30));
    let pages = [("index.html", "<html>"), ("assets/日本.js", "js"), (&long_name, "long")];
    vec![
        layer(vec![metadata, file("icon.svg", "<svg/>")], "", FileMode::Data),
        layer(vec![shared("docs", &[("a.html", "a"), ("ü.html", "ü")])], "docs/en", FileMode::Data),
        layer(vec![shared("ui", &pages)], "ui", FileMode::Data),
        layer(
            vec![each("host/darwin", &[("tool", "for amd64")], &[("tool", "for arm64")])],
            "darwin",
            FileMode::Executable,
        ),
        layer(
            vec![shared("host/windows", &[("tool.exe", "for both")])],
            "windows",
            FileMode::Executable,
        ),
        layer(
            vec![each("host/linux", &[("tool", "for amd64")], &[])],
            "linux",
            FileMode::Executable,
        ),
    ]
}

fn reference(name: &str) -> Reference<Tag> {
    name.parse::<ImageName>().unwrap().with_tag("1.0.0".parse().unwrap())
}

fn buildx(attestations: bool) -> BuildxEngine {
    BuildxEngine::new(probe(None).unwrap(), attestations)
}

fn docker_engine(attestations: bool) -> Engine {
    Engine::Docker(buildx(attestations))
}

fn docker(args: &[&str]) -> String {
    read(Command::new("docker").args(args))
}

#[test]
#[ignore = "needs a Docker Engine"]
fn both_engines_make_the_same_image() {
    let sample = Sample::new();
    let reference = reference("example/same");
    let ours = sample.build(&Engine::Embedded, &reference, "embedded.tar");
    // The path contains the special characters of `--output`.
    let theirs = sample.build(&docker_engine(false), &reference, "docker, \"quoted\".tar");
    assert_eq!(theirs.platforms, ImagePlatform::ALL);
    assert_eq!(ours.platforms, theirs.platforms);

    let (ours, theirs) =
        (Opened::new(&ours.archive).variants(), Opened::new(&theirs.archive).variants());
    assert_eq!(ours.keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
    assert_eq!(ours, theirs);
    let labels = &ours["linux/arm64"].1;
    for (name, value) in LABELS {
        assert_eq!(labels[name], value);
    }
}

#[test]
#[ignore = "needs a Docker Engine"]
fn docker_builds_are_reproducible_without_attestations() {
    let reference = reference("example/again");
    let engine = docker_engine(false);
    let first = Sample::new().build(&engine, &reference, "image.tar");
    // The cache would hide a difference. Only the cache of the engine from `.ci` may be deleted.
    let engine_address = std::env::var("DOCKER_HOST").unwrap_or_default();
    assert!(engine_address.contains("/docker-containerd/"), "not an engine of `.ci/docker-engine`");
    support::empty_build_cache();
    let sample = Sample::new();
    assert_eq!(sample.build(&engine, &reference, "image.tar").digest, first.digest);

    let attested = sample.build(&docker_engine(true), &reference, "attested.tar");
    assert_eq!(attested.platforms, ImagePlatform::ALL);
    assert_eq!(Opened::new(&attested.archive).platforms().len(), 4);
}

#[test]
#[ignore = "needs a Docker Engine"]
fn docker_loads_the_archives_of_both_engines_and_copies_their_files() {
    let sample = Sample::new();
    let progress = Progress::new(Verbosity::Quiet);
    let engines: [(&Engine, _); 2] = [
        (&Engine::Embedded, "example/load-embedded"),
        (&docker_engine(false), "example/load-docker"),
    ];
    for (engine, name) in engines {
        let reference = reference(name);
        let image = sample.build(engine, &reference, "image.tar");
        DockerEngine.deliver(&image, &sample.context, &progress).unwrap();
        let name = reference.to_string();
        let id = docker(&["image", "inspect", "--format", "{{.Id}}", &name]);
        assert_eq!(id.trim(), image.digest.to_string(), "the engine names the image by its index");
        for (platform, content) in [("linux/amd64", "for amd64"), ("linux/arm64", "for arm64")] {
            let container = docker(&["create", "--platform", platform, "--entrypoint=/", &name]);
            let target = sample.dir.join("tool");
            docker(&["cp", &format!("{}:/darwin/tool", container.trim()), target.as_str()]);
            assert_eq!(fs::read_to_string(target).unwrap(), content);
            docker(&["rm", container.trim()]);
        }
        docker(&["image", "rm", &name]);
    }
}

/// `TEST_CLASSIC_DOCKER_HOST` names an engine with the classic image store.
#[test]
#[ignore = "needs a Docker Engine"]
fn an_engine_with_the_classic_store_loads_archives_but_is_not_a_builder() {
    let classic = std::env::var("TEST_CLASSIC_DOCKER_HOST").unwrap();
    let docker =
        |args: &[&str]| read(Command::new("docker").env("DOCKER_HOST", &classic).args(args));
    let sample = Sample::new();
    let engines: [(&Engine, _); 2] = [
        (&Engine::Embedded, "example/classic-embedded"),
        (&docker_engine(false), "example/classic-docker"),
    ];
    for (engine, name) in engines {
        let image = sample.build(engine, &reference(name), "image.tar");
        docker(&["load", "--input", image.archive.as_str()]);
        for (tag, content) in [("1.0.0", "for amd64"), ("1.0.0-arm64", "for arm64")] {
            let name = format!("{name}:{tag}");
            let container = docker(&["create", "--entrypoint=/", &name]);
            let target = sample.dir.join("tool");
            docker(&["cp", &format!("{}:/darwin/tool", container.trim()), target.as_str()]);
            assert_eq!(fs::read_to_string(target).unwrap(), content);
            docker(&["rm", container.trim()]);
            docker(&["image", "rm", &name]);
        }
    }

    let context = format!("xtask-test-{}", std::process::id());
    self::docker(&["context", "create", &context, "--docker", &format!("host={classic}")]);
    let probed = probe(Some(&context));
    self::docker(&["context", "rm", &context]);
    let error = probed.unwrap_err();
    assert!(matches!(error, NoBuilder::ClassicStore { .. }), "{error:?}");
    assert!(error.help().unwrap().contains("containerd image store"));
}

#[test]
#[ignore = "needs a Docker Engine"]
fn skopeo_reads_both_platforms() {
    let sample = Sample::new();
    let image = sample.build(&Engine::Embedded, &reference("example/skopeo"), "image.tar");
    for arch in ["amd64", "arm64"] {
        let json = read(Command::new("skopeo").args([
            "--override-os=linux",
            &format!("--override-arch={arch}"),
            "inspect",
            &format!("oci-archive:{}", image.archive),
        ]));
        let found: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(found["Architecture"], arch);
        assert_eq!(found["Labels"]["com.example.odd"], LABELS[1].1);
        assert_eq!(found["Layers"].as_array().unwrap().len(), 6);
        // A copy verifies digests and diff IDs.
        read(Command::new("skopeo").args([
            &format!("--override-arch={arch}"),
            "copy",
            "--quiet",
            &format!("oci-archive:{}", image.archive),
            &format!("dir:{}", sample.dir.join(arch)),
        ]));
    }
}

/// `TEST_REGISTRY` is the address of an empty registry.
#[test]
#[ignore = "needs a Docker Engine"]
fn the_pushed_image_is_the_built_image() {
    let registry = std::env::var("TEST_REGISTRY").unwrap();
    let sample = Sample::new();
    let reference = reference(&format!("{registry}/example/push"));
    let engine = buildx(false);
    let progress = Progress::new(Verbosity::Quiet);
    let image = sample.build(&Engine::Docker(engine.clone()), &reference, "image.tar");
    Registry { engine: engine.clone() }.deliver(&image, &sample.context, &progress).unwrap();

    let source = format!("docker://{reference}");
    let raw =
        read(Command::new("skopeo").args(["inspect", "--raw", "--tls-verify=false", &source]));
    assert_eq!(format!("sha256:{}", hex(&Sha256::digest(raw))), image.digest.to_string());

    let nowhere = self::reference("127.0.0.1:1/example/push");
    let image = sample.build(&Engine::Docker(engine.clone()), &nowhere, "nowhere.tar");
    let sink = Registry { engine: engine.clone() };
    let error = sink.deliver(&image, &sample.context, &progress).unwrap_err();
    assert!(error.to_string().contains("could not push the image"), "{error}");
    assert!(error.advice().unwrap().contains("registry"), "{error}");
}

#[test]
#[ignore = "needs a Docker Engine"]
fn auto_chooses_docker_if_possible_and_gives_a_reason_if_not() {
    let EngineChoice { engine, reason } = engine::choose(EngineRequest::Auto, None, false).unwrap();
    assert!(matches!(engine, Engine::Docker(_)), "{reason}");
    assert_eq!(reason, "builder `default` (driver docker, containerd image store)");

    let choice = engine::choose(EngineRequest::Auto, Some("no-such-builder"), false).unwrap();
    assert_eq!(choice.to_string(), "embedded: the builder `no-such-builder` does not exist");
    let error = engine::choose(EngineRequest::Docker, Some("no-such-builder"), false).unwrap_err();
    assert!(matches!(&error, NoBuilder::Unknown { name } if name == "no-such-builder"));
}

#[test]
#[ignore = "needs a Docker Engine"]
fn any_text_is_preserved_in_a_label() {
    // Special characters of Dockerfiles, shells and JSON; and any other character except line breaks.
    const SPECIAL: &[&str] = &[
        "\"",
        "'",
        "\\",
        "$",
        "${TARGETARCH}",
        "`",
        "{",
        "[",
        "#",
        "=",
        ",",
        " ",
        "\t",
        "\\n",
        "<<EOF",
        "&&",
        "%",
        "日",
        "🐳",
        "\u{202e}",
        "\u{7f}",
    ];
    let other = any::<char>().prop_filter("rejected", |it| !['\n', '\r'].contains(it));
    let piece = prop_oneof![select(SPECIAL).prop_map(str::to_owned), other.prop_map(String::from)];
    let strategy = vec(piece, 0..40).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    let mut text = || strategy.new_tree(&mut runner).unwrap().current();
    let mut labels: Labels = (0..400).map(|number| (format!("label.{number}"), text())).collect();
    // Longer than the longest line.
    for (name, piece) in [("words", "# and so on"), ("blanks", " "), ("escaped", "\\"), ("ü", "ü")]
    {
        labels.insert(format!("long.{name}"), piece.repeat(33_000 / piece.len()));
    }
    let sample = Sample::with_labels(labels.clone());
    let reference = reference("example/labels");
    let engines: [&Engine; 2] = [&Engine::Embedded, &docker_engine(false)];
    for engine in engines {
        let image = sample.build(engine, &reference, "image.tar");
        for (platform, (_, found)) in Opened::new(&image.archive).variants() {
            let found: Labels = serde_json::from_value(found).unwrap();
            for (name, value) in &labels {
                assert_eq!(found.get(name), Some(value), "{} {platform} {name}", engine.kind());
            }
        }
    }
}

/// The caller chooses the output, and sets the times, which the directory cannot.
#[test]
#[ignore = "needs a Docker Engine"]
fn the_build_context_is_enough_to_build_the_same_image() {
    let extension = support::Extension::with_pages();
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let awkward = manifest
        .replace("\"Does it.\"", r#"'# costs "$5" \o/ ${TARGETARCH} %{if} `x` 🐳 <<EOF'"#)
        .replace("alt = \"It\"", r#"alt = "a \\ \"$x\"""#)
        .replace("categories =", "windows-on-arm = \"omit\"\ncategories =")
        .replace("\"It does it.\"", "{ file = \"description.html\" }")
        .replace("\"First.\"", r#""<pre>\r\na\n  b\r\n</pre>\r\n""#);
    extension.write("Cargo.toml", &awkward);
    extension.write("description.html", &"<p>\r\n# \"It\" costs $5 \\\n".repeat(1_000));
    extension.write("ui/assets/日本 $x.js", "js");
    extension.dist(&[]);
    let dist = Opened::new(extension.path("dist/tool-1.2.3.oci.tar"));
    let labels = &dist.variants()["linux/amd64"].1;
    assert_eq!(labels["com.docker.extension.changelog"], "<pre>&#10;a&#10;  b&#10;</pre> ");
    let description = labels["com.docker.extension.detailed-description"].as_str().unwrap();
    assert!(description.starts_with(r#"<p> # "It" costs $5 \ <p> # "It""#), "{description}");

    let dir = tempfile::tempdir().unwrap();
    let context = dir.path().join("elsewhere");
    fs::rename(extension.path("target/extension"), &context).unwrap();
    drop(extension);
    let build = |args: &[&str]| {
        let archive = dir.path().join("image.tar");
        let output = format!("type=oci,rewrite-timestamp=true,dest={}", archive.display());
        let args: Vec<String> = args.iter().map(|arg| arg.replace("OUTPUT", &output)).collect();
        read(Command::new("docker").args(args).current_dir(&context).env("SOURCE_DATE_EPOCH", "0"));
        Opened::new(archive)
    };
    let platforms = "linux/amd64,linux/arm64";
    let built = build(&["buildx", "build", "--platform", platforms, "--output", "OUTPUT", "."]);
    let baked = build(&["buildx", "bake", "--set", "*.output=OUTPUT"]);
    assert_eq!(baked.platforms().len(), 2, "bake added attestations");
    for built in [built, baked] {
        let variants = built.variants();
        assert_eq!(variants.keys().collect::<Vec<_>>(), ["linux/amd64", "linux/arm64"]);
        assert_eq!(variants, dist.variants());
        for platform in variants.keys() {
            assert_eq!(built.history(platform), dist.history(platform), "{platform}");
        }
    }
}

/// `TEST_REGISTRY` is the address of an empty registry.
#[test]
#[ignore = "needs a Docker Engine"]
fn dist_loads_and_pushes_the_image_that_it_has_built() {
    let registry = std::env::var("TEST_REGISTRY").unwrap();
    let extension = support::Extension::with_pages();
    let reference = format!("{registry}/example/delivered:1.2.3");
    let _cache = support::while_docker_builds();
    read(&mut extension.xtask(&["dist", "--load", "--push", "--tag", &reference]));
    let manifest = fs::read(extension.path("dist/dist-manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let digest = &manifest["image"]["digest"];
    let loaded = docker(&["image", "inspect", "--format", "{{.Id}}", &reference]);
    assert_eq!(loaded.trim(), digest);
    let source = format!("docker://{reference}");
    let pushed =
        read(Command::new("skopeo").args(["inspect", "--raw", "--tls-verify=false", &source]));
    assert_eq!(&format!("sha256:{}", hex(&Sha256::digest(pushed))), digest);
    docker(&["image", "rm", &reference]);
}

/// `TEST_REGISTRY` is the address of an empty registry.
#[test]
#[ignore = "needs a Docker Engine"]
fn placeholders_are_pushed_if_they_are_allowed() {
    let registry = std::env::var("TEST_REGISTRY").unwrap();
    let extension = support::Extension::with_pages();
    let manifest = fs::read_to_string(extension.path("Cargo.toml")).unwrap();
    let manifest = manifest.replace("https://acme.dev", "https://example.com");
    extension.write("Cargo.toml", &manifest);
    let reference = format!("{registry}/example/placeholders:1.2.3");
    let push = ["dist", "--push", "--tag", &reference];
    let _cache = support::while_docker_builds();
    extension.assert_fails(&mut extension.xtask(&push), 1, &["cannot be pushed"]);
    let source = format!("docker://{reference}");
    let mut inspect = Command::new("skopeo");
    inspect.args(["inspect", "--raw", "--tls-verify=false", &source]);
    assert!(!inspect.output().unwrap().status.success(), "it was pushed");
    read(extension.xtask(&push).args(["--allow", "placeholder"]));
    read(&mut inspect);
}

#[test]
#[ignore = "needs a Docker Engine"]
fn a_failed_push_keeps_the_finished_dist() {
    let extension = support::Extension::new();
    let reference = "127.0.0.1:1/example/delivered:1.2.3";
    let _cache = support::while_docker_builds();
    let output = extension.xtask(&["dist", "--push", "--tag", reference]).output().unwrap();
    let message = support::stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("could not push the image\n"), "{message}");
    assert!(message.contains("\nnote: the finished build is in `"), "{message}");
    assert!(message.contains("help: check that the registry"), "{message}");
    assert!(extension.path("dist/tool-1.2.3.oci.tar").is_file());
}

//! Selects the image in an archive or a layout with several images.

use camino::Utf8Path;

use super::error::{Broken, ReadError};
use crate::error::Error;
use crate::oci::annotation::{IMAGE_NAME, REF_NAME};
use crate::oci::layout::{DOCKER_MANIFEST, INDEX};
use crate::oci::{
    Descriptor, Digest, DockerManifestItem, ImageDocument, ImageName, Reference, Tag, Version,
    from_json,
};
use crate::text;

/// The name and tag of an image, if they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Called {
    pub name: Option<ImageName>,
    pub tag: Option<Tag>,
}

impl Called {
    fn parse(text: &str) -> Self {
        if let Ok(tag) = text.parse() {
            return Self { name: None, tag: Some(tag) };
        }
        text.parse::<Reference>().map(Self::from).unwrap_or_default()
    }
}

impl From<Reference> for Called {
    fn from(reference: Reference) -> Self {
        Self { name: Some(reference.name), tag: reference.version.tag }
    }
}

/// The image that `index.json` refers to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chosen {
    /// One of its entries.
    Blob(Descriptor),
    /// All its entries, because they are the variants of one image.
    Index { digest: Digest, variants: Vec<Descriptor> },
}

/// Selects the image `wanted` of the OCI layout at `place` from its `index.json`.
pub(super) fn from_index(
    json: &[u8],
    wanted: Option<&str>,
    place: &Utf8Path,
) -> Result<(Chosen, Called), ReadError> {
    let listed = match ImageDocument::parse(json) {
        Ok(ImageDocument::Index(index)) => index.manifests,
        Ok(ImageDocument::Manifest(_)) => {
            return Err(ReadError::broken(
                INDEX,
                Broken::Unexpected("it is a manifest, not an index"),
            ));
        }
        Err(reason) => return Err(ReadError::broken(INDEX, reason)),
    };
    let digest = Digest::of(json);
    let is_wanted = |it: &&Descriptor| wanted.is_none_or(|wanted| is_called(it, wanted));
    let mut found: Vec<_> = listed.iter().filter(is_wanted).collect();
    // Tools that copy an image with what refers to it list both.
    if found.iter().any(|it| !it.is_attestation()) {
        found.retain(|it| !it.is_attestation());
    }
    let Some(first) = found.first() else {
        return match wanted {
            Some(wanted) => Err(no_such_name(place, wanted, &names(&listed))),
            None => Err(ReadError::broken(INDEX, Broken::Unexpected("it lists no image"))),
        };
    };
    let called = called(first);
    if found.iter().all(|it| it.digest == first.digest) {
        return Ok((Chosen::Blob((*first).clone()), called));
    }
    let are_variants =
        found.iter().all(|it| it.platform.is_some() && called_by(it) == called_by(first));
    if are_variants {
        let variants = found.into_iter().cloned().collect();
        return Ok((Chosen::Index { digest, variants }, called));
    }
    // ORAS lists the parts of an image, too, but names only the image.
    let mut named = found.iter().filter(|it| called_by(it) != [None, None]);
    if let Some(first) = named.next()
        && named.all(|it| it.digest == first.digest)
    {
        return Ok((Chosen::Blob((*first).clone()), self::called(first)));
    }
    Err(ambiguous(place, &names(&listed)))
}

fn no_such_name(place: &Utf8Path, wanted: &str, names: &[String]) -> ReadError {
    let what =
        format!("`{place}` does not contain the image `{wanted}`, only {}", text::list(names));
    select_one(what, place, names)
}

fn ambiguous(place: &Utf8Path, names: &[String]) -> ReadError {
    let what = format!("`{place}` contains {} images: {}", names.len(), text::list(names));
    select_one(what, place, names)
}

fn select_one(what: String, place: &Utf8Path, names: &[String]) -> ReadError {
    let first = names.first().map_or("name", String::as_str);
    Error::new(what)
        .help(format!("select one of them, for example `{place}:{first}`"))
        .usage()
        .into()
}

/// Both names, the full one first.
fn called_by(descriptor: &Descriptor) -> [Option<&String>; 2] {
    [IMAGE_NAME, REF_NAME].map(|key| descriptor.annotations.get(key))
}

fn called(descriptor: &Descriptor) -> Called {
    let names = called_by(descriptor).into_iter().flatten().map(|text| Called::parse(text));
    names
        .reduce(|a, b| Called { name: a.name.or(b.name), tag: a.tag.or(b.tag) })
        .unwrap_or_default()
}

fn is_called(descriptor: &Descriptor, wanted: &str) -> bool {
    let mut names = called_by(descriptor).into_iter().flatten();
    descriptor.digest.to_string() == wanted || names.any(|name| is_same(name, wanted))
}

/// Whether two names are equal after they are completed like Docker does.
fn is_same(name: &str, wanted: &str) -> bool {
    let full = |text: &str| {
        let Reference { name, version } = text.parse().ok()?;
        // Names in archives don't contain a digest.
        let version = Version { digest: None, ..version }.or_latest();
        Some((name.full_name(), version))
    };
    name == wanted || full(name).is_some_and(|name| full(wanted) == Some(name))
}

fn names(listed: &[Descriptor]) -> Vec<String> {
    let name = |it: &Descriptor| {
        let name = called_by(it).into_iter().flatten().next();
        name.cloned().unwrap_or_else(|| it.digest.to_string())
    };
    let has_images = listed.iter().any(|it| !it.is_attestation());
    let shown = listed.iter().filter(|it| !(has_images && it.is_attestation()));
    let mut names: Vec<_> = shown.map(name).collect();
    names.sort();
    names.dedup();
    names
}

/// Selects the image `wanted` of an archive of `docker save` from its `manifest.json`.
pub(super) fn from_docker_manifest(
    json: &[u8],
    wanted: Option<&str>,
    place: &Utf8Path,
) -> Result<(DockerManifestItem, Called), ReadError> {
    let listed: Vec<DockerManifestItem> =
        from_json(json).map_err(|reason| ReadError::broken(DOCKER_MANIFEST, reason))?;
    let names = || {
        let names = listed.iter().flat_map(|image| match &image.repo_tags[..] {
            [] => vec![image.config.clone()],
            tags => tags.to_vec(),
        });
        names.collect::<Vec<_>>()
    };
    let is_wanted = |image: &&DockerManifestItem| {
        wanted.is_none_or(|wanted| {
            image.config == wanted || image.repo_tags.iter().any(|tag| is_same(tag, wanted))
        })
    };
    let mut found = listed.iter().filter(is_wanted);
    match (found.next(), found.next(), wanted) {
        (Some(image), None, _) => {
            let tag = image.repo_tags.iter().find(|tag| wanted.is_none_or(|it| is_same(tag, it)));
            let tag = tag.or(image.repo_tags.first());
            Ok((image.clone(), tag.map(|tag| Called::parse(tag)).unwrap_or_default()))
        }
        (None, _, Some(wanted)) => Err(no_such_name(place, wanted, &names())),
        (None, _, None) => {
            Err(ReadError::broken(DOCKER_MANIFEST, Broken::Unexpected("it lists no image")))
        }
        (Some(_), Some(_), _) => Err(ambiguous(place, &names())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ExitStatus;

    fn descriptor(hash: char, annotations: Value) -> Value {
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": format!("sha256:{}", hash.to_string().repeat(64)),
            "size": 1,
            "annotations": annotations,
        })
    }

    fn choose(listed: &[Value], wanted: Option<&str>) -> Result<(char, Called), ReadError> {
        let json = json!({ "schemaVersion": 2, "manifests": listed }).to_string();
        let (chosen, called) = from_index(json.as_bytes(), wanted, "image.tar".into())?;
        let hash = match chosen {
            Chosen::Blob(blob) => blob.digest.hex().chars().next().unwrap(),
            Chosen::Index { variants, .. } => {
                assert_eq!(variants.len(), listed.len());
                '*'
            }
        };
        Ok((hash, called))
    }

    fn called(name: Option<&str>, tag: Option<&str>) -> Called {
        let name = name.map(|name| name.parse().unwrap());
        Called { name, tag: tag.map(|tag| tag.parse().unwrap()) }
    }

    #[test]
    fn the_only_image_is_selected_whatever_its_name() {
        let (name, tag) = ("docker.io/example/tool:1.2.3", "1.2.3");
        let both = json!({ IMAGE_NAME: name, REF_NAME: tag });
        let expected = called(Some("docker.io/example/tool"), Some("1.2.3"));
        assert_eq!(
            choose(&[descriptor('a', both.clone())], None).unwrap(),
            ('a', expected.clone())
        );
        let twice = [descriptor('a', both), descriptor('a', json!({ REF_NAME: "latest" }))];
        assert_eq!(choose(&twice, None).unwrap(), ('a', expected));
        assert_eq!(choose(&[descriptor('a', Value::Null)], None).unwrap().1, Called::default());
        // The format of skopeo and podman.
        let whole = [descriptor('a', json!({ REF_NAME: "localhost/tool:1" }))];
        assert_eq!(choose(&whole, None).unwrap().1, called(Some("localhost/tool"), Some("1")));
    }

    #[test]
    fn one_of_several_images_is_selected_by_tag_name_or_digest() {
        let listed = [
            descriptor('a', json!({ IMAGE_NAME: "docker.io/example/tool:1", REF_NAME: "1" })),
            descriptor('b', json!({ IMAGE_NAME: "docker.io/example/tool:2", REF_NAME: "2" })),
        ];
        let digest = format!("sha256:{}", "b".repeat(64));
        for wanted in ["2", "example/tool:2", "docker.io/example/tool:2", &digest] {
            assert_eq!(choose(&listed, Some(wanted)).unwrap().0, 'b', "{wanted}");
        }
        let names = "docker.io/example/tool:1 and docker.io/example/tool:2";
        let error = Error::from(choose(&listed, None).unwrap_err());
        assert_eq!(error.to_string(), format!("`image.tar` contains 2 images: {names}"));
        let help = "select one of them, for example `image.tar:docker.io/example/tool:1`";
        assert_eq!(error.advice(), Some(help));
        assert_eq!(error.exit_status(), ExitStatus::Usage);
        let error = choose(&listed, Some("3")).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`image.tar` does not contain the image `3`, only {names}")
        );
        assert!(matches!(choose(&[], None), Err(ReadError::Broken { .. })));
    }

    #[test]
    fn an_image_is_selected_from_a_layout_that_contains_its_attestations_and_signatures() {
        let image = descriptor('a', json!({ REF_NAME: "1" }));
        let (name, digest) = (called(None, Some("1")), format!("sha256:{}", "c".repeat(64)));
        let mut attestation = descriptor('b', json!({ "vnd.docker.reference.type": "x" }));
        attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
        let mut bundle = descriptor('c', Value::Null);
        bundle["artifactType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json");
        let listed = [attestation, bundle, image];
        assert_eq!(choose(&listed, None).unwrap(), ('a', name.clone()));
        assert_eq!(choose(&listed, Some("1")).unwrap().0, 'a');
        // This one was asked for; reading it says that it is not an image.
        assert_eq!(choose(&listed, Some(&digest)).unwrap().0, 'c');

        let kind = |kind| json!({ "kind": format!("dev.cosignproject.cosign/{kind}") });
        let saved = [descriptor('a', kind("imageIndex")), descriptor('b', kind("sigs"))];
        assert_eq!(choose(&saved, None).unwrap().0, 'a');

        // ORAS lists every manifest.
        let mut variant = descriptor('d', Value::Null);
        variant["platform"] = json!({ "os": "linux", "architecture": "amd64" });
        let listed = [&listed[..], &[variant]].concat();
        assert_eq!(choose(&listed, None).unwrap(), ('a', name));
    }

    #[test]
    fn an_index_whose_entries_are_platforms_is_one_image() {
        let mut listed =
            [descriptor('a', json!({ REF_NAME: "1" })), descriptor('b', json!({ REF_NAME: "1" }))];
        assert!(choose(&listed, None).is_err());
        for (descriptor, architecture) in listed.iter_mut().zip(["amd64", "arm64"]) {
            descriptor["platform"] = json!({ "os": "linux", "architecture": architecture });
        }
        assert_eq!(choose(&listed, None).unwrap().0, '*');
        assert_eq!(choose(&listed, Some("1")).unwrap(), ('*', called(None, Some("1"))));
    }

    #[test]
    fn an_image_from_docker_save_is_selected_by_its_tags() {
        let json = json!([
            { "Config": "a.json", "RepoTags": ["tool:1", "tool:latest"], "Layers": ["a/layer.tar"] },
            { "Config": "b.json", "RepoTags": null, "Layers": null },
        ])
        .to_string();
        let choose = |wanted| from_docker_manifest(json.as_bytes(), wanted, "image.tar".into());
        let (image, name) = choose(Some("docker.io/library/tool:latest")).unwrap();
        assert_eq!((&*image.config, image.layers.len()), ("a.json", 1));
        assert_eq!(name, called(Some("tool"), Some("latest")));
        let (image, name) = choose(Some("b.json")).unwrap();
        assert_eq!((image.layers, name), (Vec::new(), Called::default()));
        let error = choose(None).unwrap_err().to_string();
        assert_eq!(error, "`image.tar` contains 3 images: tool:1, tool:latest and b.json");
    }
}

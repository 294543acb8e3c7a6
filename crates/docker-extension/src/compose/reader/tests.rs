use super::*;

fn file(text: &str) -> ComposeFile {
    read(text.as_bytes()).unwrap()
}

/// The names of the services, with their images.
fn images(text: &str) -> Vec<String> {
    let services = file(text).services.into_iter();
    let image = |image: ServiceImage| match image {
        ServiceImage::Named { text, .. } => text,
        other => format!("{other:?}"),
    };
    services.map(|it| format!("{}: {}", it.name, image(it.image))).collect()
}

#[test]
fn services_have_the_image_that_merge_keys_and_extended_services_give_them() {
    let text = "\
x-base: &base
  image: base:1
services:
  merged:
    <<: *base
    restart: always
  own: { <<: *base, image: own:1 }
  extending:
    extends: own
  chain:
    extends: { service: extending }
  same: *base
  elsewhere:
    extends: { file: other.yaml, service: web }
  tool:
    provider: { type: model }
  none: {}
";
    assert_eq!(
        images(text),
        [
            "merged: base:1",
            "own: own:1",
            "extending: own:1",
            "chain: own:1",
            "same: base:1",
            "elsewhere: Elsewhere",
            "tool: Elsewhere",
            "none: Missing",
        ]
    );
    assert_eq!(images("services:\n  a:\n    extends: a\n"), ["a: Elsewhere"]);
}

#[test]
fn several_documents_are_one_file() {
    let text = "\
services:
  web: { build: . }
---
services:
  web: { image: 'web:1', build: !reset null }
  db: { image: db }
";
    let file = file(text);
    assert_eq!(file.services.len(), 2);
    assert_eq!(file.services[0].build, None);
    assert!(matches!(&file.services[0].image, ServiceImage::Named { text, .. } if text == "web:1"));
}

#[test]
fn services_with_a_profile_are_not_started() {
    let text = "services:\n  a: { image: a }\n  b: { build: ., profiles: [debug] }\n";
    assert_eq!(images(text), ["a: a"]);
}

#[test]
fn names_must_be_defined_where_they_are_used() {
    let text = "\
services:
  web:
    image: web
    volumes: ['data:/data', 'cache:/cache', '/anonymous', './x:/x']
    networks: { front: {}, default: {} }
    depends_on: { db: { condition: service_started }, other: { required: false } }
    configs: [app]
    secrets: [{ source: key }]
volumes:
  data:
";
    let found: Vec<String> = file(text)
        .undefined
        .into_iter()
        .map(|it| format!("{} {}", it.section.key(), it.name))
        .collect();
    let expected = ["volumes cache", "networks front", "configs app", "secrets key", "services db"];
    assert_eq!(found, expected);
    let with_include = format!("include: [other.yaml]\n{text}");
    assert_eq!(read(with_include.as_bytes()).unwrap().undefined, []);
}

#[test]
fn every_file_that_is_named_is_found() {
    let text = "\
include:
  - included.yaml
  - path: [a.yaml, b.yaml]
  - oci://registry.example/compose
services:
  web:
    image: web
    env_file: [web.env, { path: optional.env, required: false }, { path: more.env }]
    label_file: labels
    extends: { file: base.yaml, service: web }
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
      - { type: bind, source: ./data, target: /data, bind: { create_host_path: true } }
      - ~/.kube:/root/.kube
      - ${HOME}/x:/x
configs:
  app: { file: ./app.conf }
  inline: { content: x }
secrets:
  key: { file: key.txt }
";
    let found: Vec<String> = file(text)
        .files
        .into_iter()
        .map(|it| format!("{}:{} {}", it.position.line, it.position.column, it.text))
        .collect();
    assert_eq!(
        found,
        [
            "10:22 base.yaml",
            "8:16 web.env",
            "8:74 more.env",
            "9:17 labels",
            "12:9 ./nginx.conf",
            "13:31 ./data",
            "14:9 ~/.kube",
            "2:5 included.yaml",
            "3:12 a.yaml",
            "3:20 b.yaml",
            "17:16 ./app.conf",
            "20:16 key.txt",
        ]
    );
}

#[test]
fn variables_are_found_in_values_but_not_in_keys_and_comments() {
    let text = "\
# $COMMENT
services:
  web:
    image: ${IMAGE}
    environment:
      $KEY: ${VALUE}
      - $$ESCAPED
";
    let text = text.replace("      - $$ESCAPED\n", "      X: $$ESCAPED\n");
    let names: Vec<String> = file(&text).variables.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["VALUE"]);
    let secret = "services: { a: { image: a } }\nsecrets: { s: { environment: TOKEN } }\n";
    assert_eq!(file(secret).variables[0].result, Unset::Failure);
}

#[test]
fn many_aliases_of_one_long_list_are_read_once() {
    let mut text = "x: &x [".to_owned();
    text.extend((0..20_000).map(|it| format!("./a{it}:/a, ")));
    text += "]\nservices:\n";
    text.extend((0..10_000).map(|it| format!("  s{it}: {{image: a, volumes: *x}}\n")));
    assert_eq!(file(&text).files.len(), 20_000);
}

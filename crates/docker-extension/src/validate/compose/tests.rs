use super::*;
use expect_test::{Expect, expect};

/// The findings about a compose file beside which the image has `/app/nginx.conf` and `/app/conf/`.
fn findings(text: &str) -> String {
    let text = ComposeText {
        bytes: text.as_bytes(),
        shown: "/app/compose.yaml",
        path: "/app/compose.yaml",
    };
    let found = check(&text, &|path| matches!(path, "/app" | "/app/nginx.conf" | "/app/conf"));
    let line = |it: LocatedBreach| format!("{} {}: {}\n", it.rule.id, it.at, it.what);
    found.into_iter().map(line).collect()
}

fn expect_findings(text: &str, expected: Expect) {
    expected.assert_eq(&findings(text));
}

#[test]
fn a_file_that_is_not_yaml_is_reported_with_line_and_column() {
    expect_findings(
        "services:\n\t- : [\n",
        expect![[r#"
            compose-syntax /app/compose.yaml:2:2: `/app/compose.yaml` is not valid YAML: tabs disallowed within this context (block indentation)
        "#]],
    );
    expect_findings(
        "services:\n  web:\n    image: a: b\n",
        expect![[r#"
        compose-syntax /app/compose.yaml:3:13: `/app/compose.yaml` is not valid YAML: mapping values are not allowed in this context
    "#]],
    );
    let large = format!("services: {{}}\n{}", "#\n".repeat(600_000));
    expect_findings(
        &large,
        expect![[r#"
        compose-syntax /app/compose.yaml:1:1: `/app/compose.yaml` is larger than 1 MiB
    "#]],
    );
}

#[test]
fn a_file_without_services_is_reported() {
    expect_findings(
        "",
        expect![[r#"
        compose-services /app/compose.yaml:1:1: `/app/compose.yaml` is empty
    "#]],
    );
    expect_findings(
        "# nothing yet\n---\n",
        expect![[r#"
        compose-services /app/compose.yaml:1:1: `/app/compose.yaml` is empty
    "#]],
    );
    expect_findings(
        "- web\n",
        expect![[r#"
            compose-type /app/compose.yaml:1:1: `/app/compose.yaml` has the wrong type: expected mapping, found list
        "#]],
    );
    expect_findings(
        "web\n",
        expect![[r#"
            compose-type /app/compose.yaml:1:1: `/app/compose.yaml` has the wrong type: expected mapping, found text
        "#]],
    );
    expect_findings(
        "name: tool\nvolumes:\n  data:\n",
        expect![[r#"
        compose-services /app/compose.yaml:1:1: `services` is missing in `/app/compose.yaml`
    "#]],
    );
    expect_findings(
        "version: '3'\nservices:\n",
        expect![[r#"
        compose-services /app/compose.yaml:2:1: `services` is empty in `/app/compose.yaml`
    "#]],
    );
    expect_findings(
        "version: '3'\nservices: {}\n",
        expect![[r#"
        compose-services /app/compose.yaml:2:1: `services` is empty in `/app/compose.yaml`
    "#]],
    );
    expect_findings(
        "service:\n  web: { image: web }\n",
        expect![[r#"
        compose-unknown-key /app/compose.yaml:1:1: unknown key `service` at the top level of `/app/compose.yaml`
        compose-services /app/compose.yaml:1:1: `services` is missing in `/app/compose.yaml`; `service` is probably meant
    "#]],
    );
    expect_findings(
        "services: [web]\n",
        expect![[r#"
        compose-type /app/compose.yaml:1:11: `services` has the wrong type: expected mapping, found list
    "#]],
    );
    expect_findings(
        "services:\n  web: nginx\n  db: [a]\n  x: { image: 5 }\n",
        expect![[r#"
        compose-type /app/compose.yaml:2:8: `services.web` has the wrong type: expected mapping, found text
        compose-type /app/compose.yaml:3:7: `services.db` has the wrong type: expected mapping, found list
        compose-type /app/compose.yaml:4:15: `services.x.image` has the wrong type: expected text, found number
    "#]],
    );
}

#[test]
fn duplicate_keys_are_reported_where_they_are_repeated() {
    expect_findings(
        "services:\n  web: { image: a }\n  web: { image: b }\n",
        expect![[r#"
            compose-duplicate-key /app/compose.yaml:3:3: duplicate key `web`
        "#]],
    );
}

#[test]
fn every_service_needs_an_image() {
    expect_findings(
        "\
services:
  none: {}
  empty: { image: '' }
  nothing:
  misspelled:
    image: ${DESKTOP_PLUGIN_IMAG}
  lower: { image: '${desktop_plugin_image}' }
  tag: { image: 'me/tool:${TAG}' }
  required: { image: '${IMAGE:?set it}' }
  invalid: { image: Me/Tool }
  suffix: { image: '${DESKTOP_PLUGIN_IMAGE}:latest' }
  broken: { image: '${DESKTOP_PLUGIN_IMAGE' }
",
        expect![[r#"
            compose-image /app/compose.yaml:2:3: image of service `none` is missing
            compose-image /app/compose.yaml:3:19: image of service `empty` is empty
            compose-image /app/compose.yaml:4:3: image of service `nothing` is missing
            compose-image /app/compose.yaml:6:12: image `${DESKTOP_PLUGIN_IMAG}` of service `misspelled` uses `DESKTOP_PLUGIN_IMAG`, which is not set on users' machines; did you mean `DESKTOP_PLUGIN_IMAGE`?
            compose-image /app/compose.yaml:7:19: image `${desktop_plugin_image}` of service `lower` uses `desktop_plugin_image`, which is not set on users' machines; did you mean `DESKTOP_PLUGIN_IMAGE`?
            compose-image /app/compose.yaml:8:17: image `me/tool:${TAG}` of service `tag` uses `TAG`, which is not set on users' machines
            compose-image /app/compose.yaml:9:22: image `${IMAGE:?set it}` of service `required` uses the required variable `IMAGE`, which is not set on users' machines
            compose-image /app/compose.yaml:10:21: image `Me/Tool` of service `invalid` is an invalid image reference: upper-case letters are not allowed
            compose-image /app/compose.yaml:11:20: image `${DESKTOP_PLUGIN_IMAGE}:latest` of service `suffix` is an invalid image reference: the name must not contain a tag
            compose-variable-syntax /app/compose.yaml:12:20: `${DESKTOP_PLUGIN_IMAGE` contains an invalid variable
        "#]],
    );
}

#[test]
fn the_image_of_the_extension_can_be_written_in_several_forms() {
    for image in [
        "${DESKTOP_PLUGIN_IMAGE}",
        "${DESKTOP_PLUGIN_IMAGE:-me/tool}",
        "${DESKTOP_PLUGIN_IMAGE-me/tool}",
        "${TOOL_IMAGE:-${DESKTOP_PLUGIN_IMAGE}}",
        "localhost:5000/me/tool:1.0",
        "me/tool:${TAG:-latest}",
        "postgres@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    ] {
        assert_eq!(
            findings(&format!("services: {{ web: {{ image: '{image}' }} }}")),
            "",
            "{image}"
        );
    }
    expect_findings(
        "services:\n  web:\n    image: $DESKTOP_PLUGIN_IMAGE\n",
        expect![[r#"
        compose-plugin-image /app/compose.yaml:3:12: image `$DESKTOP_PLUGIN_IMAGE` of service `web` is not `${DESKTOP_PLUGIN_IMAGE}`
    "#]],
    );
}

#[test]
fn a_service_that_is_built_is_reported() {
    expect_findings(
        "services:\n  proxy:\n    build: .\n",
        expect![[r#"
        compose-build /app/compose.yaml:3:5: service `proxy` is built from source, which is missing on users' machines
    "#]],
    );
    expect_findings(
        "services:\n  web: { image: web, build: { context: . } }\n  x: { image: x, build: ., pull_policy: build }\n",
        expect![[r#"
            compose-build-unused /app/compose.yaml:2:22: `build` of service `web`, which has an image, is ignored
            compose-build /app/compose.yaml:3:18: service `x` is built from source, which is missing on users' machines
        "#]],
    );
}

#[test]
fn variables_that_no_machine_sets_are_reported() {
    expect_findings(
        "\
services:
  web:
    image: web
    user: ${UID}:${GID}
    environment:
      - IMAGE=${DESKTOP_PLUGIN_IMAGES}
      - TOKEN=${TOKEN:?}
      - FINE=${A:-1} ${B-2} ${C:+3} $$D ${HOME} $(date)
      - PASSED_ON
      - BROKEN=${}
secrets:
  token: { environment: TOKEN }
",
        expect![[r#"
            compose-variable-required /app/compose.yaml:12:25: required variable `TOKEN` is not set on users' machines
            compose-variable /app/compose.yaml:4:11: variable `UID` is not set on users' machines
            compose-variable /app/compose.yaml:4:11: variable `GID` is not set on users' machines
            compose-variable /app/compose.yaml:6:9: variable `DESKTOP_PLUGIN_IMAGES` is not set on users' machines; did you mean `DESKTOP_PLUGIN_IMAGE`?
            compose-variable-required /app/compose.yaml:7:9: required variable `TOKEN` is not set on users' machines
            compose-variable-syntax /app/compose.yaml:10:9: `BROKEN=${}` contains an invalid variable
        "#]],
    );
}

#[test]
fn files_that_are_not_in_the_image_are_reported() {
    expect_findings(
        "\
include: [other.yaml]
services:
  web:
    image: web
    env_file: [.env, { path: optional.env, required: false }]
    label_file: labels.txt
    extends: { file: ../base.yaml, service: web }
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf
      - ./conf:/conf
      - .:/app
      - ./conf/../missing.conf:/etc/missing.conf
      - ../../outside:/outside:ro
      - ./data:/data
      - ./Caddyfile:/etc/caddy/Caddyfile
      - { type: bind, source: ./strict, target: /strict }
      - type: bind
        source: ./created
        target: /created
        bind: { create_host_path: true }
configs:
  app: { file: app.conf }
secrets:
  key: { file: ./key.pem }
volumes:
  local:
    driver: local
    driver_opts: { type: none, o: bind, device: ./local }
  nfs:
    driver_opts: { type: nfs, o: 'addr=10.0.0.1', device: ':/export' }
",
        expect![[r#"
            compose-file-missing /app/compose.yaml:7:22: file `../base.yaml`, the extended file of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:5:16: file `.env`, the `env_file` of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:6:17: file `labels.txt`, the `label_file` of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:12:9: file `./conf/../missing.conf`, a mount of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:13:9: file `../../outside`, a mount of service `web`, is missing from the image
            compose-mount-empty /app/compose.yaml:14:9: directory `./data`, a mount of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:15:9: file `./Caddyfile`, a mount of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:16:31: file `./strict`, a mount of service `web`, is missing from the image
            compose-mount-empty /app/compose.yaml:18:17: directory `./created`, a mount of service `web`, is missing from the image
            compose-file-missing /app/compose.yaml:1:11: file `other.yaml`, which is included, is missing from the image
            compose-file-missing /app/compose.yaml:22:16: file `app.conf`, the `file` of config `app`, is missing from the image
            compose-file-missing /app/compose.yaml:24:16: file `./key.pem`, the `file` of secret `key`, is missing from the image
            compose-file-missing /app/compose.yaml:28:49: file `./local`, a mount of volume `local`, is missing from the image
        "#]],
    );
}

#[test]
fn paths_of_one_machine_are_reported() {
    expect_findings(
        "\
services:
  web:
    image: web
    volumes:
      - /home/me/tool/app.conf:/app.conf
      - /Users/me/data:/data
      - C:\\Users\\me:/me
      - { type: bind, source: 'D:/x', target: /x }
      - /app/config.yaml:/config.yaml
",
        expect![[r#"
            compose-host-path /app/compose.yaml:5:9: path `/home/me/tool/app.conf`, a mount of service `web`, only exists on machines of one user
            compose-host-path /app/compose.yaml:6:9: path `/Users/me/data`, a mount of service `web`, only exists on machines of one user
            compose-host-path /app/compose.yaml:7:9: path `C:\Users\me`, a mount of service `web`, only exists on Windows
            compose-host-path /app/compose.yaml:8:31: path `D:/x`, a mount of service `web`, only exists on Windows
            compose-host-path /app/compose.yaml:9:9: path `/app/config.yaml`, a mount of service `web`, only exists on some machines
        "#]],
    );
}

#[test]
fn undefined_names_are_reported() {
    expect_findings(
        "\
services:
  web:
    image: web
    volumes: ['data:/data']
    networks: [front]
    depends_on: [db]
",
        expect![[r#"
            compose-undefined /app/compose.yaml:4:15: volume `data`, used by service `web`, is undefined
            compose-undefined /app/compose.yaml:5:16: network `front`, used by service `web`, is undefined
            compose-undefined /app/compose.yaml:6:18: service `db`, used by service `web`, is undefined
        "#]],
    );
}

/// Shapes of published extensions.
#[test]
fn compose_files_that_work_have_no_findings() {
    for text in [
        "services:\n  tool:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n",
        "\
version: '3'

services:
  manager:
    image: acme/manager:2.1
    command: [\"--password\", \"$$$$2a$$$$10$$$$HX4q\"]
    restart: unless-stopped
    security_opt:
      - no-new-privileges:true
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock:ro
      - manager_data:/data
    ports:
      - 8000:8000
volumes:
  manager_data:
",
        "\
services:
  backend:
    image: ${DESKTOP_PLUGIN_IMAGE}
    entrypoint: [\"/server\", \"-socket\", \"/run/guest-services/backend.sock\"]
    privileged: true
    pid: host
    network_mode: host
    cap_add: [NET_ADMIN]
    devices: [/dev/net/tun]
    volumes:
      - /var/run/docker.sock.raw:/var/run/docker.sock
      - /run/guest-services:/run/guest-services
      - /lib/modules:/lib/modules:ro
      - /etc/localtime:/etc/localtime:ro
      - /:/host:ro
      - /host/path:/container/path
      - ~/.kube:/root/.kube
      - ${HOME}/.docker/config.json:/root/.docker/config.json
      - /anonymous
      - type: volume
        source: state
        target: /state
      - { type: tmpfs, target: /tmp }
    healthcheck:
      test: [\"CMD-SHELL\", \"curl -f http://localhost || exit 1\"]
      interval: 5s
    command:
      - |
        if [ -f /data/key ]; then
          export KEY=\"$$(cat /data/key)\"
        fi
        exec server
volumes:
  state:
    name: tool-state
    external: true
",
        "\
x-common: &common
  restart: unless-stopped
  environment: &environment
    LEVEL: ${LEVEL:-info}
services:
  api:
    <<: *common
    image: ${DESKTOP_PLUGIN_IMAGE}
    environment:
      <<: *environment
      DATABASE: postgres://db:5432/${DATABASE_NAME:-tool}
    depends_on:
      db:
        condition: service_healthy
    networks: [default, back]
    deploy: { replicas: 1 }
  db:
    <<: [*common]
    image: postgres:15-alpine
    networks:
      back:
        aliases: [database]
    volumes:
      - db:/var/lib/postgresql/data
  admin:
    image: dpage/pgadmin4:9.10
    profiles: [debug]
    build: ./admin
    env_file: admin.env
networks:
  back: {}
  default:
    name: tool-network
volumes:
  db: {}
",
        "# the first\n---\nname: tool\nservices:\n  a: { image: alpine }\n---\nservices:\n  a: { command: [sleep, infinity] }\n...\n",
        "configs:\n  app:\n    content: |\n      port = 80\nservices:\n  web:\n    image: nginx\n    configs:\n      - source: app\n        target: /etc/app.conf\n",
        "services:\r\n  web:\r\n    image: nginx\r\n    extra_hosts: ['host.docker.internal:host-gateway']\r\n",
        "\u{feff}services: { web: { image: \"nginx\" } }",
    ] {
        assert_eq!(findings(text), "", "{text}");
    }
}

#[test]
fn the_seeds_of_the_fuzz_target_are_read() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/compose");
    for seed in std::fs::read_dir(seeds).unwrap() {
        let path = seed.unwrap().path();
        let found = findings(&std::fs::read_to_string(&path).unwrap());
        assert!(!found.is_empty() && !found.contains("compose-syntax"), "{path:?}: {found}");
    }
}

//! Rules about the compose file, which Docker Desktop and Rancher Desktop start with `docker compose up`, and
//! Podman Desktop with its own compose program.

super::rule::rules! {
    SYNTAX: Error "compose-syntax" {
        reports: "compose file is not valid YAML",
        why: "`docker compose` cannot read the file, so the installation fails. The file must be YAML in \
              UTF-8, at most 1 MiB large and 100 levels deep.",
        help: "correct the YAML at the reported line and column",
        example: "a line of `services` that is indented with a tab",
    }
    DUPLICATE_KEY: Error "compose-duplicate-key" {
        reports: "duplicate key in the compose file",
        why: "`docker compose` rejects the file: `mapping key … already defined`.",
        help: "keep one of them, or merge their values",
        example: "two services with the name `web`",
    }
    SERVICES: Error "compose-services" {
        reports: "compose file is empty, or `services` is missing or empty",
        why: "`docker compose up` fails: `empty compose file` or `no service selected`.",
        help: "add a service below `services`, or remove `vm` from `metadata.json`",
        example: "a compose file that has its services at the top level",
    }
    TYPE: Error "compose-type" {
        reports: "value in the compose file has the wrong type",
        why: "`docker compose` rejects the file, so the installation fails.",
        help: "change the value to the expected type",
        example: "`services: [web]`, which must be a mapping",
    }
    UNKNOWN_KEY: Warning "compose-unknown-key" {
        reports: "unknown key at the top level of the compose file",
        why: "`docker compose` rejects keys that it does not know: `additional properties … not allowed`. \
              Names of your own start with `x-`.",
        help: "correct the name of the key, or remove it",
        example: "`service:` instead of `services:`",
    }
    IMAGE: Error "compose-image" {
        reports: "image of a service is missing or invalid",
        why: "The service cannot be started on users' machines, so the installation fails. \
              `${DESKTOP_PLUGIN_IMAGE}` is the extension's own image. Other variables are not set.",
        help: "set `image` to `${DESKTOP_PLUGIN_IMAGE}`, or to the name of a published image",
        example: "`image: ${DESKTOP_PLUGIN_IMAG}`, or a service without `image`",
    }
    BUILD: Error "compose-build" {
        reports: "service is built from source that is missing on users' machines",
        why: "Consumers copy the compose file out of the image and run `docker compose up` on the user's \
              machine. The sources and the `Dockerfile` are not there, so the build, and with it the \
              installation, fails.",
        help: "build the image before, and set `image` to `${DESKTOP_PLUGIN_IMAGE}` or to its published name",
        example: "`services: { web: { build: . } }`",
    }
    BUILD_UNUSED: Note "compose-build-unused" {
        reports: "`build` of a service with an image is ignored",
        why: "On users' machines, `docker compose up` uses the image if it can be pulled. Otherwise the \
              build fails, because the sources are not there.",
        help: "make sure that the image is published, and remove `build`",
        example: "`{ image: \"${DESKTOP_PLUGIN_IMAGE}\", build: . }`",
    }
    PLUGIN_IMAGE: Note "compose-plugin-image" {
        reports: "`DESKTOP_PLUGIN_IMAGE` is written in a form that not all consumers replace",
        why: "Docker documents `${DESKTOP_PLUGIN_IMAGE}` as a keyword, and Podman Desktop only replaces \
              exactly this text.",
        help: "write `${DESKTOP_PLUGIN_IMAGE}`",
        example: "`image: $DESKTOP_PLUGIN_IMAGE`",
    }
    VARIABLE: Warning "compose-variable" {
        reports: "variable is not set on users' machines",
        why: "The compose file is started without your shell and your `.env` file, so `docker compose` \
              replaces the variable with nothing.",
        help: "give it a default, `${NAME:-value}`, or write `$$` for a `$` that is not a variable",
        example: "`POSTGRES_PASSWORD: ${PASSWORD}`",
    }
    VARIABLE_REQUIRED: Error "compose-variable-required" {
        reports: "required variable is not set on users' machines",
        why: "The compose file is started without your shell and your `.env` file. `docker compose up` \
              fails: `required variable … is missing a value`.",
        help: "replace `:?` with a default, `${NAME:-value}`",
        example: "`POSTGRES_PASSWORD: ${PASSWORD:?}`",
    }
    VARIABLE_SYNTAX: Error "compose-variable-syntax" {
        reports: "variable in the compose file is invalid",
        why: "`docker compose` rejects the file: `invalid interpolation format`.",
        help: "write `${NAME}`, or `$$` for a `$` that is not a variable",
        example: "`command: echo ${}`",
    }
    FILE_MISSING: Error "compose-file-missing" {
        reports: "file that the compose file names is missing from the image",
        why: "Relative paths start at the directory of the compose file, on the user's machine. At most the \
              files next to it in the image are copied there. Docker creates a directory in the place of a \
              missing file that is mounted, and the service does not start.",
        help: "copy the file into the image of the service, or write it as `content` of a config",
        example: "`./nginx.conf:/etc/nginx/nginx.conf`",
    }
    MOUNT_EMPTY: Note "compose-mount-empty" {
        reports: "directory that a service mounts is missing from the image",
        why: "On users' machines, Docker creates an empty directory and mounts it.",
        help: "if the service needs the content, copy it into the service's image; for data, use a named \
               volume",
        example: "`./data:/var/lib/data`",
    }
    HOST_PATH: Warning "compose-host-path" {
        reports: "compose file names a path that only exists on some machines",
        why: "The path is looked up on the user's machine, not in the image. Docker creates an empty \
              directory in its place, or the service does not start.",
        help: "copy the file into the image of the service, or use a named volume",
        example: "`/home/me/app.conf:/etc/app.conf`",
    }
    UNDEFINED: Error "compose-undefined" {
        reports: "service uses an undefined volume, network, config, secret or service",
        why: "`docker compose` rejects the file: `service … refers to undefined …`.",
        help: "define the name at the top level of the compose file",
        example: "the volume `data:/data` without `volumes: { data: }`",
    }
}

//! Rules about the image and its files.

super::rule::rules! {
    UNREADABLE: Error "image-unreadable" {
        reports: "image is damaged or too large to read",
        why: "Container engines reject the image. Every manifest, configuration and layer must be \
              complete and match its digest and its size.",
        help: "build the image again, and push it again",
        example: "a layer whose gzip stream ends early",
    }
    PLATFORM_MISSING: Error "platform-missing" {
        reports: "image variant for `linux/amd64` or `linux/arm64` is missing",
        why: "Macs with Apple silicon and Windows on Arm need the `linux/arm64` variant, other machines \
              the `linux/amd64` variant. The extension cannot be installed without it. \
              `docker extension validate` reports `the image for platform … is missing`.",
        help: "build the image with `--platform=linux/amd64,linux/arm64`, and push both variants together",
        example: "an image that was built and pushed on a Mac with a plain `docker build`",
    }
    PLATFORM_OTHER: Warning "platform-other" {
        reports: "image has a variant for an unsupported platform",
        why: "Docker Desktop only pulls `linux/amd64` and `linux/arm64`.",
        help: "build the image for `linux/amd64` and `linux/arm64` only",
        example: "a third variant for `linux/arm/v7`",
    }
    PLATFORM_TWICE: Error "platform-twice" {
        reports: "image has more than one variant for a platform",
        why: "It is undefined which one an engine pulls.",
        help: "create the index again, with one manifest for each platform",
        example: "an index with two manifests for `linux/amd64`",
    }
    PLATFORM_DIFFERS: Error "platform-differs" {
        reports: "platform in the configuration of a variant differs from the platform in the index",
        why: "Engines reject the variant, or run it on the wrong CPU.",
        help: "build the variant for the platform under which the index lists it",
        example: "a manifest listed for `linux/arm64` whose configuration contains `amd64`",
    }
    METADATA_MISSING: Error "metadata-missing" {
        reports: "`/metadata.json` is missing",
        why: "Without this file, the image is not an extension.",
        help: "copy `metadata.json` to the root of every variant",
        example: "a `Dockerfile` that copies it to `/app/`",
    }
    ICON_MISSING: Error "icon-missing" {
        reports: "icon file is missing",
        why: "The installation fails, or the extension can no longer be updated or removed.",
        help: "copy the icon to the path of `icon` in `metadata.json`",
        example: "`\"icon\": \"icon.svg\"` without `/icon.svg`",
    }
    ICON_TYPE: Warning "icon-type" {
        reports: "icon is not an SVG, PNG or JPEG picture, or its file name has the wrong extension",
        why: "Docker Desktop's sidebar shows a grey puzzle piece instead.",
        help: "save the icon as SVG, PNG or JPEG, with the matching file name extension",
        example: "`\"icon\": \"icon.ico\"`",
    }
    UI_MISSING: Error "ui-missing" {
        reports: "page or directory of a tab is missing",
        why: "The installation fails, or the tab is blank.",
        help: "build the pages before the image, and copy them to the path of `root` in `metadata.json`",
        example: "`\"root\": \"ui\", \"src\": \"index.html\"` without `/ui/index.html`",
    }
    UI_LINK: Error "ui-link" {
        reports: "symbolic link in the directory of the pages",
        why: "On Windows the installation fails: `A required privilege is not held by the client`.",
        help: "remove the link (often in `node_modules/.bin`), or replace it with the file",
        example: "`/ui/node_modules/.bin/vite`, a symbolic link",
    }
    UI_ABSOLUTE: Warning "ui-absolute" {
        reports: "page loads a script or a style sheet from an absolute path",
        why: "Docker Desktop opens the page as a file, so `/assets/…` is a directory at the root of the \
              user's disk. The tab stays blank.",
        help: "set `base: \"./\"` in Vite's configuration, or `homepage: \".\"` for Create React App",
        example: "`<script src=\"/assets/index.js\">`",
    }
    COMPOSE_MISSING: Error "compose-missing" {
        reports: "compose file is missing",
        why: "The services cannot be started, and the installation fails.",
        help: "copy the compose file to the path of `composefile` in `metadata.json`",
        example: "`\"composefile\": \"compose.yaml\"` without `/compose.yaml`",
    }
    BINARY_MISSING: Error "binary-missing" {
        reports: "host binary is missing from an image variant",
        why: "The whole installation fails: `No such container:path`. Windows on Arm installs the \
              `linux/arm64` variant, which therefore needs the Windows programs, too.",
        help: "copy the file into the variant, or remove its path from the variant's `metadata.json`",
        example: "a `Dockerfile` that copies `/windows/tool.exe` for amd64 only",
    }
    BINARY_FILE: Error "binary-file" {
        reports: "host binary is not a regular file",
        why: "Docker Desktop copies a link as it is, and it has no target on the user's machine. Only Rancher \
              Desktop follows it. A device cannot be copied.",
        help: "put the program itself at this path",
        example: "`/darwin/tool`, a symbolic link to `/darwin/tool-1.2`",
    }
    BINARY_DIRECTORY: Warning "binary-directory" {
        reports: "directory is listed instead of a file in `host.binaries`",
        why: "Docker Desktop and Podman Desktop copy it with everything in it. Rancher Desktop rejects it, and \
              the whole installation fails: `Could not copy host binary`. The files in it are not inspected.",
        help: "list each file of the directory that the extension needs",
        example: "`\"darwin\": [{ \"path\": \"/darwin\" }]`",
    }
    BINARY_EXECUTABLE: Error "binary-executable" {
        reports: "host binary for macOS or Linux is not readable and executable for all users",
        why: "Docker Desktop does not change the mode, so the program does not start: `permission denied`. \
              Data, libraries and files for an interpreter need not be executable.",
        help: "copy it with `COPY --chmod=0755`",
        example: "`/darwin/tool` with mode 0644",
    }
    BINARY_MODE: Warning "binary-mode" {
        reports: "mode of a host binary for macOS or Linux is not 0755, or that of other files not 0644",
        why: "Docker Desktop keeps the mode on the user's machine, where others may be able to change the \
              file, or unable to start it.",
        help: "copy programs with `COPY --chmod=0755`, and other files with `COPY --chmod=0644`",
        example: "`/darwin/tool` with mode 0777",
    }
    BINARY_SAME: Error "binary-same" {
        reports: "both variants contain the same program, which runs on one CPU only",
        why: "Docker Desktop selects the CPU by the image variant, so the program does not start on the \
              other CPU: `Bad CPU type in executable`. Scripts and universal binaries may be the same in \
              both.",
        help: "build it for both CPUs, and select one by `TARGETARCH`: \
               `COPY bin/${TARGETARCH}/tool /darwin/`",
        example: "`COPY --from=build /tool /darwin/` where the stage builds for the build machine",
    }
    BINARY_UNLISTED: Warning "binary-unlisted" {
        reports: "program is not listed in `host.binaries`",
        why: "Docker Desktop only installs listed files.",
        help: "list it, or remove it from the image",
        example: "`/darwin/helper` next to `/darwin/tool`, where only `/darwin/tool` is listed",
    }
    BINARY_LARGE: Warning "binary-large" {
        reports: "host binary is larger than 256 MiB",
        why: "Larger files are not inspected, and every user downloads them on every update.",
        help: "strip it, and remove what it does not need",
        example: "a program with debug information",
    }
    LAYER_ENTRY: Error "layer-entry" {
        reports: "layer contains an invalid entry",
        why: "Engines reject the layer, unpack the entry to another path, or disagree about its meaning. \
              Entries must be files, directories or links inside the image, with names in UTF-8.",
        help: "create the layer again with `docker build`",
        example: "an entry `../../etc/passwd`, or a hard link to a file that its layer does not contain",
    }
}

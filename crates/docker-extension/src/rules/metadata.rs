//! Rules about `metadata.json`.

super::rule::rules! {
    SYNTAX: Error "metadata-syntax" {
        reports: "`metadata.json` is not valid JSON",
        why: "Docker Desktop cannot read the file, so the extension cannot be installed. The file must \
              be JSON (RFC 8259) in UTF-8, at most 128 levels deep, without comments, trailing commas \
              or a byte order mark.",
        help: "correct the JSON at the reported line and column",
        example: "`{ \"icon\": \"icon.svg\", }`",
    }
    DUPLICATE_KEY: Warning "metadata-duplicate-key" {
        reports: "duplicate key in an object of `metadata.json`",
        why: "The last value is used. The others are silently ignored.",
        help: "keep one of them, or merge their values",
        example: "`{ \"icon\": \"icon.svg\", \"host\": { … }, \"host\": { … } }`",
    }
    TYPE: Error "metadata-type" {
        reports: "value in `metadata.json` has the wrong type",
        why: "The extension cannot be installed, or lacks this part. `docker extension validate` \
              reports `Invalid type. Expected: …, given: …`.",
        help: "change the value to the expected type",
        example: "`\"host\": { \"binaries\": { \"darwin\": [] } }`, which must be an array",
    }
    ROOT_KEY: Error "metadata-root-key" {
        reports: "unknown top-level key in `metadata.json`",
        why: "Only `icon`, `ui`, `vm` and `host` are allowed. `docker extension validate`, and with it \
              the marketplace, rejects other keys: `(root): Additional property … is not allowed`.",
        help: "correct the name of the key, or remove it",
        example: "`{ \"$schema\": \"…\", \"icon\": \"icon.svg\" }`",
    }
    OBSOLETE_KEY: Error "metadata-obsolete-key" {
        reports: "obsolete key in `metadata.json`",
        why: "Since version 0.2.3 of the SDK, `docker extension validate` rejects `name`, `provider` \
              and `desktop-plugin-version`: `(root): Additional property … is not allowed`. The labels \
              `org.opencontainers.image.title`, `org.opencontainers.image.vendor` and \
              `com.docker.desktop.extension.api.version` replace them.",
        help: "remove the key",
        example: "`{ \"name\": \"tool\", \"icon\": \"icon.svg\" }`",
    }
    REQUIRED: Error "metadata-required" {
        reports: "required value in `metadata.json` is missing or empty",
        why: "Without it, the extension cannot be installed, or cannot be removed. `icon` is required, \
              and so are the `title`, `root` and `src` of a tab and the `path` of a host binary. \
              `docker extension validate` reports `… is required`.",
        help: "add the value",
        example: "`{ \"ui\": { \"dashboard-tab\": { \"title\": \"Tool\", \"src\": \"index.html\" } } }`",
    }
    LINE: Warning "metadata-line" {
        reports: "title of a tab contains a line break or a control character",
        why: "Docker Desktop shows the title on one line of its sidebar.",
        help: "write the title on one line",
        example: "`\"title\": \"My\\nTool\"`",
    }
    VM_SERVICE: Error "metadata-vm-service" {
        reports: "`vm` has neither `image` nor `composefile`",
        why: "The extension cannot be installed, because `vm` has no service to run.",
        help: "add one of the two, or remove `vm`",
        example: "`\"vm\": { \"exposes\": { \"socket\": \"backend.sock\" } }`",
    }
    VM_BOTH: Note "metadata-vm-both" {
        reports: "`vm` has both `image` and `composefile`",
        why: "Rancher Desktop runs the image and ignores the compose file.",
        help: "keep the one that you need",
        example: "`\"vm\": { \"image\": \"me/tool\", \"composefile\": \"compose.yaml\" }`",
    }
    VM_IMAGE: Error "metadata-vm-image" {
        reports: "`vm.image` is not an image reference",
        why: "The service cannot be started on users' machines, so the installation fails. \
              `${DESKTOP_PLUGIN_IMAGE}` is the extension's own image. Other variables are not set.",
        help: "set it to `${DESKTOP_PLUGIN_IMAGE}`, or to the name of a published image",
        example: "`\"vm\": { \"image\": \"${DESKTOP_PLUGIN_IMAG}\" }`",
    }
    SOCKET: Error "metadata-socket" {
        reports: "`backend.socket` of a tab differs from `vm.exposes.socket`",
        why: "The tab connects to a socket that no service listens on, so its requests fail.",
        help: "write the same file name in both",
        example: "`\"backend\": { \"socket\": \"tool.sock\" }` with `\"exposes\": { \"socket\": \"backend.sock\" }`",
    }
    SOCKET_UNEXPOSED: Warning "metadata-socket-unexposed" {
        reports: "tab has a `backend.socket`, but `vm.exposes.socket` is missing",
        why: "Consumers only connect the tab to the socket that `vm` exposes.",
        help: "add `\"exposes\": { \"socket\": … }` to `vm`",
        example: "`\"backend\": { \"socket\": \"tool.sock\" }` with `\"vm\": { \"image\": \"me/tool\" }`",
    }
    NO_SOCKET: Note "metadata-no-socket" {
        reports: "`backend` of a tab or `exposes` of `vm` is without `socket`",
        why: "The extension can be installed, but the documentation of the SDK describes only `socket`: \
              with another key, or none, the page cannot send requests to the services through Docker \
              Desktop.",
        help: "add `\"socket\": \"backend.sock\"`, or remove the empty object",
        example: "`\"backend\": { \"tcp\": \"9000\" }`",
    }
    OS_KEY: Error "metadata-os-key" {
        reports: "wrong key for an operating system in `host.binaries`",
        why: "The whole list is ignored, so users of the operating system do not get any of its files. The \
              keys are `darwin` (macOS), `windows` and `linux`, in lower case.",
        help: "rename the key to `darwin`, `windows` or `linux`",
        example: "`\"macos\": [{ \"path\": \"/darwin/tool\" }]`",
    }
    UNKNOWN_KEY: Warning "metadata-unknown-key" {
        reports: "unknown key in `metadata.json`",
        why: "Docker Desktop ignores the key and its value.",
        help: "correct the name of the key, or remove it",
        example: "`{ \"path\": \"/tool\", \"mode\": \"0755\" }`",
    }
    RANCHER_KEY: Note "metadata-rancher-key" {
        reports: "`host` has a key that only Rancher Desktop reads",
        why: "Docker Desktop ignores `x-rd-install`, `x-rd-uninstall` and `x-rd-shutdown`, and does not \
              run their commands.",
        help: "make sure that the extension works without it",
        example: "`\"host\": { \"x-rd-install\": { \"linux\": \"install.sh\" } }`",
    }
    UI_ROOT: Error "metadata-ui-root" {
        reports: "`root` of a tab contains the whole image",
        why: "Everything in the image is copied as the pages of the tab, with what the engine adds to every \
              container. That includes the symbolic link `/etc/mtab`, with which the installation fails on \
              Windows: `A required privilege is not held by the client`.",
        help: "copy the pages into a directory of the image, and set `root` to it: `\"root\": \"ui\"`",
        example: "`\"root\": \"/\", \"src\": \"index.html\"`",
    }
    PATH: Error "metadata-path" {
        reports: "invalid path in `metadata.json`",
        why: "The file cannot be copied, so the extension cannot be installed, or its tab stays blank. The \
              path must be that of a file in the image, with `/` as separator and without `..`. `src` is \
              relative to `root`, and may have a query and a fragment.",
        help: "write the path that the file has in the image",
        example: "`{ \"path\": \"\\\\windows\\\\tool.exe\" }`",
    }
    NAME_TWICE: Error "metadata-name-twice" {
        reports: "host binaries for one operating system have the same file name",
        why: "Docker Desktop copies them all into one directory, where one overwrites the other. macOS \
              and Windows ignore case in file names.",
        help: "rename one of them",
        example: "`\"darwin\": [{ \"path\": \"/a/tool\" }, { \"path\": \"/b/tool\" }]`",
    }
}

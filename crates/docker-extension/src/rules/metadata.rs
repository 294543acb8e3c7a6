//! What `metadata.json` has to be.

super::rule::rules! {
    SYNTAX: Error "metadata-syntax" {
        says: "`metadata.json` is JSON (RFC 8259) in UTF-8: no comments, no trailing commas, no byte \
               order mark, and no more than 128 levels deep.",
        why: "Consumers can't read it, so the extension can't be installed.",
        help: "mend it at the place that is named",
        example: "`{ \"icon\": \"icon.svg\", }`",
    }
    DUPLICATE_KEY: Warning "metadata-duplicate-key" {
        says: "No object in `metadata.json` has a name twice.",
        why: "Consumers take the last one and ignore the others without a word.",
        help: "keep one of them, or put both contents together",
        example: "`{ \"icon\": \"icon.svg\", \"host\": { … }, \"host\": { … } }`",
    }
    TYPE: Error "metadata-type" {
        says: "Every value in `metadata.json` has the type that consumers read.",
        why: "The value can't be read, so the extension can't be installed, or lacks that part.",
        help: "give it the type that is expected",
        example: "`\"host\": { \"binaries\": { \"darwin\": [] } }`: a list is expected",
    }
    ROOT_KEY: Error "metadata-root-key" {
        says: "The top of `metadata.json` has `icon`, `ui`, `vm` and `host`, and nothing else.",
        why: "`docker extension validate` refuses everything else there, and with it the marketplace.",
        help: "take it out",
        example: "`{ \"$schema\": \"…\", \"icon\": \"icon.svg\" }`",
    }
    OBSOLETE_KEY: Error "metadata-obsolete-key" {
        says: "`metadata.json` has none of the keys of old versions: `name`, `provider`, \
               `desktop-plugin-version`.",
        why: "`docker extension validate` refuses them since version 0.2.3 of the SDK.",
        help: "take it out: the labels `org.opencontainers.image.title`, \
               `org.opencontainers.image.vendor` and `com.docker.desktop.extension.api.version` say \
               the same",
        example: "`{ \"name\": \"tool\", \"icon\": \"icon.svg\" }`",
    }
    REQUIRED: Error "metadata-required" {
        says: "What consumers need is there, and not empty: `icon`; the `title`, `root` and `src` of \
               a tab; the `path` of a host binary.",
        why: "Without it the extension can't be installed, or can't be removed again.",
        help: "add it",
        example: "`{ \"ui\": { \"dashboard-tab\": { \"title\": \"Tool\", \"src\": \"index.html\" } } }`",
    }
    VM_SERVICE: Error "metadata-vm-service" {
        says: "`vm` names what runs: an `image` or a `composefile`.",
        why: "Consumers refuse a `vm` that has nothing to run.",
        help: "add one of the two, or take `vm` out",
        example: "`\"vm\": { \"exposes\": { \"socket\": \"backend.sock\" } }`",
    }
    VM_BOTH: Note "metadata-vm-both" {
        says: "`vm` has one of `image` and `composefile`.",
        why: "Rancher Desktop runs the image, and ignores the compose file.",
        help: "keep the one that is meant",
        example: "`\"vm\": { \"image\": \"me/tool\", \"composefile\": \"compose.yaml\" }`",
    }
    UNKNOWN_KEY: Warning "metadata-unknown-key" {
        says: "The parts of `metadata.json` have the keys that consumers read.",
        why: "Nobody reads this one: what it says does not happen. There is no way to say for which \
              CPU a host binary is, but the variant of the image that carries it.",
        help: "mend its name, or take it out",
        example: "`{ \"path\": \"/tool\", \"arch\": \"arm64\" }`",
    }
    RANCHER_KEY: Note "metadata-rancher-key" {
        says: "`host` has no keys of Rancher Desktop: `x-rd-install`, `x-rd-uninstall`, \
               `x-rd-shutdown`.",
        why: "Docker Desktop does not run what they name.",
        help: "leave it, if the extension works without it",
        example: "`\"host\": { \"x-rd-install\": { \"linux\": \"install.sh\" } }`",
    }
    PATH: Error "metadata-path" {
        says: "A path in `metadata.json` is one of a file in the image: with `/` between its parts, \
               without `..`, and with a name at its end.",
        why: "Consumers can't copy it, so the extension can't be installed.",
        help: "write the path that the file has in the image",
        example: "`{ \"path\": \"\\\\windows\\\\tool.exe\" }`",
    }
    NAME_TWICE: Error "metadata-name-twice" {
        says: "The host binaries of an operating system have different file names, and macOS and \
               Windows don't tell upper from lower case.",
        why: "Consumers copy all of them into one folder: one overwrites the other.",
        help: "rename one of them",
        example: "`\"darwin\": [{ \"path\": \"/a/tool\" }, { \"path\": \"/b/tool\" }]`",
    }
}

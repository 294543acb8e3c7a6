//! What the image and the files in it have to be.

super::rule::rules! {
    UNREADABLE: Error "image-unreadable" {
        says: "Every manifest, configuration and layer is whole, has the digest by which it is \
               called, and is of a sensible size.",
        why: "Engines refuse to pull it.",
        help: "make the image anew, and push it again",
        example: "a layer whose gzip stream ends early",
    }
    PLATFORM_MISSING: Error "platform-missing" {
        says: "The image is an index with a variant for `linux/amd64` and one for `linux/arm64`.",
        why: "The extension can't be installed where the virtual machine has the other CPU: on Macs \
              with Apple silicon and on Windows on Arm, or everywhere else. \
              `docker extension validate` refuses it.",
        help: "build it with `--platform=linux/amd64,linux/arm64`, and push both in one go",
        example: "an image that was built and pushed on a Mac with a plain `docker build`",
    }
    PLATFORM_OTHER: Warning "platform-other" {
        says: "The image has no variant for another platform than these two.",
        why: "No Docker Desktop pulls it.",
        help: "build the image for `linux/amd64` and `linux/arm64` alone",
        example: "a third variant for `linux/arm/v7`",
    }
    PLATFORM_TWICE: Error "platform-twice" {
        says: "The image has one variant for each platform.",
        why: "Which of the two an engine takes is not defined.",
        help: "make the index anew",
        example: "an index with two manifests for `linux/amd64`",
    }
    PLATFORM_DIFFERS: Error "platform-differs" {
        says: "A variant's configuration names the platform that the index names.",
        why: "Engines refuse it, or run it on the wrong CPU.",
        help: "build the variant for the platform under which it is listed",
        example: "a manifest listed for `linux/arm64` whose configuration says `amd64`",
    }
    METADATA_MISSING: Error "metadata-missing" {
        says: "Every variant has a file `/metadata.json`.",
        why: "It is what makes an image an extension: without it there is nothing to install.",
        help: "copy it to the root of every variant",
        example: "a `Dockerfile` that copies it to `/app/`",
    }
    ICON_MISSING: Error "icon-missing" {
        says: "The file that `icon` names is in every variant.",
        why: "The installation fails, or the extension can't be removed or updated any more.",
        help: "copy the file to where `icon` says",
        example: "`\"icon\": \"icon.svg\"` without `/icon.svg`",
    }
    ICON_TYPE: Warning "icon-type" {
        says: "The icon is an SVG, PNG or JPEG picture, and its file name says so.",
        why: "The sidebar shows a grey piece of a puzzle in its place.",
        help: "save it as one of these",
        example: "`\"icon\": \"icon.ico\"`",
    }
    UI_MISSING: Error "ui-missing" {
        says: "The folder that `root` names is in every variant, and has the page that `src` names.",
        why: "The installation fails, or the tab is blank.",
        help: "build the pages before the image, and copy them to where `root` says",
        example: "`\"root\": \"ui\", \"src\": \"index.html\"` without `/ui/index.html`",
    }
    UI_LINK: Error "ui-link" {
        says: "There are plain files and folders below the pages' folder, and no links.",
        why: "On Windows the installation fails: \"A required privilege is not held by the client\".",
        help: "leave the link out (often it is in `node_modules/.bin`), or put the file in its place",
        example: "`/ui/node_modules/.bin/vite`, a symbolic link",
    }
    UI_ABSOLUTE: Warning "ui-absolute" {
        says: "The page loads its scripts and styles by relative addresses.",
        why: "Docker Desktop opens the page as a file: `/assets/…` would be a folder at the root of \
              the user's disk, and the tab stays blank.",
        help: "set `base: \"./\"` in Vite's configuration, or `homepage: \".\"` for Create React App",
        example: "`<script src=\"/assets/index.js\">`",
    }
    COMPOSE_MISSING: Error "compose-missing" {
        says: "The file that `composefile` names is in every variant.",
        why: "The services can't be started, and the installation fails.",
        help: "copy the file to where `composefile` says",
        example: "`\"composefile\": \"compose.yaml\"` without `/compose.yaml`",
    }
    BINARY_MISSING: Error "binary-missing" {
        says: "Every file that `host.binaries` lists is in every variant.",
        why: "The whole installation fails: \"No such container:path\". Windows on Arm installs the \
              `linux/arm64` variant, so the Windows programs have to be in that too.",
        help: "copy it into the variant, or leave its path out of the variant's `metadata.json`",
        example: "a `Dockerfile` that copies `/windows/tool.exe` for amd64 only",
    }
    BINARY_FILE: Error "binary-file" {
        says: "A host binary is a plain file: no folder, no link, no device.",
        why: "Consumers copy it as it is: a link leads nowhere on the user's machine, and folders are \
              refused.",
        help: "put the program itself there",
        example: "`/darwin/tool`, a symbolic link to `/darwin/tool-1.2`",
    }
    BINARY_EXECUTABLE: Error "binary-executable" {
        says: "Everybody may read and execute the host binaries of macOS and Linux.",
        why: "Consumers never change modes: the program does not start (\"permission denied\").",
        help: "copy it with `COPY --chmod=0755`",
        example: "`/darwin/tool` with mode 0644",
    }
    BINARY_MODE: Warning "binary-mode" {
        says: "The mode of a host binary is 0755.",
        why: "The mode goes onto the user's machine as it is: others could change the program, or \
              not start it.",
        help: "copy it with `COPY --chmod=0755`",
        example: "`/darwin/tool` with mode 0777",
    }
    BINARY_SAME: Error "binary-same" {
        says: "A host binary for macOS or Linux is another one in each variant, unless it is a script \
               or has code for both CPUs.",
        why: "The variant is all that tells the CPUs apart: on one of them the program does not start \
              (\"Bad CPU type in executable\").",
        help: "build it for both CPUs, and have `TARGETARCH` pick: \
               `COPY bin/${TARGETARCH}/tool /darwin/`",
        example: "`COPY --from=build /tool /darwin/` where the stage builds for the build machine",
    }
    BINARY_UNLISTED: Warning "binary-unlisted" {
        says: "`host.binaries` lists every program in the folders of host binaries.",
        why: "What is not listed is not installed.",
        help: "list it, or leave it out of the image",
        example: "`/darwin/helper` beside `/darwin/tool`, which alone is listed",
    }
    BINARY_LARGE: Warning "binary-large" {
        says: "A host binary is not larger than 256 MiB.",
        why: "It was not looked into, and everybody downloads it twice with every update.",
        help: "strip it, and leave out what it does not need",
        example: "a program with debug information",
    }
    LAYER_ENTRY: Error "layer-entry" {
        says: "The entries of a layer are files, folders and links inside the image, with names in \
               UTF-8.",
        why: "Engines refuse the layer, put the file elsewhere than its name says, or do not agree \
              upon what the entry means.",
        help: "make the layer anew with `docker build`",
        example: "an entry `../../etc/passwd`, or a hard link to a file that its layer does not have",
    }
}

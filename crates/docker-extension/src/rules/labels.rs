//! Rules about the image's labels and its tag.

super::rule::rules! {
    MISSING: Error "label-missing" {
        reports: "required label is missing",
        why: "`docker extension validate`, and with it the marketplace, rejects the image: `(required) \
              image label … is missing`. Title, description, vendor, API version, icon, screenshots, \
              detailed description, publisher URL, changelog and categories are required, although \
              Docker's documentation calls the categories optional.",
        help: "add the label to the image's configuration",
        example: "an image without the label `com.docker.extension.changelog`",
    }
    EMPTY: Error "label-empty" {
        reports: "required label is empty",
        why: "`docker extension validate`, and with it the marketplace, rejects the image: `(required) \
              image label … is set to empty string`.",
        help: "set the label to a value",
        example: "`LABEL com.docker.extension.categories=\"\"`",
    }
    DIFFERS: Warning "label-differs" {
        reports: "label differs between the image variants",
        why: "Users see different values, depending on the CPU of their machine.",
        help: "build both variants from the same sources in one run",
        example: "an image whose variants were built on different days",
    }
    API_VERSION: Error "label-api-version" {
        reports: "API version is not a valid version constraint",
        why: "Docker Desktop cannot decide whether the extension is compatible.",
        help: "write a constraint, such as `>= 0.3.4`",
        example: "`LABEL com.docker.desktop.extension.api.version=\"latest\"`",
    }
    API_VERSION_BARE: Warning "label-api-version-bare" {
        reports: "API version is a single version, not a constraint",
        why: "`docker extension validate` has rejected images whose version is older than its own.",
        help: "put `>=` in front of the version",
        example: "`LABEL com.docker.desktop.extension.api.version=\"0.3.4\"`",
    }
    SCREENSHOTS: Error "label-screenshots" {
        reports: "list of screenshots is invalid or empty",
        why: "The marketplace cannot show the screenshots, and `docker extension validate` rejects the \
              image. The label must be a JSON array with at least one `{ \"alt\": …, \"url\": … }`.",
        help: "write it like `[{\"alt\": \"The table\", \"url\": \"https://…\"}]`",
        example: "`LABEL com.docker.extension.screenshots=\"https://example.com/1.png\"`",
    }
    ADDITIONAL_URLS: Error "label-additional-urls" {
        reports: "list of additional URLs is invalid",
        why: "`docker extension validate` rejects the image. The label must be a JSON array of \
              `{ \"title\": …, \"url\": … }`.",
        help: "write it like `[{\"title\": \"Support\", \"url\": \"https://…\"}]`",
        example: "`LABEL com.docker.extension.additional-urls=\"https://example.com\"`",
    }
    CATEGORY: Warning "label-category" {
        reports: "unknown category",
        why: "Users of the marketplace do not find the extension under this category.",
        help: "use categories from this list, separated by commas: ci-cd, container-orchestration, \
               cloud-deployment, cloud-development, database, kubernetes, networking, image-registry, \
               security, testing-tools, utility-tools, volumes",
        example: "`LABEL com.docker.extension.categories=\"[\\\"cloud\\\"]\"`",
    }
    VENDOR: Error "label-vendor" {
        reports: "vendor is Docker, not the publisher of the extension",
        why: "The marketplace's reviewers reject the extension. The template of `docker extension init` \
              contains this value.",
        help: "write your own name",
        example: "`LABEL org.opencontainers.image.vendor=\"Docker Inc.\"`",
    }
    TITLE: Warning "label-title" {
        reports: "title contains the redundant word \"extension\"",
        why: "Everything in the marketplace is an extension. `docker extension validate` has reported \
              `title … should not include \"extension\"`.",
        help: "remove the word from the title",
        example: "`LABEL org.opencontainers.image.title=\"My Extension\"`",
    }
    LINE: Warning "label-line" {
        reports: "title, description or vendor contains a line break or a control character",
        why: "Docker Desktop and the marketplace show these texts on one line.",
        help: "write the text on one line; the detailed description may have several",
        example: "`docker buildx build --label org.opencontainers.image.title=\"$(cat title.txt)\"`",
    }
    URL: Error "label-url" {
        reports: "URL of an icon, a screenshot or a link does not begin with `https://`",
        why: "Docker Desktop does not show pictures from other URLs, and the network can change them.",
        help: "publish it at an `https://` URL",
        example: "`LABEL com.docker.desktop.extension.icon=\"icon.svg\"`",
    }
    TAG: Error "tag-semver" {
        reports: "tag is not a semantic version",
        why: "The marketplace publishes the tag with the highest semantic version, and ignores other \
              tags: `latest`, which is also the default, and `v1.2.3-final.`.",
        help: "use the version as the tag, such as `1.2.3`",
        example: "`me/tool:latest`",
    }
}

//! What the image's labels and its tag have to be.

super::rule::rules! {
    MISSING: Error "label-missing" {
        says: "The image has every label that Docker wants: title, description, vendor, API version, \
               icon, screenshots, detailed description, publisher's page, changelog and categories.",
        why: "`docker extension validate` refuses the image, and with it the marketplace; Docker's \
              documentation calls the categories optional, but they are not.",
        help: "add the label to the image's configuration",
        example: "an image without the label `com.docker.extension.changelog`",
    }
    EMPTY: Error "label-empty" {
        says: "No label that Docker wants is empty.",
        why: "`docker extension validate` refuses the image, and with it the marketplace.",
        help: "fill it in",
        example: "`LABEL com.docker.extension.categories=\"\"`",
    }
    DIFFERS: Warning "label-differs" {
        says: "Both variants of the image have the same labels.",
        why: "What people read about the extension depends on the machine that reads it.",
        help: "build both variants from the same sources in one run",
        example: "an image whose variants were built on two days",
    }
    API_VERSION: Error "label-api-version" {
        says: "The API version is a semantic version, or a constraint on one.",
        why: "Docker Desktop can't tell whether the extension works with it.",
        help: "write a constraint, such as `>= 0.3.4`",
        example: "`LABEL com.docker.desktop.extension.api.version=\"latest\"`",
    }
    API_VERSION_BARE: Warning "label-api-version-bare" {
        says: "The API version is a constraint, not a single version.",
        why: "`docker extension validate` has refused images for naming an older version than its own.",
        help: "put `>=` before it",
        example: "`LABEL com.docker.desktop.extension.api.version=\"0.3.4\"`",
    }
    SCREENSHOTS: Error "label-screenshots" {
        says: "The screenshots are a list in JSON, with at least one `{ \"alt\": …, \"url\": … }`.",
        why: "`docker extension validate` reads the list; the marketplace shows the pictures.",
        help: "write it like `[{\"alt\": \"The table\", \"url\": \"https://…\"}]`",
        example: "`LABEL com.docker.extension.screenshots=\"https://example.com/1.png\"`",
    }
    ADDITIONAL_URLS: Error "label-additional-urls" {
        says: "The additional addresses, if there are any, are a list in JSON of \
               `{ \"title\": …, \"url\": … }`.",
        why: "`docker extension validate` refuses anything else.",
        help: "write it like `[{\"title\": \"Support\", \"url\": \"https://…\"}]`",
        example: "`LABEL com.docker.extension.additional-urls=\"https://example.com\"`",
    }
    CATEGORY: Warning "label-category" {
        says: "The categories are those of the marketplace, with commas between them.",
        why: "Nobody finds the extension under another one.",
        help: "choose from ci-cd, container-orchestration, cloud-deployment, cloud-development, \
               database, kubernetes, networking, image-registry, security, testing-tools, \
               utility-tools, volumes",
        example: "`LABEL com.docker.extension.categories=\"[\\\"cloud\\\"]\"`",
    }
    VENDOR: Error "label-vendor" {
        says: "The vendor is the extension's publisher, and not Docker.",
        why: "The marketplace's reviewers send it back: the template of `docker extension init` has \
              that value.",
        help: "write your own name",
        example: "`LABEL org.opencontainers.image.vendor=\"Docker Inc.\"`",
    }
    TITLE: Warning "label-title" {
        says: "The title is the extension's name, without the word \"extension\".",
        why: "Everything in the marketplace is one; `docker extension validate` has objected to it.",
        help: "leave the word out",
        example: "`LABEL org.opencontainers.image.title=\"My Extension\"`",
    }
    URL: Error "label-url" {
        says: "Icon, screenshots and links are addresses that begin with `https://`.",
        why: "Docker Desktop does not show pictures from elsewhere, and anybody on the way can \
              change them.",
        help: "publish it under an `https://` address",
        example: "`LABEL com.docker.desktop.extension.icon=\"icon.svg\"`",
    }
    TAG: Error "tag-semver" {
        says: "The tag is a semantic version, such as `1.2.3`.",
        why: "The marketplace publishes the greatest semantic version among the tags, and sees no \
              other one: neither `latest`, which is also what no tag means, nor `v1.2.3-final.`.",
        help: "tag it with its version",
        example: "`me/tool:latest`",
    }
}

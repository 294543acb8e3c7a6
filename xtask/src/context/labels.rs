//! The image's labels: what Docker Desktop and the marketplace show about an extension.

use super::contents::Labels;
use crate::files;
use crate::project::Project;

/// The labels of `project`'s image, as Docker's documentation on extension labels and the checks of
/// `docker extension validate` want them.
///
/// # Errors
/// A long text can't be read from its file.
pub fn labels(project: &Project) -> files::Result<Labels> {
    let config = &project.config;
    let categories: Vec<&str> = config.categories.iter().map(|category| category.name()).collect();
    let labels = [
        ("org.opencontainers.image.title", config.title.clone()),
        ("org.opencontainers.image.description", config.description.clone()),
        ("org.opencontainers.image.vendor", config.vendor.clone()),
        ("org.opencontainers.image.version", project.version.to_string()),
        ("com.docker.desktop.extension.api.version", config.api_version.clone()),
        ("com.docker.desktop.extension.icon", config.icon_url.to_string()),
        ("com.docker.extension.screenshots", json(&config.screenshots)),
        (
            "com.docker.extension.detailed-description",
            project.long_text(&config.detailed_description)?,
        ),
        ("com.docker.extension.publisher-url", config.publisher_url.to_string()),
        ("com.docker.extension.additional-urls", json(&config.additional_urls)),
        ("com.docker.extension.changelog", project.long_text(&config.changelog)?),
        ("com.docker.extension.categories", categories.join(",")),
    ];
    Ok(labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn json<T: serde::Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("a list of structs of texts is always JSON")
}

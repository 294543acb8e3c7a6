//! The image's labels, which Docker Desktop and the marketplace show.

use std::collections::BTreeMap;

use super::html;
use crate::project::Project;

/// The image's labels, by name.
pub type Labels = BTreeMap<String, String>;

/// The name that users see.
pub const TITLE: &str = "org.opencontainers.image.title";
/// One sentence.
pub const DESCRIPTION: &str = "org.opencontainers.image.description";
/// The publisher's name.
pub const VENDOR: &str = "org.opencontainers.image.vendor";
/// The extension's version.
pub const VERSION: &str = "org.opencontainers.image.version";
/// The versions of the extension API that the extension supports.
pub const API_VERSION: &str = "com.docker.desktop.extension.api.version";
/// The URL of the icon.
pub const ICON: &str = "com.docker.desktop.extension.icon";
/// A JSON list of images.
pub const SCREENSHOTS: &str = "com.docker.extension.screenshots";
/// HTML.
pub const DETAILED_DESCRIPTION: &str = "com.docker.extension.detailed-description";
/// The URL of the publisher.
pub const PUBLISHER_URL: &str = "com.docker.extension.publisher-url";
/// A JSON list of links.
pub const ADDITIONAL_URLS: &str = "com.docker.extension.additional-urls";
/// HTML.
pub const CHANGELOG: &str = "com.docker.extension.changelog";
/// Categories of the marketplace, separated by commas.
pub const CATEGORIES: &str = "com.docker.extension.categories";

/// The texts that may be in separate files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongTexts {
    pub detailed_description: String,
    pub changelog: String,
}

/// The labels that Docker's documentation of extension labels and `docker extension validate` require. None
/// has a line break: the configuration rejects line breaks in texts that are not HTML.
pub fn labels(project: &Project, texts: &LongTexts) -> Labels {
    let config = &project.config;
    let categories: Vec<&str> = config.categories.iter().map(|category| category.name()).collect();
    let labels = [
        (TITLE, config.title.clone()),
        (DESCRIPTION, config.description.clone()),
        (VENDOR, config.vendor.clone()),
        (VERSION, project.version.to_string()),
        (API_VERSION, config.api_version.clone()),
        (ICON, config.icon_url.to_string()),
        (SCREENSHOTS, json(&config.screenshots)),
        (DETAILED_DESCRIPTION, html::on_one_line(&texts.detailed_description)),
        (PUBLISHER_URL, config.publisher_url.to_string()),
        (ADDITIONAL_URLS, json(&config.additional_urls)),
        (CHANGELOG, html::on_one_line(&texts.changelog)),
        (CATEGORIES, categories.join(",")),
    ];
    labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn json<T: serde::Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("a list of structs of texts is always JSON")
}

//! The image's labels: what Docker Desktop and the marketplace show about an extension.

use std::collections::BTreeMap;

use super::html;
use crate::project::Project;

/// The image's labels, by name.
pub type Labels = BTreeMap<String, String>;

/// The name that people see.
pub const TITLE: &str = "org.opencontainers.image.title";
/// One sentence.
pub const DESCRIPTION: &str = "org.opencontainers.image.description";
/// Who publishes it.
pub const VENDOR: &str = "org.opencontainers.image.vendor";
/// The extension's version.
pub const VERSION: &str = "org.opencontainers.image.version";
/// The versions of the extension API that it works with.
pub const API_VERSION: &str = "com.docker.desktop.extension.api.version";
/// The address of the icon.
pub const ICON: &str = "com.docker.desktop.extension.icon";
/// Pictures, as a list in JSON.
pub const SCREENSHOTS: &str = "com.docker.extension.screenshots";
/// HTML.
pub const DETAILED_DESCRIPTION: &str = "com.docker.extension.detailed-description";
/// The publisher's page.
pub const PUBLISHER_URL: &str = "com.docker.extension.publisher-url";
/// Further links, as a list in JSON.
pub const ADDITIONAL_URLS: &str = "com.docker.extension.additional-urls";
/// HTML: what is new.
pub const CHANGELOG: &str = "com.docker.extension.changelog";
/// The marketplace's categories, with commas between them.
pub const CATEGORIES: &str = "com.docker.extension.categories";

/// The texts of labels that may be in files of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongTexts {
    pub detailed_description: String,
    pub changelog: String,
}

/// The labels of `project`'s image, as Docker's documentation on extension labels and the checks of
/// `docker extension validate` require them. None has a line break: the configuration rejects it in
/// every other text, and JSON escapes it.
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

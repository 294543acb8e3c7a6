//! The pictures at the URLs in labels: whether users will see them.
//!
//! The conditions were measured with Chromium, which Docker Desktop uses: the pictures that it shows on a page
//! of another origin.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::finding::{At, Finding};
use super::labels::{self, ScreenshotEntry};
use super::picture::{self, Picture, PictureFormat};
use crate::contents::labels::{self as names, Labels};
use crate::error::{Error, Result};
use crate::http::{Address, ClientRequest, ClientResponse, HttpError, ResponseHead};
use crate::image::read::StoredImage;
use crate::oci::OciPlatform;
use crate::parallel::in_parallel;
use crate::progress::Step;
use crate::project::config::Url;
use crate::rules::{Breach, Rule, online as rules};
use crate::text;

/// The number of pictures that are fetched, and held in memory, at the same time.
const WORKERS: usize = 6;
/// The maximum size of a picture in bytes. No more is read.
const LARGEST: u64 = 10_000_000;
/// The width and height in pixels that Docker recommends for screenshots.
const SCREENSHOT: (usize, usize) = (2400, 1600);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Role {
    Icon,
    Screenshot,
}

/// A place in the labels of a variant that names a picture.
#[derive(Debug, PartialEq, Eq)]
struct Mention {
    role: Role,
    at: At,
    platform: OciPlatform,
}

#[derive(Debug, Default)]
pub struct Pictures {
    /// By the URLs, as written in the labels.
    mentions: BTreeMap<String, Vec<Mention>>,
}

impl Pictures {
    /// The pictures in the labels of all variants. URLs without `https` are left out, because another rule
    /// reports them.
    pub fn of(image: &StoredImage) -> Self {
        let variants = image.variants.iter();
        let pulled = variants.filter(|variant| variant.platform.image_platform().is_some());
        Self::in_labels(pulled.map(|variant| (&variant.platform, &variant.labels)))
    }

    fn in_labels<'a>(variants: impl Iterator<Item = (&'a OciPlatform, &'a Labels)>) -> Self {
        let mut pictures = Self::default();
        for (platform, labels) in variants {
            for (role, at, address) in picture_urls(labels) {
                let mention = Mention { role, at, platform: platform.clone() };
                pictures.mentions.entry(address).or_default().push(mention);
            }
        }
        pictures
    }

    pub fn is_empty(&self) -> bool {
        self.mentions.is_empty()
    }

    /// `the icon and 2 screenshots`.
    pub fn in_words(&self) -> String {
        let count = |role| {
            let is_it = |mentions: &&Vec<Mention>| mentions.iter().any(|it| it.role == role);
            self.mentions.values().filter(is_it).count()
        };
        let icons = match count(Role::Icon) {
            0 => None,
            1 => Some("the icon".to_owned()),
            number => Some(text::count(number, "icon")),
        };
        let screenshots = count(Role::Screenshot);
        let screenshots = (screenshots > 0).then(|| text::count(screenshots, "screenshot"));
        text::list(&icons.into_iter().chain(screenshots).collect::<Vec<String>>())
    }

    /// Fetches each picture once, and checks it for every place that names it.
    ///
    /// # Errors
    /// This machine can't fetch anything, or the user pressed Ctrl-C.
    pub fn check(&self, step: &Step<'_>) -> Result<Vec<Finding>> {
        let pictures: Vec<(&String, &Vec<Mention>)> = self.mentions.iter().collect();
        let findings = in_parallel(&pictures, WORKERS, |(address, mentions)| {
            step.at(address);
            let answer = fetch(address)?;
            let findings = mentions.iter().flat_map(|mention| {
                let breaches = match &answer {
                    Ok(response) => judge(mention.role, address, response),
                    Err(breach) => vec![breach.clone()],
                };
                let found = |breach: Breach| {
                    let breach = breach.at(&format!("`{address}`"), mention.at.clone());
                    breach.found_in(vec![mention.platform.clone()])
                };
                breaches.into_iter().map(found)
            });
            Ok::<_, Error>(findings.collect::<Vec<Finding>>())
        })?;
        Ok(findings.into_iter().flatten().collect())
    }
}

/// The URLs of pictures in the labels of a variant, with their roles and places.
fn picture_urls(labels: &Labels) -> BTreeSet<(Role, At, String)> {
    let icon = labels::filled(labels, names::ICON).map(|address| {
        let at = At::Label(names::ICON.to_owned());
        (Role::Icon, at, address.to_owned())
    });
    let screenshots = labels::filled(labels, names::SCREENSHOTS)
        .and_then(|text| labels::list::<ScreenshotEntry>(text).ok())
        .unwrap_or_default();
    let screenshots = screenshots.into_iter().enumerate().map(|(index, screenshot)| {
        let at = labels::in_list(names::SCREENSHOTS, index, "url");
        (Role::Screenshot, at, screenshot.url)
    });
    let all = icon.into_iter().chain(screenshots);
    all.filter(|(_, _, address)| address.parse::<Url>().is_ok()).collect()
}

/// The response, or the breach if the server gives none.
///
/// # Errors
/// The request fails on this machine.
fn fetch(address: &str) -> Result<Result<ClientResponse<Vec<u8>>, Breach>> {
    let not_fetched = |reason: &dyn std::fmt::Display| {
        Ok(Err(Breach::new(&rules::STATUS, format!("cannot be fetched: {reason}"))))
    };
    let parsed = match address.parse() {
        Ok(parsed) => parsed,
        Err(reason) => return not_fetched(&reason),
    };
    match ClientRequest::get(parsed).send(LARGEST) {
        Ok(response) => Ok(Ok(response)),
        Err(error @ (HttpError::Client(_) | HttpError::Local(_) | HttpError::Interrupted(_))) => {
            Err(error.into())
        }
        Err(HttpError::TooLarge(limit)) => {
            let what = format!("is larger than {}", text::size(limit));
            Ok(Err(Breach::new(&rules::SIZE, what)))
        }
        Err(error) => not_fetched(&error),
    }
}

fn judge(role: Role, address: &str, answer: &ClientResponse<Vec<u8>>) -> Vec<Breach> {
    let is_redirected = address.parse::<Address>().as_ref() != Ok(&answer.address);
    let breach = |rule: &'static Rule, what: String| {
        let redirect = format!("redirects to `{}`, which ", answer.address);
        Breach::new(rule, if is_redirected { redirect + &what } else { what })
    };
    let ClientResponse { head, body, .. } = answer;
    if head.status != 200 {
        let what = format!("cannot be fetched: the server answers with status {}", head.status);
        return vec![breach(&rules::STATUS, what)];
    }
    let declared = ContentType::of(head);
    let content = decoded(head, body);
    let Some(picture) = picture::read(&content) else {
        return vec![breach(&rules::TYPE, not_a_picture(&declared, &content))];
    };
    let mut breaches = Vec::new();
    let format = picture.format.picture();
    if !declared.lets_browsers_show(picture) {
        let what = format!("is {format}, but browsers do not show it {declared}");
        breaches.push(breach(&rules::TYPE, what));
    } else if !declared.essence.starts_with("image/") {
        let what = format!("is {format}, but sent {declared} instead of an image type");
        breaches.push(breach(&rules::FORMAT, what));
    }
    match (role, picture.size) {
        (Role::Icon, _) if !picture.format.is_for_icons() => {
            let what = format!("is {format}, but an icon must be SVG, PNG or JPEG");
            breaches.push(breach(&rules::FORMAT, what));
        }
        (Role::Screenshot, Some(size @ (width, height))) if size != SCREENSHOT => {
            let what = format!("has {width} × {height} pixels instead of 2400 × 1600");
            breaches.push(breach(&rules::SIZE, what));
        }
        _ => {}
    }
    breaches
}

/// The declared type of a response.
struct ContentType {
    /// Type and subtype in lower case. It is empty if the response has no type.
    essence: String,
    /// Whether the server forbids browsers to inspect the content (`nosniff`).
    is_binding: bool,
}

impl ContentType {
    fn of(head: &ResponseHead) -> Self {
        let value = head.headers.get("content-type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let options = head.headers.get("x-content-type-options").unwrap_or_default();
        Self { essence, is_binding: options.eq_ignore_ascii_case("nosniff") }
    }

    /// Whether browsers show the picture on a page of another origin. If the type is wrong, they inspect the
    /// content, except for SVG, and for texts with `nosniff`, which may be private.
    fn lets_browsers_show(&self, picture: Picture) -> bool {
        let is_svg = self.essence == "image/svg+xml";
        if is_svg || picture.format == PictureFormat::Svg {
            return is_svg && picture.format == PictureFormat::Svg;
        }
        let is_text = matches!(self.essence.as_str(), "text/plain" | "text/html")
            || ["xml", "json"].iter().any(|kind| {
                let subtype = self.essence.split('/').next_back().unwrap_or_default();
                subtype.split('+').next_back() == Some(kind)
            });
        !(self.is_binding && is_text)
    }
}

impl std::fmt::Display for ContentType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.essence.as_str(), self.is_binding) {
            ("", _) => f.write_str("without a `Content-Type`"),
            (essence, false) => write!(f, "with `Content-Type: {essence}`"),
            (essence, true) => write!(f, "with `Content-Type: {essence}` and `nosniff`"),
        }
    }
}

/// The decompressed content. Some servers compress it although the request does not allow that.
fn decoded<'a>(head: &ResponseHead, body: &'a [u8]) -> Cow<'a, [u8]> {
    let encoding = head.headers.get("content-encoding").unwrap_or_default();
    if !encoding.eq_ignore_ascii_case("gzip") {
        return body.into();
    }
    let mut content = Vec::new();
    match MultiGzDecoder::new(body).take(LARGEST).read_to_end(&mut content) {
        Ok(_) => content.into(),
        Err(_) => body.into(),
    }
}

/// A predicate about a content that is not a picture.
fn not_a_picture(declared: &ContentType, content: &[u8]) -> String {
    let start = String::from_utf8_lossy(&content[..content.len().min(1024)]).to_ascii_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    if content.is_empty() {
        "is empty".to_owned()
    } else if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "is an HTML page, not a picture".to_owned()
    } else if declared.essence == "image/svg+xml" || start.starts_with("<svg") {
        "is not a valid SVG picture: browsers require well-formed XML with the root \
         `<svg xmlns=\"http://www.w3.org/2000/svg\">`"
            .to_owned()
    } else {
        format!("is not a picture that browsers show, {declared}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ImagePlatform;
    use std::io::Write;

    const ADDRESS: &str = "https://example.com/1";
    const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>";
    const PNG: &[u8] =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x09\x60\0\0\x06\x40\x08\x02\0\0\0 and so on";
    const GIF: &[u8] = b"GIF89a\x60\x09\x40\x06\0\0\0;";

    fn answer(head: &str, body: &[u8]) -> ClientResponse<Vec<u8>> {
        let head =
            ResponseHead::parse(format!("HTTP/1.1 {}\n\n", head.trim_end()).as_bytes()).unwrap();
        ClientResponse { head, address: ADDRESS.parse().unwrap(), body: body.to_owned() }
    }

    /// The violated rules, with the faults.
    fn broken(role: Role, head: &str, body: &[u8]) -> Vec<(&'static str, String)> {
        let breaches = judge(role, ADDRESS, &answer(head, body));
        breaches.into_iter().map(|breach| (breach.rule.id, breach.what)).collect()
    }

    fn rules(role: Role, head: &str, body: &[u8]) -> Vec<&'static str> {
        broken(role, head, body).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn valid_pictures_have_no_findings() {
        let none: [&str; 0] = [];
        for (head, body) in [
            ("200 OK\ncontent-type: image/svg+xml; charset=utf-8", SVG),
            ("200\nContent-Type: IMAGE/PNG\nX-Content-Type-Options: nosniff", PNG),
            ("200\nContent-Type: image/jpeg", PNG),
        ] {
            assert_eq!(rules(Role::Icon, head, body), none, "{head}");
            assert_eq!(rules(Role::Screenshot, head, body), none, "{head}");
        }
        assert_eq!(rules(Role::Screenshot, "200\nContent-Type: image/gif", GIF), none);
    }

    #[test]
    fn a_type_that_hides_a_picture_is_an_error_and_any_other_wrong_type_a_warning() {
        let judged = |head: &str, body| rules(Role::Icon, &format!("200\n{head}"), body);
        assert_eq!(judged("Content-Type: text/plain", SVG), ["url-type"]);
        assert_eq!(judged("", SVG), ["url-type"]);
        assert_eq!(judged("Content-Type: image/svg+xml", PNG), ["url-type"]);
        let nosniff = "X-Content-Type-Options: nosniff\nContent-Type:";
        assert_eq!(judged(&format!("{nosniff} text/plain"), PNG), ["url-type"]);
        assert_eq!(judged(&format!("{nosniff} application/json"), PNG), ["url-type"]);
        assert_eq!(judged(&format!("{nosniff} application/atom+xml"), PNG), ["url-type"]);
        assert_eq!(judged(&format!("{nosniff} application/octet-stream"), PNG), ["url-format"]);
        assert_eq!(judged("Content-Type: text/plain", PNG), ["url-format"]);
        assert_eq!(judged("", PNG), ["url-format"]);
        assert_eq!(judged("Content-Type: image/gif", GIF), ["url-format"]);
    }

    #[test]
    fn a_response_without_a_picture_is_described() {
        let described = |head: &str, body: &str| {
            let found = broken(Role::Icon, &format!("200\nContent-Type: {head}"), body.as_bytes());
            assert_eq!((found.len(), found[0].0), (1, "url-type"), "{found:?}");
            found[0].1.strip_prefix("is ").unwrap().to_owned()
        };
        let page = "\n<!DOCTYPE html><title>x</title><svg></svg>";
        assert_eq!(described("text/html", page), "an HTML page, not a picture");
        assert_eq!(described("image/png", page), "an HTML page, not a picture");
        assert_eq!(described("image/png", ""), "empty");
        assert!(described("image/svg+xml", "<svg/>").starts_with("not a valid SVG picture:"));
        let described = described("application/pdf", "%PDF-1.7 and more");
        assert!(described.ends_with(", with `Content-Type: application/pdf`"), "{described}");
    }

    #[test]
    fn statuses_and_redirects_are_reported() {
        let found = broken(Role::Icon, "404 Not Found\nContent-Type: image/png", PNG);
        let what = "cannot be fetched: the server answers with status 404".to_owned();
        assert_eq!(found, [("url-status", what)]);
        let asked = "https://example.com/old";
        let found = judge(Role::Icon, asked, &answer("200\nContent-Type: text/html", b"<html>"));
        let what = format!("redirects to `{ADDRESS}`, which is an HTML page, not a picture");
        assert_eq!(found, [Breach::new(&super::rules::TYPE, what)]);
    }

    #[test]
    fn only_screenshots_have_a_required_size() {
        let mut small = PNG.to_owned();
        small[18] = 5;
        let head = "200\nContent-Type: image/png";
        let found = broken(Role::Screenshot, head, &small);
        assert_eq!(
            found,
            [("url-size", "has 1376 × 1600 pixels instead of 2400 × 1600".to_owned())]
        );
        assert_eq!(rules(Role::Icon, head, &small), [""; 0]);
    }

    #[test]
    fn a_picture_may_be_compressed() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(SVG).unwrap();
        let packed = packed.finish().unwrap();
        let head = "200\nContent-Type: image/svg+xml\nContent-Encoding: gzip";
        assert_eq!(rules(Role::Icon, head, &packed), [""; 0]);
        assert_eq!(rules(Role::Icon, head, &packed[..packed.len() / 2]), ["url-type"]);
    }

    #[test]
    fn each_https_url_is_collected_once_with_all_its_places() {
        let platforms = ImagePlatform::ALL.map(OciPlatform::from);
        let labels = |icon: &str| {
            let screenshots = r#"[{"alt": "1", "url": "https://a/1"}, {"alt": "2", "url": "http://a/2"},
                {"alt": "3", "url": "https://a/3"}, {"alt": "1", "url": "https://a/1"}]"#;
            let labels = [(names::ICON, icon), (names::SCREENSHOTS, screenshots)];
            labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
        };
        let labels: [Labels; 2] = [labels("https://a/3"), labels("icon.svg")];
        let pictures = Pictures::in_labels(platforms.iter().zip(&labels));
        let screenshot = |index| labels::in_list(names::SCREENSHOTS, index, "url");
        let places = |address: &str| {
            let mentions = pictures.mentions[address].iter();
            mentions.map(|it| (&it.platform, it.role, it.at.clone())).collect::<Vec<_>>()
        };
        let [amd64, arm64] = &platforms;
        assert_eq!(pictures.mentions.len(), 2);
        assert_eq!(
            places("https://a/3"),
            [
                (amd64, Role::Icon, At::Label(names::ICON.to_owned())),
                (amd64, Role::Screenshot, screenshot(2)),
                (arm64, Role::Screenshot, screenshot(2)),
            ]
        );
        assert_eq!(
            places("https://a/1"),
            [amd64, arm64]
                .into_iter()
                .flat_map(|platform| [0, 3].map(|at| (platform, Role::Screenshot, screenshot(at))))
                .collect::<Vec<_>>()
        );
        assert_eq!(pictures.in_words(), "the icon and 2 screenshots");
        assert!(Pictures::default().is_empty());
    }
}

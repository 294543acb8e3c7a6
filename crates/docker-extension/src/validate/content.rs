//! The contents of the icon and of the page that a tab opens.

use super::picture::{self, PictureFormat};
use crate::binaries;
use crate::inspect::{self, InspectedFile};
use crate::placeholder::{self, Placeholder};
use crate::rules::Breach;
use crate::rules::binaries::GIT_LFS_POINTER;
use crate::rules::image as rules;
use crate::rules::placeholder::PLACEHOLDER;

/// Checks that the icon is a picture of the format that its file name extension means.
pub(super) fn check_icon(path: &str, bytes: &[u8]) -> Option<Breach> {
    let format = picture::read(bytes).map(|picture| picture.format).filter(|it| it.is_for_icons());
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let expected = match extension.as_deref() {
        Some("svg") => Some(PictureFormat::Svg),
        Some("png") => Some(PictureFormat::Png),
        Some("jpg" | "jpeg") => Some(PictureFormat::Jpeg),
        _ => None,
    };
    let what = match (format, expected) {
        (Some(format), Some(expected)) if format == expected => return None,
        (Some(format), _) => {
            let extension = format.name().to_lowercase();
            format!("is {}, but its name does not end in `.{extension}`", format.picture())
        }
        (None, _) => match stand_in(bytes) {
            Some(breach) => return Some(breach),
            None => "is not an SVG, PNG or JPEG picture".to_owned(),
        },
    };
    Some(Breach::new(&rules::ICON_TYPE, what))
}

/// Checks that the icon is not the generated one of a new project.
pub(super) fn check_icon_placeholder(bytes: &[u8]) -> Option<Breach> {
    let is_placeholder = placeholder::is_icon(bytes);
    is_placeholder.then(|| Breach::new(&PLACEHOLDER, format!("is {}", Placeholder::Icon)))
}

/// Checks that the page does not load scripts or style sheets from absolute paths, which fail because
/// Docker Desktop opens the page as a file.
pub(super) fn check_page(bytes: &[u8]) -> Option<Breach> {
    if let Some(breach) = stand_in(bytes).filter(|breach| breach.rule == &GIT_LFS_POINTER) {
        return Some(breach);
    }
    let page = String::from_utf8_lossy(bytes);
    let path = page.split('<').skip(1).find_map(absolute_path)?;
    let what = format!("loads a script or style sheet from the absolute path `{path}`");
    Some(Breach::new(&rules::UI_ABSOLUTE, what))
}

/// The breach of a text that is in the place of the file itself.
fn stand_in(bytes: &[u8]) -> Option<Breach> {
    match inspect::read(bytes) {
        InspectedFile::Text(text) => binaries::judge_stand_in(&text),
        _ => None,
    }
}

/// The absolute path from which the tag at the start of `text` loads something.
fn absolute_path(text: &str) -> Option<&str> {
    let (tag, _) = text.split_once('>').unwrap_or((text, ""));
    let attribute = match tag.split_whitespace().next()?.to_ascii_lowercase().as_str() {
        "script" => "src=",
        "link" => "href=",
        _ => return None,
    };
    let start = tag.to_ascii_lowercase().find(attribute)? + attribute.len();
    let value = tag.get(start..)?;
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    (value.starts_with('/') && !value.starts_with("//")).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_must_have_the_format_that_its_file_name_extension_means() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02";
        let svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>";
        assert_eq!(check_icon("/icon.png", png), None);
        assert_eq!(check_icon("/icon.SVG", svg), None);
        assert!(check_icon("/icon.svg", png).is_some_and(|it| it.what.contains("PNG")));
        assert!(check_icon("/icon", png).is_some());
        assert!(check_icon("/icon.png", b"").is_some_and(|it| it.what.contains("not an SVG")));
    }

    #[test]
    fn a_file_that_stands_in_for_the_icon_or_the_page_is_reported() {
        let rule = |breach: Option<Breach>| breach.map(|it| it.rule.id);
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
        assert_eq!(rule(check_icon("/icon.png", pointer)), Some("git-lfs-pointer"));
        assert_eq!(rule(check_page(pointer)), Some("git-lfs-pointer"));
        assert_eq!(rule(check_icon("/icon.svg", b"404: Not Found")), Some("binary-error-page"));
        assert_eq!(rule(check_icon("/icon.svg", b"<!doctype html>")), Some("binary-error-page"));
        assert_eq!(rule(check_page(b"<!doctype html><h1>Not Found</h1>")), None);
    }

    #[test]
    fn a_page_that_loads_files_from_absolute_paths_is_reported() {
        let found = |page: &str| check_page(page.as_bytes()).map(|it| it.what);
        let loads =
            |path| Some(format!("loads a script or style sheet from the absolute path `{path}`"));
        assert_eq!(found("<script type=\"module\" src=\"/assets/a.js\">"), loads("/assets/a.js"));
        assert_eq!(found("<LINK rel=stylesheet HREF=/a.css >"), loads("/a.css"));
        assert_eq!(found("<script src='./a.js'></script><a href=\"/help\">/</a>"), None);
        assert_eq!(found("<script src=\"//example.com/a.js\">"), None);
        assert_eq!(found("<script"), None);
    }
}

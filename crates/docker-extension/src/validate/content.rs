//! What is in the icon and in the page that a tab opens.

use super::picture::{self, PictureFormat};
use crate::placeholder::{self, Placeholder};
use crate::rules::Breach;
use crate::rules::image as rules;
use crate::rules::placeholder::PLACEHOLDER;

/// Whether the icon is a picture, of the kind that its name says.
pub(super) fn check_icon(path: &str, bytes: &[u8]) -> Option<Breach> {
    let format = picture::read(bytes).map(|picture| picture.format).filter(|it| it.is_for_icons());
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let named = match extension.as_deref() {
        Some("svg") => Some(PictureFormat::Svg),
        Some("png") => Some(PictureFormat::Png),
        Some("jpg" | "jpeg") => Some(PictureFormat::Jpeg),
        _ => None,
    };
    let what = match (format, named) {
        (Some(format), Some(named)) if format == named => return None,
        (Some(format), _) => {
            format!("it is a picture in the format {}, and its name says otherwise", format.name())
        }
        (None, _) => "it is no SVG, PNG or JPEG picture".to_owned(),
    };
    Some(Breach::new(&rules::ICON_TYPE, what))
}

/// Whether the icon is one that a new project gets.
pub(super) fn check_icon_placeholder(bytes: &[u8]) -> Option<Breach> {
    let is_placeholder = placeholder::is_icon(bytes);
    is_placeholder.then(|| Breach::new(&PLACEHOLDER, Placeholder::Icon.to_string()))
}

/// Whether the page loads scripts or styles from the root, where there are none when it is opened as
/// a file.
pub(super) fn check_page(bytes: &[u8]) -> Option<Breach> {
    let page = String::from_utf8_lossy(bytes);
    let address = page.split('<').skip(1).find_map(absolute_address)?;
    Some(Breach::new(&rules::UI_ABSOLUTE, format!("it loads `{address}`")))
}

/// The absolute path from which a tag, that stands at the start, loads something.
fn absolute_address(text: &str) -> Option<&str> {
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
    fn an_icon_is_the_picture_that_its_name_says() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02";
        let svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>";
        assert_eq!(check_icon("/icon.png", png), None);
        assert_eq!(check_icon("/icon.SVG", svg), None);
        assert!(check_icon("/icon.svg", png).is_some_and(|it| it.what.contains("PNG")));
        assert!(check_icon("/icon", png).is_some());
        assert!(check_icon("/icon.png", b"").is_some_and(|it| it.what.contains("no SVG")));
    }

    #[test]
    fn a_page_that_loads_from_the_root_is_told() {
        let found = |page: &str| check_page(page.as_bytes()).map(|it| it.what);
        let loads = |address: &str| Some(format!("it loads `{address}`"));
        assert_eq!(found("<script type=\"module\" src=\"/assets/a.js\">"), loads("/assets/a.js"));
        assert_eq!(found("<LINK rel=stylesheet HREF=/a.css >"), loads("/a.css"));
        assert_eq!(found("<script src='./a.js'></script><a href=\"/help\">/</a>"), None);
        assert_eq!(found("<script src=\"//example.com/a.js\">"), None);
        assert_eq!(found("<script"), None);
    }
}

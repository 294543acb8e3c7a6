//! What is in the icon and in the page that a tab opens.

use super::finding::Breach;
use super::rules::image as rules;

/// Whether the icon is a picture, of the kind that its name says.
pub(super) fn check_icon(path: &str, bytes: &[u8]) -> Option<Breach> {
    let kind = picture(bytes);
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    let named = match extension.as_deref() {
        Some("svg") => Some("SVG"),
        Some("png") => Some("PNG"),
        Some("jpg" | "jpeg") => Some("JPEG"),
        _ => None,
    };
    let what = match (kind, named) {
        (Some(kind), Some(named)) if kind == named => return None,
        (Some(kind), _) => {
            format!("it is a picture in the format {kind}, and its name says otherwise")
        }
        (None, _) => "it is no SVG, PNG or JPEG picture".to_owned(),
    };
    Some(Breach::new(&rules::ICON_TYPE, what))
}

/// The format of a picture, by its first bytes.
pub(super) fn picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("PNG"),
        [0xff, 0xd8, 0xff, ..] => Some("JPEG"),
        _ if memchr::memmem::find(bytes, b"<svg").is_some() => Some("SVG"),
        _ => None,
    }
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
        let png = b"\x89PNG\r\n\x1a\n....";
        assert_eq!(check_icon("/icon.png", png), None);
        assert_eq!(check_icon("/icon.SVG", b"<?xml?><svg/>"), None);
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

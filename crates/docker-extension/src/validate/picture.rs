//! Detects the format of a picture by its content.

use imagesize::{Compression, ImageType};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// The namespace that browsers require in an SVG picture.
const SVG: &str = "http://www.w3.org/2000/svg";

/// A format that browsers show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    Svg,
    Png,
    Jpeg,
    Gif,
    WebP,
    Avif,
}

impl PictureFormat {
    pub fn name(self) -> &'static str {
        match self {
            PictureFormat::Svg => "SVG",
            PictureFormat::Png => "PNG",
            PictureFormat::Jpeg => "JPEG",
            PictureFormat::Gif => "GIF",
            PictureFormat::WebP => "WebP",
            PictureFormat::Avif => "AVIF",
        }
    }

    /// `a PNG picture`.
    pub fn picture(self) -> String {
        let article = match self {
            PictureFormat::Svg | PictureFormat::Avif => "an",
            PictureFormat::Png | PictureFormat::Jpeg | PictureFormat::Gif | PictureFormat::WebP => {
                "a"
            }
        };
        format!("{article} {} picture", self.name())
    }

    /// Whether Docker's documentation allows it for icons.
    pub fn is_for_icons(self) -> bool {
        matches!(self, PictureFormat::Svg | PictureFormat::Png | PictureFormat::Jpeg)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    pub format: PictureFormat,
    /// Width and height in pixels. SVG pictures have none.
    pub size: Option<(usize, usize)>,
}

/// The format and the size of a picture, if browsers show it. Only as much is read as this takes, so a
/// truncated file is a picture, too.
pub fn read(bytes: &[u8]) -> Option<Picture> {
    let format = match imagesize::image_type(bytes) {
        Ok(ImageType::Png) => PictureFormat::Png,
        Ok(ImageType::Jpeg) => PictureFormat::Jpeg,
        Ok(ImageType::Gif) => PictureFormat::Gif,
        Ok(ImageType::Webp) => PictureFormat::WebP,
        Ok(ImageType::Heif(Compression::Av1)) => PictureFormat::Avif,
        _ => return is_svg(bytes).then_some(Picture { format: PictureFormat::Svg, size: None }),
    };
    let size = imagesize::blob_size(bytes).ok()?;
    Some(Picture { format, size: Some((size.width, size.height)) })
}

/// Whether it is XML whose root is `svg`. Entities are not expanded, because they could fill any amount of
/// memory.
fn is_svg(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if !bytes.trim_ascii_start().starts_with(b"<") {
        return false;
    }
    // Other encodings differ from UTF-8 in texts, but not in the markup.
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let mut depth = 0_usize;
    let mut roots = 0_usize;
    loop {
        let is_root = depth == 0;
        let here = usize::try_from(reader.buffer_position()).unwrap_or_default();
        let start = match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                start
            }
            Ok(Event::Empty(start)) => start,
            Ok(Event::End(_)) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            // HTML often has it in lower case, which is not XML.
            Ok(Event::DocType(_))
                if !text.get(here..).is_some_and(|it| it.starts_with("<!DOCTYPE")) =>
            {
                return false;
            }
            Ok(Event::Eof) => return roots == 1 && depth == 0,
            Ok(_) => continue,
            Err(_) => return false,
        };
        if is_root {
            roots += 1;
            if roots > 1 || !is_svg_root(&start) {
                return false;
            }
        }
    }
}

fn is_svg_root(start: &BytesStart<'_>) -> bool {
    let name = start.name();
    let declaration = match name.prefix() {
        Some(prefix) => format!("xmlns:{}", prefix.as_ref()),
        None => "xmlns".to_owned(),
    };
    let mut attributes = start.attributes();
    let mut declared = attributes.with_checks(false).flatten();
    let namespace = declared.find(|attribute| attribute.key.as_ref() == declaration);
    // Some programs write the namespace as an entity.
    let is_svg = namespace.is_some_and(|it| it.value == SVG || it.value.starts_with('&'));
    is_svg && name.local_name().as_ref() == "svg"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The beginnings of pictures of 2 × 3 pixels, long enough to contain the size.
    const PICTURES: [(PictureFormat, &[u8]); 5] = [
        (PictureFormat::Png, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03\x08\x02\0\0\0"),
        (
            PictureFormat::Jpeg,
            b"\xff\xd8\xff\xe0\0\x02\xff\xc0\0\x0b\x08\0\x03\0\x02\x01\x01\x11\0",
        ),
        (PictureFormat::Gif, b"GIF89a\x02\0\x03\0\0\0\0;"),
        (PictureFormat::WebP, b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\x01\x80\0\0\0\0\0\0"),
        (
            PictureFormat::Avif,
            b"\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x2cmeta\0\0\0\0\0\0\0\x20iprp\0\0\0\x18ipco\
              \0\0\0\x14ispe\0\0\0\0\0\0\0\x02\0\0\0\x03",
        ),
    ];

    #[test]
    fn pictures_are_recognized_by_their_content() {
        for (format, bytes) in PICTURES {
            assert_eq!(read(bytes), Some(Picture { format, size: Some((2, 3)) }), "{format:?}");
            assert_eq!(read(&bytes[..bytes.len() / 3]), None, "{format:?}");
        }
        for text in ["", "<!doctype html><svg/>", "%PDF-1.7 and more", "BM\0\0\0\0\0\0\0\0\0\0\0\0"]
        {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn only_a_file_that_browsers_show_is_an_svg_picture() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\">";
        for text in [
            format!("{svg}<g/></svg>"),
            format!("\u{feff}<?xml version='1.0'?>\n<!-- Made by hand -->\n{svg}&lt;</svg>\n"),
            format!("\u{feff}\n<!DOCTYPE html>{svg}</svg>"),
            "<s:svg xmlns:s='http://www.w3.org/2000/svg'/>".to_owned(),
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://x\" [\n\
             <!ENTITY ns_svg \"http://www.w3.org/2000/svg\">]><svg xmlns=\"&ns_svg;\"></svg>"
                .to_owned(),
        ] {
            let expected = Picture { format: PictureFormat::Svg, size: None };
            assert_eq!(read(text.as_bytes()), Some(expected), "{text}");
        }
        for text in [
            "<svg/>".to_owned(),
            "<svg xmlns=\"http://www.w3.org/1999/xhtml\"/>".to_owned(),
            svg.to_owned(),
            format!("{svg}<g></svg>"),
            format!("{svg}</svg>{svg}</svg>"),
            format!("<html>{svg}</svg></html>"),
            format!("\u{feff}<!doctype html>\n{svg}</svg>"),
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        /// Detects panics and endless loops.
        #[test]
        fn reading_any_bytes_terminates(
            which in 0..PICTURES.len(),
            kept in 0_usize..100,
            more in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let start = PICTURES[which].1;
            read(&more);
            read(&[&start[..kept.min(start.len())], &more].concat());
            read(&[b"<svg ", more.as_slice()].concat());
        }
    }
}

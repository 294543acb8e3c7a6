//! Turns the extension's icon into an icon for Windows.

use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg;

use super::icon;

/// The sizes that Windows shows, in pixels.
const SIDES: [u16; 6] = [16, 24, 32, 48, 64, 256];
/// The maximum width and height of a PNG, in pixels.
const MAX_SIDE: usize = 4096;

/// An `.ico` file from the contents of an SVG, PNG or `.ico` file, or the reason why there is none.
pub fn to_ico(file: &[u8]) -> Result<Vec<u8>, String> {
    const ICO: &[u8] = &[0, 0, 1, 0];
    const PNG: &[u8] = b"\x89PNG";
    if file.starts_with(ICO) {
        return Ok(file.to_vec());
    }
    let pictures = if file.starts_with(PNG) { from_png(file)? } else { from_svg(file)? };
    Ok(icon::file(&pictures))
}

fn from_svg(file: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, String> {
    // It has no access to files and fonts.
    let mut options = usvg::Options::default();
    options.image_href_resolver.resolve_string = Box::new(|_, _| None);
    let tree = usvg::Tree::from_data(file, &options).map_err(|error| error.to_string())?;
    let size = tree.size();
    let draw = |side: u16| {
        let mut pixmap = empty(side)?;
        let transform = fit(size.width(), size.height(), side);
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        encode(side, &pixmap)
    };
    SIDES.into_iter().map(draw).collect()
}

fn from_png(file: &[u8]) -> Result<Vec<(u16, Vec<u8>)>, String> {
    let size = imagesize::blob_size(file).map_err(|error| error.to_string())?;
    if size.width > MAX_SIDE || size.height > MAX_SIDE {
        return Err(format!("it is larger than {MAX_SIDE} pixels"));
    }
    let picture = Pixmap::decode_png(file).map_err(|error| error.to_string())?;
    let draw = |side: u16| {
        let small = halved(&picture, u32::from(side))?;
        let mut pixmap = empty(side)?;
        let transform = fit(small.width() as f32, small.height() as f32, side);
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        pixmap.draw_pixmap(0, 0, small.as_ref(), &paint, transform, None);
        encode(side, &pixmap)
    };
    SIDES.into_iter().map(draw).collect()
}

fn empty(side: u16) -> Result<Pixmap, String> {
    Pixmap::new(side.into(), side.into()).ok_or_else(|| "it has no size".to_owned())
}

fn encode(side: u16, pixmap: &Pixmap) -> Result<(u16, Vec<u8>), String> {
    Ok((side, pixmap.encode_png().map_err(|error| error.to_string())?))
}

/// Scales a picture to a square, and centers it.
fn fit(width: f32, height: f32, side: u16) -> Transform {
    let side = f32::from(side);
    let scale = side / width.max(height);
    let center = |length: f32| (side - length * scale) / 2.0;
    Transform::from_row(scale, 0.0, 0.0, scale, center(width), center(height))
}

/// The picture at half the size, again while it is at least twice as large as `side`: scaling by more
/// than a half would skip pixels.
fn halved(picture: &Pixmap, side: u32) -> Result<Pixmap, String> {
    let mut picture = picture.clone();
    while picture.width().max(picture.height()) >= 2 * side {
        let (width, height) = (picture.width().div_ceil(2), picture.height().div_ceil(2));
        let mut half = Pixmap::new(width, height).ok_or("it has no size")?;
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        let transform = Transform::from_scale(0.5, 0.5);
        half.draw_pixmap(0, 0, picture.as_ref(), &paint, transform, None);
        picture = half;
    }
    Ok(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pictures of an `.ico` file.
    fn pictures(ico: &[u8]) -> Vec<Pixmap> {
        let long = |at: usize| u32::from_le_bytes(ico[at..at + 4].try_into().unwrap()) as usize;
        let picture = |index: usize| {
            let entry = 6 + 16 * index;
            Pixmap::decode_png(&ico[long(entry + 12)..][..long(entry + 8)]).unwrap()
        };
        (0..usize::from(ico[4])).map(picture).collect()
    }

    fn assert_is_red_cross(ico: &[u8]) {
        let pictures = pictures(ico);
        assert_eq!(pictures.iter().map(Pixmap::width).collect::<Vec<_>>(), SIDES.map(u32::from));
        for picture in pictures {
            let side = picture.width();
            let red = |x: u32, y: u32| {
                let pixel = picture.pixel(x, y).unwrap();
                (pixel.red(), pixel.alpha())
            };
            // It is twice as wide as high, so it is centered and has blank space above and below.
            assert_eq!(red(side / 2, side / 2), (255, 255), "{side}");
            assert_eq!(red(side / 2, 0), (0, 0), "{side}");
            assert_eq!(red(side / 2, side - 1), (0, 0), "{side}");
        }
    }

    const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 10'>\
                       <path d='M0 0h20v10H0z' fill='#f00'/><text>no font</text></svg>";

    #[test]
    fn svg_and_png_icons_are_drawn_in_every_size() {
        assert_is_red_cross(&to_ico(SVG.as_bytes()).unwrap());
        for (width, height) in [(20, 10), (300, 150), (1000, 500)] {
            let mut png = Pixmap::new(width, height).unwrap();
            png.fill(resvg::tiny_skia::Color::from_rgba8(255, 0, 0, 255));
            assert_is_red_cross(&to_ico(&png.encode_png().unwrap()).unwrap());
        }
        let ico = to_ico(SVG.as_bytes()).unwrap();
        assert_eq!(to_ico(&ico), Ok(ico));
    }

    #[test]
    fn an_icon_that_cannot_be_drawn_is_reported() {
        assert!(to_ico(b"<svg").is_err());
        assert!(to_ico(b"<svg xmlns='http://www.w3.org/2000/svg'/>").is_ok());
        assert!(to_ico(b"\x89PNG").is_err());
        assert!(to_ico(b"\xff\xd8\xff").is_err());
    }

    #[test]
    fn an_svg_reads_no_files() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/template/extension/icon.svg");
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><image href='{path}' width='8' height='8'/></svg>"
        );
        let ico = to_ico(svg.as_bytes()).unwrap();
        assert!(pictures(&ico).iter().all(|it| it.pixels().iter().all(|it| it.alpha() == 0)));
    }
}

//! Reads icons and screenshots.
#![no_main]

use docker_extension::internals::validate::picture::{self, PictureFormat};
use fuzz::within;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let found = within(1024 * 1024 + 16 * bytes.len(), || picture::read(bytes));
    if let Some(picture) = found {
        assert_eq!(
            picture.size.is_none(),
            picture.format == PictureFormat::Svg,
            "only SVG may have no size"
        );
    }
});

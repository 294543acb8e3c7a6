//! Decompresses layers and archives. The content decides the compression, because media types are
//! untrusted.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::error::Broken;
use super::limits::ZSTD_WINDOW;
use crate::files::BUFFER;
use crate::interrupt::Interruptible;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const OTHERS: [(&[u8], &str); 3] = [
    (b"BZh", "bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz"),
    (&[0x04, 0x22, 0x4d, 0x18], "lz4"),
];
/// The number of bytes that identify a compression.
const MAGIC: usize = 6;

/// The decompressed content of `source`.
pub(super) fn unpack<'a>(source: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let (magic, source) = peek(Interruptible(source))?;
    if magic.starts_with(GZIP) {
        return Ok(Box::new(MultiGzDecoder::new(source)));
    }
    if magic.starts_with(ZSTD) || is_skippable(&magic) {
        return Ok(Box::new(Zstd::new(source)));
    }
    match OTHERS.iter().find(|(other, _)| magic.starts_with(other)) {
        Some((_, name)) => Err(io::Error::other(Broken::UnknownCompression(name))),
        None => Ok(Box::new(source)),
    }
}

/// Whether `source` is compressed. Rewinds it.
pub(super) fn is_compressed(source: impl Read) -> io::Result<bool> {
    let (magic, _) = peek(source)?;
    let mut others = OTHERS.iter().map(|(other, _)| *other);
    Ok(magic.starts_with(GZIP) || magic.starts_with(ZSTD) || others.any(|it| magic.starts_with(it)))
}

type Peeked<R> = BufReader<io::Chain<io::Cursor<Vec<u8>>, R>>;

fn peek<R: Read>(mut source: R) -> io::Result<(Vec<u8>, Peeked<R>)> {
    let mut magic = Vec::new();
    source.by_ref().take(MAGIC as u64).read_to_end(&mut magic)?;
    let chained = io::Cursor::new(magic.clone()).chain(source);
    Ok((magic, BufReader::with_capacity(BUFFER, chained)))
}

/// A zstd frame without data, as written by tools that make layers seekable.
fn is_skippable(magic: &[u8]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Reads all frames of a zstd stream in sequence.
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Zstd<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW);
        Self { source, decoder }
    }

    /// Starts the next frame with data; `false` at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                }
                Err(error) => return Err(invalid(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            if self.decoder.is_finished() {
                if !self.next_frame()? {
                    return Ok(0);
                }
            } else {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(invalid)?;
            }
        }
    }
}

fn invalid(error: FrameDecoderError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;
    use crate::image::read::testing::gzip;

    fn unpacked(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut unpacked = Vec::new();
        unpack(bytes)?.read_to_end(&mut unpacked)?;
        Ok(unpacked)
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    #[test]
    fn all_members_and_frames_are_read() {
        let parts: [&[u8]; 3] = [b"one", b"", &[b'x'; 300_000]];
        let whole = parts.concat();
        let skippable: &[u8] = &[0x5e, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let gzipped = parts.map(gzip).concat();
        let frames = [skippable.to_vec(), parts.map(zstd).concat(), skippable.to_vec()].concat();
        for packed in [&gzipped, &frames, &whole] {
            assert!(unpacked(packed).unwrap() == whole);
        }
        assert!(is_compressed(&gzipped[..]).unwrap());
        assert!(!is_compressed(&whole[..]).unwrap());
        assert_eq!(unpacked(b"").unwrap(), b"");
        assert_eq!(unpacked(b"x").unwrap(), b"x");
    }

    #[test]
    fn truncated_streams_are_errors() {
        for packed in [gzip(&[b'x'; 3000]), zstd(&[b'x'; 3000])] {
            for length in 7..packed.len() {
                assert!(unpacked(&packed[..length]).is_err(), "{length} of {}", packed.len());
            }
        }
    }

    #[test]
    fn a_window_of_gigabytes_is_rejected() {
        // A frame header without a content size, whose window descriptor means 2^41 bytes.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0x01, 0x00, 0x00];
        let error = unpacked(&frame).unwrap_err().to_string();
        assert!(error.to_lowercase().contains("window"), "{error}");
    }

    #[test]
    fn other_compressions_are_recognized_and_named() {
        let xz = [0xfd, b'7', b'z', b'X', b'Z', 0, 0];
        assert!(unpacked(&xz).unwrap_err().to_string().contains("xz"));
        assert!(unpacked(b"BZh91AY").unwrap_err().to_string().contains("bzip2"));
    }
}

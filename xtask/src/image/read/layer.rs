//! The entries of a layer: a tar file, plain or compressed with gzip or zstd.
//!
//! Entries are read one header at a time, because names and extended headers can claim any size, and
//! what reads them for us would believe it.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use tar::{EntryType, PaxExtensions};

use super::limits;
use super::tree::{Entry, EntryKind};

/// How much is read at a time, in bytes.
const BUFFER: usize = 64 * 1024;

/// The tar file that a layer is, whatever its media type says: consumers look at its first bytes.
pub(super) fn unpack<'a>(layer: impl Read + 'a) -> io::Result<Box<dyn Read + 'a>> {
    let mut layer = BufReader::with_capacity(BUFFER, layer);
    let start = layer.fill_buf()?;
    Ok(match start {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(layer)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(Zstd::new(layer)),
        // A frame to be skipped, with which seekable layers may begin.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Box::new(Zstd::new(layer)),
        _ => Box::new(layer),
    })
}

/// Frames of zstd, one after the other; those that are to be skipped are.
struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    is_in_frame: bool,
}

impl<R: BufRead> Zstd<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(limits::WINDOW);
        Self { source, decoder, is_in_frame: false }
    }

    /// Whether there is another frame.
    fn begin_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let skipped =
                        io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                    if skipped < length.into() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.is_in_frame {
                self.is_in_frame = self.begin_frame()?;
                if !self.is_in_frame {
                    return Ok(0);
                }
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let some = BlockDecodingStrategy::UptoBytes(buffer.len().max(1));
                let decoded = self.decoder.decode_blocks(&mut self.source, some);
                decoded.map_err(|error| io::Error::other(error.to_string()))?;
            }
            let read = self.decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            self.is_in_frame = false;
        }
    }
}

/// A reader that fails where `budget` bytes were read.
pub(super) struct Limited<'a, R> {
    pub inner: R,
    pub budget: &'a mut u64,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        *self.budget = self
            .budget
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("unpacked, the image is larger than 16 GiB"))?;
        Ok(read)
    }
}

/// What entries before another one say about it.
#[derive(Default)]
struct Extensions {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

/// Reads the tar file to its end, and hands each entry with its content to `each`, numbered from 0.
pub(super) fn read(
    tar: impl Read,
    mut each: impl FnMut(usize, Entry, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut archive = tar::Archive::new(tar);
    let mut extensions = Extensions::default();
    let mut number = 0;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let header = entry.header().clone();
        let kind = match header.entry_type() {
            EntryType::GNULongName => {
                extensions.path = Some(long_text(&mut entry)?);
                continue;
            }
            EntryType::GNULongLink => {
                extensions.link = Some(long_text(&mut entry)?);
                continue;
            }
            EntryType::XHeader => {
                extend(&mut extensions, &mut entry)?;
                continue;
            }
            // It is about the archive, and says nothing that matters here.
            EntryType::XGlobalHeader => continue,
            EntryType::GNUSparse => return Err(io::Error::other("sparse files are not supported")),
            EntryType::Directory => EntryKind::Folder,
            EntryType::Symlink | EntryType::Link => {
                let target = match extensions.link.take() {
                    Some(link) => link,
                    None => header.link_name_bytes().unwrap_or_default().into_owned(),
                };
                if header.entry_type() == EntryType::Symlink {
                    EntryKind::Symlink { target }
                } else {
                    EntryKind::HardLink { target }
                }
            }
            EntryType::Regular | EntryType::Continuous => EntryKind::File { size: entry.size() },
            _ => EntryKind::Special,
        };
        let Extensions { path, .. } = std::mem::take(&mut extensions);
        let path = path.unwrap_or_else(|| header.path_bytes().into_owned());
        // Old archives mark folders by their name alone.
        let is_folder = matches!(kind, EntryKind::File { .. }) && path.ends_with(b"/");
        let kind = if is_folder { EntryKind::Folder } else { kind };
        each(number, Entry { path, kind, mode: header.mode()? & 0o7777 }, &mut entry)?;
        number += 1;
    }
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink())?;
    Ok(())
}

fn long_text(entry: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut text = bounded(entry, limits::PATH, "a name is longer than 4096 bytes")?;
    while text.last() == Some(&0) {
        text.pop();
    }
    Ok(text)
}

fn extend(extensions: &mut Extensions, entry: &mut impl Read) -> io::Result<()> {
    let records = bounded(entry, limits::EXTENSIONS, "an extended header is larger than 1 MiB")?;
    for record in PaxExtensions::new(&records) {
        let record = record?;
        let value = record.value_bytes();
        match record.key_bytes() {
            b"path" | b"linkpath" if value.len() as u64 > limits::PATH => {
                return Err(io::Error::other("a name is longer than 4096 bytes"));
            }
            b"path" => extensions.path = Some(value.to_vec()),
            b"linkpath" => extensions.link = Some(value.to_vec()),
            b"size" => return Err(io::Error::other("a file is larger than 8 GiB")),
            key if key.starts_with(b"GNU.sparse.") => {
                return Err(io::Error::other("sparse files are not supported"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The whole of it, if it is not more than `limit`.
pub(super) fn bounded(mut source: impl Read, limit: u64, reason: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.by_ref().take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::Error::other(reason)) } else { Ok(bytes) }
}

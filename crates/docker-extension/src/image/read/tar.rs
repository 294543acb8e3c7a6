//! Untrusted tar files: entry by entry, with extended headers of bounded size.
//!
//! Like container engines, which read layers with Go's `archive/tar`, the reader accepts what that package
//! accepts, except for sparse files, which no engine writes.

use std::io::{self, Read};

use tar::Header;

use super::error::{Broken, ReadFailure};
use super::limits::{Limits, TooLarge};

const BLOCK: usize = 512;

/// A reader that can skip bytes.
pub(super) trait Skip: Read {
    /// Skips `bytes`; an error of kind `UnexpectedEof` if there are fewer.
    fn skip(&mut self, bytes: u64) -> io::Result<()>;
}

/// Reads a tar file sequentially.
pub(super) struct TarReader<'a, R> {
    source: R,
    limits: &'a Limits,
    /// The unread bytes of the entry's content.
    left: u64,
    /// The zeros after the content, up to the next block.
    padding: u64,
}

/// The header of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TarEntry {
    pub path: Vec<u8>,
    /// The target of a link; otherwise empty.
    pub link: Vec<u8>,
    pub kind: TarKind,
    /// Permissions, with the set-user-ID, set-group-ID and sticky bits.
    pub mode: u32,
    /// The size of the content that follows, in bytes.
    pub size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TarKind {
    File,
    Directory,
    Symlink,
    HardLink,
    /// A device or a pipe.
    Special,
    Unknown(u8),
}

/// The fields of extended headers, which apply to the next entry.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<'a, R: Skip> TarReader<'a, R> {
    pub fn new(source: R, limits: &'a Limits) -> Self {
        Self { source, limits, left: 0, padding: 0 }
    }

    /// The next entry; `None` at the end of the tar file.
    pub fn next(&mut self) -> Result<Option<TarEntry>, ReadFailure> {
        let mut extended = Extended::default();
        loop {
            let rest = self.left.saturating_add(self.padding);
            self.source.skip(rest)?;
            (self.left, self.padding) = (0, 0);
            let Some(header) = self.header()? else { return Ok(None) };
            let kind = header.as_bytes()[156];
            let size = header.entry_size().map_err(|_| Broken::NotATar("an invalid size"))?;
            self.begin_content(size)?;
            match kind {
                b'L' => extended.path = Some(self.long_name()?),
                b'K' => extended.link = Some(self.long_name()?),
                b'x' => self.records(&mut extended)?,
                // Global headers, which Go ignores too.
                b'g' => {}
                kind => return self.entry(&header, kind, extended).map(Some),
            }
        }
    }

    /// The unread content of the entry.
    pub fn content(&mut self) -> ContentReader<'_, 'a, R> {
        ContentReader(self)
    }

    /// The inner reader, which is at the bytes after the end of the tar file.
    pub fn into_inner(self) -> R {
        self.source
    }

    /// The inner reader, which is at the entry's content.
    pub fn get_ref(&self) -> &R {
        &self.source
    }

    fn begin_content(&mut self, size: u64) -> Result<(), ReadFailure> {
        let end = size.checked_next_multiple_of(BLOCK as u64);
        let end = end.ok_or(Broken::NotATar("an impossible size"))?;
        (self.left, self.padding) = (size, end - size);
        Ok(())
    }

    fn header(&mut self) -> Result<Option<Header>, ReadFailure> {
        let Some(header) = self.block()? else { return Ok(None) };
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return match self.block()? {
                Some(next) if next.as_bytes().iter().any(|byte| *byte != 0) => {
                    Err(Broken::NotATar("an empty block between entries").into())
                }
                _ => Ok(None),
            };
        }
        let bytes = header.as_bytes().iter().enumerate().map(|(at, byte)| match at {
            // The checksum field itself counts as spaces.
            148..156 => u32::from(b' '),
            _ => u32::from(*byte),
        });
        match header.cksum() {
            Ok(expected) if expected == bytes.sum::<u32>() => Ok(Some(header)),
            _ => Err(Broken::NotATar("a header with a wrong checksum").into()),
        }
    }

    fn block(&mut self) -> Result<Option<Header>, ReadFailure> {
        let mut header = Header::new_old();
        let block = header.as_mut_bytes();
        let mut filled = 0;
        while filled < BLOCK {
            match self.source.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(Broken::Truncated.into()),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(header))
    }

    fn extended_header(&mut self) -> Result<Vec<u8>, ReadFailure> {
        let limit = self.limits.header;
        if self.left > limit {
            return Err(TooLarge::Header(limit).into());
        }
        let mut bytes = Vec::new();
        self.content().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn long_name(&mut self) -> Result<Vec<u8>, ReadFailure> {
        let mut name = self.extended_header()?;
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        name.truncate(end);
        Ok(name)
    }

    /// Parses the records of a PAX header, `<length> <key>=<value>\n`. The length includes everything.
    fn records(&mut self, extended: &mut Extended) -> Result<(), ReadFailure> {
        let bytes = self.extended_header()?;
        let mut left = &bytes[..];
        while !left.is_empty() {
            let (key, value, rest) =
                record(left).ok_or(Broken::NotATar("an invalid extended header"))?;
            left = rest;
            match key {
                b"path" => extended.path = Some(value.to_vec()),
                b"linkpath" => extended.link = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
                    extended.size = Some(size.ok_or(Broken::NotATar("an invalid size"))?);
                }
                key if key.starts_with(b"GNU.sparse.") => return Err(Broken::Sparse.into()),
                _ => {}
            }
        }
        Ok(())
    }

    fn entry(
        &mut self,
        header: &Header,
        kind: u8,
        extended: Extended,
    ) -> Result<TarEntry, ReadFailure> {
        // An empty value cancels the value of an earlier header.
        let given = |value: Option<Vec<u8>>| value.filter(|value| !value.is_empty());
        let path = given(extended.path).unwrap_or_else(|| header.path_bytes().into_owned());
        let kind = match kind {
            // From tar versions before the type of directories.
            0 if path.ends_with(b"/") => TarKind::Directory,
            0 | b'0' | b'7' => TarKind::File,
            b'1' => TarKind::HardLink,
            b'2' => TarKind::Symlink,
            b'3' | b'4' | b'6' => TarKind::Special,
            b'5' => TarKind::Directory,
            b'S' => return Err(Broken::Sparse.into()),
            other => TarKind::Unknown(other),
        };
        let size = match kind {
            TarKind::File | TarKind::Unknown(_) => extended.size.unwrap_or(self.left),
            // They have no content, whatever their size field says.
            _ => 0,
        };
        self.begin_content(size)?;
        let link = match kind {
            TarKind::Symlink | TarKind::HardLink => given(extended.link)
                .or_else(|| header.link_name_bytes().map(|name| name.into_owned()))
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        if path.contains(&0) || link.contains(&0) {
            return Err(Broken::NotATar("a name that contains NUL").into());
        }
        let mode = header.mode().map_err(|_| Broken::NotATar("an invalid mode"))? & 0o7777;
        Ok(TarEntry { path, link, kind, mode, size })
    }
}

/// The first record, and the rest.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let digits = bytes.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&bytes[..digits]).ok()?.parse().ok()?;
    let record = bytes.get(digits + 1..length)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some((&record[..equals], &record[equals + 1..], &bytes[length..]))
}

/// The content of an entry.
pub(super) struct ContentReader<'r, 'a, R>(&'r mut TarReader<'a, R>);

impl<R: Skip> Read for ContentReader<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let tar = &mut *self.0;
        let wanted = buffer.len().min(usize::try_from(tar.left).unwrap_or(usize::MAX));
        let read = tar.source.read(&mut buffer[..wanted])?;
        if read == 0 && wanted > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        tar.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::read::testing::{SMALL, Tar};

    struct Bytes<'a>(&'a [u8]);

    impl Read for Bytes<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Skip for Bytes<'_> {
        fn skip(&mut self, bytes: u64) -> io::Result<()> {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            self.0 = self.0.get(bytes..).ok_or(io::ErrorKind::UnexpectedEof)?;
            Ok(())
        }
    }

    /// The path, link and content of each entry.
    fn entries(tar: &[u8]) -> Result<Vec<(String, String, String)>, ReadFailure> {
        let mut tar = TarReader::new(Bytes(tar), &SMALL);
        let mut entries = Vec::new();
        while let Some(TarEntry { path, link, .. }) = tar.next()? {
            let mut content = Vec::new();
            tar.content().read_to_end(&mut content)?;
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            entries.push((text(path), text(link), text(content)));
        }
        Ok(entries)
    }

    fn owned(entries: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        let owned = entries.iter().map(|(a, b, c)| ((*a).into(), (*b).into(), (*c).into()));
        owned.collect()
    }

    #[test]
    fn long_names_come_from_headers_before_the_entry() {
        let tar = Tar::new()
            .entry(b'L', "././@LongLink", "", b"gnu/long\0\0")
            .entry(b'K', "././@LongLink", "", b"target\0")
            .symlink("short", "cut")
            .extended(&[("path", "pax=long\n"), ("comment", "x"), ("linkpath", "else")])
            .hard_link("short", "cut")
            .extended(&[("path", "")])
            .file("own", "content")
            .finish();
        let expected =
            [("gnu/long", "target", ""), ("pax=long\n", "else", ""), ("own", "", "content")];
        assert_eq!(entries(&tar).unwrap(), owned(&expected));
    }

    #[test]
    fn sizes_may_come_from_extended_headers() {
        let tar = Tar::new()
            .extended(&[("size", "3000")])
            .bytes(b'0', b"a", b"", 0, &[b'a'; 3000])
            .file("b", "b")
            .finish();
        let found = entries(&tar).unwrap();
        assert_eq!((found[0].2.len(), found[1].0.as_str()), (3000, "b"));
    }

    #[test]
    fn links_and_directories_have_no_content_whatever_their_size() {
        let tar = Tar::new().bytes(b'5', b"d", b"", 700, b"").bytes(b'1', b"l", b"d", 9, b"");
        let tar = tar.bytes(0, b"old/", b"", 0, b"").file("f", "x").finish();
        let expected = [("d", "", ""), ("l", "d", ""), ("old/", "", ""), ("f", "", "x")];
        assert_eq!(entries(&tar).unwrap(), owned(&expected));
    }

    #[test]
    fn a_tar_file_may_end_without_zeros_but_not_within_an_entry() {
        let tar = Tar::new().file("a", "x").unfinished();
        assert!(entries(&tar).is_ok());
        assert!(entries(&[]).unwrap().is_empty());
        for length in [1, 511, 513, 1023] {
            assert!(matches!(entries(&tar[..length]), Err(ReadFailure::Broken(Broken::Truncated))));
        }
    }

    #[test]
    fn bytes_that_are_not_a_tar_file_are_rejected() {
        let mut wrong = Tar::new().file("a", "x").finish();
        wrong[0] = b'b';
        let mut amid = vec![0; 512];
        amid.extend(Tar::new().file("a", "").finish());
        let nul = Tar::new().extended(&[("path", "a\0b4567")]).file("a", "").finish();
        let record = Tar::new().entry(b'x', "x", "", b"999 path=a\n").file("a", "").finish();
        for tar in [vec![b'x'; 2000], wrong, amid, nul, record] {
            assert!(matches!(entries(&tar), Err(ReadFailure::Broken(Broken::NotATar(_)))));
        }
    }
}

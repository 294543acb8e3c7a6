//! Tar files whose headers have correct checksums and otherwise arbitrary fields.

use std::io::Write;

use arbitrary::Arbitrary;
use tar::Header;

/// A layer, or other bytes in its place.
#[derive(Arbitrary, Debug)]
pub enum Layer<'a> {
    Raw(&'a [u8]),
    Entries { entries: Vec<Entry<'a>>, is_gzipped: bool, cut: u8 },
}

#[derive(Arbitrary, Debug)]
pub struct Entry<'a> {
    kind: Type,
    path: Vec<Part<'a>>,
    link: Vec<Part<'a>>,
    content: &'a [u8],
    size: Option<u64>,
}

#[derive(Arbitrary, Debug)]
enum Type {
    File,
    HardLink,
    Symlink,
    Directory,
    LongName,
    LongLink,
    Extended,
    Other(u8),
}

/// A path component. The names in extensions are among them.
#[derive(Arbitrary, Debug)]
enum Part<'a> {
    A,
    B,
    Ui,
    Metadata,
    Up,
    Here,
    Hidden,
    Opaque,
    Other(&'a [u8]),
}

impl Layer<'_> {
    /// The uncompressed layer.
    pub fn tar(&self) -> Vec<u8> {
        let (entries, cut) = match self {
            Layer::Raw(bytes) => return bytes.to_vec(),
            Layer::Entries { entries, cut, .. } => (entries, usize::from(*cut)),
        };
        let mut tar = Vec::new();
        entries.iter().for_each(|entry| entry.append(&mut tar));
        tar.truncate(tar.len().saturating_sub(cut));
        tar
    }

    /// The stored layer.
    pub fn stored(&self) -> Vec<u8> {
        let is_gzipped = matches!(self, Layer::Entries { is_gzipped: true, .. });
        if is_gzipped { gzip(&self.tar()) } else { self.tar() }
    }
}

impl Entry<'_> {
    fn append(&self, tar: &mut Vec<u8>) {
        let kind = match self.kind {
            Type::File => b'0',
            Type::HardLink => b'1',
            Type::Symlink => b'2',
            Type::Directory => b'5',
            Type::LongName => b'L',
            Type::LongLink => b'K',
            Type::Extended => b'x',
            Type::Other(byte) => byte,
        };
        let size = self.size.unwrap_or(self.content.len() as u64);
        append(tar, kind, &joined(&self.path), &joined(&self.link), size, self.content);
    }
}

fn joined(parts: &[Part<'_>]) -> Vec<u8> {
    let bytes = |part: &Part<'_>| match part {
        Part::A => b"a".to_vec(),
        Part::B => b"b".to_vec(),
        Part::Ui => b"ui".to_vec(),
        Part::Metadata => b"metadata.json".to_vec(),
        Part::Up => b"..".to_vec(),
        Part::Here => b".".to_vec(),
        Part::Hidden => b".wh.a".to_vec(),
        Part::Opaque => b".wh..wh..opq".to_vec(),
        Part::Other(bytes) => bytes.to_vec(),
    };
    parts.iter().map(bytes).collect::<Vec<_>>().join(&b'/')
}

/// Adds a file of this content.
pub fn file(tar: &mut Vec<u8>, path: &str, content: &[u8]) {
    append(tar, b'0', path.as_bytes(), b"", content.len() as u64, content);
}

fn append(tar: &mut Vec<u8>, kind: u8, path: &[u8], link: &[u8], size: u64, content: &[u8]) {
    let mut header = Header::new_gnu();
    let bytes = header.as_mut_bytes();
    let (path, link) = (&path[..path.len().min(100)], &link[..link.len().min(100)]);
    bytes[..path.len()].copy_from_slice(path);
    bytes[157..157 + link.len()].copy_from_slice(link);
    bytes[156] = kind;
    header.set_mode(0o755);
    header.set_size(size);
    header.set_cksum();
    tar.extend(header.as_bytes());
    tar.extend(content);
    tar.resize(tar.len().next_multiple_of(512), 0);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let level = flate2::Compression::fast();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

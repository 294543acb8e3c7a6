//! Entries of tar files. All fields except path, mode and content are fixed: no time, and root as the
//! owner, without names.

use std::io::{self, Read, Write};

use tar::{Builder, EntryType, Header};

use crate::interrupt::Interruptible;

const DIRECTORY_MODE: u32 = 0o755;

/// Adds a directory.
pub(super) fn append_directory<W: Write>(tar: &mut Builder<W>, path: &str) -> io::Result<()> {
    let mut header = header(EntryType::Directory, DIRECTORY_MODE, 0);
    tar.append_data(&mut header, format!("{path}/"), io::empty())
}

/// Adds a file of `size` bytes.
pub(super) fn append_file<W: Write>(
    tar: &mut Builder<W>,
    path: &str,
    mode: u32,
    size: u64,
    content: impl Read,
) -> io::Result<()> {
    let content = Interruptible(Exactly { content, left: size });
    tar.append_data(&mut header(EntryType::Regular, mode, size), path, content)
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header
}

/// Reads exactly as many bytes as the entry's header says. A file that grows is truncated; a file that
/// shrinks is an error, because it would corrupt the entries that follow.
struct Exactly<R> {
    content: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.content.read(&mut buffer[..wanted])?;
        if read == 0 && wanted > 0 {
            let reason = "the file became shorter while it was read";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, reason));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

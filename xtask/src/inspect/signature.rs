//! The code signature of a Mach-O file: whether the hashes that it holds are those of the file.
//!
//! The layout is that of `cs_blobs.h` in Apple's open-source kernel: a SuperBlob, an index of blobs,
//! among them the CodeDirectory with one hash for each page of the file. All numbers are
//! big-endian.

use std::fmt;

use sha2::{Digest, Sha256};

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const HASH_TYPE_SHA256: u8 = 2;
const SHA256_SIZE: usize = 32;

/// What a code signature is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// There is none.
    Missing,
    /// Every page has the hash that is signed; ad hoc, as linkers make it, is enough.
    Valid,
    /// The file was changed after it was signed, or the signature can't be read.
    Broken,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signature::Missing => "missing",
            Signature::Valid => "valid",
            Signature::Broken => "broken",
        })
    }
}

/// Compares the page hashes in `blob`, the signature of `file`, with the file.
pub(super) fn check(file: &[u8], blob: &[u8]) -> Signature {
    match pages_match(file, blob) {
        Some(true) => Signature::Valid,
        Some(false) | None => Signature::Broken,
    }
}

fn pages_match(file: &[u8], blob: &[u8]) -> Option<bool> {
    let directory = code_directory(blob)?;
    let hash_offset = u32_at(directory, 16)? as usize;
    let pages = u32_at(directory, 28)? as usize;
    let code_limit = u32_at(directory, 32)? as usize;
    let hash_size = usize::from(*directory.get(36)?);
    let hash_type = *directory.get(37)?;
    let page_size = 1_usize.checked_shl(u32::from(*directory.get(39)?))?;
    if hash_type != HASH_TYPE_SHA256 || hash_size != SHA256_SIZE {
        return None;
    }
    let code = file.get(..code_limit)?;
    if code.len().div_ceil(page_size) != pages {
        return Some(false);
    }
    let hashes = directory.get(hash_offset..)?.chunks_exact(SHA256_SIZE);
    if hashes.len() < pages {
        return None;
    }
    let mut pages_with_hashes = code.chunks(page_size).zip(hashes);
    Some(pages_with_hashes.all(|(page, hash)| Sha256::digest(page).as_slice() == hash))
}

fn code_directory(blob: &[u8]) -> Option<&[u8]> {
    if u32_at(blob, 0)? != SUPER_BLOB {
        return None;
    }
    let count = u32_at(blob, 8)?;
    (0..count).find_map(|index| {
        let entry = 12 + 8 * usize::try_from(index).ok()?;
        let directory = blob.get(u32_at(blob, entry + 4)? as usize..)?;
        (u32_at(directory, 0)? == CODE_DIRECTORY).then_some(directory)
    })
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one page and a bit, with a signature as a linker makes it.
    fn signed(code: &[u8]) -> Vec<u8> {
        let pages: Vec<&[u8]> = code.chunks(4096).collect();
        let mut directory = vec![0; 44];
        directory[0..4].copy_from_slice(&CODE_DIRECTORY.to_be_bytes());
        directory[16..20].copy_from_slice(&44_u32.to_be_bytes());
        directory[28..32].copy_from_slice(&(pages.len() as u32).to_be_bytes());
        directory[32..36].copy_from_slice(&(code.len() as u32).to_be_bytes());
        directory[36..40].copy_from_slice(&[32, HASH_TYPE_SHA256, 0, 12]);
        for page in pages {
            directory.extend(Sha256::digest(page));
        }
        let mut blob = Vec::new();
        for number in [SUPER_BLOB, 0, 1, 0, 20] {
            blob.extend(number.to_be_bytes());
        }
        blob.extend(directory);
        blob
    }

    #[test]
    fn a_changed_byte_breaks_the_signature() {
        let mut code = vec![7; 5000];
        let blob = signed(&code);
        assert_eq!(check(&code, &blob), Signature::Valid);
        code[4500] = 8;
        assert_eq!(check(&code, &blob), Signature::Broken);
    }

    #[test]
    fn a_signature_that_is_cut_off_is_broken() {
        let code = vec![7; 5000];
        let blob = signed(&code);
        for end in 0..blob.len() {
            assert_eq!(check(&code, &blob[..end]), Signature::Broken, "{end}");
        }
    }
}

//! The code signature of a Mach-O file: whether its hashes match the file.
//!
//! A signature has a code directory with one hash per page of the file, and may have further ones with
//! other hash algorithms. Like macOS, the inspector compares pages with the strongest known algorithm. It
//! does not check who signed the file: macOS doesn't check it either, because files that Docker Desktop
//! copies out of an image are not quarantined.

use std::fmt;

use object::BigEndian;
use object::macho::{self, CsHashType, CsSlot};
use object::read::macho::{CodeDirectory, CodeSignature};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384};

use super::raw;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    Missing,
    /// It covers everything before it, and every page matches its hash. An ad hoc signature, like that of
    /// linkers, is enough.
    Valid,
    /// It is valid, but does not end where the file and its segment `__LINKEDIT` end.
    /// `codesign --verify --strict` rejects the file, and macOS can't sign it again.
    Trailed,
    /// The file was changed after it was signed, or the signature is invalid.
    Broken,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signature::Missing => "missing",
            Signature::Valid => "valid",
            Signature::Trailed => "valid, but not at the end of the file",
            Signature::Broken => "broken",
        })
    }
}

/// Where a signature is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignaturePlace {
    pub offset: u32,
    pub size: u32,
    /// The end of the segment `__LINKEDIT` in the file.
    pub linkedit_end: Option<u64>,
}

/// Compares the page hashes in the signature of `file` with the file.
pub(super) fn check(file: &[u8], place: SignaturePlace) -> Signature {
    let end = u64::from(place.offset) + u64::from(place.size);
    let is_valid = usize::try_from(end)
        .ok()
        .and_then(|end| file.get(place.offset as usize..end))
        .and_then(whole)
        .and_then(best_directory)
        // macOS kills programs with pages that no hash covers.
        .filter(|(directory, _)| directory.code_limit() == u64::from(place.offset))
        .and_then(|(directory, data)| pages_match(file, directory, data));
    let is_last =
        end == file.len() as u64 && place.linkedit_end.is_none_or(|linkedit| linkedit == end);
    match (is_valid, is_last) {
        (Some(true), true) => Signature::Valid,
        (Some(true), false) => Signature::Trailed,
        _ => Signature::Broken,
    }
}

/// The blob without the padding behind it. Its length is in its header.
fn whole(blob: &[u8]) -> Option<&[u8]> {
    let length: [u8; 4] = blob.get(4..8)?.try_into().ok()?;
    blob.get(..u32::from_be_bytes(length) as usize)
}

/// The code directory with the strongest hash algorithm, and its bytes.
fn best_directory(blob: &[u8]) -> Option<(CodeDirectory<'_>, &[u8])> {
    let mut best = None;
    for blob in CodeSignature::parse(blob).ok()?.blobs() {
        let blob = blob.ok()?;
        if !is_directory(blob.slot()) {
            continue;
        }
        let directory = blob.code_directory().ok()??;
        let strength = strength(directory.header().hash_type);
        if best.as_ref().is_none_or(|(least, _)| *least < strength) {
            best = Some((strength, (directory, blob.data())));
        }
    }
    best.map(|(_, directory)| directory)
}

/// The first directory's slot, and the five slots of alternatives (`cs_blobs.h` in Apple's kernel).
fn is_directory(slot: CsSlot) -> bool {
    let first = macho::CSSLOT_ALTERNATE_CODEDIRECTORIES;
    slot == macho::CSSLOT_CODEDIRECTORY || (first..first + 5).contains(&slot.0)
}

/// The kernel's order of hash algorithms, from weak to strong.
fn strength(hash: CsHashType) -> u8 {
    match hash {
        macho::CS_HASHTYPE_SHA1 => 1,
        macho::CS_HASHTYPE_SHA256_TRUNCATED => 2,
        macho::CS_HASHTYPE_SHA256 => 3,
        macho::CS_HASHTYPE_SHA384 => 4,
        _ => 0,
    }
}

/// Page `n` has hash `n`. Scatter vectors are ignored: no known tool writes them, and if every page
/// has a hash, they can only say the same.
fn pages_match(file: &[u8], directory: CodeDirectory<'_>, data: &[u8]) -> Option<bool> {
    let header = directory.header();
    let code = file.get(..usize::try_from(directory.code_limit()).ok()?)?;
    let page_size = match header.page_size {
        // The whole file is one page.
        0 => code.len().max(1),
        bits => 1_usize.checked_shl(bits.into())?,
    };
    let pages = header.n_code_slots.get(BigEndian) as usize;
    if code.len().div_ceil(page_size) != pages {
        return Some(false);
    }
    let hash_size = usize::from(header.hash_size);
    let hashes = raw::from(data, header.hash_offset.get(BigEndian))?;
    let hashes = hashes.get(..pages.checked_mul(hash_size)?)?;
    let compare = match (header.hash_type, hash_size) {
        (macho::CS_HASHTYPE_SHA1, 20) => is_hashed::<Sha1>,
        (macho::CS_HASHTYPE_SHA256, 32) | (macho::CS_HASHTYPE_SHA256_TRUNCATED, 20) => {
            is_hashed::<Sha256>
        }
        (macho::CS_HASHTYPE_SHA384, 48) => is_hashed::<Sha384>,
        _ => return None,
    };
    let mut pages = code.chunks(page_size).zip(hashes.chunks_exact(hash_size));
    Some(pages.all(|(page, hash)| compare(page, hash)))
}

fn is_hashed<Hash: Digest>(page: &[u8], hash: &[u8]) -> bool {
    Hash::digest(page).starts_with(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIRECTORY: u32 = 0;
    const ALTERNATIVE: u32 = 0x1000;
    const CMS: u32 = 0x1_0000;

    /// A code directory of version 2.4, like that of linkers, and its fields.
    struct Directory {
        hash_type: u8,
        hash_size: u8,
        page_bits: u8,
        /// Whether the limit is in the field for large files.
        is_long: bool,
        hash: fn(&[u8]) -> Vec<u8>,
    }

    const SHA256: Directory = Directory {
        hash_type: 2,
        hash_size: 32,
        page_bits: 12,
        is_long: false,
        hash: |page| Sha256::digest(page).to_vec(),
    };

    const SHA1: Directory = Directory {
        hash_type: 1,
        hash_size: 20,
        hash: |page| Sha1::digest(page).to_vec(),
        ..SHA256
    };

    impl Directory {
        fn of(&self, code: &[u8]) -> Vec<u8> {
            const SIZE: u32 = 88;
            let page_size = if self.page_bits == 0 { code.len() } else { 1 << self.page_bits };
            let pages: Vec<&[u8]> = code.chunks(page_size).collect();
            let limit = code.len() as u32;
            let (short, long) = if self.is_long { (u32::MAX, limit) } else { (limit, 0) };
            let length = SIZE + pages.len() as u32 * u32::from(self.hash_size);
            let mut bytes = Vec::new();
            let start = [0xfade_0c02, length, 0x2_0400, 2, SIZE, 0, 0, pages.len() as u32, short];
            bytes.extend(start.map(u32::to_be_bytes).concat());
            bytes.extend([self.hash_size, self.hash_type, 0, self.page_bits]);
            // Spare, scatter vector, team, spare, 64-bit limit, segment.
            bytes.extend([0, 0, 0, 0, 0, long, 0, 0, 0, 0, 0, 0].map(u32::to_be_bytes).concat());
            for page in pages {
                bytes.extend((self.hash)(page).get(..usize::from(self.hash_size)).unwrap());
            }
            bytes
        }
    }

    /// A signature with these blobs in these slots.
    fn signature(blobs: &[(u32, Vec<u8>)]) -> Vec<u8> {
        let mut offset = 12 + 8 * blobs.len() as u32;
        let length = offset + blobs.iter().map(|(_, blob)| blob.len() as u32).sum::<u32>();
        let mut bytes = [0xfade_0cc0, length, blobs.len() as u32].map(u32::to_be_bytes).concat();
        for (slot, blob) in blobs {
            bytes.extend([*slot, offset].map(u32::to_be_bytes).concat());
            offset += blob.len() as u32;
        }
        bytes.extend(blobs.iter().flat_map(|(_, blob)| blob));
        bytes
    }

    /// Checks a file that consists of `code` and its signature.
    fn check_file(code: &[u8], blob: &[u8]) -> Signature {
        let file = [code, blob].concat();
        let place = place(code, blob);
        check(&file, SignaturePlace { linkedit_end: Some(file.len() as u64), ..place })
    }

    fn place(code: &[u8], blob: &[u8]) -> SignaturePlace {
        let (offset, size) = (code.len() as u32, blob.len() as u32);
        SignaturePlace { offset, size, linkedit_end: None }
    }

    fn signed(code: &[u8], directory: &Directory) -> Vec<u8> {
        signature(&[(DIRECTORY, directory.of(code))])
    }

    #[test]
    fn a_changed_byte_invalidates_a_signature_of_any_algorithm() {
        let truncated = Directory { hash_type: 3, hash_size: 20, ..SHA256 };
        let sha384 = Directory {
            hash_type: 4,
            hash_size: 48,
            hash: |page| Sha384::digest(page).to_vec(),
            ..SHA256
        };
        let one_page = Directory { page_bits: 0, ..SHA256 };
        let long = Directory { is_long: true, ..SHA256 };
        let large_pages = Directory { page_bits: 14, ..SHA256 };
        for directory in [SHA1, SHA256, truncated, sha384, one_page, long, large_pages] {
            let mut code = vec![7; 50_000];
            let blob = signed(&code, &directory);
            assert_eq!(check_file(&code, &blob), Signature::Valid, "{}", directory.hash_type);
            code[45_000] = 8;
            assert_eq!(check_file(&code, &blob), Signature::Broken, "{}", directory.hash_type);
        }
    }

    #[test]
    fn the_strongest_algorithm_counts_as_in_developers_signatures() {
        let code = vec![7; 5000];
        let other = vec![8; 5000];
        let cms = vec![0xfa, 0xde, 0x0b, 0x01, 0, 0, 0, 8];
        let weak = |code| (DIRECTORY, SHA1.of(code));
        let strong = |code| (ALTERNATIVE, SHA256.of(code));
        let signature = |blobs: [(u32, Vec<u8>); 2]| {
            let [first, second] = blobs;
            signature(&[first, second, (CMS, cms.clone())])
        };
        let valid =
            [signature([weak(&code), strong(&code)]), signature([weak(&other), strong(&code)])];
        for blob in valid {
            assert_eq!(check_file(&code, &blob), Signature::Valid);
        }
        assert_eq!(check_file(&code, &signature([weak(&code), strong(&other)])), Signature::Broken);
    }

    #[test]
    fn a_truncated_signature_is_invalid() {
        let code = vec![7; 5000];
        let blob = signed(&code, &SHA256);
        for end in 0..blob.len() {
            assert_eq!(check_file(&code, &blob[..end]), Signature::Broken, "{end}");
        }
    }

    #[test]
    fn a_signature_covers_everything_before_it() {
        let code = vec![7; 5000];
        for covered in [&code[..4096], &code[..4999]] {
            assert_eq!(check_file(&code, &signed(covered, &SHA256)), Signature::Broken);
        }
        let mut longer = signed(&code, &SHA256);
        let length = longer.len() as u32 + 1;
        longer[4..8].copy_from_slice(&length.to_be_bytes());
        assert_eq!(check_file(&code, &longer), Signature::Broken, "a blob longer than its place");
    }

    #[test]
    fn the_hash_of_the_last_page_is_that_of_its_bytes_without_padding() {
        let padded = Directory {
            hash: |page| {
                let mut page = page.to_vec();
                page.resize(4096, 0);
                Sha256::digest(page).to_vec()
            },
            ..SHA256
        };
        assert_eq!(check_file(&[7; 8192], &signed(&[7; 8192], &padded)), Signature::Valid);
        assert_eq!(check_file(&[7; 5000], &signed(&[7; 5000], &padded)), Signature::Broken);
    }

    #[test]
    fn a_signature_is_at_the_end_of_the_file_and_of_its_segment() {
        let code = vec![7; 5000];
        let blob = signed(&code, &SHA256);
        let place = place(&code, &blob);
        let file = [&code[..], &blob].concat();
        let end = file.len() as u64;
        let at = |linkedit_end| SignaturePlace { linkedit_end: Some(linkedit_end), ..place };
        assert_eq!(check(&file, at(end)), Signature::Valid);
        assert_eq!(check(&file, at(end + 16)), Signature::Trailed);
        assert_eq!(check(&file, at(end - 16)), Signature::Trailed);
        assert_eq!(check(&[&file[..], &[0; 64]].concat(), at(end)), Signature::Trailed);
        assert_eq!(check(&file[..file.len() - 1], at(end)), Signature::Broken);
        // Padding within the place that the header names is normal.
        let padded = [&file[..], &[0; 16]].concat();
        let larger = SignaturePlace { size: place.size + 16, ..at(end + 16) };
        assert_eq!(check(&padded, larger), Signature::Valid);
    }

    #[test]
    fn a_directory_with_any_byte_changed_is_parsed_safely() {
        let code = vec![7; 5000];
        let blob = signed(&code, &SHA256);
        for index in 0..blob.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut blob = blob.clone();
                blob[index] = value;
                check_file(&code, &blob);
            }
        }
    }
}

//! Digests: the identifiers of an image's blobs.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use camino::Utf8Path;
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::files::{self, BUFFER, IoContext};
use crate::interrupt::Interruptible;
use crate::text::hex;

/// A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.
///
/// Every value of this type is valid, so its digits are safe in a path or a URL.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

const PREFIX: &str = "sha256:";

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    pub fn finish(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// The digest and the size in bytes of a file. Can be interrupted.
    pub fn of_file(path: &Utf8Path) -> files::Result<(Self, u64)> {
        Self::of_rest(Interruptible(files::open(path)?)).doing("read", path)
    }

    /// The digest of everything up to the end of `source`, and the number of bytes.
    pub fn of_rest(mut source: impl Read) -> io::Result<(Self, u64)> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; BUFFER];
        let mut size = 0;
        loop {
            let read = source.read(&mut buffer)?;
            if read == 0 {
                return Ok((Self::finish(hasher), size));
            }
            hasher.update(&buffer[..read]);
            size += read as u64;
        }
    }

    /// For documents in which the digits are enough.
    pub fn serialize_hex<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }

    /// The 64 digits, without `sha256:`.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a SHA-256 digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Self::REASON)]
pub struct InvalidDigest;

impl InvalidDigest {
    pub const REASON: &str = "a digest is `sha256:` followed by 64 lower-case hexadecimal digits";
}

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix(PREFIX).ok_or(InvalidDigest)?.as_bytes();
        let mut digest = [0; 32];
        if digits.len() != 2 * digest.len() {
            return Err(InvalidDigest);
        }
        for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(InvalidDigest),
                };
                *byte = *byte << 4 | value;
            }
        }
        Ok(Self(digest))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_parsed_from_its_own_text() {
        let digest = Digest::of(b"");
        let text = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
        assert_eq!(format!("sha256:{}", digest.hex()), text);
    }

    #[test]
    fn text_with_path_components_is_not_a_digest() {
        let zeros = "0".repeat(64);
        let rejected = [
            zeros.clone(),
            format!("sha512:{zeros}{zeros}"),
            format!("sha256:{}", "../".repeat(21) + "x"),
            format!("sha256:{}", "0".repeat(63)),
            format!("sha256:{}", "A".repeat(64)),
            format!("sha256:{}é", "0".repeat(62)),
        ];
        for text in rejected {
            assert_eq!(text.parse::<Digest>(), Err(InvalidDigest), "{text}");
        }
    }
}

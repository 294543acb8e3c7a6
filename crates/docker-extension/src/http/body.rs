//! The content of a response; its headers say how it ends (RFC 9112, 6.3).

use std::io::{self, Read};

use super::head::Headers;

/// Reads the content of a response with these headers. `body` is the part that was already read.
///
/// # Errors
/// The stream fails, or the chunks are invalid.
pub fn read_body(
    stream: &mut impl Read,
    headers: &Headers,
    mut body: Vec<u8>,
) -> io::Result<Vec<u8>> {
    if headers.get("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        stream.read_to_end(&mut body)?;
        return join_chunks(&body).ok_or_else(|| io::ErrorKind::InvalidData.into());
    }
    match headers.get("content-length").and_then(|value| value.parse::<usize>().ok()) {
        Some(length) => {
            let missing = length.saturating_sub(body.len());
            stream.take(missing as u64).read_to_end(&mut body)?;
        }
        None => {
            stream.read_to_end(&mut body)?;
        }
    }
    Ok(body)
}

fn join_chunks(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((begin, size))) = httparse::parse_chunk_size(bytes)
        else {
            return None;
        };
        if size == 0 {
            return Some(joined);
        }
        let end = begin.checked_add(usize::try_from(size).ok()?)?;
        joined.extend_from_slice(bytes.get(begin..end)?);
        bytes = bytes.get(end..)?.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_and_other_content_is_unchanged() {
        assert_eq!(join_chunks(b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n").unwrap(), b"abcd");
        assert_eq!(join_chunks(b"3\r\nab"), None);
        assert_eq!(join_chunks(b"ffffffffffffffff\r\nab\r\n"), None);
    }
}

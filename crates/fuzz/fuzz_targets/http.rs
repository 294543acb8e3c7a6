//! Parses HTTP: responses to downloads, requests of browsers to the preview, and responses of the pages'
//! dev server and the Docker Engine.
#![no_main]

use docker_extension::internals::http::{
    RequestHead, ResponseHead, ResponseReader, read_body, read_head,
};
use fuzz::within;
use libfuzzer_sys::fuzz_target;

/// The head and the content of a response that arrives in pieces of this size.
fn response(bytes: &[u8], size: usize) -> Option<(Option<ResponseHead>, Vec<u8>)> {
    let mut reader = ResponseReader::default();
    let mut body = Vec::new();
    for piece in bytes.chunks(size) {
        body.extend(reader.push(piece).ok()?);
    }
    Some((reader.finish(), body))
}

fn read(bytes: &[u8]) {
    let whole = response(bytes, bytes.len().max(1));
    let size = bytes.first().map_or(1, |&byte| usize::from(byte) + 1);
    assert_eq!(response(bytes, size), whole, "the size of the pieces changes the result");
    if let Some((Some(head), body)) = whole {
        assert!(
            head.status >= 200 && bytes.ends_with(&body),
            "the response does not end with the content"
        );
    }

    let mut stream = bytes;
    let Ok((head, rest)) = read_head(&mut stream) else { return };
    assert_eq!([&head, &rest, stream].concat(), bytes, "bytes were lost");
    if let Some(request) = RequestHead::parse(&head) {
        assert!(request.path().starts_with('/') && request.target.starts_with(request.path()));
        let names: Vec<String> =
            request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let is_twice = |name| names.iter().filter(|other| *other == name).count() > 1;
        assert!(!names.iter().any(is_twice), "a header was accepted twice");
        let written = request.to_string();
        assert_eq!(RequestHead::parse(written.as_bytes()), Some(request), "the request changed");
    }
    if let Some(response) = ResponseHead::parse(&head)
        && let Ok(body) = read_body(&mut stream, &response.headers, rest)
    {
        assert!(body.len() <= bytes.len() - head.len(), "bytes were added");
    }
}

fuzz_target!(|bytes: &[u8]| within(1024 * 1024 + 16 * bytes.len(), || read(bytes)));

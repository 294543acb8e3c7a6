//! Reads HTTP: what servers answer to a download, what browsers ask the preview, and what the pages'
//! dev server and the Docker Engine answer it.
#![no_main]

use docker_extension::internals::http::{Head, HeadReader};
use docker_extension::internals::preview::http as preview;
use fuzz::within;
use libfuzzer_sys::fuzz_target;

/// The head and the body of what comes in pieces of this size.
fn answer(bytes: &[u8], size: usize) -> Option<(Option<Head>, Vec<u8>)> {
    let mut reader = HeadReader::default();
    let mut body = Vec::new();
    for piece in bytes.chunks(size) {
        body.extend(reader.push(piece).ok()?);
    }
    Some((reader.finish(), body))
}

fn read(bytes: &[u8]) {
    let whole = answer(bytes, bytes.len().max(1));
    let size = bytes.first().map_or(1, |&byte| usize::from(byte) + 1);
    assert_eq!(answer(bytes, size), whole, "how it comes in pieces means nothing");
    if let Some((Some(head), body)) = whole {
        assert!(head.status >= 200 && bytes.ends_with(&body), "the answer comes to its end");
    }

    let mut stream = bytes;
    let Ok((head, rest)) = preview::read_head(&mut stream) else { return };
    assert_eq!([&head, &rest, stream].concat(), bytes, "nothing is lost");
    if let Some(request) = preview::parse_request(&head) {
        assert!(request.path().starts_with('/') && request.target.starts_with(request.path()));
        let names: Vec<String> =
            request.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
        let is_twice = |name| names.iter().filter(|other| *other == name).count() > 1;
        assert!(!names.iter().any(is_twice), "a header has one meaning");
    }
    if let Some((_, headers)) = preview::parse_response(&head)
        && let Ok(body) = preview::read_response_body(&mut stream, &headers, rest)
    {
        assert!(body.len() <= bytes.len() - head.len(), "no byte is made up");
    }
}

fuzz_target!(|bytes: &[u8]| within(1024 * 1024 + 16 * bytes.len(), || read(bytes)));

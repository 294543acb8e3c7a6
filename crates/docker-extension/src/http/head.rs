//! The head of an answer: status and headers, cut off from the bytes that follow.

use super::Error;

/// No head of an honest server comes near it, in bytes.
const LARGEST: usize = 64 * 1024;

/// The head of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status, such as 200.
    pub status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// The values of a header, whatever the case of its name.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let is_wanted = move |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        self.headers.iter().filter(is_wanted).map(|(_, value)| value.as_str())
    }

    /// The first value of a header.
    pub fn value<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.values(name).next()
    }

    /// Reads status line and headers.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let status = lines.next()?.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        Some(Self { status, headers: headers.collect() })
    }
}

/// Cuts heads off a stream of bytes.
#[derive(Debug, Default)]
pub struct HeadReader {
    /// What may be the beginning of a head.
    bytes: Vec<u8>,
    head: Option<Head>,
}

impl HeadReader {
    /// Takes the next bytes, and gives back what of them belongs to the body.
    ///
    /// # Errors
    /// It is no HTTP.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        if self.head.is_some() {
            return Ok(bytes.to_owned());
        }
        self.bytes.extend(bytes);
        while self.head.is_none() {
            let Some(end) = end_of_head(&self.bytes) else {
                let is_too_large = self.bytes.len() > LARGEST;
                return if is_too_large { Err(Error::NotHttp) } else { Ok(Vec::new()) };
            };
            let body = self.bytes.split_off(end);
            let text = String::from_utf8_lossy(&self.bytes).into_owned();
            let head = Head::parse(&text).ok_or(Error::NotHttp)?;
            self.bytes = body;
            // "Go on" and the like come before the answer itself.
            if head.status >= 200 {
                self.head = Some(head);
            }
        }
        Ok(std::mem::take(&mut self.bytes))
    }

    /// The head, if it has come.
    pub fn finish(self) -> Option<Head> {
        self.head
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let ends: [&[u8]; 2] = [b"\r\n\r\n", b"\n\n"];
    let find = |end: &[u8]| Some(bytes.windows(end.len()).position(|it| it == end)? + end.len());
    ends.into_iter().filter_map(find).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/2 401 \r\nWWW-Authenticate: Bearer\r\n\
                            www-authenticate:  Basic \r\n\r\nbody\r\n\r\nmore";

    #[test]
    fn the_head_is_cut_off_whatever_the_pieces() {
        for size in 1..ANSWER.len() {
            let mut reader = HeadReader::default();
            let mut body = Vec::new();
            for piece in ANSWER.chunks(size) {
                body.extend(reader.push(piece).unwrap());
            }
            let head = reader.finish().unwrap();
            assert_eq!(head.status, 401);
            let values: Vec<_> = head.values("WWW-authenticate").collect();
            assert_eq!(values, ["Bearer", "Basic"]);
            assert_eq!(body, b"body\r\n\r\nmore");
        }
    }

    #[test]
    fn what_is_no_http_is_refused() {
        assert!(HeadReader::default().push(b"SSH-2.0-x\n\n").is_err());
        let mut endless = HeadReader::default();
        assert!((0..2_000).any(|_| endless.push(&[b'x'; 64]).is_err()));
    }
}

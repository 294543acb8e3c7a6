//! Texts that are in the place of the file that was meant: error pages that a download saved, and pointers of
//! Git LFS.

/// A text that stands in for another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandIn {
    Html,
    /// An XML document with an error, as object stores send it.
    XmlError,
    /// A JSON object with an error, as APIs and registries send it.
    JsonError,
    /// The text of an HTTP status, such as `404: Not Found`.
    HttpStatus,
    /// The pointer that Git LFS checks out if the file itself was not fetched.
    GitLfsPointer,
}

/// The bytes that are examined.
const BEGINNING: usize = 1024;

/// The maximum length in bytes of an error message without markup.
const LONGEST_STATUS: usize = 300;

/// `text` is without a byte order mark.
pub(super) fn recognize(text: &[u8]) -> Option<StandIn> {
    let beginning = text.get(..BEGINNING).unwrap_or(text);
    let beginning = String::from_utf8_lossy(beginning).to_ascii_lowercase();
    let beginning = beginning.trim_start();
    if beginning.starts_with("version https://git-lfs.github.com/spec/") {
        return Some(StandIn::GitLfsPointer);
    }
    if is_html(beginning) {
        return Some(StandIn::Html);
    }
    if beginning.starts_with('<') && is_xml_error(beginning) {
        return Some(StandIn::XmlError);
    }
    if beginning.starts_with('{') && is_json_error(beginning) {
        return Some(StandIn::JsonError);
    }
    (text.len() <= LONGEST_STATUS && is_http_status(beginning.trim_end()))
        .then_some(StandIn::HttpStatus)
}

/// The `a` is the whole answer of some servers that redirect.
fn is_html(text: &str) -> bool {
    const TAGS: [&str; 9] =
        ["html", "head", "body", "title", "meta", "center", "h1", "a href=", "!doctype html"];
    let mut rest = text;
    // An XML declaration and comments may come first.
    while rest.starts_with("<?xml") || rest.starts_with("<!--") {
        let end = if rest.starts_with("<?") { "?>" } else { "-->" };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    let Some(tag) = rest.strip_prefix('<') else { return false };
    TAGS.iter().any(|name| {
        tag.strip_prefix(name).is_some_and(|after| {
            name.ends_with('=') || after.starts_with(|c: char| !c.is_ascii_alphanumeric())
        })
    })
}

fn is_xml_error(text: &str) -> bool {
    ["<error", "<code>", "<message>", ":fault", "<fault"].iter().any(|tag| text.contains(tag))
}

fn is_json_error(text: &str) -> bool {
    const KEYS: [&str; 7] = [
        "\"message\"",
        "\"error\"",
        "\"errors\"",
        "\"status\"",
        "\"detail\"",
        "\"statuscode\"",
        "\"documentation_url\"",
    ];
    KEYS.iter().any(|key| text.contains(key))
}

/// Whether the text begins with the reason of an HTTP error or redirection, after an optional number.
fn is_http_status(text: &str) -> bool {
    const REASONS: [&str; 31] = [
        "access denied",
        "authentication required",
        "bad credentials",
        "bad gateway",
        "bad request",
        "file not found",
        "forbidden",
        "found",
        "found. redirecting",
        "gateway time-out",
        "gateway timeout",
        "gone",
        "internal server error",
        "default backend",
        "invalid request",
        "moved permanently",
        "no such",
        "not authorized",
        "not found",
        "page not found",
        "permission denied",
        "rate limit",
        "redirecting",
        "proxy authentication required",
        "repository not found",
        "request timeout",
        "resource not found",
        "service unavailable",
        "temporarily unavailable",
        "too many requests",
        "unauthorized",
    ];
    let text = text.strip_prefix("error").unwrap_or(text);
    let text = text.trim_start_matches([' ', ':', '-']);
    let text = text.strip_prefix("http").map_or(text, |rest| {
        rest.trim_start_matches(|c: char| "/. :".contains(c) || c.is_ascii_digit())
    });
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let reason = text.get(digits..).unwrap_or_default();
    let reason = reason.trim_start_matches([' ', ':', '-', '|', '.']);
    let is_status = digits == 3 && text.starts_with(['3', '4', '5']);
    let is_reason = |known: &str| {
        let rest = reason.strip_prefix(known);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '='))
    };
    is_status && reason.is_empty() || REASONS.iter().any(|known| is_reason(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<StandIn> {
        recognize(text.as_bytes())
    }

    #[test]
    fn pages_and_messages_of_servers_are_recognized() {
        for page in [
            "<!DOCTYPE html>\n<title>404</title>",
            "\n  <html><body>",
            "<?xml version='1.0'?>\n<!-- x --><!DOCTYPE html PUBLIC>",
            "<a href=\"https://cdn.example/tool\">Found</a>.",
        ] {
            assert_eq!(of(page), Some(StandIn::Html), "{page}");
        }
        for xml in [
            "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>",
            "<Error><Message>x</Message></Error>",
        ] {
            assert_eq!(of(xml), Some(StandIn::XmlError), "{xml}");
        }
        for json in ["{\"message\": \"Not Found\"}", "{\n \"errors\" : [ { \"status\" : 404 } ]}"] {
            assert_eq!(of(json), Some(StandIn::JsonError), "{json}");
        }
        for status in [
            "Not Found",
            "404: Not Found\n",
            "404 page not found\n",
            "403",
            "HTTP 502 Bad Gateway",
            "Error 404 - Not Found",
            "Access denied. Please sign in.",
            "Found. Redirecting to https://cdn.example/tool",
        ] {
            assert_eq!(of(status), Some(StandIn::HttpStatus), "{status}");
        }
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert_eq!(of(pointer), Some(StandIn::GitLfsPointer));
    }

    #[test]
    fn scripts_and_data_are_not_recognized() {
        for text in [
            "",
            "#!/bin/sh\necho 404 not found\n",
            "@echo off\r\n",
            "key=value\n",
            "{\"name\": \"tool\"}",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            "<header>x</header>",
            "12345",
            "404 files were copied",
            "foundation",
            "found=1",
            "1.2.3\n",
            "error.log.path=/tmp\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}

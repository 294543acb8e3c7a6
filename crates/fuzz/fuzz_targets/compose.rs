//! Validates compose files, and replaces variables in texts.
#![no_main]

use docker_extension::internals::compose::expand;
use docker_extension::internals::validate::compose::{ComposeText, check};
use docker_extension::internals::validate::finding::At;
use fuzz::within;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = ComposeText { bytes, shown: "compose.yaml", path: "/app/compose.yaml" };
    let is_in_image = |path: &str| {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        assert!(!parts.iter().any(|part| [".", ".."].contains(part)), "{path:?} leaves the root");
        path.len() % 2 == 0
    };
    let problems = within(16 * 1024 * 1024 + 1024 * bytes.len(), || check(&text, &is_in_image));
    let lines = bytes.iter().filter(|&&byte| byte == b'\n' || byte == b'\r').count() + 1;
    for problem in &problems {
        let At::FileText { line, column, .. } = &problem.at else { panic!("{problem:?}") };
        assert!(
            (1..=lines + 1).contains(line) && *column >= 1,
            "{line}:{column} is not in the text"
        );
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let found = within(1024 * 1024 + 64 * bytes.len(), || expand(text));
    if !text.contains('$') {
        assert_eq!(found.value.as_deref(), Some(text), "a text without variables changes");
    }
});

//! Parses `metadata.json`: any bytes, and JSON with the keys of extensions.
#![no_main]

use docker_extension::internals::validate::finding::At;
use docker_extension::internals::validate::metadata;
use docker_extension::internals::validate::source::ExtensionSources;
use fuzz::json::Json;
use fuzz::within;
use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn read(bytes: &[u8]) {
    let (declared, problems) =
        within(2 * 1024 * 1024 + 256 * bytes.len(), || metadata::read(bytes));
    let value = serde_json::from_slice::<Value>(bytes).ok();
    assert_eq!(declared.is_some(), value.is_some(), "JSON is read");
    let is_sound = !problems.iter().any(|it| it.rule.id == "metadata-duplicate-key");
    let sources = str::from_utf8(bytes).map_or(ExtensionSources::Unknown, |text| {
        ExtensionSources::Metadata { file: "metadata.json".to_owned(), text: text.to_owned() }
    });
    let lines = 1 + bytes.iter().filter(|&&byte| byte == b'\n').count();
    for problem in &problems {
        let line = sources.locate(problem.rule, &problem.at).and_then(|location| location.line);
        assert!(line.is_none_or(|line| (1..=lines).contains(&line)), "{problem:?}: {line:?}");
        match (&problem.at, &value) {
            (At::Metadata(pointer), Some(value)) if is_sound => {
                assert!(value.pointer(pointer).is_some(), "{pointer:?} does not point to a value");
            }
            (At::Metadata(_), Some(_)) => {}
            (&At::MetadataText { line, column }, None) => {
                let text = bytes.split(|&byte| byte == b'\n').nth(line - 1);
                let length = text.map_or(0, <[u8]>::len);
                assert!((1..=length + 1).contains(&column), "{line}:{column} is not in the text");
            }
            _ => panic!("{problem:?}"),
        }
    }
    let Some(declared) = declared else { return };
    let pages = declared.tabs.iter().flat_map(|tab| tab.src.iter().chain([&tab.root]));
    let binaries = declared.binaries.iter().map(|binary| &binary.path);
    let paths = declared.icon.iter().chain(&declared.compose_file).chain(pages).chain(binaries);
    for path in paths {
        let parts: Vec<&str> = path.as_str().split('/').collect();
        assert_eq!(parts[0], "", "{path:?} does not start at the root");
        assert!(
            parts[1..].iter().all(|part| !["", ".", ".."].contains(part)),
            "{path:?} leaves the root"
        );
    }
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Ok(json) = Json::arbitrary_take_rest(Unstructured::new(bytes)) {
        read(json.text().as_bytes());
    }
});

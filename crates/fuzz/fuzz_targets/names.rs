//! Parses the names in images and from servers: web addresses, references, image names, and paths.
#![no_main]

use docker_extension::internals::binaries::ListedFiles;
use docker_extension::internals::http::{Address, is_local};
use docker_extension::internals::oci::Digest;
use docker_extension::internals::oci::{ImageName, Reference};
use docker_extension::internals::platform::Os;
use fuzz::within;
use libfuzzer_sys::fuzz_target;

fn check_address(base: &str, reference: &str) {
    let Ok(base) = base.parse::<Address>() else { return };
    assert_eq!(base.to_string().parse().as_ref(), Ok(&base), "it is not parsed from its own text");
    let authority = base.authority();
    assert!(!authority.is_empty() && !authority.contains(['/', '\\', '?', '#', '@', ' ']));
    assert_eq!(base.is_local(), is_local(authority));
    let Ok(joined) = base.join(reference) else { return };
    assert_eq!(
        joined.to_string().parse().as_ref(),
        Ok(&joined),
        "it is not parsed from its own text"
    );
    let may_leave = reference.contains(':') || reference.starts_with("//");
    assert!(may_leave || joined.is_same_origin(&base), "a path leads to another server");
    let value = base.clone().with_parameter("a", reference);
    assert!(value.is_same_origin(&base), "a parameter changes the origin");
    assert_eq!(value.to_string().parse(), Ok(value), "it is not parsed from its own text");
}

fn check_reference(text: &str) {
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
    }
    let Ok(reference) = text.parse::<Reference>() else { return };
    assert_eq!(reference.to_string(), text, "a part of the text was lost");
    let name = reference.name.full_name();
    if let Ok(full) = name.parse::<ImageName>() {
        assert_eq!(full.full_name(), name, "a full name was changed");
    } else {
        assert!(name.len() > 255, "`{name}` was rejected, but is not too long");
    }
}

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    check_address(first, second);
    check_reference(first);
    // The CPUs in paths.
    for os in Os::ALL {
        within(64 * 1024 + 256 * text.len(), || ListedFiles::new(os, text.lines()));
    }
});

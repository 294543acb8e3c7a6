//! Reads host binaries: any bytes, and programs of each format with arbitrary tables. The results are
//! validated for every platform.
#![no_main]

use docker_extension::internals::binaries::{Listed, ListedFiles, Promise, judge};
use docker_extension::internals::inspect::{self, BinaryFormat, InspectedFile, Native, Signature};
use docker_extension::internals::platform::HostPlatform;
use docker_extension::internals::project::config::MacOsVersion;
use docker_extension::internals::rules::Severity;
use fuzz::program::{Program, Signed};
use fuzz::within;
use libfuzzer_sys::arbitrary::{Arbitrary, Unstructured};
use libfuzzer_sys::fuzz_target;

/// The rules that mean that the machine doesn't start the program at all.
const FATAL: [&str; 4] = ["binary-format", "binary-damaged", "binary-cpu", "binary-kind"];

fn read(bytes: &[u8]) -> InspectedFile {
    let contents = within(8 * 1024 * 1024 + 8 * bytes.len(), || inspect::read(bytes));
    if let InspectedFile::Binary(slices) = &contents {
        let is_universal = slices.iter().all(|slice| slice.format() == BinaryFormat::MachO);
        assert!(
            slices.len() == 1 || slices.len() > 1 && is_universal,
            "slices without a universal file"
        );
    }
    for platform in HostPlatform::ALL {
        let files = ListedFiles::new(platform.os, ["/a", "/a-arm64", "/b.dll", "/libc.so.6"]);
        let path = if platform.os == docker_extension::internals::platform::Os::Windows {
            "/a.exe"
        } else {
            "/a"
        };
        let listed = Listed {
            os: platform.os,
            image: platform.arch,
            path,
            mode: Some(0o755),
            files: &files,
            promise: None,
        };
        let breaches = within(8 * 1024 * 1024 + 8 * bytes.len(), || judge(listed, &contents));
        let promise = Some(Promise { minimum_macos: MacOsVersion::DEFAULT });
        let built = judge(Listed { promise, ..listed }, &contents);
        if built.iter().all(|breach| breach.rule.severity != Severity::Error) {
            let is_fatal = breaches.iter().find(|breach| FATAL.contains(&breach.rule.id));
            assert_eq!(is_fatal, None, "`dist` accepts a program that `validate` rejects");
        }
    }
    contents
}

fn read_signed(signed: &Signed<'_>) {
    let (bytes, is_sound) = signed.bytes();
    let contents = read(&bytes);
    let Some(Native::MachO(native)) = contents.slice().map(|slice| &slice.native) else { return };
    // The segments are arbitrary, so `__LINKEDIT` may end anywhere.
    let is_valid = matches!(native.signature, Signature::Valid | Signature::Trailed);
    assert_eq!(is_valid, is_sound, "{}", native.signature);
}

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if let Ok(program) = Program::arbitrary_take_rest(Unstructured::new(bytes)) {
        read(&program.bytes());
    }
    if let Ok(signed) = Signed::arbitrary_take_rest(Unstructured::new(bytes)) {
        read_signed(&signed);
    }
});

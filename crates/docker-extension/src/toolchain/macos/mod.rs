//! Replaces Apple's SDK when `rust-lld` links for macOS: a directory of text-based stubs, which only
//! list the symbols of each system library.
//!
//! `data/macos` has one list of symbols per library. The maintainer tool `macos-symbols` reads most of
//! them from the crates that declare them. They contain nothing from Apple.

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::cache;
use crate::files;
use crate::progress::Progress;
use crate::text;

mod list;
mod stub;

pub use list::{FROM_CRATES, SymbolList};
use stub::Stub;

/// The text of each list, by the name of its library.
const LISTS: &[(&str, &str)] = &[
    ("AppKit", include_str!("../../../data/macos/AppKit.txt")),
    ("ApplicationServices", include_str!("../../../data/macos/ApplicationServices.txt")),
    ("AudioToolbox", include_str!("../../../data/macos/AudioToolbox.txt")),
    ("AudioUnit", include_str!("../../../data/macos/AudioUnit.txt")),
    ("AuthenticationServices", include_str!("../../../data/macos/AuthenticationServices.txt")),
    ("CFNetwork", include_str!("../../../data/macos/CFNetwork.txt")),
    ("Carbon", include_str!("../../../data/macos/Carbon.txt")),
    ("Cocoa", include_str!("../../../data/macos/Cocoa.txt")),
    ("CoreAudio", include_str!("../../../data/macos/CoreAudio.txt")),
    ("CoreBluetooth", include_str!("../../../data/macos/CoreBluetooth.txt")),
    ("CoreData", include_str!("../../../data/macos/CoreData.txt")),
    ("CoreFoundation", include_str!("../../../data/macos/CoreFoundation.txt")),
    ("CoreGraphics", include_str!("../../../data/macos/CoreGraphics.txt")),
    ("CoreImage", include_str!("../../../data/macos/CoreImage.txt")),
    ("CoreLocation", include_str!("../../../data/macos/CoreLocation.txt")),
    ("CoreServices", include_str!("../../../data/macos/CoreServices.txt")),
    ("CoreText", include_str!("../../../data/macos/CoreText.txt")),
    ("CoreVideo", include_str!("../../../data/macos/CoreVideo.txt")),
    ("CoreWLAN", include_str!("../../../data/macos/CoreWLAN.txt")),
    ("DiskArbitration", include_str!("../../../data/macos/DiskArbitration.txt")),
    ("Foundation", include_str!("../../../data/macos/Foundation.txt")),
    ("IOKit", include_str!("../../../data/macos/IOKit.txt")),
    ("IOSurface", include_str!("../../../data/macos/IOSurface.txt")),
    ("ImageIO", include_str!("../../../data/macos/ImageIO.txt")),
    ("LocalAuthentication", include_str!("../../../data/macos/LocalAuthentication.txt")),
    ("Metal", include_str!("../../../data/macos/Metal.txt")),
    ("OpenDirectory", include_str!("../../../data/macos/OpenDirectory.txt")),
    ("QuartzCore", include_str!("../../../data/macos/QuartzCore.txt")),
    ("Security", include_str!("../../../data/macos/Security.txt")),
    ("ServiceManagement", include_str!("../../../data/macos/ServiceManagement.txt")),
    ("System", include_str!("../../../data/macos/System.txt")),
    ("SystemConfiguration", include_str!("../../../data/macos/SystemConfiguration.txt")),
    ("UniformTypeIdentifiers", include_str!("../../../data/macos/UniformTypeIdentifiers.txt")),
    ("UserNotifications", include_str!("../../../data/macos/UserNotifications.txt")),
    ("WebKit", include_str!("../../../data/macos/WebKit.txt")),
    ("iconv", include_str!("../../../data/macos/iconv.txt")),
    ("objc", include_str!("../../../data/macos/objc.txt")),
    ("resolv", include_str!("../../../data/macos/resolv.txt")),
    ("z", include_str!("../../../data/macos/z.txt")),
];

pub fn lists() -> impl Iterator<Item = SymbolList> {
    LISTS.iter().map(|(name, text)| SymbolList::parse(name, text))
}

/// The directory for `SDKROOT`, written if it is not in the cache. Its name contains a hash of its
/// content, so that versions of xtask don't share it.
///
/// # Errors
/// The cache directory can't be used.
pub fn sdk(progress: &Progress) -> files::Result<Utf8PathBuf> {
    let stubs: Vec<Stub> = lists().flat_map(|list| list.stubs()).collect();
    let directory = cache::directory()?.join(format!("macos-stubs-{}", name_of(&stubs)));
    cache::once(&directory, progress, |directory| write(&stubs, directory))?;
    Ok(directory)
}

fn name_of(stubs: &[Stub]) -> String {
    let mut hasher = Sha256::new();
    for stub in stubs {
        hasher.update(stub.path.as_str());
        hasher.update(&stub.text);
    }
    text::hex(&hasher.finalize()[..8])
}

fn write(stubs: &[Stub], directory: &Utf8Path) -> files::Result<()> {
    for stub in stubs {
        let path = directory.join(&stub.path);
        files::create_dir(path.parent().unwrap_or(directory))?;
        files::write(&path, &stub.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_in_the_data_directory_is_used() {
        let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("data/macos");
        let files: Vec<String> = files::entries(&directory)
            .unwrap()
            .iter()
            .filter_map(|entry| entry.file_name().strip_suffix(".txt").map(str::to_owned))
            .filter(|name| name != "crates")
            .collect();
        let used: Vec<&str> = LISTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, used);
    }

    #[test]
    fn every_library_has_a_valid_install_name_and_version() {
        for list in lists() {
            let name = &list.name;
            let is_framework = list.install_name.starts_with("/System/Library/Frameworks/")
                && list.install_name.ends_with(&format!("/{name}"));
            let is_library = list.install_name.starts_with(&format!("/usr/lib/lib{name}."));
            assert!(is_framework || is_library, "{name}: {}", list.install_name);
            let numbers = list.compatibility_version.split('.');
            assert_eq!(numbers.filter(|number| number.parse::<u16>().is_ok()).count(), 3, "{name}");
        }
    }

    #[test]
    fn no_symbol_is_in_two_libraries() {
        let mut seen = std::collections::BTreeMap::new();
        for list in lists() {
            for symbol in list.symbols {
                let earlier = seen.insert(symbol.name.clone(), list.name.clone());
                assert_eq!(earlier, None, "{} is in {} too", symbol.name, list.name);
            }
        }
    }

    #[test]
    fn symbols_that_rust_needs_are_listed() {
        let system = lists().find(|list| list.name == "System").unwrap();
        let only = |name: &str| system.symbols.iter().find(|s| s.name == name).map(|s| s.only);
        assert_eq!(only("_pthread_create"), Some(None));
        assert_eq!(only("dyld_stub_binder"), Some(None));
        assert_eq!(only("___bzero"), Some(Some("x86_64")));
        assert_eq!(only("_stat$INODE64"), Some(Some("x86_64")));
        assert_eq!(only("_no_such_function"), None);
    }
}

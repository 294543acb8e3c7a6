//! The symbols of macOS's system libraries, as far as they are known. `data/macos` has one list per
//! library; the maintainer tool `macos-symbols` writes them. They contain nothing from Apple.

use crate::project::added_symbols::{AddedLibrary, AddedSymbols};

mod list;
mod proof;

pub use list::{CLASS, CPUS, GENERATED, METACLASS, Symbol, SymbolList, version};
pub use proof::ImportProof;

macro_rules! lists {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../data/macos/", $name, ".txt")))),*]
    };
}

/// The text of each list, by the name of its library.
pub const TEXTS: &[(&str, &str)] = lists!(
    "AVFAudio" "AVFoundation" "AVKit" "AVRouting" "Accelerate" "Accessibility" "Accounts"
    "AdServices" "AdSupport" "AppKit" "AppTrackingTransparency" "ApplicationServices"
    "AudioToolbox" "AudioUnit" "AuthenticationServices" "AutomaticAssessmentConfiguration"
    "Automator" "BackgroundAssets" "BusinessChat" "CFNetwork" "CallKit" "Carbon" "Cinematic"
    "ClassKit" "CloudKit" "Cocoa" "Collaboration" "ColorSync" "Contacts" "ContactsUI" "CoreAudio"
    "CoreAudioKit" "CoreAudioTypes" "CoreBluetooth" "CoreData" "CoreFoundation" "CoreGraphics"
    "CoreHaptics" "CoreImage" "CoreLocation" "CoreMIDI" "CoreML" "CoreMedia" "CoreMediaIO"
    "CoreMotion" "CoreServices" "CoreSpotlight" "CoreTelephony" "CoreText" "CoreVideo" "CoreWLAN"
    "CryptoTokenKit" "DataDetection" "DeviceCheck" "DeviceDiscoveryExtension" "DiskArbitration"
    "EventKit" "ExceptionHandling" "ExecutionPolicy" "ExtensionKit" "ExternalAccessory" "FSKit"
    "FileProvider" "FileProviderUI" "FinderSync" "Foundation" "GLKit" "GSS" "GameController"
    "GameKit" "GameplayKit" "HealthKit" "IOBluetooth" "IOBluetoothUI" "IOKit" "IOSurface"
    "IOUSBHost" "IdentityLookup" "ImageCaptureCore" "ImageIO" "InputMethodKit" "Intents"
    "IntentsUI" "JavaScriptCore" "LatentSemanticMapping" "LinkPresentation" "LocalAuthentication"
    "LocalAuthenticationEmbeddedUI" "MLCompute" "MailKit" "MapKit" "MediaAccessibility"
    "MediaExtension" "MediaPlayer" "MediaToolbox" "Metal" "MetalFX" "MetalKit"
    "MetalPerformanceShaders" "MetalPerformanceShadersGraph" "MetricKit" "ModelIO"
    "MultipeerConnectivity" "NaturalLanguage" "NearbyInteraction" "Network" "NetworkExtension"
    "NotificationCenter" "OSAKit" "OSLog" "OpenDirectory" "OpenGL" "PDFKit" "PHASE"
    "ParavirtualizedGraphics" "PassKit" "PencilKit" "Photos" "PhotosUI" "PreferencePanes"
    "PushKit" "Quartz" "QuartzCore" "QuickLook" "QuickLookThumbnailing" "QuickLookUI" "ReplayKit"
    "SafariServices" "SafetyKit" "SceneKit" "ScreenCaptureKit" "ScreenSaver" "ScreenTime"
    "ScriptingBridge" "Security" "SecurityFoundation" "SecurityInterface"
    "SensitiveContentAnalysis" "ServiceManagement" "SharedWithYou" "SharedWithYouCore" "ShazamKit"
    "Social" "SoundAnalysis" "Speech" "SpriteKit" "StoreKit" "Symbols" "System"
    "SystemConfiguration" "SystemExtensions" "ThreadNetwork" "UniformTypeIdentifiers"
    "UserNotifications" "UserNotificationsUI" "VideoSubscriberAccount" "VideoToolbox"
    "Virtualization" "Vision" "WebKit" "bz2" "c++" "charset" "cups" "curl" "ffi" "iTunesLibrary" "iconv"
    "icucore" "lzma" "objc" "pcap" "resolv" "sqlite3" "xml2" "z"
);

/// All lists.
pub fn lists() -> impl Iterator<Item = SymbolList> {
    TEXTS.iter().map(|(name, text)| SymbolList::parse(name, text))
}

/// All lists, with the symbols that a project adds.
pub fn with(added: &AddedSymbols) -> Vec<SymbolList> {
    let mut lists: Vec<SymbolList> = lists().collect();
    for (library, symbols) in added {
        let known = lists.iter().position(|list| match library {
            AddedLibrary::Named(name) => list.is_called(name),
            AddedLibrary::Installed { path, .. } => list.install_name == *path,
        });
        let list = match known {
            Some(index) => &mut lists[index],
            None => {
                lists.push(new_list(library));
                let Some(list) = lists.last_mut() else { continue };
                list
            }
        };
        let missing: Vec<&String> =
            symbols.iter().filter(|symbol| list.symbol(symbol).is_none()).collect();
        list.symbols.extend(
            missing.into_iter().map(|name| Symbol { name: name.clone(), ..Symbol::default() }),
        );
    }
    lists
}

/// A library that only the project knows. Most frameworks have one version, A.
fn new_list(library: &AddedLibrary) -> SymbolList {
    let (name, install_name) = match library {
        AddedLibrary::Named(name) => {
            let path = format!("/System/Library/Frameworks/{name}.framework/Versions/A/{name}");
            (name.clone(), path)
        }
        AddedLibrary::Installed { path, name } => (name.clone(), path.clone()),
    };
    // Every library is compatible with the lowest version.
    SymbolList {
        name,
        install_name,
        compatibility_version: "1.0.0".to_owned(),
        ..SymbolList::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use camino::Utf8Path;

    use super::*;
    use crate::files;

    #[test]
    fn every_list_in_the_data_directory_is_used() {
        let directory = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("data/macos");
        let files: Vec<String> = files::entries(&directory)
            .unwrap()
            .iter()
            .filter_map(|entry| entry.file_name().strip_suffix(".txt").map(str::to_owned))
            .collect();
        let used: Vec<&str> = TEXTS.iter().map(|(name, _)| *name).collect();
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
    fn libraries_re_export_other_libraries_and_never_themselves() {
        let lists: BTreeMap<String, SymbolList> =
            lists().map(|list| (list.name.clone(), list)).collect();
        for name in lists.keys() {
            let mut waiting: Vec<&String> = lists[name].re_exports.iter().collect();
            let mut seen = BTreeSet::new();
            while let Some(next) = waiting.pop() {
                assert_ne!(next, name, "{seen:?}");
                if seen.insert(next) {
                    waiting.extend(&lists[next].re_exports);
                }
            }
        }
        assert_eq!(lists["Cocoa"].re_exports, ["AppKit", "CoreData"]);
    }

    #[test]
    fn no_symbol_is_in_two_libraries() {
        let mut seen = BTreeMap::new();
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
        let only = |name: &str| system.symbol(name).map(|symbol| symbol.only);
        assert_eq!(only("_pthread_create"), Some(None));
        assert_eq!(only("dyld_stub_binder"), Some(None));
        assert_eq!(only("_stat$INODE64"), Some(Some("x86_64")));
        assert_eq!(only("_no_such_function"), None);
    }

    #[test]
    fn libsystem_is_complete() {
        let system = lists().find(|list| list.name == "System").unwrap();
        assert!(system.symbols.len() > 9500, "{}", system.symbols.len());
        for name in [
            "_clock_gettime_nsec_np",
            "_acl_get_file",
            "___ulock_wait",
            "_sigsetjmp",
            "___memcpy_chk",
            "___sprintf_chk",
            "_fopen$DARWIN_EXTSN",
            "_read$NOCANCEL",
            "__Unwind_RaiseException",
            "_isatty",
            "___stdoutp",
            "__DefaultRuneLocale",
            "_OBJC_CLASS_$_OS_dispatch_queue",
        ] {
            assert!(system.symbol(name).is_some(), "{name}");
        }
        let since = |name: &str| system.symbol(name).unwrap().since;
        assert_eq!(since("_preadv"), version("11.0"));
        assert_eq!(since("_read"), None);
    }

    #[test]
    fn a_class_is_in_the_library_that_defines_it() {
        let lists: Vec<SymbolList> = lists().collect();
        for (class, library) in [
            ("NSObject", "objc"),
            ("NSArray", "CoreFoundation"),
            ("NSString", "Foundation"),
            ("NSWindow", "AppKit"),
            ("CALayer", "QuartzCore"),
            ("CKContainer", "CloudKit"),
            ("LPMetadataProvider", "LinkPresentation"),
        ] {
            for prefix in [CLASS, METACLASS] {
                let name = format!("{prefix}{class}");
                let list = lists.iter().find(|list| list.symbol(&name).is_some());
                assert_eq!(list.map(|list| list.name.as_str()), Some(library), "{name}");
            }
        }
    }

    #[test]
    fn a_project_adds_symbols_and_libraries() {
        let named = |name: &str| AddedLibrary::Named(name.to_owned());
        let compression = AddedLibrary::Installed {
            path: "/usr/lib/libcompression.dylib".to_owned(),
            name: "compression".to_owned(),
        };
        let symbols = |symbols: &[&str]| symbols.iter().map(|it| (*it).to_owned()).collect();
        let added = [
            (named("Security"), symbols(&["_SecNew", "_SecRandomCopyBytes"])),
            (named("NewKit"), symbols(&["_NKStart"])),
            (named("m"), symbols(&["_newmath"])),
            (compression, symbols(&["_compression_encode_buffer"])),
        ];
        let (before, after) = (lists().count(), with(&added.into()));
        assert_eq!(after.len(), before + 2);
        let list = |name: &str| after.iter().find(|list| list.name == name).unwrap();
        let count = |name: &str| {
            list("Security").symbols.iter().filter(|symbol| symbol.name == name).count()
        };
        assert_eq!((count("_SecNew"), count("_SecRandomCopyBytes")), (1, 1));
        assert!(list("System").symbol("_newmath").is_some());
        let kit = list("NewKit");
        assert_eq!(
            kit.install_name,
            "/System/Library/Frameworks/NewKit.framework/Versions/A/NewKit"
        );
        assert!(kit.is_framework() && kit.symbol("_NKStart").is_some());
        assert!(!list("compression").is_framework());
    }
}

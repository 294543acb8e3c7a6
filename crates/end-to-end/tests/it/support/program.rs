//! The libraries and symbols that a linked program needs, and the requirements for every program.

use std::collections::BTreeSet;

use docker_extension::internals::inspect::{self, Native, Signature};
use object::macho::{self, MachHeader64};
use object::pe::{self, ImageNtHeaders64};
use object::read::macho::{MachHeader as _, Segment as _};
use object::read::pe::{ImageNtHeaders as _, ImageOptionalHeader as _, PeFile64};
use object::{Endianness, NameOrOrdinal, Object as _};

/// The imported symbols of a program, each as `library: name`.
pub fn imports(program: &[u8]) -> BTreeSet<String> {
    let file = object::File::parse(program).unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let imports = file.imports().unwrap().map(|import| {
        let import = import.unwrap();
        let name = match import.name() {
            NameOrOrdinal::Name(name) => text(name),
            NameOrOrdinal::Ordinal(number) => number.to_string(),
        };
        format!("{}: {name}", text(import.library()))
    });
    imports.collect()
}

/// The imported symbols of a program for macOS, without those that depend on the linker: lazy binding, and
/// functions that zig links statically.
pub fn bound(program: &[u8]) -> BTreeSet<String> {
    const OWN: [&str; 7] =
        ["dyld_stub_binder", "_bcmp", "_memcmp", "_memcpy", "_memmove", "_memset", "_strlen"];
    let mut bound = imports(program);
    bound.retain(|import| !OWN.iter().any(|name| import.ends_with(&format!(": {name}"))));
    bound
}

/// The libraries that a program loads.
pub fn libraries(program: &[u8]) -> BTreeSet<String> {
    imports(program).iter().map(|import| import.split(": ").next().unwrap().to_owned()).collect()
}

/// The host platform of a program.
pub fn platform(program: &[u8]) -> String {
    inspect::read(program).slice().unwrap().platform().unwrap().to_string()
}

/// Asserts the requirements for every program for macOS.
pub fn assert_fit_for_macos(program: &[u8], platform: &str) {
    let contents = inspect::read(program);
    let slice = contents.slice().unwrap();
    assert_eq!(slice.platform().unwrap().to_string(), platform);
    let Native::MachO(native) = &slice.native else { panic!("{platform}: not a Mach-O file") };
    assert_eq!(native.minimum_macos.unwrap().to_string(), "11.0", "{platform}");
    if platform == "darwin-arm64" {
        assert_eq!(native.signature, Signature::Valid);
    }
    let header = MachHeader64::<Endianness>::parse(program, 0).unwrap();
    let endian = header.endian().unwrap();
    assert!(header.flags(endian).0 & macho::MH_PIE.0 != 0, "{platform}: no PIE");
    let mut commands = header.load_commands(endian, program, 0).unwrap();
    while let Some(command) = commands.next().unwrap() {
        if let Some((segment, _)) = command.segment_64().unwrap() {
            let protection = segment.initprot.get(endian).0;
            let both = macho::VM_PROT_WRITE.0 | macho::VM_PROT_EXECUTE.0;
            assert_ne!(protection & both, both, "{:?}", segment.name());
        }
    }
    let is_apples = |library: &String| {
        library.starts_with("/usr/lib/") || library.starts_with("/System/Library/Frameworks/")
    };
    assert!(libraries(program).iter().all(is_apples), "{:?}", libraries(program));
}

/// Asserts the requirements for every program for Windows.
pub fn assert_fit_for_windows(program: &[u8]) {
    assert_eq!(platform(program), "windows-amd64");
    let file = PeFile64::parse(program).unwrap();
    let headers: &ImageNtHeaders64 = file.nt_headers();
    let optional = headers.optional_header();
    assert_eq!(optional.subsystem(), pe::IMAGE_SUBSYSTEM_WINDOWS_CUI);
    let wanted = pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE.0
        | pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT.0
        | pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA.0;
    assert_eq!(optional.dll_characteristics().0 & wanted, wanted);
    assert!(file.data_directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC).is_some());
    let both = pe::IMAGE_SCN_MEM_WRITE.0 | pe::IMAGE_SCN_MEM_EXECUTE.0;
    for section in file.section_table().iter() {
        let characteristics = section.characteristics.get(object::LittleEndian).0;
        assert_ne!(characteristics & both, both, "{:?}", section.name);
    }
    // No library of a C compiler, which users do not have.
    let foreign = |library: &String| library.starts_with("lib");
    assert!(!libraries(program).iter().any(foreign), "{:?}", libraries(program));
}

/// Asserts that `rust-lld` wrote no time into a program for Windows. zig's linker writes a hash instead.
pub fn assert_without_time(program: &[u8]) {
    let file = PeFile64::parse(program).unwrap();
    let headers: &ImageNtHeaders64 = file.nt_headers();
    assert_eq!(headers.file_header().time_date_stamp.get(object::LittleEndian), 0);
}

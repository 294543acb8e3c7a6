//! Real programs with overwritten or missing parts: reading them is harmless, and programs that cannot run
//! are reported. `PROPTEST_CASES` is the number of tested programs.
//!
//! This is a separate test binary, because it measures the memory of the whole process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "it/support/mod.rs"]
mod support;

use std::fs;
use std::ops::Range;
use std::sync::LazyLock;

use docker_extension::internals::binaries::{Listed, ListedFiles, judge};
use docker_extension::internals::inspect::{self, InspectedFile, Native, Signature};
use docker_extension::internals::platform::{Arch, HostPlatform, Os};
use object::pe::IMAGE_DIRECTORY_ENTRY_IMPORT;
use object::read::pe::PeFile64;
use object::{LittleEndian, Object as _, ObjectSection as _, ObjectSegment as _};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use support::{Extension, host_binary, linked_by_lld, list, universal};

struct Program {
    platform: HostPlatform,
    bytes: Vec<u8>,
    /// The parts that are read: headers, tables and names.
    read: Vec<Range<usize>>,
    /// The magic numbers. Without them nothing else is read.
    magic: Vec<Range<usize>>,
    /// The number of bytes that the system loads.
    loaded: usize,
    /// The bytes with signed hashes.
    signed: Range<usize>,
}

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    let platforms = linked_by_lld();
    let extension = Extension::new();
    extension.dist(&["--linker", "lld", "--platform", &list(&platforms)]);
    let built = |platform: HostPlatform| {
        fs::read(host_binary(&extension.path("dist"), platform, "tool")).unwrap()
    };
    let thin = platforms.iter().map(|platform| Program::new(*platform, built(*platform)));
    let [amd64, arm64] = [Arch::Amd64, Arch::Arm64].map(|arch| HostPlatform::new(Os::Darwin, arch));
    let universal = Program::new(arm64, universal::join(&built(amd64), &built(arm64)));
    // This one has an interpreter and versioned libraries.
    let arch = if cfg!(target_arch = "x86_64") { Arch::Amd64 } else { Arch::Arm64 };
    let dynamic = Program::new(HostPlatform::new(Os::Linux, arch), fs::read("/bin/ls").unwrap());
    thin.chain([universal, dynamic]).collect()
});

fn places(bytes: &[u8], magic: [u8; 4]) -> impl Iterator<Item = usize> {
    let windows = bytes.windows(4).enumerate();
    windows.filter(move |(_, window)| *window == magic).map(|(place, _)| place)
}

impl Program {
    fn new(platform: HostPlatform, bytes: Vec<u8>) -> Self {
        let mut read = vec![0..1024, bytes.len() - 2048..bytes.len()];
        let first = 0..8;
        let mut magic = vec![first];
        let mut signed = 0..0;
        // For each slice. The last one is for Apple silicon.
        for start in places(&bytes, [0xcf, 0xfa, 0xed, 0xfe]) {
            read.push(start..start + 2048);
            magic.push(start..start + 4);
            let signature = places(&bytes, [0xfa, 0xde, 0x0c, 0xc0]).last();
            signed = signature.map_or(0..0, |signature| start..signature);
        }
        let mut loaded = bytes.len();
        if let Ok(file) = object::File::parse(&*bytes) {
            let ranges = file.segments().map(|segment| segment.file_range());
            loaded = ranges.map(|(start, size)| (start + size) as usize).max().unwrap();
            let names = [".dynamic", ".dynstr", ".interp", ".gnu.version_r"];
            let sections = file.sections().filter(|it| names.contains(&it.name().unwrap()));
            let ranges = sections.filter_map(|section| section.file_range());
            read.extend(ranges.map(|(start, size)| start as usize..(start + size) as usize));
        }
        if let Ok(file) = PeFile64::parse(&*bytes) {
            let headers = file.dos_header().nt_headers_offset() as usize;
            // The offset of the headers, their magic number, and the address size.
            magic.extend([0x3c..0x40, headers..headers + 4, headers + 24..headers + 26]);
            let directory = file.data_directory(IMAGE_DIRECTORY_ENTRY_IMPORT).unwrap();
            let address = directory.virtual_address.get(LittleEndian);
            let (start, _) = file.section_table().pe_file_range_at(address).unwrap();
            let size = directory.size.get(LittleEndian);
            read.push(start as usize..(start + size) as usize);
        }
        Self { platform, bytes, read, magic, loaded, signed }
    }
}

/// A change of a part that is read.
#[derive(Clone, Debug)]
struct Change {
    region: Index,
    place: Index,
    width: usize,
    value: u64,
}

const EDGES: [u64; 10] =
    [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, u64::MAX];

fn change() -> impl Strategy<Value = Change> {
    let value = prop_oneof![select(&EDGES[..]), 0..0x10_0000_u64, any::<u64>()];
    (any::<Index>(), any::<Index>(), select(&[1, 2, 4, 8][..]), value)
        .prop_map(|(region, place, width, value)| Change { region, place, width, value })
}

impl Change {
    /// Returns the offset of the change.
    fn apply(&self, program: &Program, bytes: &mut [u8]) -> usize {
        // The last region is the whole file.
        let region = self.region.index(program.read.len() + 1);
        let region = program.read.get(region).cloned().unwrap_or(0..bytes.len());
        let place = region.start + self.place.index(region.len()) / self.width * self.width;
        for (byte, new) in bytes[place..].iter_mut().zip(self.value.to_le_bytes()).take(self.width)
        {
            *byte = new;
        }
        place
    }
}

/// The violated rules, and the result of the inspection.
fn judged(program: &Program, bytes: &[u8]) -> (Vec<&'static str>, InspectedFile) {
    let contents = inspect::read(bytes);
    let path = format!("/{}", program.platform.file_name("tool"));
    let HostPlatform { os, arch, .. } = program.platform;
    let files = ListedFiles::default();
    let listed = Listed { os, image: arch, path: &path, mode: None, files: &files, promise: None };
    let rules = judge(listed, &contents).iter().map(|breach| breach.rule.id).collect();
    (rules, contents)
}

/// Whether the rules report that the system cannot start the program.
fn is_reported(rules: &[&str]) -> bool {
    const RULES: [&str; 7] = [
        "binary-damaged",
        "binary-format",
        "binary-cpu",
        "binary-kind",
        "macos-signature",
        "not-a-program",
        // A few bytes are not recognizable as a program.
        "script-shebang",
    ];
    rules.iter().any(|rule| RULES.contains(rule))
}

/// The peak memory and address space of this process in bytes.
fn peaks() -> [usize; 2] {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    ["VmHWM:", "VmPeak:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let kilobytes = line.trim().strip_suffix(" kB").unwrap();
        kilobytes.parse::<usize>().unwrap() * 1024
    })
}

/// Asserts that reading a file takes a limited amount of memory.
fn assert_harmless(bytes: &[u8], contents: &InspectedFile) -> Result<(), TestCaseError> {
    const MEGABYTE: usize = 1 << 20;
    static AT_FIRST: LazyLock<[usize; 2]> = LazyLock::new(|| {
        LazyLock::force(&PROGRAMS);
        peaks()
    });
    let at_first = *AT_FIRST;
    let size = format!("{contents:?}").len();
    prop_assert!(size < 4 * bytes.len() + 4 * MEGABYTE, "{size}");
    let [memory, addresses] = peaks();
    prop_assert!(memory < at_first[0] + 64 * MEGABYTE, "{memory}");
    // Every thread reserves address space.
    prop_assert!(addresses < at_first[1] + 1024 * MEGABYTE, "{addresses}");
    Ok(())
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn reading_a_program_with_any_change_is_harmless(
        program in any::<Index>(),
        changes in vec(change(), 1..6),
    ) {
        let program = program.get(&PROGRAMS);
        let mut bytes = program.bytes.clone();
        let places: Vec<usize> =
            changes.iter().map(|change| change.apply(program, &mut bytes)).collect();
        let (rules, contents) = judged(program, &bytes);
        assert_harmless(&bytes, &contents)?;
        let is_damaged = matches!(contents, InspectedFile::Damaged { .. });
        prop_assert_eq!(is_damaged, rules.contains(&"binary-damaged"));
        let is_signed = places.iter().any(|&place| {
            program.signed.contains(&place) && bytes[place] != program.bytes[place]
        });
        prop_assert!(!is_signed || is_reported(&rules), "{:?} {:?}", rules, contents);
    }

    #[test]
    fn reading_a_program_with_random_fields_is_harmless(
        program in any::<Index>(),
        density in select(&[2_u8, 10, 50, 100][..]),
        fields in vec((0..100_u8, any::<u32>()), 1024).no_shrink(),
    ) {
        let program = program.get(&PROGRAMS);
        let mut bytes = program.bytes.clone();
        let mut fields = fields.into_iter().cycle();
        for region in &program.read {
            for field in bytes[region.clone()].chunks_exact_mut(4) {
                let (chance, value) = fields.next().unwrap();
                if chance < density {
                    field.copy_from_slice(&value.to_le_bytes());
                }
            }
        }
        for place in &program.magic {
            bytes[place.clone()].copy_from_slice(&program.bytes[place.clone()]);
        }
        let (_, contents) = judged(program, &bytes);
        assert_harmless(&bytes, &contents)?;
    }

    #[test]
    fn a_truncated_program_is_reported(
        program in any::<Index>(),
        length in any::<Index>(),
    ) {
        let program = program.get(&PROGRAMS);
        let bytes = &program.bytes[..length.index(program.loaded)];
        let (rules, contents) = judged(program, bytes);
        assert_harmless(bytes, &contents)?;
        prop_assert!(is_reported(&rules), "{:?} {:?}", rules, contents);
    }
}

#[test]
fn each_undamaged_program_is_valid() {
    let mut signed = 0;
    for program in PROGRAMS.iter() {
        let (rules, contents) = judged(program, &program.bytes);
        assert!(!is_reported(&rules), "{}: {rules:?}", program.platform);
        if let InspectedFile::Binary(slices) = contents {
            let is_valid = match &slices.last().unwrap().native {
                Native::MachO(native) => native.signature == Signature::Valid,
                Native::Pe(_) | Native::Elf(_) => false,
            };
            signed += usize::from(is_valid);
            assert_eq!(is_valid, !program.signed.is_empty(), "{}", program.platform);
        }
    }
    assert_eq!((PROGRAMS.len(), signed), (7, 2));
}

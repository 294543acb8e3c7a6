//! Reads a program with LLVM's tools, into the types of the tool's inspector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use docker_extension::internals::inspect::{
    BinaryKind, Cpu, Elf, Glibc, ImportedSymbol, Loading, MachO, Native, NeededLibrary, Pe,
    Signature, Slice, Subsystem,
};
use docker_extension::internals::platform::Arch;
use docker_extension::internals::project::config::MacOsVersion;
use sha2::{Digest, Sha256};

use super::run;

/// The path of an LLVM tool that Debian does not put on PATH.
pub fn tool(name: &str) -> PathBuf {
    let directory = run(Command::new("llvm-config").arg("--bindir"));
    Path::new(directory.trim()).join(name)
}

/// Reads a file that is not universal.
pub fn read(path: &Path) -> Slice {
    let readobj =
        run(Command::new("llvm-readobj").args(["--file-headers", "--sections"]).arg(path));
    let format = readobj.lines().find_map(|line| line.strip_prefix("Format: ")).unwrap();
    match format.split(['-', ' ']).next().unwrap() {
        "Mach" => read_mach_o(path, None),
        "COFF" => read_pe(path),
        "elf64" => read_elf(path),
        other => panic!("{}: {other}", path.display()),
    }
}

/// Reads the slice of a universal file with LLVM's name `arch`, or a file that is not universal.
pub fn read_mach_o(path: &Path, arch: Option<&str>) -> Slice {
    let mut objdump = Command::new("llvm-objdump");
    objdump.args(["--macho", "--private-headers"]).args(arch.map(|arch| format!("--arch={arch}")));
    let text = run(objdump.arg(path));
    let (start, _) = text.match_indices("\nLoad command ").next().unwrap();
    let (head, commands) = text.split_at(start);
    let head: Vec<&str> = head.lines().last().unwrap().split_whitespace().collect();
    let [_, cpu, "ALL", _, kind, _, _, flags @ ..] = &*head else { panic!("{head:?}") };
    let commands: Vec<LoadCommand<'_>> =
        commands.split("\nLoad command ").skip(1).map(LoadCommand::new).collect();
    let library = |command: &LoadCommand<'_>| {
        let loading = match command.kind() {
            "LC_LOAD_DYLIB" | "LC_REEXPORT_DYLIB" | "LC_LOAD_UPWARD_DYLIB" => Loading::Start,
            "LC_LOAD_WEAK_DYLIB" => Loading::Weak,
            _ => return None,
        };
        Some(NeededLibrary { name: command.text("name"), loading })
    };
    let signature = commands.iter().find(|command| command.kind() == "LC_CODE_SIGNATURE");
    let sections = commands.iter().flat_map(|command| &command.sections);
    let debug_sections = sections.filter(|fields| get(fields, "segname") == Some("__DWARF"));
    let libraries: Vec<NeededLibrary> = commands.iter().filter_map(library).collect();
    Slice {
        cpu: Cpu::Arch(match *cpu {
            "X86_64" => Arch::Amd64,
            "ARM64" => Arch::Arm64,
            other => panic!("{other}"),
        }),
        kind: match *kind {
            "EXECUTE" => BinaryKind::Program,
            other => panic!("{other}"),
        },
        debug_info: debug_sections.map(|fields| number(get(fields, "size").unwrap())).sum(),
        build_paths: build_paths(path),
        has_executable_stack: flags.contains(&"ALLOW_STACK_EXECUTION"),
        writable_code: commands
            .iter()
            .filter(|command| get(&command.fields, "initprot") == Some("rwx"))
            .map(|command| command.text("segname"))
            .collect(),
        has_random_address: flags.contains(&"PIE"),
        native: Native::MachO(MachO {
            foreign_system: None,
            minimum_macos: commands.iter().find_map(LoadCommand::minimum_macos),
            signature: signature.map_or(Signature::Missing, |command| {
                check_signature(&fs::read(path).unwrap(), command)
            }),
            run_paths: commands
                .iter()
                .filter(|command| command.kind() == "LC_RPATH")
                .map(|command| command.text("path"))
                .collect(),
            imports: imports(path, arch, &libraries),
        }),
        libraries,
    }
}

/// Reads lines such as `(undefined) weak external _a (from libSystem)`.
fn imports(path: &Path, arch: Option<&str>, libraries: &[NeededLibrary]) -> Vec<ImportedSymbol> {
    let mut nm = Command::new("llvm-nm");
    nm.args(["--format=darwin", "--undefined-only", "--no-sort"]);
    let text = run(nm.args(arch.map(|arch| format!("--arch={arch}"))).arg(path));
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("(undefined) "));
    let imports = lines.map(|line| {
        let (name, from) = line.rsplit_once(" (").unwrap();
        let library = from.trim_end_matches(')').strip_prefix("from ");
        // The name of the file, up to the first dot.
        let is_it = |it: &NeededLibrary, name| {
            let file = it.name.rsplit('/').next().unwrap();
            file.split('.').next() == Some(name)
        };
        ImportedSymbol {
            name: name.rsplit(' ').next().unwrap().to_owned(),
            library: library.map(|name| libraries.iter().position(|it| is_it(it, name)).unwrap()),
            is_optional: name.starts_with("weak "),
        }
    });
    imports.collect()
}

/// Checks the hashes in the signature, because LLVM does not. Linkers sign pages of 4 KiB with SHA-256.
fn check_signature(file: &[u8], command: &LoadCommand<'_>) -> Signature {
    const PAGE: usize = 4096;
    let field = |name| number(get(&command.fields, name).unwrap()) as usize;
    let (code, rest) = file.split_at(field("dataoff"));
    let hashes: Vec<u8> = code.chunks(PAGE).flat_map(Sha256::digest).collect();
    let mut places = rest[..field("datasize")].windows(hashes.len());
    if places.any(|place| place == hashes) { Signature::Valid } else { Signature::Broken }
}

/// The fields of `llvm-objdump`: names and values.
type Fields<'a> = Vec<(&'a str, &'a str)>;

fn get<'a>(fields: &Fields<'a>, name: &str) -> Option<&'a str> {
    fields.iter().find_map(|(key, value)| (*key == name).then_some(*value))
}

struct LoadCommand<'a> {
    fields: Fields<'a>,
    sections: Vec<Fields<'a>>,
}

impl<'a> LoadCommand<'a> {
    fn new(text: &'a str) -> Self {
        let fields = |text: &'a str| -> Fields<'a> {
            let lines = text.lines().filter_map(|line| line.trim().split_once(' '));
            lines.map(|(name, value)| (name, value.trim())).collect()
        };
        let mut parts = text.split("\nSection\n").map(fields);
        Self { fields: parts.next().unwrap(), sections: parts.collect() }
    }

    fn kind(&self) -> &'a str {
        get(&self.fields, "cmd").unwrap()
    }

    /// A text, without its offset in the command.
    fn text(&self, name: &str) -> String {
        let text = get(&self.fields, name).unwrap();
        text.split(" (offset ").next().unwrap().to_owned()
    }

    fn minimum_macos(&self) -> Option<MacOsVersion> {
        let version = match self.kind() {
            "LC_BUILD_VERSION" => {
                assert_eq!(get(&self.fields, "platform"), Some("macos"));
                self.text("minos")
            }
            "LC_VERSION_MIN_MACOSX" => self.text("version"),
            _ => return None,
        };
        Some(version.parse().unwrap())
    }
}

fn read_pe(path: &Path) -> Slice {
    let options = ["--file-headers", "--sections", "--coff-imports", "--coff-debug-directory"];
    let file = readobj(path, &options);
    let header = file.get("ImageFileHeader");
    let optional = file.get("ImageOptionalHeader");
    let is = |flag: &str| optional.get("Characteristics").has(flag);
    let libraries = |kind, loading| {
        let imports = file.all(kind);
        imports.map(move |import| NeededLibrary { name: import.value("Name"), loading })
    };
    let debug_sections = file.get("Sections").all("Section").filter(Node::is_dwarf);
    let writable_code = file.get("Sections").all("Section").filter(|section| {
        let flags = section.get("Characteristics");
        flags.has("IMAGE_SCN_MEM_WRITE") && flags.has("IMAGE_SCN_MEM_EXECUTE")
    });
    assert_eq!(optional.value("Magic"), "0x20B", "32-bit programs may have an executable stack");
    assert!(!header.get("Characteristics").has("IMAGE_FILE_DLL"));
    Slice {
        cpu: Cpu::Arch(match &*header.word("Machine") {
            "IMAGE_FILE_MACHINE_AMD64" => Arch::Amd64,
            "IMAGE_FILE_MACHINE_ARM64" => Arch::Arm64,
            other => panic!("{other}"),
        }),
        kind: BinaryKind::Program,
        libraries: libraries("Import", Loading::Start)
            .chain(libraries("DelayImport", Loading::Call))
            .collect(),
        debug_info: debug_sections.map(|section| number(&section.value("RawDataSize"))).sum(),
        build_paths: build_paths(path),
        has_executable_stack: false,
        writable_code: writable_code.map(|section| section.word("Name")).collect(),
        has_random_address: is("IMAGE_DLL_CHARACTERISTICS_DYNAMIC_BASE"),
        native: Native::Pe(Pe {
            subsystem: match &*optional.word("Subsystem") {
                "IMAGE_SUBSYSTEM_WINDOWS_CUI" => Subsystem::Console,
                "IMAGE_SUBSYSTEM_WINDOWS_GUI" => Subsystem::Windows,
                other => panic!("{other}"),
            },
            pdb: file
                .get("DebugDirectory")
                .all("DebugEntry")
                .find(|entry| entry.word("Type") == "CodeView")
                .map(|entry| entry.get("PDBInfo").value("PDBFileName")),
        }),
    }
}

fn read_elf(path: &Path) -> Slice {
    let options =
        ["--file-headers", "--sections", "--program-headers", "--dynamic-table", "--version-info"];
    let file = readobj(path, &options);
    let header = file.get("ElfHeader");
    let segments: Vec<&Node> = file.get("ProgramHeaders").all("ProgramHeader").collect();
    let of_type = |kind: &'static str| {
        segments.iter().copied().filter(move |segment| segment.word("Type") == kind)
    };
    let dynamic = |tag: &str| -> Vec<String> {
        let rows = file.find("DynamicSection").map_or(&[][..], |table| &table.children);
        let rows = rows.iter().filter(|row| row.text.split_whitespace().nth(1) == Some(tag));
        let texts = rows.map(|row| row.text.split_once('[').unwrap().1.trim_end_matches(']'));
        texts.map(str::to_owned).collect()
    };
    let interpreter = of_type("PT_INTERP").next().map(|segment| {
        let field = |name| number(&segment.value(name)) as usize;
        let bytes = &fs::read(path).unwrap()[field("Offset")..][..field("FileSize")];
        String::from_utf8(bytes.strip_suffix(b"\0").unwrap().to_owned()).unwrap()
    });
    let debug_sections = file.get("Sections").all("Section").filter(Node::is_dwarf);
    let is_shared = match &*header.word("Type") {
        "SharedObject" => true,
        "Executable" => false,
        other => panic!("{other}"),
    };
    Slice {
        cpu: Cpu::Arch(match &*header.word("Machine") {
            "EM_X86_64" => Arch::Amd64,
            "EM_AARCH64" => Arch::Arm64,
            other => panic!("{other}"),
        }),
        kind: BinaryKind::Program,
        libraries: dynamic("NEEDED")
            .into_iter()
            .map(|name| NeededLibrary { name, loading: Loading::Start })
            .collect(),
        debug_info: debug_sections.map(|section| number(&section.value("Size"))).sum(),
        build_paths: build_paths(path),
        has_executable_stack: of_type("PT_GNU_STACK")
            .next()
            .is_none_or(|stack| stack.get("Flags").has("PF_X")),
        writable_code: of_type("PT_LOAD")
            .filter(|segment| ["PF_W", "PF_X"].iter().all(|flag| segment.get("Flags").has(flag)))
            .map(|segment| {
                let address = number(&segment.value("VirtualAddress"));
                format!("segment at {address:#x}")
            })
            .collect(),
        has_random_address: is_shared,
        native: Native::Elf(Elf {
            interpreter,
            run_paths: dynamic("RUNPATH"),
            glibc: file.find("VersionRequirements").and_then(newest_glibc),
        }),
    }
}

fn newest_glibc(requirements: &Node) -> Option<Glibc> {
    let entries = requirements.all("Dependency").map(|library| library.get("Entries"));
    let names = entries.flat_map(|entries| entries.all("Entry")).map(|entry| entry.value("Name"));
    let versions = names.filter_map(|name| {
        let mut numbers = name.strip_prefix("GLIBC_")?.split('.').map(|n| n.parse().unwrap());
        Some(Glibc { major: numbers.next()?, minor: numbers.next()? })
    });
    versions.max()
}

/// LLVM does not report build paths.
fn build_paths(path: &Path) -> Vec<String> {
    let contents = docker_extension::internals::inspect::read(&fs::read(path).unwrap());
    contents.slice().unwrap().build_paths.clone()
}

/// A line of `llvm-readobj`, and the lines inside its brackets.
struct Node {
    text: String,
    children: Vec<Node>,
}

fn readobj(path: &Path, options: &[&str]) -> Node {
    let text = run(Command::new("llvm-readobj").args(options).arg(path));
    let mut open = vec![Node { text: String::new(), children: Vec::new() }];
    for line in text.lines().map(str::trim) {
        let is_end = matches!(line, "}" | "]");
        let node = if is_end {
            open.pop().unwrap()
        } else {
            Node { text: line.to_owned(), children: Vec::new() }
        };
        // `Sections [`, `Flags [ (0x2)`, but not `NEEDED  Shared library: [libc.so.6]`.
        let has_children = line.ends_with(['{', '[']) || line.contains(" [ (");
        if has_children && !is_end {
            open.push(node);
        } else {
            open.last_mut().unwrap().children.push(node);
        }
    }
    let root = open.pop().unwrap();
    assert!(open.is_empty(), "{text}");
    root
}

impl Node {
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| {
            child.text.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ':']))
        })
    }

    fn find<'a>(&'a self, name: &'a str) -> Option<&'a Node> {
        self.all(name).next()
    }

    fn get<'a>(&'a self, name: &'a str) -> &'a Node {
        self.find(name).unwrap_or_else(|| panic!("no `{name}` in `{}`", self.text))
    }

    /// The text after the colon.
    fn value(&self, name: &str) -> String {
        self.get(name).text.split_once(": ").map_or("", |(_, value)| value).to_owned()
    }

    /// The first word of the value.
    fn word(&self, name: &str) -> String {
        self.value(name).split(' ').next().unwrap_or_default().to_owned()
    }

    /// Whether a list of flags contains this flag.
    fn has(&self, flag: &str) -> bool {
        self.find(flag).is_some()
    }

    fn is_dwarf(self: &&Self) -> bool {
        let name = self.word("Name");
        name.starts_with(".debug_") && name != ".debug_gdb_scripts"
    }
}

fn number(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

//! The CPU that a path says: `tool-x86_64`, `darwin/arm64/tool`.

use crate::inspect::Cpu;
use crate::platform::Arch;

/// What a word says about the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CpuMeaning {
    Amd64,
    Arm64,
    /// 32-bit x86.
    X86,
    /// 32-bit arm.
    Arm32,
    /// `x86` and `386` are also used for amd64.
    AnyX86,
    /// `arm` is also used for arm64.
    AnyArm,
    /// A CPU with 64 bits.
    Bits64,
    /// A CPU with 32 bits.
    Bits32,
}

impl CpuMeaning {
    fn includes(self, cpu: &Cpu) -> bool {
        let cpus: &[Cpu] = match self {
            CpuMeaning::Amd64 => &[Cpu::Arch(Arch::Amd64)],
            CpuMeaning::Arm64 => &[Cpu::Arch(Arch::Arm64)],
            CpuMeaning::X86 => &[Cpu::X86],
            CpuMeaning::Arm32 => &[Cpu::Arm32],
            CpuMeaning::AnyX86 => &[Cpu::X86, Cpu::Arch(Arch::Amd64)],
            CpuMeaning::AnyArm => &[Cpu::Arm32, Cpu::Arch(Arch::Arm64)],
            CpuMeaning::Bits64 => &[Cpu::Arch(Arch::Amd64), Cpu::Arch(Arch::Arm64)],
            CpuMeaning::Bits32 => &[Cpu::X86, Cpu::Arm32],
        };
        cpus.contains(cpu)
    }
}

/// Whether a word can only mean a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CpuWordUse {
    Unmistakable,
    /// `intel` or `arm` may be part of a product's name. Such a word counts only if the other files that are
    /// listed have another word in its place.
    BesideOthers,
}

/// A CPU in a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CpuWord {
    /// In the path's spelling.
    pub text: String,
    meaning: CpuMeaning,
    usage: CpuWordUse,
}

impl CpuWord {
    pub fn includes(&self, cpu: &Cpu) -> bool {
        self.meaning.includes(cpu)
    }

    pub fn is_unmistakable(&self) -> bool {
        self.usage == CpuWordUse::Unmistakable
    }
}

/// A path without its CPU words, and the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedCpu {
    /// What programs for different CPUs have in common: the other words, in lower case.
    pub stem: Vec<String>,
    pub word: Option<CpuWord>,
}

/// The words of one spelling, which any other characters may separate, and their meaning.
type Spelling = (&'static [&'static str], CpuMeaning, CpuWordUse);

/// Longer spellings come before those with which they begin.
const SPELLINGS: &[Spelling] = {
    use CpuMeaning::*;
    use CpuWordUse::*;
    &[
        (&["x86", "64"], Amd64, Unmistakable),
        (&["x86", "32"], X86, Unmistakable),
        (&["x8664"], Amd64, Unmistakable),
        (&["x64"], Amd64, Unmistakable),
        (&["amd64"], Amd64, Unmistakable),
        (&["amd", "64"], Amd64, Unmistakable),
        (&["intel64"], Amd64, Unmistakable),
        (&["em64t"], Amd64, Unmistakable),
        (&["apple", "silicon"], Arm64, Unmistakable),
        (&["applesilicon"], Arm64, Unmistakable),
        (&["arm64"], Arm64, Unmistakable),
        (&["arm64v8"], Arm64, Unmistakable),
        (&["arm64e"], Arm64, Unmistakable),
        (&["arm", "64"], Arm64, Unmistakable),
        (&["aarch64"], Arm64, Unmistakable),
        (&["aarch", "64"], Arm64, Unmistakable),
        (&["armv8"], Arm64, Unmistakable),
        (&["armv8a"], Arm64, Unmistakable),
        (&["armv9"], Arm64, Unmistakable),
        (&["arm", "v8"], Arm64, Unmistakable),
        (&["i386"], X86, Unmistakable),
        (&["i486"], X86, Unmistakable),
        (&["i586"], X86, Unmistakable),
        (&["i686"], X86, Unmistakable),
        (&["ia32"], X86, Unmistakable),
        (&["386"], AnyX86, Unmistakable),
        (&["x86"], AnyX86, Unmistakable),
        (&["x32"], X86, BesideOthers),
        (&["armhf"], Arm32, Unmistakable),
        (&["armel"], Arm32, Unmistakable),
        (&["armv5"], Arm32, Unmistakable),
        (&["armv6"], Arm32, Unmistakable),
        (&["armv6l"], Arm32, Unmistakable),
        (&["armv6hf"], Arm32, Unmistakable),
        (&["armv7"], Arm32, Unmistakable),
        (&["armv7a"], Arm32, Unmistakable),
        (&["armv7l"], Arm32, Unmistakable),
        (&["armv7hf"], Arm32, Unmistakable),
        (&["arm32"], Arm32, Unmistakable),
        (&["arm32v6"], Arm32, Unmistakable),
        (&["arm32v7"], Arm32, Unmistakable),
        (&["arm", "v6"], Arm32, Unmistakable),
        (&["arm", "v7"], Arm32, Unmistakable),
        (&["arm", "6"], Arm32, BesideOthers),
        (&["arm", "7"], Arm32, BesideOthers),
        (&["arm"], AnyArm, BesideOthers),
        (&["silicon"], Arm64, BesideOthers),
        (&["m1"], Arm64, BesideOthers),
        (&["m2"], Arm64, BesideOthers),
        (&["m3"], Arm64, BesideOthers),
        (&["m4"], Arm64, BesideOthers),
        (&["intel"], Amd64, BesideOthers),
        (&["amd"], Amd64, BesideOthers),
        (&["rosetta"], Amd64, BesideOthers),
        (&["64bit"], Bits64, BesideOthers),
        (&["64", "bit"], Bits64, BesideOthers),
        (&["64"], Bits64, BesideOthers),
        (&["32bit"], Bits32, BesideOthers),
        (&["32", "bit"], Bits32, BesideOthers),
        (&["32"], Bits32, BesideOthers),
    ]
};

/// Spellings that may follow other letters without a separator: `toolarm64`. The longest comes first.
const ENDINGS: [(&str, CpuMeaning); 5] = [
    ("aarch64", CpuMeaning::Arm64),
    ("x8664", CpuMeaning::Amd64),
    ("amd64", CpuMeaning::Amd64),
    ("arm64", CpuMeaning::Arm64),
    ("i386", CpuMeaning::X86),
];

/// Names of operating systems that a CPU may follow without a separator: `win64`, `macx64`.
const SYSTEMS: [&str; 7] = ["windows", "win", "macos", "mac", "osx", "darwin", "linux"];

/// Whether a word continues a CPU, as in `amd64_v1`, `arm64_v8.0` and `arm64-v8a`.
fn is_level(word: &str) -> bool {
    let digits = word.strip_prefix('v').unwrap_or_default();
    let digits = digits.strip_suffix('a').unwrap_or(digits);
    digits.len() == 1 && digits.starts_with(|c: char| c.is_ascii_digit())
}

pub(super) fn read(path: &str) -> NamedCpu {
    let words = words(path);
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let mut found = NamedCpu { stem: Vec::new(), word: None };
    let mut index = 0;
    while let Some(word) = lower.get(index) {
        if let Some((spelling, meaning, usage)) = spelling(&lower[index..]) {
            let text = joined(path, &words[index..index + spelling.len()]);
            found.word = Some(CpuWord { text, meaning: *meaning, usage: *usage });
            index += spelling.len();
            if lower.get(index).is_some_and(|word| is_level(word)) {
                index += 1;
                // The `0` of `v8.0`.
                index += usize::from(lower.get(index).is_some_and(|word| word == "0"));
            }
        } else {
            let (rest, cpu) = without_ending(word);
            if let Some((length, meaning, usage)) = cpu {
                let text = words[index][words[index].len() - length..].to_owned();
                found.word = Some(CpuWord { text, meaning, usage });
            }
            found.stem.push(rest.to_owned());
            index += 1;
        }
    }
    found
}

fn spelling(words: &[String]) -> Option<&'static Spelling> {
    SPELLINGS.iter().find(|(spelling, ..)| {
        words.len() >= spelling.len() && spelling.iter().zip(words).all(|(one, other)| one == other)
    })
}

/// A word without a CPU at its end, and the length and meaning of that.
fn without_ending(word: &str) -> (&str, Option<(usize, CpuMeaning, CpuWordUse)>) {
    for system in SYSTEMS {
        let Some(rest) = word.strip_prefix(system).filter(|rest| !rest.is_empty()) else {
            continue;
        };
        // Everybody calls the API of Windows `win32`.
        let is_api = word == "win32";
        let known = SPELLINGS.iter().find(|(spelling, ..)| **spelling == [rest]);
        if let Some((_, meaning, usage)) = known.filter(|_| !is_api) {
            return (system, Some((rest.len(), *meaning, *usage)));
        }
    }
    for (ending, meaning) in ENDINGS {
        if let Some(rest) = word.strip_suffix(ending).filter(|rest| !rest.is_empty()) {
            return (rest, Some((ending.len(), meaning, CpuWordUse::Unmistakable)));
        }
    }
    (word, None)
}

/// The words of a path: letters and digits, with a new word at every capital after a small letter or digit.
fn words(path: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for run in path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty()) {
        let bytes = run.as_bytes();
        let mut start = 0;
        for (at, pair) in bytes.windows(2).enumerate() {
            if !pair[0].is_ascii_uppercase() && pair[1].is_ascii_uppercase() {
                words.push(&run[start..=at]);
                start = at + 1;
            }
        }
        words.push(&run[start..]);
    }
    words
}

/// The part of `path` from the first to the last of `words`, which are parts of it.
fn joined(path: &str, words: &[&str]) -> String {
    let address = |text: &str| text.as_ptr() as usize - path.as_ptr() as usize;
    match words {
        [] => String::new(),
        [first, .., last] => path[address(first)..address(last) + last.len()].to_owned(),
        [only] => (*only).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CPUS: [Cpu; 4] = [Cpu::Arch(Arch::Amd64), Cpu::Arch(Arch::Arm64), Cpu::X86, Cpu::Arm32];

    /// The CPUs that the word in a path includes.
    fn said(path: &str) -> Vec<String> {
        let Some(word) = read(path).word else { return Vec::new() };
        CPUS.iter().filter(|cpu| word.includes(cpu)).map(ToString::to_string).collect()
    }

    #[test]
    fn every_usual_spelling_of_a_cpu_is_understood() {
        for path in [
            "/tool-amd64",
            "/tool_x86_64",
            "/tool-x86-64.exe",
            "/ToolX64.exe",
            "/tool-x64",
            "/x86_64-apple-darwin/tool",
            "/darwin/amd64/tool",
            "/tool-macos-intel",
            "/localstack-darwin-amd",
            "/dist/x_darwin_amd64_v1/tool",
            "/toolAmd64",
            "/toolamd64.exe",
            "/tool-macx64",
        ] {
            assert_eq!(said(path), ["amd64"], "{path}");
        }
        for path in [
            "/tool-arm64",
            "/tool-aarch64",
            "/tool-armv8",
            "/tool.apple-silicon",
            "/tool-AppleSilicon",
            "/tool-silicon",
            "/tool-m1",
            "/darwin/arm64/tool",
            "/dist/x_darwin_arm64_v8.0/tool",
            "/ToolArm64.exe",
            "/toolarm64",
            "/aarch64-unknown-linux-musl/tool",
        ] {
            assert_eq!(said(path), ["arm64"], "{path}");
        }
        for path in ["/tool-i386", "/tool-i686", "/tool-ia32.exe"] {
            assert_eq!(said(path), ["32-bit x86"], "{path}");
        }
        for path in ["/tool-386", "/tool_x86.exe"] {
            assert_eq!(said(path), ["amd64", "32-bit x86"], "{path}");
        }
        for path in ["/tool-armv7", "/tool-armhf", "/tool-arm-v7", "/tool-armv6l"] {
            assert_eq!(said(path), ["32-bit arm"], "{path}");
        }
        assert_eq!(said("/tool-arm"), ["arm64", "32-bit arm"]);
        assert_eq!(said("/tool-win64.exe"), ["amd64", "arm64"]);
        assert_eq!(said("/tool-64bit"), ["amd64", "arm64"]);
    }

    #[test]
    fn other_words_say_nothing_about_the_cpu() {
        for path in [
            "/tool",
            "/win32/tool.exe",
            "/charm/tool",
            "/base64",
            "/tool-universal2",
            "/swarm-tool",
            "/intellij",
            "/tool-v1",
            "/",
            "",
            "/é",
        ] {
            assert_eq!(said(path), [""; 0], "{path}");
        }
    }

    #[test]
    fn paths_that_differ_only_in_the_cpu_have_the_same_stem() {
        let stem = |path| read(path).stem;
        for (one, other) in [
            ("/darwin/tool-amd64", "/darwin/tool-arm64"),
            ("/darwin/amd64/tool", "/darwin/tool-arm64"),
            ("/darwin/tool", "/darwin/tool-aarch64"),
            ("/x86_64-apple-darwin/tool", "/aarch64-apple-darwin/tool"),
            ("/d/x_amd64_v1/tool", "/d/x_arm64_v8.0/tool"),
            ("/w/ToolX64.exe", "/w/ToolArm64.exe"),
            ("/localstack-darwin-amd", "/localstack-darwin-arm"),
        ] {
            assert_eq!(stem(one), stem(other), "{one} {other}");
        }
        assert_ne!(stem("/darwin/tool-amd64"), stem("/darwin/helper-arm64"));
        assert_ne!(stem("/darwin/tool-1.2-amd64"), stem("/darwin/tool-1.3-arm64"));
    }

    proptest::proptest! {
        #[test]
        fn any_path_is_read_and_its_word_is_part_of_it(path in ".*") {
            if let Some(word) = read(&path).word {
                proptest::prop_assert!(path.contains(&word.text) && !word.text.is_empty());
            }
        }

        #[test]
        fn a_path_of_words_for_cpus_is_read(path in "[/_.-]?(x86|64|arm|amd|v8|0|win|X64|é|a){0,8}") {
            read(&path);
        }
    }

    #[test]
    fn the_word_nearest_to_the_end_counts_and_keeps_its_spelling() {
        let word = |path| read(path).word.unwrap().text;
        assert_eq!(word("/amd64/tool-Apple-Silicon"), "Apple-Silicon");
        assert_eq!(word("/tool_X86_64"), "X86_64");
        assert_eq!(word("/toolARM64"), "ARM64");
        assert!(read("/tool-arm64").word.unwrap().is_unmistakable());
        assert!(!read("/tool-intel").word.unwrap().is_unmistakable());
    }
}

//! The resources that a program gets if it has none of its own.

use semver::Version;

use super::icon::{self, Pictogram};
use super::version::{self, BlockContent, FixedFileInfo, VersionBlock};
use super::{ResourceKey, Resources, US_ENGLISH, kind, manifest};

/// What the version resource of a program says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDetails<'a> {
    pub file_name: &'a str,
    /// Windows shows it as the program's name.
    pub description: &'a str,
    pub file_version: &'a Version,
    pub product: &'a str,
    pub product_version: &'a Version,
    pub company: &'a str,
    /// An SPDX expression.
    pub license: Option<&'a str>,
}

/// The resources of a program with those added of which it has none. `icon` is an `.ico` file. `None` if
/// the program has a version, an icon and a manifest already.
pub fn completed(
    own: &Resources,
    details: &ProgramDetails<'_>,
    icon: Option<&[u8]>,
) -> Option<Resources> {
    let mut resources = own.clone();
    if !own.has_kind(kind::MANIFEST) {
        let key = ResourceKey::new(kind::MANIFEST, 1, US_ENGLISH);
        let _ = resources.add(key, manifest::DEFAULT.as_bytes().to_vec());
    }
    if !own.has_kind(kind::VERSION)
        && let Some(version) = details.version()
    {
        let _ = resources.add(ResourceKey::new(kind::VERSION, 1, US_ENGLISH), version);
    }
    if !own.has_kind(kind::GROUP_ICON)
        && let Some(icon) = icon
    {
        // The rest of the file is usable without an icon.
        let _ = icon::add(&mut resources, 1.into(), US_ENGLISH, Pictogram::Icon, icon);
    }
    (resources != *own).then_some(resources)
}

impl ProgramDetails<'_> {
    /// `None` if the texts are longer than the format allows.
    fn version(&self) -> Option<Vec<u8>> {
        const UNICODE: u16 = 1200;
        const WINDOWS_NT: u32 = 0x0004_0004;
        const PROGRAM: u32 = 1;
        const PRERELEASE: u32 = 2;
        let license = self.license.map(|it| format!(", licensed under {it}")).unwrap_or_default();
        let copyright = format!("Copyright (c) {}{license}", self.company);
        let (file_version, product_version) =
            (self.file_version.to_string(), self.product_version.to_string());
        let name = self.file_name.rsplit_once('.').map_or(self.file_name, |(name, _)| name);
        let texts = [
            ("CompanyName", self.company),
            ("FileDescription", self.description),
            ("FileVersion", &file_version),
            ("InternalName", name),
            ("LegalCopyright", &copyright),
            ("OriginalFilename", self.file_name),
            ("ProductName", self.product),
            ("ProductVersion", &product_version),
        ];
        let block =
            |key: &str, content| VersionBlock { key: key.encode_utf16().collect(), content };
        let texts =
            texts.map(|(key, text)| block(key, BlockContent::Text(text.encode_utf16().collect())));
        let translation = [US_ENGLISH, UNICODE].iter().flat_map(|it| it.to_le_bytes()).collect();
        let language = format!("{US_ENGLISH:04x}{UNICODE:04x}");
        let blocks = [
            block(
                "StringFileInfo",
                BlockContent::Blocks(vec![block(&language, BlockContent::Blocks(texts.into()))]),
            ),
            block(
                "VarFileInfo",
                BlockContent::Blocks(vec![block("Translation", BlockContent::Binary(translation))]),
            ),
        ];
        let fixed = FixedFileInfo {
            file_version: numbers(self.file_version),
            product_version: numbers(self.product_version),
            flags_mask: 0x3f,
            flags: if self.file_version.pre.is_empty() { 0 } else { PRERELEASE },
            os: WINDOWS_NT,
            kind: PROGRAM,
            subtype: 0,
        };
        version::encode(&fixed, &blocks)
    }
}

/// The largest number is 65535.
fn numbers(version: &Version) -> [u16; 4] {
    let number = |it: u64| u16::try_from(it).unwrap_or(u16::MAX);
    [number(version.major), number(version.minor), number(version.patch), 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details<'a>(version: &'a Version) -> ProgramDetails<'a> {
        ProgramDetails {
            file_name: "tool.exe",
            description: "Shows what fills your disk",
            file_version: version,
            product: "Acme Disk",
            product_version: version,
            company: "Acme Inc.",
            license: Some("MIT"),
        }
    }

    #[test]
    fn a_program_without_resources_gets_a_version_and_a_manifest() {
        let version = "1.2.70000-beta.1".parse().unwrap();
        let resources = completed(&Resources::default(), &details(&version), None).unwrap();
        let all: Vec<_> = resources.iter().collect();
        assert_eq!(*all[0].0, ResourceKey::new(kind::VERSION, 1, US_ENGLISH));
        assert_eq!(*all[1].0, ResourceKey::new(kind::MANIFEST, 1, US_ENGLISH));
        assert_eq!(all.len(), 2);
        let units: Vec<u16> =
            all[0].1.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
        assert_eq!(units[24..28], [2, 1, 0, 65535]);
        // Without the padding between a key and its value.
        let text = String::from_utf16_lossy(&units).replace("\0\0", "\0");
        for expected in [
            "CompanyName\0Acme Inc.\0",
            "FileVersion\u{0}1.2.70000-beta.1\0",
            "InternalName\0tool\0",
            "LegalCopyright\0Copyright (c) Acme Inc., licensed under MIT\0",
            "040904b0\0",
        ] {
            assert!(text.contains(expected), "{expected:?} is not in {text:?}");
        }
    }

    #[test]
    fn resources_of_the_program_are_kept_in_each_language() {
        let version = "1.2.3".parse().unwrap();
        let mut own = Resources::default();
        for (kind, name) in [(kind::MANIFEST, 1), (kind::VERSION, 1)] {
            assert!(own.add(ResourceKey::new(kind, name, 0), b"own".to_vec()));
        }
        assert_eq!(completed(&own, &details(&version), None), None);
        let picture = icon::file(&[(16, b"\x89PNG".to_vec())]);
        let resources = completed(&own, &details(&version), Some(&picture)).unwrap();
        let kinds: Vec<String> = resources.iter().map(|(key, _)| key.kind.to_string()).collect();
        assert_eq!(kinds, ["3", "14", "16", "24"]);
        assert_eq!(completed(&resources, &details(&version), Some(&picture)), None);
    }
}

//! Whether macOS has the symbols that a program imports, on the oldest version for which it is.

use crate::inspect::{InspectedFile, Loading, MachO, Native, Slice};
use crate::macos_symbols::ImportProof;
use crate::rules::{Breach, binaries as rules};
use crate::text;

/// The number of symbols that a message names.
const NAMED: usize = 8;

/// What is known about the imports of a program; `None` if it does not say for which macOS it is, or
/// imports nothing from the system.
pub fn of_file(contents: &InspectedFile) -> Option<ImportProof> {
    let slice = contents.slice()?;
    match &slice.native {
        Native::MachO(native) => proof(slice, native),
        Native::Pe(_) | Native::Elf(_) => None,
    }
}

/// Like [`of_file`], for a program for one CPU.
fn proof(slice: &Slice, native: &MachO) -> Option<ImportProof> {
    let imports = native.imports.iter().filter(|import| !import.is_optional);
    let imports = imports.filter_map(|import| {
        let library = slice.libraries.get(import.library?)?;
        let is_system =
            library.name.starts_with("/usr/lib/") || library.name.starts_with("/System/");
        (is_system && library.loading == Loading::Start)
            .then_some((library.name.as_str(), import.name.as_str()))
    });
    let proof = ImportProof::new(imports, native.minimum_macos?, slice.cpu.arch()?);
    (proof.imports() > 0).then_some(proof)
}

/// `95 of 120 imported symbols proven for macOS 11.0; not proven: _a, _b and 23 more`.
pub fn described(proof: &ImportProof) -> String {
    let ImportProof { minimum, proven, .. } = proof;
    let all = text::count(proof.imports(), "imported symbol");
    let mut described = format!("{proven} of {all} proven for macOS {minimum}");
    if !proof.unproven.is_empty() {
        described += &format!("; not proven: {}", named(&proof.unproven));
    }
    described
}

pub(super) fn judge(slice: &Slice, native: &MachO) -> Vec<Breach> {
    let Some(proof) = proof(slice, native) else { return Vec::new() };
    let mut breaches = Vec::new();
    if !proof.newer.is_empty() {
        let newer = proof.newer.iter().map(|(name, since)| format!("`{name}` (macOS {since})"));
        let newer = bounded(newer.collect());
        let what = format!("supports macOS {}, but needs newer symbols: {newer}", proof.minimum);
        breaches.push(Breach::new(&rules::MACOS_SYMBOL_NEWER, what));
    }
    if !proof.unproven.is_empty() {
        let what = format!("has unproven imports: {}", described(&proof));
        breaches.push(Breach::new(&rules::MACOS_SYMBOL_UNPROVEN, what));
    }
    breaches
}

fn named(names: &[String]) -> String {
    bounded(names.iter().map(|name| format!("`{name}`")).collect())
}

/// A list of the first items, and the number of the others.
fn bounded(mut items: Vec<String>) -> String {
    let others = items.len().saturating_sub(NAMED);
    items.truncate(NAMED);
    if others > 0 {
        items.push(format!("{others} more"));
    }
    text::list(&items)
}

//! The compose file: whether `docker compose up` can start its services on users' machines.

use super::finding::{At, LocatedBreach};
use super::room::LocatedBreaches;
use crate::compose::{
    self, BindPath, ComposeFile, ComposeService, Defect, Expansion, FileReference, FileUse,
    PLUGIN_IMAGE, Position, ServiceBuild, ServiceImage, Unset, VariableUse,
};
use crate::image::read::limits::LARGEST_METADATA;
use crate::oci::Reference;
use crate::rules::{Rule, compose as rules};
use crate::text::nearest;

/// A compose file, and where it is.
pub struct ComposeText<'a> {
    pub bytes: &'a [u8],
    /// The path in reports.
    pub shown: &'a str,
    /// The path in the image, which starts with `/`.
    pub path: &'a str,
}

/// `is_in_image` says whether the image has a file or directory at an absolute path.
pub fn check(text: &ComposeText<'_>, is_in_image: &dyn Fn(&str) -> bool) -> Vec<LocatedBreach> {
    if text.bytes.len() as u64 > LARGEST_METADATA {
        return vec![too_large(text.shown)];
    }
    let mut checker = ComposeChecker { text, is_in_image, breaches: LocatedBreaches::default() };
    match compose::read(text.bytes) {
        Ok(file) => checker.file(&file),
        Err(error) => {
            let what = format!("`{}` is not valid YAML: {}", text.shown, error.reason);
            checker.report(&rules::SYNTAX, error.position, what);
        }
    }
    checker.breaches.into_vec()
}

/// The breach of a file that exceeds the size limit.
pub(super) fn too_large(shown: &str) -> LocatedBreach {
    let at = at(shown, Position::START);
    LocatedBreach::new(&rules::SYNTAX, at, format!("`{shown}` is larger than 1 MiB"))
}

fn at(path: &str, Position { line, column }: Position) -> At {
    At::FileText { path: path.to_owned(), line, column }
}

struct ComposeChecker<'a> {
    text: &'a ComposeText<'a>,
    is_in_image: &'a dyn Fn(&str) -> bool,
    breaches: LocatedBreaches,
}

impl ComposeChecker<'_> {
    fn file(&mut self, file: &ComposeFile) {
        file.defects.iter().for_each(|defect| self.defect(defect));
        file.services.iter().for_each(|service| self.service(service));
        file.files.iter().for_each(|reference| self.reference(reference));
        file.variables.iter().for_each(|variable| self.variable(variable));
        for (text, position) in &file.invalid_variables {
            let what = format!("`{}` contains an invalid variable", shortened(text));
            self.report(&rules::VARIABLE_SYNTAX, *position, what);
        }
        for undefined in &file.undefined {
            let (entry, name) = (undefined.section.entry(), &undefined.name);
            let what =
                format!("{entry} `{name}`, used by service `{}`, is undefined", undefined.service);
            self.report(&rules::UNDEFINED, undefined.position, what);
        }
    }

    fn defect(&mut self, defect: &Defect) {
        let shown = self.text.shown;
        match defect {
            Defect::Empty => {
                self.report(&rules::SERVICES, Position::START, format!("`{shown}` is empty"));
            }
            Defect::ServicesMissing { position, meant } => {
                let hint = match meant {
                    Some(key) => format!("; `{key}` is probably meant"),
                    None => String::new(),
                };
                let what = format!("`services` is missing in `{shown}`{hint}");
                self.report(&rules::SERVICES, *position, what);
            }
            Defect::ServicesEmpty { position } => {
                self.report(
                    &rules::SERVICES,
                    *position,
                    format!("`services` is empty in `{shown}`"),
                );
            }
            Defect::WrongType { position, field, expected, found } => {
                let field = if field.is_empty() { shown } else { field };
                let what =
                    format!("`{field}` has the wrong type: expected {expected}, found {found}");
                self.report(&rules::TYPE, *position, what);
            }
            Defect::DuplicateKey { position, key } => {
                self.report(&rules::DUPLICATE_KEY, *position, format!("duplicate key `{key}`"));
            }
            Defect::UnknownKey { position, key } => {
                let what = format!("unknown key `{key}` at the top level of `{shown}`");
                self.report(&rules::UNKNOWN_KEY, *position, what);
            }
        }
    }

    fn service(&mut self, service: &ComposeService) {
        let ComposeService { name, position, image, build } = service;
        match (image, build) {
            (ServiceImage::Missing, None) => {
                self.report(
                    &rules::IMAGE,
                    *position,
                    format!("image of service `{name}` is missing"),
                );
            }
            (ServiceImage::Missing, Some(build))
            | (_, Some(build @ ServiceBuild { is_forced: true, .. })) => {
                let what = format!(
                    "service `{name}` is built from source, which is missing on users' machines"
                );
                self.report(&rules::BUILD, build.position, what);
            }
            (_, Some(build)) => {
                let what = format!("`build` of service `{name}`, which has an image, is ignored");
                self.report(&rules::BUILD_UNUSED, build.position, what);
            }
            (_, None) => {}
        }
        let ServiceImage::Named { text, position } = image else { return };
        if compose::expand(text).is_invalid {
            // It is among the invalid variables.
        } else if text.trim().is_empty() {
            self.report(&rules::IMAGE, *position, format!("image of service `{name}` is empty"));
        } else if let Some(fault) = image_fault(text) {
            let what = format!("image `{}` of service `{name}` {fault}", shortened(text));
            self.report(&rules::IMAGE, *position, what);
        } else if [format!("${PLUGIN_IMAGE}"), format!("${{{PLUGIN_IMAGE}:?}}")].contains(text) {
            let what = format!("image `{text}` of service `{name}` is not `${{{PLUGIN_IMAGE}}}`");
            self.report(&rules::PLUGIN_IMAGE, *position, what);
        }
    }

    fn variable(&mut self, VariableUse { position, name, result }: &VariableUse) {
        let meant = meant(name);
        match result {
            Unset::Empty => {
                let what = format!("variable `{name}` is not set on users' machines{meant}");
                self.report(&rules::VARIABLE, *position, what);
            }
            Unset::Failure => {
                let what =
                    format!("required variable `{name}` is not set on users' machines{meant}");
                self.report(&rules::VARIABLE_REQUIRED, *position, what);
            }
        }
    }

    fn reference(&mut self, reference: &FileReference) {
        let FileReference { position, text, path, file_use, owner } = reference;
        let role = role(file_use);
        let owner = owner.as_ref().map(|owner| format!(" of {owner}")).unwrap_or_default();
        let subject = |kind: &str| format!("{kind} `{}`, {role}{owner},", shortened(text));
        match path {
            BindPath::Home => {}
            BindPath::Absolute(path) => {
                if let Some(kind) = foreign(path) {
                    let what = format!("{} only exists on {kind}", subject("path"));
                    self.report(&rules::HOST_PATH, *position, what);
                }
            }
            BindPath::Relative(path) => {
                let in_image = join(self.text.path, path);
                if in_image.is_some_and(|path| (self.is_in_image)(&path)) {
                    return;
                }
                if is_created(path, file_use) {
                    let what = format!("{} is missing from the image", subject("directory"));
                    self.report(&rules::MOUNT_EMPTY, *position, what);
                } else {
                    let what = format!("{} is missing from the image", subject("file"));
                    self.report(&rules::FILE_MISSING, *position, what);
                }
            }
        }
    }

    fn report(&mut self, rule: &'static Rule, position: Position, what: String) {
        self.breaches.push(LocatedBreach::new(rule, at(self.text.shown, position), what));
    }
}

/// Why the `image` of a service or of `vm` has no container on users' machines, as a predicate.
pub fn image_fault(text: &str) -> Option<String> {
    let Expansion { value, unset, is_invalid } = compose::expand(text);
    if is_invalid {
        return Some("contains an invalid variable".to_owned());
    }
    if let Some((name, result)) = unset.first() {
        let meant = meant(name);
        let required = if *result == Unset::Failure { "the required variable " } else { "" };
        let needed = format!("{required}`{name}`, which is not set on users' machines{meant}");
        return Some(format!("uses {needed}"));
    }
    let value = value?;
    if value.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    // An image ID is not a reference.
    let is_id = value.len() >= 12 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let error = value.parse::<Reference>().err().filter(|_| !is_id);
    error.map(|error| format!("is an invalid image reference: {error}"))
}

/// `; did you mean …?` if the variable is probably a misspelling of the one that consumers set.
fn meant(name: &str) -> String {
    match nearest(&name.to_uppercase(), [PLUGIN_IMAGE]) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

fn role(file_use: &FileUse) -> &'static str {
    match file_use {
        FileUse::EnvFile => "the `env_file`",
        FileUse::LabelFile => "the `label_file`",
        FileUse::Config | FileUse::Secret => "the `file`",
        FileUse::Include => "which is included",
        FileUse::Extends => "the extended file",
        FileUse::Mount { .. } => "a mount",
    }
}

/// The absolute path in the image of a path relative to the directory of the compose file. None if it leaves
/// the image.
fn join(compose_file: &str, path: &str) -> Option<String> {
    let (directory, _) = compose_file.rsplit_once('/')?;
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.iter().fold(String::new(), |path, part| path + "/" + part))
}

/// Whether Docker mounts an empty directory that does no harm if the source is missing.
fn is_created(source: &str, file_use: &FileUse) -> bool {
    let FileUse::Mount { target, creates_directory: true, is_read_only: false } = file_use else {
        return false;
    };
    !is_file_name(source) && !is_file_name(target)
}

/// Whether the last component of a path is probably the name of a file: `nginx.conf`, `Caddyfile`.
fn is_file_name(path: &str) -> bool {
    let Some(name) = path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()) else {
        return false;
    };
    let is_extension = |extension: &str| {
        (1..=10).contains(&extension.len())
            && extension.starts_with(|c: char| c.is_ascii_alphabetic())
            && extension != "d"
    };
    match name.rsplit_once('.') {
        Some(("" | ".", _)) => name == ".env",
        Some((_, extension)) => is_extension(extension),
        None => name.ends_with("file"),
    }
}

/// The machines that have an absolute path, if others certainly or probably don't.
fn foreign(path: &str) -> Option<&'static str> {
    /// The directories of every Linux system, and those in which Docker Desktop shares the user's files.
    const EVERYWHERE: [&str; 16] = [
        "bin", "dev", "etc", "home", "host_mnt", "lib", "mnt", "opt", "proc", "run", "sbin", "srv",
        "sys", "tmp", "usr", "var",
    ];
    if path.starts_with("\\\\") || path.starts_with("//") {
        return None;
    }
    let Some(unix) = path.strip_prefix('/') else {
        return Some("Windows");
    };
    let mut parts = unix.split('/');
    let first = parts.next().unwrap_or_default();
    let is_home = matches!(first, "home" | "Users") && parts.any(|part| !part.is_empty());
    if is_home {
        return Some("machines of one user");
    }
    let is_ours = !EVERYWHERE.contains(&first) && is_file_name(path);
    is_ours.then_some("some machines")
}

/// The first line of a text, shortened.
fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let mut lines = text.trim().lines();
    let line = lines.next().unwrap_or_default();
    let is_whole = lines.next().is_none() && line.chars().nth(MOST).is_none();
    let short: String = line.chars().take(MOST).collect();
    if is_whole { short } else { short + "…" }
}

#[cfg(test)]
mod tests;

//! The source of a bind mount, as the package `format` of compose-go reads it.

/// The source of a service's mount that is a path, not the name of a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindSource {
    pub path: BindPath,
    /// The text in the compose file.
    pub text: String,
    /// The path in the container.
    pub target: String,
    /// Whether Docker creates a missing directory.
    pub creates_directory: bool,
    pub is_read_only: bool,
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindPath {
    /// Relative to the directory of the compose file.
    Relative(String),
    /// A path of the machine.
    Absolute(String),
    /// In the user's home directory: `~/.kube`.
    Home,
}

impl BindPath {
    /// None if it is the name of a volume, or empty.
    pub fn parse(source: &str) -> Option<Self> {
        if source.starts_with('~') {
            return Some(Self::Home);
        }
        if source.starts_with('.') {
            return Some(Self::Relative(source.to_owned()));
        }
        let is_absolute = source.starts_with('/') || source.starts_with("\\\\");
        (is_absolute || is_drive(source)).then(|| Self::Absolute(source.to_owned()))
    }

    /// Like [`Self::parse`], for keys whose value is always a path.
    pub fn parse_file(path: &str) -> Self {
        Self::parse(path).unwrap_or_else(|| Self::Relative(path.to_owned()))
    }
}

impl BindSource {
    /// Reads `SOURCE:TARGET[:OPTIONS]`. None without a path as source.
    pub fn parse(spec: &str) -> Option<Self> {
        let (source, rest) = split(spec)?;
        let path = BindPath::parse(source)?;
        let (target, options) = split(rest).unwrap_or((rest, ""));
        Some(Self {
            path,
            text: source.to_owned(),
            target: target.to_owned(),
            creates_directory: true,
            is_read_only: options.split(',').any(|option| option == "ro"),
        })
    }
}

/// Splits at the first `:` that does not follow the letter of a drive.
fn split(spec: &str) -> Option<(&str, &str)> {
    let start = if is_drive(spec) { 2 } else { 0 };
    let end = start + spec.get(start..)?.find(':')?;
    Some((&spec[..end], &spec[end + 1..]))
}

/// Whether a path starts with a drive: `C:\`.
fn is_drive(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(spec: &str) -> Option<BindPath> {
        BindSource::parse(spec).map(|it| it.path)
    }

    #[test]
    fn names_of_volumes_are_not_paths() {
        for spec in ["data:/data", "data:/data:ro", "/var/lib/data", "data", "", ":", "a"] {
            assert_eq!(path(spec), None, "{spec}");
        }
    }

    #[test]
    fn paths_are_relative_absolute_or_in_the_home_directory() {
        let relative = |text: &str| Some(BindPath::Relative(text.to_owned()));
        let absolute = |text: &str| Some(BindPath::Absolute(text.to_owned()));
        assert_eq!(path("./a.conf:/etc/a.conf:ro"), relative("./a.conf"));
        assert_eq!(path("../a:/a"), relative("../a"));
        assert_eq!(path(".:/a"), relative("."));
        assert_eq!(path("~/.kube:/root/.kube"), Some(BindPath::Home));
        assert_eq!(
            path("/var/run/docker.sock:/var/run/docker.sock"),
            absolute("/var/run/docker.sock")
        );
        assert_eq!(path("C:\\Users\\me:/me"), absolute("C:\\Users\\me"));
        assert_eq!(path("\\\\.\\pipe\\docker:/x"), absolute("\\\\.\\pipe\\docker"));
        let found = BindSource::parse("C:\\a:/b:ro,z").unwrap();
        assert_eq!((found.target.as_str(), found.is_read_only), ("/b", true));
    }
}

//! Keeps the directories of this machine out of the host binaries: they would reveal who built them, and make
//! builds in two directories differ.

use crate::project::Project;

/// A directory, and the path that replaces it in binaries.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RemappedPath {
    pub from: String,
    pub to: String,
}

impl RemappedPath {
    fn new(from: impl Into<String>, to: &str) -> Self {
        Self { from: from.into(), to: to.to_owned() }
    }

    /// The option of C compilers. It also applies to `__FILE__`.
    pub(super) fn c_flag(&self) -> String {
        format!("-ffile-prefix-map={}={}", self.from, self.to)
    }
}

/// The directories with sources that a build of `project` reads. If one is in another, it comes later.
pub fn remapped_paths(project: &Project) -> Vec<RemappedPath> {
    let mut paths = Vec::new();
    if !project.target_dir.starts_with(&project.root) {
        // Build scripts write sources there.
        paths.push(RemappedPath::new(project.target_dir.as_str(), "/target"));
    }
    paths.push(RemappedPath::new(project.root.as_str(), "/workspace"));
    if let Ok(home) = cargo_home() {
        paths.push(RemappedPath::new(home, "/cargo"));
    }
    paths
}

/// The flags for C compilers, which crates such as `cc` and `cmake` read from variables. `triple` is the target.
///
/// Empty if a path contains a space: there is no way to write it in such a variable that all build systems
/// understand.
pub(super) fn c_variables(paths: &[RemappedPath], triple: &str) -> Vec<(String, String)> {
    if paths.iter().any(|path| path.from.contains(char::is_whitespace)) {
        return Vec::new();
    }
    let flags: Vec<String> = paths.iter().map(RemappedPath::c_flag).collect();
    let variable = |name: &str| {
        // The variables that crates read, the most specific one first. Some read only the first.
        let underscores = triple.replace('-', "_");
        let names = [
            format!("{name}_{triple}"),
            format!("{name}_{underscores}"),
            format!("TARGET_{name}"),
            name.to_owned(),
        ];
        let inherited = names.iter().find_map(|name| std::env::var(name).ok());
        let value: Vec<String> = inherited.into_iter().chain(flags.clone()).collect();
        (names[0].clone(), value.join(" "))
    };
    vec![variable("CFLAGS"), variable("CXXFLAGS")]
}

pub(crate) fn cargo_home() -> Result<String, std::env::VarError> {
    std::env::var("CARGO_HOME").or_else(|_| {
        let home = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
        std::env::var(home).map(|home| format!("{home}/.cargo"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::project;

    #[test]
    fn a_target_directory_outside_of_the_workspace_is_remapped_too() {
        let mut project = project("/home/me/tool".into());
        let to = |project: &Project| {
            remapped_paths(project).into_iter().map(|path| path.to).collect::<Vec<_>>()
        };
        assert_eq!(to(&project), ["/workspace", "/cargo"]);
        project.target_dir = "/tmp/target".into();
        assert_eq!(to(&project), ["/target", "/workspace", "/cargo"]);
    }

    #[test]
    fn c_compilers_get_the_paths_in_variables_of_the_target() {
        let path = RemappedPath::new("/home/me/tool", "/workspace");
        let variables = c_variables(&[path], "x86_64-apple-darwin");
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["CFLAGS_x86_64-apple-darwin", "CXXFLAGS_x86_64-apple-darwin"]);
        let flag = "-ffile-prefix-map=/home/me/tool=/workspace";
        assert!(variables.iter().all(|(_, value)| value.ends_with(flag)), "{variables:?}");
        let path = RemappedPath::new("/home/me/a tool", "/workspace");
        assert_eq!(c_variables(&[path], "x86_64-apple-darwin"), []);
    }
}

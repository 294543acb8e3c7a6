//! Checks the services in the configuration before anything is built.

use crate::contents::COMPOSE_FILE;
use crate::error::{Error, Result};
use crate::files;
use crate::project::Project;
use crate::project::config::{Service, Vm, WORKSPACE_KEY};
use crate::rules::{Rule, Severity, Waiver, metadata as rules};
use crate::validate::compose::{self, ComposeText, image_fault};
use crate::validate::finding::METADATA_PATH;
use crate::validate::report::{Subject, ValidationReport};

/// # Errors
/// The services can't be started on users' machines, and no waiver covers that, or the compose file can't be
/// read.
pub fn check(project: &Project, waivers: &[Waiver]) -> Result<()> {
    // Waivers are for paths in the image, and the errors show those of the project.
    let is_waived = |rule: &Rule, path: &str| waivers.iter().any(|it| it.covers(rule, Some(path)));
    match &project.config.vm {
        None => Ok(()),
        Some(Vm { service: Service::Image(image), .. }) => match image_fault(image) {
            Some(fault) if !is_waived(&rules::VM_IMAGE, METADATA_PATH) => {
                Err(Error::new(format!("`{WORKSPACE_KEY}.vm.image`, `{image}`, {fault}"))
                    .help(rules::VM_IMAGE.help)
                    .usage())
            }
            _ => Ok(()),
        },
        Some(Vm { service: Service::ComposeFile(path), .. }) => {
            let bytes = files::read(&project.root.join(path))?;
            let in_image = format!("/{COMPOSE_FILE}");
            let text = ComposeText { bytes: &bytes, shown: path.as_str(), path: &in_image };
            let breaches = compose::check(&text, &|path| is_in_image(project, path));
            let findings = breaches.into_iter().map(|breach| breach.found_in(Vec::new()));
            let subject = Subject { name: path.to_string(), ..Subject::default() };
            // `dist` reports warnings when it validates the image.
            let errors = findings.filter(|it| it.rule.severity == Severity::Error);
            let errors = errors.filter(|it| !is_waived(it.rule, &in_image));
            let report = ValidationReport::new(subject, errors.collect());
            if report.findings().is_empty() {
                return Ok(());
            }
            let report = report.text();
            Err(Error::new(format!(
                "the services can't be started on users' machines:\n\n{report}"
            )))
        }
    }
}

/// Whether the image will have a file or directory at an absolute path.
fn is_in_image(project: &Project, path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    match first {
        "" | "metadata.json" | COMPOSE_FILE => true,
        "ui" => project.config.ui.is_some(),
        "darwin" | "windows" | "linux" => !project.host_binaries.is_empty(),
        name => name == "icon" || name.starts_with("icon."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::testing::project;
    use camino::Utf8PathBuf;

    fn checked(service: Service, text: &str) -> Result<()> {
        let dir = tempfile::tempdir().unwrap();
        let mut project = project(&Utf8PathBuf::try_from(dir.path().to_owned()).unwrap());
        files::write(&project.root.join("compose.yaml"), text).unwrap();
        project.config.vm = Some(Vm { service, socket: None });
        check(&project, &[])
    }

    #[test]
    fn a_fault_of_the_compose_file_has_the_line_in_the_project() {
        let check = |text: &str| checked(Service::ComposeFile("compose.yaml".into()), text);
        let error = check("services:\n  proxy:\n    build: .\n    env_file: .env\n").unwrap_err();
        expect_test::expect![[r#"
            the services can't be started on users' machines:

            error[compose-build]: service `proxy` is built from source, which is missing on users' machines
              --> compose.yaml:3:5
              note: Consumers copy the compose file out of the image and run `docker compose up` on the user's machine. The sources and the `Dockerfile` are not there, so the build, and with it the installation, fails.
              help: build the image before, and set `image` to `${DESKTOP_PLUGIN_IMAGE}` or to its published name

            error[compose-file-missing]: file `.env`, the `env_file` of service `proxy`, is missing from the image
              --> compose.yaml:4:15
              note: Relative paths start at the directory of the compose file, on the user's machine. At most the files next to it in the image are copied there. Docker creates a directory in the place of a missing file that is mounted, and the service does not start.
              help: copy the file into the image of the service, or write it as `content` of a config

            compose.yaml: 2 errors
        "#]]
            .assert_eq(&anstream::adapter::strip_str(&error.to_string()).to_string());
        let fine = "services:\n  proxy:\n    image: ${DESKTOP_PLUGIN_IMAGE}\n    user: ${UID}\n";
        assert!(check(fine).is_ok(), "a warning is no error");
    }

    #[test]
    fn waivers_are_for_the_path_of_the_compose_file_in_the_image() {
        let dir = tempfile::tempdir().unwrap();
        let mut project = project(&Utf8PathBuf::try_from(dir.path().to_owned()).unwrap());
        files::write(&project.root.join("compose.yaml"), "services:\n  a:\n    build: .\n")
            .unwrap();
        let mut is_accepted = |service: Service, rule: &str, path: Option<&str>| {
            project.config.vm = Some(Vm { service, socket: None });
            let path = path.map(|path| path.parse().unwrap());
            check(&project, &[Waiver { path, ..Waiver::from_option(rule.parse().unwrap()) }])
                .is_ok()
        };
        let file = || Service::ComposeFile("compose.yaml".into());
        assert!(is_accepted(file(), "compose-build", None));
        assert!(is_accepted(file(), "compose-build", Some("/docker-compose.yaml")));
        assert!(!is_accepted(file(), "compose-build", Some("/compose.yaml")));
        assert!(!is_accepted(file(), "label-title", None));
        let image = || Service::Image("${UNKNOWN}".to_owned());
        assert!(is_accepted(image(), "metadata-vm-image", Some("/metadata.json")));
        assert!(!is_accepted(image(), "metadata-vm-image", Some("/docker-compose.yaml")));
    }

    #[test]
    fn a_fault_of_the_image_of_the_service_names_the_key() {
        let check = |image: &str| checked(Service::Image(image.to_owned()), "");
        assert!(check("${DESKTOP_PLUGIN_IMAGE}").is_ok());
        assert!(check("me/tool:1.0.0").is_ok());
        let error = check("${DESKTOP_PLUGIN_IMAGES}").unwrap_err().to_string();
        expect_test::expect!["`workspace.metadata.docker-extension.vm.image`, `${DESKTOP_PLUGIN_IMAGES}`, uses `DESKTOP_PLUGIN_IMAGES`, which is not set on users' machines; did you mean `DESKTOP_PLUGIN_IMAGE`?"].assert_eq(&error);
    }
}

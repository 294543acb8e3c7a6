//! `cargo xtask preview` in a real browser, which the scripts in `browser/` control.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use support::preview::Preview;
use support::{Extension, copy_of_this_repository, repository, run, script};
use tempfile::TempDir;

/// The directory of the scripts, with their packages installed.
static BROWSER: LazyLock<PathBuf> = LazyLock::new(|| {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory));
    directory
});

/// Runs the tests in a script, in a browser that shows the preview of `project`.
pub fn run_script(node: &mut Command, name: &str, preview: &Preview, project: &Path) {
    let output = node
        .args(["--test", "--test-force-exit", "--test-reporter=spec", name])
        .current_dir(&*BROWSER)
        .env("PREVIEW_ADDRESS", preview.address())
        .env("PREVIEW_PROJECT", project)
        .env("PREVIEW_PID", preview.id().to_string())
        .output()
        .unwrap();
    let (stdout, stderr) = (support::stdout(&output), support::stderr(&output));
    let messages = preview.messages();
    assert!(output.status.success(), "{stdout}{stderr}\noutput of the preview:\n{messages}");
}

/// A host binary that follows the command in its first argument.
const TOOL: &str = r#"
use std::io::Write;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args[0].as_str() {
        "json" => println!("{{\"a\":[\"b\",1]}}"),
        "lines" => println!("{{\"n\":1}}\n{{\"n\":2}}"),
        "directory" => println!("{}", std::env::current_dir().unwrap().display()),
        "variable" => println!("{}", std::env::var(&args[1]).unwrap()),
        "fail" => { eprintln!("no"); std::process::exit(3) }
        "wait" => { println!("."); std::thread::sleep(std::time::Duration::from_secs(600)) }
        "pieces" => {
            for piece in [&b"on"[..], b"e \xc3", b"\xbc\r", b"\ntwo\n"] {
                std::io::stdout().write_all(piece).unwrap();
                std::io::stdout().flush().unwrap();
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            eprint!("three");
        }
        _ => {}
    }
}
"#;

/// Prints its arguments, or answers like an engine.
const DOCKER: &str = r#"#!/bin/sh
if test "$2" = inspect; then
  case "$5" in
    gone) echo "Error: No such $1: gone" >&2; exit 1 ;;
    *) echo '{"Id":"abc"}'; exit ;;
  esac
fi
if test "$*" != "system dial-stdio"; then
  printf 'docker '; printf '%s|' "$@"; echo; exit
fi
read -r request
while read -r line && test "$line" != "$(printf '\r')"; do :; done
printf 'HTTP/1.1 200 OK\r\n\r\n[{"Request":"%s"}]' "$(printf %s "$request" | tr -d '\r')"
"#;

#[test]
#[ignore = "needs a browser"]
fn the_page_gets_docker_desktops_api_and_other_pages_do_not() {
    let extension = Extension::with_pages();
    extension.host_binary("tool", TOOL);
    extension.write(
        "ui/index.html",
        "<!doctype html><html lang=\"en\"><title>Tool</title><main><h1>Tool</h1></main></html>",
    );
    let bin = extension.path("bin");
    fs::create_dir(&bin).unwrap();
    script(&bin.join("docker"), DOCKER);
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = extension.xtask(&["preview", "--no-open"]);
    let preview = Preview::start(command.env("PATH", path));
    run_script(&mut Command::new("node"), "api.mjs", &preview, extension.root());
}

/// A tab whose theme is Docker's. The comments mark places for errors.
const TAB: &str = r#"import { createRoot } from "react-dom/client";
import Button from "@mui/material/Button";
import CssBaseline from "@mui/material/CssBaseline";
import Typography from "@mui/material/Typography";
import * as themes from "@docker/docker-mui-theme";
import { version } from "@mui/material/package.json";
// import

declare global {
  interface Window {
    MUI_VERSION: string;
  }
}
window.MUI_VERSION = version;
// start

const ThemeProvider = version.startsWith("5.") ? themes.DockerMuiV5ThemeProvider : themes.DockerMuiV6ThemeProvider;

function Page() {
  // render
  const onClick = (event: React.MouseEvent) => {
    event.preventDefault();
    // event
  };
  return (
    <main>
      <Typography variant="h1">Tool</Typography>
      <Typography sx={{ color: (theme) => theme.palette.docker.grey[700] }}>grey</Typography>
      <Button variant="contained" onClick={onClick}>Docker</Button>
    </main>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <ThemeProvider>
      <CssBaseline />
      <Page />
    </ThemeProvider>,
  );
}
"#;

fn test_docker_theme(mui: &str) {
    let extension = Extension::with_pages();
    extension.write(
        "ui/package.json",
        &format!(
            r#"{{
  "name": "ui",
  "type": "module",
  "scripts": {{ "dev": "vite", "build": "tsc --noEmit && vite build" }},
  "dependencies": {{
    "@docker/docker-mui-theme": "0.0.13",
    "@emotion/react": "^11.14.0",
    "@emotion/styled": "^11.14.1",
    "@mui/material": "^{mui}",
    "react": "^18.3.1",
    "react-dom": "^18.3.1"
  }},
  "devDependencies": {{
    "@types/react": "^18.3.31",
    "@types/react-dom": "^18.3.7",
    "typescript": "^7.0.2",
    "vite": "^8.3.8"
  }}
}}"#
        ),
    );
    extension.write(
        "ui/tsconfig.json",
        r#"{ "compilerOptions": {
            "target": "ES2022", "lib": ["ES2022", "DOM"], "module": "ESNext", "moduleResolution": "bundler",
            "jsx": "react-jsx", "strict": true, "skipLibCheck": true, "resolveJsonModule": true, "noEmit": true
        }, "include": ["src"] }"#,
    );
    extension.write("ui/vite.config.ts", "export default { base: './' };\n");
    extension.write("ui/src/main.tsx", TAB);
    extension.write(
        "ui/index.html",
        r#"<!doctype html><html lang="en"><head><title>Tool</title><link rel="icon" href="data:,"></head>
<body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body></html>"#,
    );
    let install = ["install", "--package-lock-only", "--no-audit", "--no-fund"];
    run(Command::new("npm").args(install).current_dir(extension.path("ui")));
    let preview = Preview::start(&mut extension.xtask(&["preview", "--no-open"]));
    let major = mui.split('.').next().unwrap();
    let node = &mut Command::new("node");
    run_script(node.env("MUI_VERSION", major), "vite.mjs", &preview, extension.root());
}

#[test]
#[ignore = "needs a browser"]
fn a_tab_with_dockers_theme_for_mui_5_renders_and_its_errors_are_shown() {
    test_docker_theme("5.18.0");
}

#[test]
#[ignore = "needs a browser"]
fn a_tab_with_dockers_theme_for_mui_6_renders_and_its_errors_are_shown() {
    test_docker_theme("6.5.0");
}

/// `docker` with a real engine if one answers, or else a script that imitates both.
struct Docker {
    scripted: Option<TempDir>,
}

impl Docker {
    fn find() -> Self {
        let answer = Command::new("docker").arg("version").output();
        if answer.is_ok_and(|answer| answer.status.success()) {
            return Self { scripted: None };
        }
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("containers")).unwrap();
        let program = BROWSER.join("docker.mjs");
        let text = format!("#!/bin/sh\nexec node '{}' \"$@\"\n", program.display());
        script(&dir.path().join("docker"), &text);
        Self { scripted: Some(dir) }
    }

    fn add_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let Some(dir) = &self.scripted else { return command };
        let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("SCRIPTED_CONTAINERS", dir.path().join("containers"))
    }
}

#[test]
#[ignore = "needs a browser"]
fn the_sample_shows_the_ports_and_updates_when_sources_change() {
    let project = copy_of_this_repository();
    let docker = Docker::find();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    command.args(["preview", "--no-open"]).current_dir(project.path());
    let mut preview = Preview::start(docker.add_to(&mut command).env_remove("CARGO_TARGET_DIR"));
    for name in ["layout.mjs", "sample.mjs"] {
        run_script(docker.add_to(&mut Command::new("node")), name, &preview, project.path());
    }
    assert_eq!(preview.interrupt().code(), Some(0));
    let directory = project.path().to_str().unwrap();
    let remaining = Command::new("pgrep").args(["-fl", directory]).output().unwrap();
    assert_eq!(support::stdout(&remaining), "", "still running");
}

/// Creates a project, and tests its tab.
fn test_new_project(options: &[&str], has_helper: bool) {
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("acme-disk");
    let tool = format!("--tool=path={}", repository().join("crates/docker-extension").display());
    let mut new = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    run(new.args(["new", "acme-disk", "--yes", &tool]).args(options).current_dir(dir.path()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask-under-test"));
    command.args(["preview", "--no-open"]).current_dir(&project);
    let preview = Preview::start(command.env_remove("CARGO_TARGET_DIR"));
    let node = &mut Command::new("node");
    run_script(
        node.env("HAS_HELPER", has_helper.to_string()),
        "new_project.mjs",
        &preview,
        &project,
    );
}

#[test]
#[ignore = "needs a browser"]
fn the_tab_of_a_new_project_shows_what_its_helper_reports() {
    test_new_project(&[], true);
}

#[test]
#[ignore = "needs a browser and a Docker Engine"]
fn the_tab_of_a_project_without_a_helper_shows_the_containers() {
    test_new_project(&["--no-helper"], false);
}

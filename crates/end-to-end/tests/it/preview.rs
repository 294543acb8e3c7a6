//! `cargo xtask preview` serves the pages and runs programs for its own page only. Each attack is made on
//! a real server.

use crate::support;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use serde_json::{Value, json};
use support::preview::Preview;
use support::{Extension, script};

/// Prints its arguments, one per line, or follows the command in the first one.
const TOOL: &str = r#"
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("wait") => {
            println!("{}", std::process::id());
            std::thread::sleep(std::time::Duration::from_secs(600));
        }
        Some("directory") => println!("{}", std::env::current_dir().unwrap().display()),
        Some("variable") => println!("{:?}", std::env::var(&args[1])),
        Some("fail") => { eprintln!("no"); std::process::exit(3) }
        _ => for arg in args { println!("{arg}") },
    }
}
"#;

fn extension() -> Extension {
    let extension = Extension::with_pages();
    extension.host_binary("tool", TOOL);
    extension
}

fn start(extension: &Extension) -> Preview {
    Preview::start(&mut extension.xtask(&["preview", "--no-open"]))
}

fn assert_status(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    // Without these headers, no other page can read the answer.
    assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
}

/// One request for each route: the page, the script, and the API.
const ROUTES: [&str; 8] = [
    "GET /",
    "GET /@preview/client.js",
    "POST /@preview/tab",
    "POST /@preview/exec",
    "POST /@preview/end",
    "POST /@preview/list",
    "POST /@preview/browse",
    "POST /@preview/service",
];

/// The lock file of a package without dependencies.
const EMPTY_LOCK: &str = r#"{ "name": "ui", "lockfileVersion": 3, "requires": true, "packages": { "": { "name": "ui" } } }"#;

fn is_running(pid: &str) -> bool {
    // A zombie has ended.
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|it| !it.contains(") Z "))
}

fn tool(args: &[&str]) -> Value {
    json!({ "program": { "host": "tool" }, "args": args })
}

mod against_others {
    use super::*;

    #[test]
    fn the_preview_listens_on_127_0_0_1_only() {
        let extension = extension();
        let preview = start(&extension);
        let (_, port) = preview.host.split_once(':').unwrap();
        // All of 127.0.0.0/8 is this machine: a server that listens on all addresses answers there.
        assert!(TcpStream::connect(format!("127.0.0.2:{port}")).is_err());
        assert!(TcpStream::connect(format!("[::1]:{port}")).is_err());
    }

    #[test]
    fn requests_without_the_token_run_nothing_and_reveal_nothing() {
        let extension = extension();
        let preview = start(&extension);
        let tab = preview.tab();
        let wrong = preview.token.replace(|digit: char| digit.is_ascii_digit(), "e");
        let order = json!({ "tab": tab.name, "order": { "exec": 1, "program": { "host": "tool" }, "args": [] } });
        for token in ["", "x", &preview.token[1..], &format!("{}0", preview.token), &wrong] {
            for route in ROUTES.iter().filter(|route| route.starts_with("POST")) {
                let answer = preview.send(route, &[("X-Preview-Token", token)], &order.to_string());
                assert_status(&answer, 401);
                assert!(!answer.contains(&preview.token), "{answer}");
            }
        }
        // No answer to a request without the token contains it.
        for path in ["/", "/@preview/client.js", "/@preview/", "/none"] {
            assert!(!preview.get(path).contains(&preview.token), "{path}");
        }
    }

    #[test]
    fn requests_for_another_host_name_are_rejected() {
        let extension = extension();
        let preview = start(&extension);
        let (_, port) = preview.host.split_once(':').unwrap();
        let hosts = [
            format!("evil.example:{port}"),
            format!("127.0.0.1.evil.example:{port}"),
            format!("localhost:{port}"),
            "127.0.0.1".to_owned(),
            "127.0.0.1:1".to_owned(),
            String::new(),
        ];
        for host in &hosts {
            for route in ROUTES {
                // With DNS rebinding, the browser sends the attacker's name as the page's own origin.
                let origin = format!("http://{host}");
                let headers = [("Host", host.as_str()), ("Origin", origin.as_str())];
                assert_status(&preview.send(route, &headers, "{}"), 421);
            }
        }
        // A request with two Host headers is invalid.
        let line =
            format!("GET / HTTP/1.1\r\nHost: {}\r\nHost: evil.example\r\n\r\n", preview.host);
        assert_status(&preview.raw(line.as_bytes()), 400);
        for target in ["http://evil.example/", "evil.example:80", "*"] {
            assert_status(&preview.send(&format!("GET {target}"), &[], ""), 400);
        }
    }

    #[test]
    fn requests_from_another_origin_are_rejected_even_with_the_token() {
        let extension = extension();
        let preview = start(&extension);
        let (_, port) = preview.host.split_once(':').unwrap();
        let origins = [
            "https://evil.example".to_owned(),
            "null".to_owned(),
            "http://127.0.0.1:1".to_owned(),
            format!("https://127.0.0.1:{port}"),
            format!("http://localhost:{port}"),
        ];
        for route in ROUTES {
            for origin in &origins {
                assert_status(&preview.send(route, &[("Origin", origin)], "{}"), 403);
            }
            // Links, images, frames and forms may send no Origin.
            for site in ["cross-site", "same-site", "nonsense"] {
                let headers = [("Origin", ""), ("Sec-Fetch-Site", site)];
                assert_status(&preview.send(route, &headers, "{}"), 403);
            }
        }
        // The preflight request that a browser sends before one with the header of the token.
        let preflight = [
            ("Origin", "https://evil.example"),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "x-preview-token"),
            ("X-Preview-Token", ""),
        ];
        assert_status(&preview.send("OPTIONS /@preview/exec", &preflight, ""), 403);
        // Another page may not show this one in a frame (clickjacking).
        assert!(preview.get("/").contains("X-Frame-Options: DENY"));
    }

    #[test]
    fn forms_links_and_cookies_can_not_start_a_program() {
        let extension = extension();
        let preview = start(&extension);
        let form = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Preview-Token", "")];
        assert_status(&preview.send("POST /@preview/exec", &form, "a=b"), 401);
        let query = format!("GET /@preview/exec?token={}", preview.token);
        assert_status(&preview.send(&query, &[("X-Preview-Token", "")], ""), 401);
        assert_status(&preview.send("GET /@preview/exec", &[], ""), 405);
        let cookie = format!("X-Preview-Token={0}; token={0}", preview.token);
        let headers = [("Cookie", cookie.as_str()), ("X-Preview-Token", "")];
        assert_status(&preview.send("POST /@preview/tab", &headers, ""), 401);
    }

    #[test]
    fn requests_for_an_unknown_tab_are_rejected() {
        let extension = extension();
        let preview = start(&extension);
        let mut tab = preview.tab();
        let other = preview.tab();
        assert_ne!(tab.name, other.name);
        let body =
            json!({ "tab": "guessed", "order": { "exec": 1, "program": "docker", "args": [] } });
        assert_status(&preview.post("exec", &body), 404);
        assert_status(
            &preview.post("end", &json!({ "tab": "guessed", "order": { "exec": 1 } })),
            404,
        );
        let (stdout, _) = tab.run(tool(&["mine"]));
        assert_eq!(stdout, "mine\n");
        // Each tab numbers its own programs.
        let answer = preview.post("end", &json!({ "tab": other.name, "order": { "exec": 1 } }));
        assert_status(&answer, 200);
    }
}

mod against_the_page_itself {
    use super::*;

    #[test]
    fn only_the_host_binaries_of_the_project_and_docker_can_be_run() {
        let extension = extension();
        let preview = start(&extension);
        let mut tab = preview.tab();
        let absolute = extension.path("target/debug/tool");
        for name in [
            "sh",
            "/bin/sh",
            "../../debug/tool",
            "./tool",
            "tool/",
            "tool\0",
            "TOOL",
            "",
            ".",
            absolute.to_str().unwrap(),
        ] {
            let (stdout, end) =
                tab.run(json!({ "program": { "host": name }, "args": ["-c", "echo run"] }));
            assert_eq!((stdout.as_str(), &end["type"]), ("", &json!("failed")), "{name}");
            assert_eq!(end["code"], "ENOENT");
            assert!(end["message"].as_str().unwrap().contains("`tool`"), "{end}");
        }
        for program in [json!("sh"), json!({ "docker": "x" }), json!({ "host": 1 }), json!(null)] {
            let order = json!({ "exec": 99, "program": program, "args": [] });
            let answer = preview.post("exec", &json!({ "tab": tab.name, "order": order }));
            assert_status(&answer, 400);
        }
    }

    #[test]
    fn the_path_and_directory_of_a_request_do_not_select_another_program() {
        let extension = extension();
        let planted = extension.path("planted");
        fs::create_dir(&planted).unwrap();
        let real = extension.path("real");
        fs::create_dir(&real).unwrap();
        for name in ["tool", "docker"] {
            script(&planted.join(name), "#!/bin/sh\necho planted\n");
        }
        script(&real.join("docker"), "#!/bin/sh\necho real \"$@\"\n");
        let mut command = extension.xtask(&["preview", "--no-open"]);
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{}:{path}", real.display()));
        let preview = Preview::start(&mut command);
        let mut tab = preview.tab();
        let env = json!({ "PATH": format!("{}:{path}", planted.display()), "unset": null });
        let mut run = |program: Value| {
            tab.run(json!({ "program": program, "args": ["it"], "cwd": planted, "env": env })).0
        };
        assert_eq!(run(json!({ "host": "tool" })), "it\n");
        assert_eq!(run(json!("docker")), "real it\n");
    }

    #[test]
    fn host_binaries_get_the_path_of_a_desktop_application_unless_the_terminals_is_requested() {
        let extension = extension();
        let own = extension.path("own");
        let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
        for (options, has_own) in
            [(&["--no-open"][..], false), (&["--no-open", "--full-path"], true)]
        {
            let mut command = extension.xtask(&[&["preview"], options].concat());
            let preview = Preview::start(command.env("PATH", &path));
            let mut tab = preview.tab();
            let (stdout, _) = tab.run(tool(&["variable", "PATH"]));
            assert_eq!(stdout.contains(own.to_str().unwrap()), has_own, "{stdout}");
            let shell =
                if cfg!(target_os = "macos") { "/bin:/usr/sbin" } else { "/usr/bin:/sbin:/bin" };
            assert!(has_own || stdout.contains(shell), "{stdout}");
            let mut set = tool(&["variable", "PATH"]);
            set["env"] = json!({ "PATH": "/opt/of/the/page" });
            assert_eq!(tab.run(set).0, "Ok(\"/opt/of/the/page\")\n");
        }
    }

    #[test]
    fn arguments_reach_the_program_unchanged_because_no_shell_interprets_them() {
        let extension = extension();
        let preview = start(&extension);
        let args = [
            "; touch owned",
            "$(touch owned)",
            "`touch owned`",
            "| touch owned",
            "&& touch owned",
            "$HOME",
            "*",
            "~",
            "'",
            "\"a b\"",
            "",
            "\\",
            "-c",
            "ü\u{1F980}",
        ];
        let (stdout, end) = preview.tab().run(tool(&args));
        assert_eq!(stdout.lines().collect::<Vec<_>>(), args);
        assert_eq!(end["code"], 0);
        let found = Command::new("find").arg(extension.root()).args(["-name", "owned"]).output();
        assert_eq!(support::stdout(&found.unwrap()), "");
    }

    #[test]
    fn invalid_directories_variables_and_arguments_are_rejected() {
        let extension = extension();
        let preview = start(&extension);
        let mut tab = preview.tab();
        let mut run = |cwd: Value, env: Value, args: &[&str]| {
            tab.run(json!({ "program": { "host": "tool" }, "args": args, "cwd": cwd, "env": env }))
        };
        for cwd in ["/none", "none", "tool"] {
            assert_eq!(run(json!(cwd), json!({}), &[]).1["type"], "failed", "{cwd}");
        }
        for name in ["", "A=B", "A\0"] {
            assert_eq!(run(json!(null), json!({ name: "1" }), &[]).1["type"], "failed", "{name:?}");
        }
        assert_eq!(run(json!(null), json!({ "A": "1\0" }), &[]).1["type"], "failed");
        assert_eq!(run(json!(null), json!({}), &["a\0"]).1["type"], "failed");

        let root = extension.root().canonicalize().unwrap();
        let (stdout, _) = run(json!(root), json!({}), &["directory"]);
        assert_eq!(stdout.trim_end(), root.to_str().unwrap());
        let (stdout, _) = run(json!(null), json!({ "A": "b c=d" }), &["variable", "A"]);
        assert_eq!(stdout, "Ok(\"b c=d\")\n");
        let (stdout, _) = run(json!(null), json!({}), &["variable", "PATH"]);
        assert!(stdout.starts_with("Ok("), "other variables are inherited: {stdout}");
    }

    #[test]
    fn directories_are_listed_for_the_page_only() {
        let extension = extension();
        let preview = start(&extension);
        let root = extension.root().canonicalize().unwrap();
        let answer = preview.post("browse", &json!({ "path": root.join("ui/index.html") }));
        assert_status(&answer, 200);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let listing: Value = serde_json::from_str(body).unwrap();
        assert_eq!(listing["path"], json!(root.join("ui")));
        assert_eq!(listing["entries"][0]["path"], listing["file"]);
        let missing = preview.post("browse", &json!({ "path": "/none" }));
        assert_status(&missing, 404);
        assert!(missing.ends_with("/none does not exist"), "{missing}");
        assert_status(&preview.post("browse", &json!({ "path": 1 })), 400);
    }

    #[test]
    fn requests_have_limits() {
        let extension = extension();
        let preview = start(&extension);
        let large = "x".repeat(2 << 20);
        assert_status(&preview.send("POST /@preview/exec", &[], &large), 413);
        let head = preview.head("GET /", &[("X", &large[..100_000])]);
        assert_status(&preview.raw(format!("{head}\r\n").as_bytes()), 400);
        let many: String = (0..200).map(|number| format!("X-{number}: 1\r\n")).collect();
        let head = preview.head("GET /", &[]);
        assert_status(&preview.raw(format!("{head}{many}\r\n").as_bytes()), 400);
        let chunked = preview.head("POST /@preview/end", &[("Transfer-Encoding", "chunked")]);
        assert_status(&preview.raw(format!("{chunked}\r\n0\r\n\r\n").as_bytes()), 400);
        let negative = preview.head("POST /@preview/end", &[("Content-Length", "-1")]);
        assert_status(&preview.raw(format!("{negative}\r\n").as_bytes()), 400);
        assert_status(&preview.raw(b"\x16\x03\x01\x02\x00 TLS\r\n\r\n"), 400);
        assert_status(&preview.raw(b"\r\n\r\n\r\n\r\n"), 400);

        // An unfinished request does not block others.
        let mut slow = TcpStream::connect(&preview.host).unwrap();
        slow.write_all(b"GET / HT").unwrap();
        assert_status(&preview.get("/"), 200);

        let mut tab = preview.tab();
        for _ in 0..64 {
            tab.start(&["wait"]);
        }
        let order = json!({ "exec": 65, "program": { "host": "tool" }, "args": [] });
        let answer = preview.post("exec", &json!({ "tab": tab.name, "order": order }));
        assert_status(&answer, 400);
    }

    #[test]
    fn no_path_leads_out_of_the_directory_of_the_pages() {
        let extension = extension();
        extension.write("ui/.env", "SECRET");
        extension.write("secret.txt", "SECRET");
        std::os::unix::fs::symlink(extension.path("secret.txt"), extension.path("ui/link.txt"))
            .unwrap();
        let preview = start(&extension);
        for path in [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/a/../../secret.txt",
            "//../secret.txt",
            "/..\\secret.txt",
            "/..%5csecret.txt",
            "/link.txt",
            "/.env",
            "/%2eenv",
            "/index.html%00.txt",
            extension.path("secret.txt").to_str().unwrap(),
        ] {
            let answer = preview.get(&path.replace(' ', "%20"));
            assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
            assert!(!answer.contains("SECRET"), "{path}");
        }
    }
}

mod programs {
    use super::*;

    #[test]
    fn end_on_request_and_their_tab_receives_the_result() {
        let extension = extension();
        let preview = start(&extension);
        let mut tab = preview.tab();
        let (_, end) = tab.run(tool(&["fail"]));
        assert_eq!((&end["type"], &end["code"]), (&json!("exit"), &json!(3)));
        let exec = tab.start(&["wait"]);
        let pid = tab.await_type("stdout")["text"].as_str().unwrap().trim().to_owned();
        assert!(is_running(&pid));
        preview.post("end", &json!({ "tab": tab.name, "order": { "exec": exec } }));
        let end = tab.await_type("exit");
        let expected = json!({ "type": "exit", "exec": exec, "code": null, "signal": "SIGTERM", "killed": true });
        assert_eq!(end, expected);
        assert!(!is_running(&pid));
    }

    #[test]
    fn end_when_their_tab_is_closed() {
        let extension = extension();
        let preview = start(&extension);
        let mut tab = preview.tab();
        tab.start(&["wait"]);
        let pid = tab.await_type("stdout")["text"].as_str().unwrap().trim().to_owned();
        drop(tab);
        while is_running(&pid) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn end_with_the_preview_which_removes_its_copies_of_them() {
        let extension = extension();
        let mut preview = start(&extension);
        let pid = {
            let mut tab = preview.tab();
            tab.start(&["wait"]);
            tab.await_type("stdout")["text"].as_str().unwrap().trim().to_owned()
        };
        assert_eq!(preview.interrupt().code(), Some(0));
        assert!(!is_running(&pid));
        let remaining = fs::read_dir(extension.path("target/preview")).unwrap();
        assert_eq!(remaining.count(), 0, "copies of programs");
    }

    #[test]
    fn of_the_first_tab_end_when_a_fifth_tab_opens() {
        let extension = extension();
        let preview = start(&extension);
        let mut tabs: Vec<_> = (0..5).map(|_| preview.tab()).collect();
        assert_eq!(tabs[0].next().unwrap()["type"], "replaced");
        assert!(tabs[0].next().is_none());
        assert_eq!(tabs[4].run(tool(&["it"])).0, "it\n");
        assert_eq!(tabs[1].run(tool(&["it"])).0, "it\n");
    }

    #[test]
    fn are_rebuilt_when_their_sources_change() {
        let extension = extension();
        let preview = start(&extension);
        let mut tab = preview.tab();
        tab.start(&["wait"]);
        let old = tab.await_type("stdout")["text"].as_str().unwrap().trim().to_owned();

        let source = "host-bins/tool/src/main.rs";
        extension.write(source, "fn main() { println!(\"new\") ");
        assert!(tab.await_type("notBuilt")["messages"].as_str().unwrap().contains("main.rs:1"));
        preview.await_message("main.rs:1");
        assert_eq!(tab.run(tool(&["still the old one"])).0, "still the old one\n");
        // A tab that opens now receives the messages, too.
        preview.tab().await_type("notBuilt");

        extension.write(source, "fn main() { println!(\"new\") }");
        tab.await_type("built");
        assert_eq!(tab.await_type("reload")["why"], "Rebuilt: tool");
        assert_eq!(tab.run(tool(&[])).0, "new\n");
        assert!(is_running(&old), "running programs continue");

        // A new program becomes available, and a removed one unavailable.
        extension.host_binary("second", "fn main() { println!(\"second\") }");
        tab.await_type("reload");
        let second = json!({ "program": { "host": "second" }, "args": [] });
        assert_eq!(tab.run(second.clone()).0, "second\n");
        fs::remove_dir_all(extension.path("host-bins/second")).unwrap();
        tab.await_type("reload");
        assert_eq!(tab.run(second).1["type"], "failed", "it is not in the project any more");
    }

    #[test]
    fn that_do_not_compile_at_the_start_become_available_when_they_do() {
        let extension = extension();
        extension.host_binary("tool", "fn main() { ");
        let preview = start(&extension);
        let mut tab = preview.tab();
        tab.await_type("notBuilt");
        let (_, end) = tab.run(tool(&[]));
        assert!(end["message"].as_str().unwrap().contains("compile"), "{end}");
        extension.write("host-bins/tool/src/main.rs", "fn main() { println!(\"good\") }");
        tab.await_type("reload");
        assert_eq!(tab.run(tool(&[])).0, "good\n");
    }
}

mod pages {
    use super::*;

    #[test]
    fn that_are_plain_files_get_the_script_and_reload_when_they_change() {
        let extension = extension();
        extension.write("ui/a b/style.css", "a{}");
        let preview = start(&extension);
        let page = preview.get("/");
        assert_status(&page, 200);
        assert!(page.contains("<!doctype html><script src=\"/@preview/client.js\"></script>"));
        assert!(preview.get("/a%20b/style.css").contains("Content-Type: text/css"));
        let client = preview.get("/@preview/client.js");
        assert!(client.contains("\"image\":\"me/tool:1.2.3\""), "{client}");
        let mut tab = preview.tab();
        extension.write("ui/index.html", "<!doctype html><title>New</title>");
        tab.await_type("reload");
        assert!(preview.get("/").contains("New"));
    }

    /// Needs Node.js, but no packages.
    #[test]
    fn of_a_dev_server_get_the_script_and_keep_their_websocket() {
        let extension = extension();
        extension
            .write("ui/package.json", r#"{ "name": "ui", "scripts": { "dev": "node dev.js" } }"#);
        extension.write("ui/package-lock.json", EMPTY_LOCK);
        extension.write("ui/dev.js", DEV_SERVER);
        let mut preview = start(&extension);
        let page = preview.get("/");
        assert!(
            page.contains("<head><script src=\"/@preview/client.js\"></script><title>ü</title>"),
            "{page}"
        );
        assert!(preview.get("/a.js?v=1").ends_with("/a.js?v=1"));
        assert_status(&preview.send("POST /a.js", &[], ""), 405);

        let mut socket = TcpStream::connect(&preview.host).unwrap();
        let upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket")];
        socket.write_all(format!("{}\r\n", preview.head("GET /ws", &upgrade)).as_bytes()).unwrap();
        let mut answer = String::new();
        let mut read_to = |socket: &mut TcpStream, end: &str| {
            while !answer.ends_with(end) {
                let mut byte = [0];
                socket.read_exact(&mut byte).unwrap();
                answer.push(char::from(byte[0]));
            }
            answer.clone()
        };
        let head = read_to(&mut socket, "\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        socket.write_all(b"echo").unwrap();
        read_to(&mut socket, "\r\n\r\necho");
        // Pages of other origins can't open it.
        let others = [upgrade.as_slice(), &[("Origin", "https://evil.example")]].concat();
        assert_status(&preview.send("GET /ws", &others, ""), 403);

        let pid = fs::read_to_string(extension.path("ui/pid")).unwrap();
        assert!(is_running(&pid));
        assert_eq!(preview.interrupt().code(), Some(0));
        assert!(!is_running(&pid));
    }

    const DEV_SERVER: &str = r#"
const http = require("node:http");
require("node:fs").writeFileSync("pid", String(process.pid));
const server = http.createServer((request, response) => {
  if (request.url !== "/") return response.end(request.url);
  response.writeHead(200, { "Content-Type": "text/html", ETag: "1" });
  const page = Buffer.from("<html><head><title>ü</title></head></html>");
  response.write(page.subarray(0, 20));
  setTimeout(() => response.end(page.subarray(20)), 20);
});
server.on("upgrade", (request, socket) => {
  socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  socket.pipe(socket);
});
const at = (name) => process.argv[process.argv.indexOf(name) + 1];
server.listen(Number(at("--port")), at("--host"));
"#;

    #[test]
    fn whose_dev_server_exits_end_the_preview() {
        let extension = extension();
        extension.write("ui/package.json", r#"{ "scripts": { "dev": "echo why >&2; exit 7" } }"#);
        extension.write(
            "ui/package-lock.json",
            r#"{ "lockfileVersion": 3, "requires": true, "packages": { "": {} } }"#,
        );
        let mut command = extension.xtask(&["preview", "--no-open"]);
        extension.assert_fails(&mut command, 1, &["the dev server `npm run dev` exited", "why"]);
        extension.write("ui/package.json", r#"{ "scripts": {} }"#);
        extension.assert_fails(&mut command, 1, &["package.json` has no script `dev`"]);
    }

    #[test]
    fn open_in_the_browser_that_the_variable_names() {
        let extension = extension();
        let browser = extension.path("browser");
        script(&browser, "#!/bin/sh\nprintf %s \"$1\" >\"$0.address\"\n");
        let mut command = extension.xtask(&["preview"]);
        let preview = Preview::start(command.env("BROWSER", &browser));
        let opened = extension.path("browser.address");
        while fs::read_to_string(&opened).unwrap_or_default() != preview.address() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn need_a_free_port_and_a_configured_dashboard_tab() {
        let extension = extension();
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port().to_string();
        let mut command = extension.xtask(&["preview", "--no-open", "--port", &port]);
        extension.assert_fails(&mut command, 2, &["can't listen on port"]);
        let without = Extension::new();
        without.assert_fails(&mut without.xtask(&["preview"]), 2, &["no dashboard tab to preview"]);
    }
}

mod docker {
    use super::*;

    /// Imitates `docker system dial-stdio`, which connects stdin and stdout to the engine.
    const DOCKER: &str = r#"#!/bin/sh
test "$*" = "system dial-stdio" || { echo "docker $*"; exit; }
read -r request
while read -r line && test "$line" != "$(printf '\r')"; do :; done
printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
body=$(printf '[{"Request":"%s"}]' "$(printf %s "$request" | tr -d '\r')")
printf '%x\r\n%s\r\n0\r\n\r\n' ${#body} "$body"
"#;

    #[test]
    fn lists_are_the_answers_of_the_engines_api() {
        let extension = extension();
        let bin = extension.path("bin");
        fs::create_dir(&bin).unwrap();
        script(&bin.join("docker"), DOCKER);
        let mut command = extension.xtask(&["preview", "--no-open"]);
        let path = std::env::var("PATH").unwrap();
        let preview = Preview::start(command.env("PATH", format!("{}:{path}", bin.display())));
        let answer =
            preview.post("list", &json!({ "list": "containers", "options": { "all": true } }));
        assert_status(&answer, 200);
        let expected = r#"[{"Request":"GET /containers/json?all=true HTTP/1.1"}]"#;
        assert!(answer.ends_with(expected), "{answer}");
        assert_status(&preview.post("list", &json!({ "list": "volumes" })), 400);
        let (stdout, _) = preview.tab().run(json!({ "program": "docker", "args": ["ps", "-a"] }));
        assert_eq!(stdout, "docker ps -a\n");
    }

    #[test]
    #[ignore = "needs a Docker Engine"]
    fn lists_include_a_container_of_a_real_engine() {
        let extension = extension();
        let preview = start(&extension);
        let image =
            support::run(Command::new("sh").args(["-c", "tar -c -T /dev/null | docker import -"]));
        let create =
            ["create", "--label", "preview-test=1", "-p", "8080:80", image.trim(), "/none"];
        let id = support::run(Command::new("docker").args(create));
        let request = |filter: &str| json!({ "list": "containers", "options": { "all": true, "filters": filter } });
        let answer = preview.post("list", &request(r#"{"label":["preview-test=1"]}"#));
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        let list: Value = serde_json::from_str(json).unwrap();
        assert_eq!(list[0]["Id"], id.trim());
        let rejected = preview.post("list", &request("not JSON"));
        assert_status(&rejected, 503);
        assert!(rejected.contains("the Docker Engine rejected the request: "), "{rejected}");
        support::run(Command::new("docker").args(["rm", id.trim()]));
        support::run(Command::new("docker").args(["rmi", image.trim()]));
    }
}

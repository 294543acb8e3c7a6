// `cargo xtask upgrade` rewrites this file.
fn main() -> std::process::ExitCode {
    docker_extension::main()
}

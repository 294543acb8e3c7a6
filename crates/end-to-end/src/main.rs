fn main() -> std::process::ExitCode {
    docker_extension::main()
}

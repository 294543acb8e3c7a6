// Absolute paths, as build scripts of crates in the registry use.
fn main() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let file = |name: &str| format!("{directory}/{name}");
    let mut c = cc::Build::new();
    c.file(file("part.c")).file(file("path.S")).include(&directory).compile("part");
    cc::Build::new().cpp(true).file(file("part.cpp")).compile("cpp");
}

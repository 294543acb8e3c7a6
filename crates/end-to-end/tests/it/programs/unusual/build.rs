//! Passes the linker options for everything that `dist` warns about, or that is rare in Rust programs.

fn main() {
    let options: &[&str] = match &*std::env::var("CARGO_CFG_TARGET_OS").unwrap() {
        "macos" => &[
            "-rpath",
            "@loader_path/../lib",
            "-needed_framework",
            "CoreFoundation",
            "-weak_framework",
            "Security",
            "-segprot",
            "__TEXT",
            "rwx",
            "rwx",
            "-no_pie",
            "-sectcreate",
            "__DWARF",
            "__debug_info",
            concat!(env!("CARGO_MANIFEST_DIR"), "/build.rs"),
        ],
        "windows" => &[
            concat!(env!("CARGO_MANIFEST_DIR"), "/winmm.lib"),
            "-Xlink=-delayload:winmm.dll",
            "--disable-dynamicbase",
            "-Xlink=-section:.data,erw",
            "--pdb=",
            "-Xlink=-pdbaltpath:C:\\Users\\me\\tool.pdb",
        ],
        _ => &["-z", "execstack", "-rpath=$ORIGIN/../lib"],
    };
    for option in options {
        println!("cargo::rustc-link-arg-bins={option}");
    }
}

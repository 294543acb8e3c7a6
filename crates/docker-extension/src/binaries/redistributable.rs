//! DLLs that programs for Windows often need although Windows does not have them, and how to do without.

/// Where a DLL comes from, as a clause; `None` if it is unknown. `name` is in lower case, with its extension.
pub fn origin(name: &str) -> Option<&'static str> {
    Some(match name {
        "webview2loader.dll" => {
            "it is in Microsoft's package `Microsoft.Web.WebView2`, whose `WebView2LoaderStatic.lib` Visual C++ \
             can link instead"
        }
        "libgcc_s_seh-1.dll" | "libgcc_s_dw2-1.dll" | "libstdc++-6.dll" | "libwinpthread-1.dll" => {
            "it belongs to GCC for MinGW, whose option `-static` links it statically"
        }
        "libc++.dll" | "libunwind.dll" => {
            "it belongs to LLVM for MinGW, whose option `-static` links it statically"
        }
        "sqlite3.dll" => {
            "the feature `bundled` of the Rust crate `rusqlite` compiles SQLite into the program"
        }
        "onnxruntime.dll" => "it is in Microsoft's package `Microsoft.ML.OnnxRuntime`",
        "vulkan-1.dll" | "opencl.dll" => {
            "drivers of graphics cards install it, so some machines have it"
        }
        "wpcap.dll" | "packet.dll" => "Npcap installs it, which every user has to install first",
        _ if name.starts_with("libssl-") || name.starts_with("libcrypto-") => {
            "the feature `vendored` of the Rust crate `openssl` links OpenSSL statically"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_well_known_dlls_is_known() {
        assert!(
            origin("webview2loader.dll").is_some_and(|it| it.contains("Microsoft.Web.WebView2"))
        );
        assert!(origin("libcrypto-3-x64.dll").is_some_and(|it| it.contains("vendored")));
        assert_eq!(origin("mine.dll"), None);
    }
}

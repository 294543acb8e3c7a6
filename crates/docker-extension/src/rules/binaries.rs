//! Rules about host binaries.

super::rule::rules! {
    BINARY_FORMAT: Error "binary-format" {
        reports: "host binary has the wrong format for its operating system",
        why: "The system cannot start it. Programs for `darwin` are Mach-O files, for `windows` PE files, \
              for `linux` ELF files.",
        help: "list the program that was built for that system",
        example: "`\"darwin\": [{ \"path\": \"/tool\" }]` where `/tool` is an ELF file",
    }

    BINARY_DAMAGED: Error "binary-damaged" {
        reports: "host binary is empty, truncated or damaged",
        why: "The program does not start.",
        help: "copy the program again, or download it with `curl -fsSL`, which follows redirects, and \
               compare its checksum",
        example: "`/darwin/tool` is the first half of a Mach-O file",
    }

    BINARY_CPU: Error "binary-cpu" {
        reports: "host binary is for a different CPU than the image variant",
        why: "Docker Desktop pulls the image variant for the machine's CPU and starts its programs. Users \
              see `Bad CPU type in executable` (macOS), `Exec format error` (Linux) or `not compatible \
              with the version of Windows you're running`. Apple silicon runs amd64 programs only if \
              Rosetta 2 is installed, and a future macOS will drop Rosetta 2.",
        help: "build the program for each CPU, and copy each into its own variant by `TARGETARCH`",
        example: "`/darwin/tool` in `linux/arm64` is a Mach-O program for amd64 only",
    }

    BINARY_CPU_NAME: Error "binary-cpu-name" {
        reports: "name of a host binary says a different CPU than the program is for",
        why: "The page starts the program on machines with the CPU in its name, where it does not run. Often \
              one file was copied or downloaded twice.",
        help: "copy the program for that CPU to this path, or correct its name",
        example: "`/darwin/tool-arm64` is a Mach-O program for amd64",
    }

    BINARY_ALTERNATIVE: Note "binary-alternative" {
        reports: "host binary is for a different CPU than the image variant, which also lists one for its own",
        why: "The files differ only in the CPU in their names, so the page can choose. Every user downloads \
              the programs for all CPUs.",
        help: "choose by `ddClient.host.arch`, which is `x64` or `arm64`, or copy only the program for its \
               own CPU into each variant",
        example: "`/darwin/tool-amd64` and `/darwin/tool-arm64` are in both variants",
    }

    BINARY_EMULATED: Note "binary-emulated" {
        reports: "host binary needs emulation or a compatibility mode of the operating system",
        why: "Windows on Arm emulates amd64 and 32-bit x86, and 64-bit Windows and Linux run 32-bit x86 \
              programs. They run, but slower.",
        help: "build it for the CPU of the variant if speed matters",
        example: "`/windows/tool.exe` in `linux/arm64` is a PE program for amd64",
    }

    BINARY_KIND: Error "binary-kind" {
        reports: "host binary is not a program",
        why: "A library, an object file or a text cannot be started as a program.",
        help: "list the program; keep the extension in the file name of a library (`.dll`, `.dylib`, `.so`)",
        example: "`/darwin/tool` is a Mach-O library",
    }

    ERROR_PAGE: Error "binary-error-page" {
        reports: "host binary or icon looks like a downloaded error page",
        why: "If a server reports an error, `curl` saves its answer as the file and exits with 0, so the \
              build goes on.",
        help: "download the file again with `curl -fsSL`, which fails on errors (`--fail`) and follows \
               redirects, and compare its checksum: `echo \"$SHA256  tool\" | sha256sum -c`",
        example: "`/darwin/tool` begins with `<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code>`",
    }

    GIT_LFS_POINTER: Error "git-lfs-pointer" {
        reports: "host binary, icon or page is a pointer of Git LFS, not the file itself",
        why: "The checkout from which the image was built has only pointers in place of large files.",
        help: "run `git lfs pull` before the build (`lfs: true` for GitHub's `actions/checkout`)",
        example: "`/darwin/tool` begins with `version https://git-lfs.github.com/spec/v1`",
    }

    FOR_INTERPRETER: Note "interpreter-file" {
        reports: "file in `host.binaries` is for an interpreter and cannot be started by its own name",
        why: "Docker Desktop copies it like every listed file. The extension must start the interpreter, \
              which has to be on the user's machine: Windows has PowerShell and Windows Script Host, but no \
              other system has all of them.",
        help: "start the interpreter with the file as its argument, such as `powershell.exe -File tool.ps1`",
        example: "`\"windows\": [{ \"path\": \"/windows/tool.ps1\" }]`",
    }

    NOT_A_PROGRAM: Note "not-a-program" {
        reports: "file in `host.binaries` is not a program",
        why: "Docker Desktop copies every listed file, also libraries and data that programs need in their \
              directory. The extension cannot start them, and they need not be executable.",
        help: "remove it from the list if no program needs it",
        example: "`\"darwin\": [{ \"path\": \"/darwin/tool.properties\" }]`",
    }

    WINDOWS_NAME: Error "windows-name" {
        reports: "file name of a Windows program does not end in `.exe`, `.cmd` or `.bat`",
        why: "Windows decides by the file name whether and how to start a file: `.exe` for PE files, \
              `.cmd` or `.bat` for batch files.",
        help: "rename it in the image and in `metadata.json`",
        example: "`\"windows\": [{ \"path\": \"/windows/tool\" }]`",
    }

    MACOS_SIGNATURE: Error "macos-signature" {
        reports: "code signature of a program for Apple silicon is missing or invalid",
        why: "macOS kills the program at once: `Killed: 9`. The hash of every page must be signed.",
        help: "sign it ad hoc as the last step, after `strip`: `codesign --force --sign -` (Apple's and \
               LLVM's linkers and Rust's `strip = true` do this)",
        example: "`/darwin/tool` was stripped with GNU `strip`",
    }

    MACOS_SIGNATURE_TRAILED: Warning "macos-signature-trailed" {
        reports: "code signature of a program for macOS is not at the end of the file",
        why: "`codesign --verify --strict` rejects the program, and a Mac cannot sign it again: `main \
              executable failed strict validation`.",
        help: "don't append data to a signed program; sign it as the last step",
        example: "`/darwin/tool`, to which 64 bytes were appended after signing",
    }
    MACOS_SIGNATURE_AMD64: Warning "macos-signature-amd64" {
        reports: "code signature of a program for Intel Macs is invalid",
        why: "Intel Macs start programs without a signature, but kill a program with the hardened runtime \
              if its signature is invalid.",
        help: "sign it again as the last step, or remove the signature",
        example: "`/darwin/tool` was changed after it was signed",
    }

    MINIMUM_MACOS: Error "minimum-macos" {
        reports: "program for macOS requires a newer version than `minimum-macos`",
        why: "On an older macOS the program does not start, or calls functions that are missing there.",
        help: "set `minimum-macos` to the version that the program requires, or try another linker \
               (`--linker`)",
        example: "the linker produced a program for macOS 13.0, and `minimum-macos` is 11.0",
    }

    MACOS_VERSION: Warning "macos-version" {
        reports: "program for macOS requires a newer version than macOS 14",
        why: "Docker Desktop supports the current macOS and the two versions before it. On older versions \
              than required, the program does not start, or calls functions that are missing there.",
        help: "build it with `MACOSX_DEPLOYMENT_TARGET=11.0` (`minimum-macos` in this project's \
               configuration)",
        example: "`/darwin/tool` was built on macOS 26 for macOS 26",
    }

    MACOS_SYMBOL_NEWER: Warning "macos-symbol-newer" {
        reports: "program for macOS needs a symbol or library that is newer than its minimum version",
        why: "On the older versions for which the program is, it does not start: `Symbol not found` or \
              `Library not loaded`.",
        help: "raise `minimum-macos` (`MACOSX_DEPLOYMENT_TARGET`), or look for the symbol at run time with \
               `dlsym`",
        example: "`/darwin/tool` is for macOS 10.15 and imports `_preadv`, which macOS has since 11.0",
    }

    MACOS_SYMBOL_UNPROVEN: Note "macos-symbol-unproven" {
        reports: "program for macOS imports symbols that are not proven for its minimum version",
        why: "A symbol is proven if a published program for that version, or an older one, can't start \
              without it, or if the system's headers say so. The others probably exist there, too.",
        help: "compare the symbols with Apple's documentation, or test the program on its oldest macOS",
        example: "`/darwin/tool` is for macOS 11.0 and imports `_acl_dup`, which no known program for macOS \
                  11.0 needs",
    }

    LIBRARY_MISSING: Error "library-missing" {
        reports: "library that the program loads at startup is missing",
        why: "The program does not start on machines without the library: `Library not loaded` on macOS, \
              `The code execution cannot proceed because … was not found` on Windows. It is neither part \
              of the system nor listed with the program. Libraries of Homebrew and MinGW and debug \
              libraries are only on developers' machines.",
        help: "link it statically, or list the library for the same system",
        example: "`/windows/tool.exe` imports `libgcc_s_seh-1.dll`; `/darwin/tool` loads \
                  `/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib`",
    }

    LIBRARY_MAYBE_MISSING: Warning "library-maybe-missing" {
        reports: "optional or delay-loaded library is missing",
        why: "The program starts without the library, but may crash when it calls it. The library is \
              neither part of the system nor listed with the program.",
        help: "make sure that the program works without it, or link it statically",
        example: "`/windows/tool.exe` delay-loads `nvcuda.dll`",
    }

    LIBRARY_VISUAL_CPP: Warning "library-visual-cpp" {
        reports: "program for Windows needs the Visual C++ runtime, which is not part of Windows",
        why: "Many machines have the runtime, because another program installed it. On the others the \
              program does not start.",
        help: "link it statically (Rust: `-C target-feature=+crt-static`; Visual C++: `/MT`)",
        example: "`/windows/tool.exe` imports `VCRUNTIME140.dll`",
    }

    LINUX_LIBRARY: Warning "linux-library" {
        reports: "program for Linux needs a library that not every distribution has",
        why: "Available libraries and their versions differ between distributions and machines. Only \
              those of the C and C++ compilers are common.",
        help: "link it statically, for example with one of Rust's `musl` targets",
        example: "`/linux/tool` needs `libssl.so.3`",
    }

    LINUX_INTERPRETER: Error "linux-interpreter" {
        reports: "program for Linux needs a dynamic linker that is missing on most distributions",
        why: "The distributions that Docker Desktop supports only have the dynamic linker of the GNU C \
              library. Users see `No such file or directory`, although the program exists.",
        help: "link it statically, or build it on a distribution with the GNU C library",
        example: "`/linux/tool` was built on Alpine, and needs `/lib/ld-musl-x86_64.so.1`",
    }

    LINUX_GLIBC: Warning "linux-glibc" {
        reports: "program for Linux requires a newer GNU C library than 2.28",
        why: "The oldest distribution that Docker Desktop has supported, Red Hat Enterprise Linux 8, has \
              version 2.28; Ubuntu 22.04 has 2.35. With an older version than required, the program does \
              not start: `version 'GLIBC_…' not found`.",
        help: "link it statically (Rust's `musl` targets do), or build it on an old distribution",
        example: "`/linux/tool` was built on Ubuntu 24.04, and requires `GLIBC_2.39`",
    }

    DEBUG_INFO: Warning "debug-info" {
        reports: "host binary contains debug information",
        why: "It is often larger than the program, every user downloads it, and it reveals the names of \
              your source files and directories.",
        help: "strip it (`strip = true` in a Cargo profile; `-ldflags=-s` in Go)",
        example: "`/linux/tool` has sections `.debug_info`, `.debug_line`, …",
    }

    BUILD_PATHS: Warning "build-paths" {
        reports: "host binary contains paths of the build machine",
        why: "They reveal the name of the user and the directories of the build machine, and make builds \
              irreproducible.",
        help: "build it with `--remap-path-prefix` (Rust) and `-ffile-prefix-map` (C), as `cargo xtask dist` \
               does, or with `-trimpath` (Go), and don't embed `CARGO_MANIFEST_DIR`",
        example: "`/darwin/tool` contains `/Users/me/.cargo/registry/src/…/src/lib.rs`",
    }

    EXECUTABLE_STACK: Warning "executable-stack" {
        reports: "stack of a host binary is executable",
        why: "An executable stack makes bugs easier to exploit, and some systems refuse to run the program.",
        help: "find the assembly file without a `.note.GNU-stack` section, or link with `-z \
               noexecstack` (Linux), without `-allow_stack_execute` (macOS), with `/NXCOMPAT` \
               (Windows)",
        example: "`/linux/tool` has no `PT_GNU_STACK` header",
    }

    WRITABLE_CODE: Warning "writable-code" {
        reports: "part of a host binary is both writable and executable",
        why: "Writable code makes bugs easier to exploit. Apple silicon refuses it, and virus scanners \
              report it.",
        help: "don't pack the program with tools such as UPX, and check the options of the linker",
        example: "`/windows/tool.exe` was packed with UPX",
    }

    RANDOM_ADDRESS: Warning "random-address" {
        reports: "host binary is always loaded at the same address (no ASLR)",
        why: "A fixed address makes bugs easier to exploit. macOS warns about it, and virus scanners \
              report it.",
        help: "build it position-independent: `-buildmode=pie` (Go), `-pie` (C), `/DYNAMICBASE` \
               (Visual C++)",
        example: "`/windows/tool.exe` was linked with `/DYNAMICBASE:NO`",
    }

    RANDOM_ADDRESS_LINUX: Note "random-address-linux" {
        reports: "program for Linux is always loaded at the same address (no ASLR)",
        why: "A fixed address makes bugs easier to exploit. This is the default of Go on Linux, and of Rust \
              for static programs on arm64.",
        help: "build it position-independent if it reads untrusted data: `-buildmode=pie` (Go), `-pie` (C)",
        example: "`/linux/tool` is an ELF file of the type `EXEC`",
    }

    SCRIPT_SHEBANG: Error "script-shebang" {
        reports: "script does not begin with `#!` and an absolute path",
        why: "macOS and Linux cannot start it: `exec format error`.",
        help: "begin it with `#!/bin/sh`, and save it without a byte order mark",
        example: "`/darwin/tool.sh` begins with `echo`",
    }

    SCRIPT_LINE_ENDS: Error "script-line-ends" {
        reports: "script for macOS or Linux has the wrong line breaks (CR LF)",
        why: "The CR becomes part of the interpreter's name and of every command: `bad interpreter: \
              /bin/sh^M`.",
        help: "convert the line breaks to LF, and add `*.sh text eol=lf` to `.gitattributes`",
        example: "`/darwin/tool.sh` was checked out on Windows",
    }

    SCRIPT_INTERPRETER: Warning "script-interpreter" {
        reports: "interpreter of a script is not available on every machine",
        why: "The script does not start where the interpreter is missing or has another path. macOS has no \
              Python and no Node.js (`/usr/bin/python3` offers to install Apple's developer tools), and \
              has `bash` only as `/bin/bash`.",
        help: "write the script for `/bin/sh`, or replace it with a program",
        example: "`/darwin/tool` begins with `#!/usr/bin/env python3`",
    }

    SCRIPT_WINDOWS: Error "script-windows" {
        reports: "shell script is listed for Windows, which cannot run it",
        why: "Windows has no interpreter for shell scripts.",
        help: "write a `.cmd` file, or replace the script with a program",
        example: "`\"windows\": [{ \"path\": \"/windows/tool.sh\" }]`",
    }
}

//! What host binaries have to be.

super::rule::rules! {
    BINARY_FORMAT: Error "binary-format" {
        says: "A host binary has the format of the operating system that it is listed for: Mach-O \
               for `darwin`, PE for `windows`, ELF for `linux`.",
        why: "No other system can start it.",
        help: "list the program that was built for that system",
        example: "`\"darwin\": [{ \"path\": \"/tool\" }]` where `/tool` is an ELF file",
    }

    BINARY_DAMAGED: Error "binary-damaged" {
        says: "A host binary is whole.",
        why: "A file that is empty or cut off, or whose headers contradict themselves, does not start.",
        help: "copy or download the program anew; `curl` needs `--fail` to notice that it got an \
               error page",
        example: "`/darwin/tool` is the first half of a Mach-O file",
    }

    BINARY_CPU: Error "binary-cpu" {
        says: "A host binary is for the CPU of the image that carries it: amd64 in `linux/amd64`, \
               arm64 in `linux/arm64`. A universal Mach-O file has a slice for it.",
        why: "Docker Desktop pulls the image for the machine's own CPU, and starts what is in it. \
              People see `Bad CPU type in executable` (macOS), `Exec format error` (Linux) or `not \
              compatible with the version of Windows you're running`. Apple silicon runs amd64 \
              programs only where Rosetta 2 was installed, and macOS is going to lose it.",
        help: "build the program for each CPU, and copy it into the image of its own by `TARGETARCH`",
        example: "`/darwin/tool` in `linux/arm64` is a Mach-O program for amd64 alone",
    }

    BINARY_EMULATED: Note "binary-emulated" {
        says: "A host binary is for the CPU itself, not for another one that the system emulates.",
        why: "Windows on Arm emulates amd64 and 32-bit x86, and 64-bit Windows and Linux run 32-bit \
              programs of x86: slower, but they run.",
        help: "build it for the CPU itself, if it is to be fast",
        example: "`/windows/tool.exe` in `linux/arm64` is a PE program for amd64",
    }

    BINARY_KIND: Error "binary-kind" {
        says: "A file that is named like a program is one.",
        why: "A library or an object file can't be started.",
        help: "list the program; a library that programs load from beside them keeps its own name \
               (`.dll`, `.dylib`, `.so`)",
        example: "`/darwin/tool` is a Mach-O library",
    }

    NOT_A_PROGRAM: Note "not-a-program" {
        says: "`host.binaries` lists programs.",
        why: "Docker Desktop copies anything that is listed, so libraries and data can lie beside the \
              programs that need them; nobody can start them.",
        help: "leave it out if no program needs it",
        example: "`\"darwin\": [{ \"path\": \"/darwin/tool.properties\" }]`",
    }

    WINDOWS_NAME: Error "windows-name" {
        says: "What is to be started on Windows is named `.exe` if it is a PE file, and `.cmd` or \
               `.bat` if it is a command file.",
        why: "Windows decides by the name how to start a file, and whether to start it at all.",
        help: "rename it in the image and in `metadata.json`",
        example: "`\"windows\": [{ \"path\": \"/windows/tool\" }]`",
    }

    MACOS_SIGNATURE: Error "macos-signature" {
        says: "A program for Apple silicon has a code signature, and each page of it the hash that \
               was signed.",
        why: "macOS kills it at once otherwise: `Killed: 9`.",
        help: "sign it ad hoc as the last step, after `strip` (`codesign --force --sign -`); Rust's \
               own `strip = true` and Apple's and LLVM's linkers do it by themselves",
        example: "`/darwin/tool` was stripped with GNU `strip`",
    }

    MACOS_SIGNATURE_AMD64: Warning "macos-signature-amd64" {
        says: "The code signature of a program for Macs with Intel is right, if it has one.",
        why: "These Macs start programs without a signature, but those whose signature says so \
              (hardened runtime) are killed where it is wrong.",
        help: "sign it anew as the last step, or remove the signature",
        example: "`/darwin/tool` was changed after it was signed",
    }

    MINIMUM_MACOS: Error "minimum-macos" {
        says: "A program that `dist` builds for macOS runs on the version that `minimum-macos` promises.",
        why: "On an older macOS than it asks for, the program does not start, or misses functions.",
        help: "set `minimum-macos` to the version that the program asks for, or link it with another \
               linker (`--linker`)",
        example: "the linker has made a program for macOS 13.0, and `minimum-macos` is 11.0",
    }

    MACOS_VERSION: Warning "macos-version" {
        says: "A program for macOS runs on macOS 14.",
        why: "Docker Desktop supports the current macOS and the two before it, and so many people \
              have an older one than yours; there the program does not start, or misses functions.",
        help: "build it with `MACOSX_DEPLOYMENT_TARGET=11.0` (`minimum-macos` in this project's \
               configuration)",
        example: "`/darwin/tool` was built on macOS 26 for macOS 26",
    }

    LIBRARY_MISSING: Error "library-missing" {
        says: "The libraries that a program loads when it starts come with macOS or Windows, or are \
               listed beside it.",
        why: "The program does not start on machines without them: `Library not loaded` on macOS, \
              `The code execution cannot proceed because … was not found` on Windows. Homebrew's, \
              MinGW's and debugging libraries are on developers' machines alone.",
        help: "link it statically, or list the library for the same system, too",
        example: "`/windows/tool.exe` imports `libgcc_s_seh-1.dll`; `/darwin/tool` loads \
                  `/opt/homebrew/opt/openssl@3/lib/libssl.3.dylib`",
    }

    LIBRARY_MAYBE_MISSING: Warning "library-maybe-missing" {
        says: "Libraries that a program loads if they are there, or when it calls them, come with \
               macOS or Windows, or are listed beside it.",
        why: "Without them the program starts, but may end when it needs them.",
        help: "make sure that the program does without, or link it statically",
        example: "`/windows/tool.exe` imports `nvcuda.dll` with delay",
    }

    LIBRARY_VISUAL_CPP: Warning "library-visual-cpp" {
        says: "A program for Windows brings Visual C++'s runtime with it.",
        why: "`VCRUNTIME140.dll` and its like are not part of Windows. Many machines have them, \
              because some other program has installed them; on the others it does not start.",
        help: "link it statically (Rust: `-C target-feature=+crt-static`; Visual C++: `/MT`)",
        example: "`/windows/tool.exe` imports `VCRUNTIME140.dll`",
    }

    LINUX_LIBRARY: Warning "linux-library" {
        says: "A program for Linux needs no libraries but those of the C and C++ compilers.",
        why: "Which others there are, and in which versions, differs between distributions and \
              machines.",
        help: "link it statically; Rust's `musl` targets do",
        example: "`/linux/tool` needs `libssl.so.3`",
    }

    LINUX_INTERPRETER: Error "linux-interpreter" {
        says: "A program for Linux is static, or loaded by the dynamic linker of the GNU C library, \
               at its usual place.",
        why: "The distributions that Docker Desktop runs on have no other: people see `No such file \
              or directory`, though the program is there.",
        help: "link it statically, or build it on a distribution with the GNU C library",
        example: "`/linux/tool` was built on Alpine, and wants `/lib/ld-musl-x86_64.so.1`",
    }

    LINUX_GLIBC: Warning "linux-glibc" {
        says: "A program for Linux needs no newer GNU C library than 2.28.",
        why: "That is what the oldest distribution that Docker Desktop has been made for has (Red Hat \
              Enterprise Linux 8; Ubuntu 22.04 has 2.35). Where it is older than the program wants, \
              the program does not start: `version 'GLIBC_…' not found`.",
        help: "link it statically (Rust's `musl` targets do), or build it on an old distribution",
        example: "`/linux/tool` was built on Ubuntu 24.04, and wants `GLIBC_2.39`",
    }

    DEBUG_INFO: Warning "debug-info" {
        says: "A host binary has no debug information.",
        why: "It is often larger than the program itself, is downloaded by everybody, and tells how \
              your sources and folders are named.",
        help: "strip it (`strip = true` in the profile of cargo; `-ldflags=-s` in Go)",
        example: "`/linux/tool` has sections `.debug_info`, `.debug_line`, …",
    }

    BUILD_PATHS: Warning "build-paths" {
        says: "A host binary does not name folders of the machine that built it.",
        why: "They tell who built it and how that machine is laid out, and make every build differ.",
        help: "build it with `--remap-path-prefix` (Rust; `cargo xtask dist` does), `-trimpath` (Go) \
               or `-ffile-prefix-map` (C), and don't embed `CARGO_MANIFEST_DIR`",
        example: "`/darwin/tool` has `/Users/me/.cargo/registry/src/…/src/lib.rs` in it",
    }

    EXECUTABLE_STACK: Warning "executable-stack" {
        says: "A host binary's stack is not executable.",
        why: "Otherwise it is easy to abuse its mistakes, and some systems refuse it.",
        help: "find the assembly file without a `.note.GNU-stack` section, or link with `-z \
               noexecstack` (Linux), without `-allow_stack_execute` (macOS), with `/NXCOMPAT` \
               (Windows)",
        example: "`/linux/tool` has no `PT_GNU_STACK` header",
    }

    WRITABLE_CODE: Warning "writable-code" {
        says: "No part of a host binary is both writable and executable.",
        why: "Otherwise it is easy to abuse its mistakes; Apple silicon refuses it, and virus \
              scanners suspect it.",
        help: "don't pack it with tools like UPX; else look at what the linker was told",
        example: "`/windows/tool.exe` was packed with UPX",
    }

    RANDOM_ADDRESS: Warning "random-address" {
        says: "The system may load a host binary at an address of its choice (ASLR).",
        why: "Otherwise it is easier to abuse its mistakes; macOS warns of it, and virus scanners \
              suspect it.",
        help: "build it position-independent: `-buildmode=pie` (Go), `-pie` (C), `/DYNAMICBASE` \
               (Visual C++); Rust does so by itself, but not for static programs for Linux on arm64",
        example: "`/linux/tool` is an ELF file of the type `EXEC`",
    }

    SCRIPT_SHEBANG: Error "script-shebang" {
        says: "The first two bytes of a script for macOS or Linux are `#!`, and the absolute path of \
               what runs it follows.",
        why: "The system does not know how to start it: `exec format error`.",
        help: "begin it with `#!/bin/sh`, and save it without a byte order mark",
        example: "`/darwin/tool.sh` begins with `echo`",
    }

    SCRIPT_LINE_ENDS: Error "script-line-ends" {
        says: "The lines of a script for macOS or Linux end with LF alone.",
        why: "The CR before it becomes part of the interpreter's name and of every command: `bad \
              interpreter: /bin/sh^M`.",
        help: "convert it, and keep git from converting it back: `*.sh text eol=lf` in \
               `.gitattributes`",
        example: "`/darwin/tool.sh` was checked out on Windows",
    }

    SCRIPT_INTERPRETER: Warning "script-interpreter" {
        says: "A script is run by what every Mac or every Linux machine has, at the place where it \
               has it.",
        why: "It does not start elsewhere. macOS comes without Python and Node.js (`/usr/bin/python3` \
              offers to install Apple's developer tools), and has `bash` as `/bin/bash` alone.",
        help: "write it for `/bin/sh`, or make a program of it",
        example: "`/darwin/tool` begins with `#!/usr/bin/env python3`",
    }

    SCRIPT_WINDOWS: Error "script-windows" {
        says: "A script for Windows is a command file.",
        why: "Windows has nothing that runs shell scripts.",
        help: "write a `.cmd` file, or make a program of it",
        example: "`\"windows\": [{ \"path\": \"/windows/tool.sh\" }]`",
    }
}

//! What host binaries have to be.

super::rules! {
    /// Format and operating system differ.
    BINARY_FORMAT: Error "binary-format" {
        says: "A host binary has the format of the operating system that it is listed for: Mach-O \
               for `darwin`, PE for `windows`, ELF for `linux`.",
        why: "No other system can start it.",
        help: "list the program that was built for that system",
        example: "`\"darwin\": [{ \"path\": \"/tool\" }]` where `/tool` is an ELF file",
    }
}

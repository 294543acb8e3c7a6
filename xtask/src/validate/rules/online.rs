//! What is asked of the network, with `--online` alone.

super::rules! {
    /// Nothing is there.
    URL_STATUS: Error "url-status" {
        says: "The addresses of icon and screenshots answer with status 200.",
        why: "The marketplace shows a gap; its reviewers send the extension back. It is the most \
              common reason.",
        help: "publish the picture there, or mend the address",
        example: "an address in a private repository, or of a branch that is gone",
    }
    /// It is no picture.
    URL_TYPE: Error "url-type" {
        says: "What is there says that it is an SVG, PNG or JPEG picture, and is one.",
        why: "The marketplace shows a gap: often the address is that of a page that shows the picture.",
        help: "use the address of the picture itself (on GitHub that of the button \"Raw\")",
        example: "`https://github.com/me/tool/blob/main/icon.png`",
    }
    /// It has another size.
    URL_SIZE: Warning "url-size" {
        says: "A screenshot has 2400 × 1600 pixels.",
        why: "Docker recommends that size; others are scaled and cut.",
        help: "take it at that size, for example of a window of 1200 × 800 with a scale of 2",
        example: "a picture of 640 × 480 pixels",
    }
}

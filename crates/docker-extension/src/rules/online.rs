//! What is at the addresses that labels name; looked for with `--online` alone.

super::rule::rules! {
    STATUS: Error "url-status" {
        says: "The addresses of the icon and of the screenshots can be fetched by everybody: the \
               server answers with status 200, and redirects lead to `https://` addresses.",
        why: "People see a broken picture; the marketplace's reviewers send it back.",
        help: "publish the picture at an address that needs no login and does not expire; where it \
               is there for you, look with a private window of a browser",
        example: "an address in a private repository, which is answered with 404",
    }
    TYPE: Error "url-type" {
        says: "At these addresses are pictures in a format of the web: SVG, PNG, JPEG, GIF, WebP or \
               AVIF; and what the server says of them does not keep browsers from showing them.",
        why: "People see a broken picture. Browsers show an SVG picture if its `Content-Type` is \
              `image/svg+xml`, and no other picture under that; they show none that is called a text, \
              with `X-Content-Type-Options: nosniff`.",
        help: "name the address of the picture itself, not that of a page which shows it; publish it \
               on a server that sends the right `Content-Type`",
        example: "`https://github.com/me/tool/blob/main/icon.svg`, which is an HTML page",
    }
    FORMAT: Warning "url-format" {
        says: "The icon is an SVG, PNG or JPEG picture, and each picture comes with the \
               `Content-Type` of a picture.",
        why: "Docker's documentation asks for these formats. Browsers look into what comes without \
              the right type and show it; other programs may not.",
        help: "save the icon as one of these; publish the pictures on a server that sends \
               `Content-Type: image/…`",
        example: "a PNG picture that comes with `Content-Type: application/octet-stream`",
    }
    SIZE: Warning "url-size" {
        says: "Screenshots have 2400 × 1600 pixels, and no picture has more than 10 MB.",
        why: "Docker recommends this size for what the marketplace shows; large files keep people \
              waiting.",
        help: "take the screenshot anew at that size, or scale it",
        example: "a screenshot with 1280 × 720 pixels",
    }
}

//! Rules about the pictures behind the URLs in labels. They are only checked with `--online`.

super::rule::rules! {
    STATUS: Error "url-status" {
        reports: "icon or screenshot cannot be fetched",
        why: "Users see a broken picture, and the marketplace's reviewers reject the extension. The server \
              must answer with status 200, and redirects must lead to `https://` URLs.",
        help: "publish the picture at a URL that needs no login and does not expire, and check it in a \
               private browser window",
        example: "a URL in a private repository, to which the server answers with status 404",
    }
    TYPE: Error "url-type" {
        reports: "browsers do not show the icon or screenshot",
        why: "Users see a broken picture. Browsers show SVG, PNG, JPEG, GIF, WebP and AVIF pictures. An SVG \
              picture needs `Content-Type: image/svg+xml`, and no other picture may have it. With \
              `X-Content-Type-Options: nosniff` they also refuse images served as text.",
        help: "use the URL of the picture itself, not of a page that shows it, on a server that sends \
               the right `Content-Type`",
        example: "`https://github.com/me/tool/blob/main/icon.svg`, which is an HTML page",
    }
    FORMAT: Warning "url-format" {
        reports: "icon is not an SVG, PNG or JPEG picture, or a picture has the wrong `Content-Type`",
        why: "Docker's documentation asks for these formats. Browsers show a picture with the wrong type, \
              because they inspect its content; other programs may not.",
        help: "save the icon as SVG, PNG or JPEG, and publish pictures on a server that sends \
               `Content-Type: image/…`",
        example: "a PNG picture with `Content-Type: application/octet-stream`",
    }
    SIZE: Warning "url-size" {
        reports: "screenshot is not 2400 × 1600 pixels, or a picture is larger than 10 MB",
        why: "Docker recommends this size for the marketplace. Large files load slowly.",
        help: "take the screenshot again at that size, or scale it",
        example: "a screenshot of 1280 × 720 pixels",
    }
}

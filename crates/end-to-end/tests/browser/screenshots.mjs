// Takes the screenshots of the sample for README and the marketplace. docs/contributing.md has the commands.
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { SHOP, many, scriptedDesktop } from "./scene.mjs";

const [directory = ".", option] = process.argv.slice(2);
const ROOT = join(import.meta.dirname, "../../../..");
const PAGES = join(ROOT, "ui/dist");
/** Close to those of Docker Desktop. */
const THEMES = join(ROOT, "crates/docker-extension/src/preview/client/themes.js");
/** Nothing listens there: the files come from `PAGES`. */
const ORIGIN = "http://pages.invalid/";

/** The size that the marketplace recommends: 2400 x 1600 pixels. */
const PUBLISHED = [{ name: "", width: 1200, height: 800, deviceScaleFactor: 2, scene: SHOP }];

const REVIEWED = [1400, 900, 700, 400].flatMap((width) => {
  const size = { width, height: 900, deviceScaleFactor: 1 };
  return [
    { ...size, name: `-${width}`, scene: SHOP },
    {
      ...size,
      name: `-many-${width}`,
      scene: { report: many(1000), containers: [] },
      act: (page) => page.getByRole("region").evaluate((it) => it.scrollTo(0, 9000)),
    },
    {
      ...size,
      name: `-nothing-${width}`,
      scene: SHOP,
      act: (page) => page.getByRole("textbox").fill("99999"),
    },
  ];
});

const browser = await launch();
for (const shot of option === "--review" ? [...PUBLISHED, ...REVIEWED] : PUBLISHED) {
  const { name, width, height, deviceScaleFactor, scene, act } = shot;
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height }, deviceScaleFactor, colorScheme });
    await context.addInitScript({ path: THEMES });
    await context.addInitScript(scriptedDesktop, scene);
    const page = await context.newPage();
    page.on("pageerror", (error) => console.error(String(error)));
    await page.route(`${ORIGIN}**`, (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: join(PAGES, pathname === "/" ? "index.html" : pathname) });
    });
    await page.goto(ORIGIN);
    await page.getByText("Live", { exact: true }).waitFor();
    if (scene.containers.length > 0) await page.getByText(/is free/).first().waitFor();
    await act?.(page);
    // Transitions of colours end.
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(directory, `${colorScheme}${name}.png`) });
    await context.close();
  }
}
await browser.close();

import { createTheme, getContrastRatio, type Palette } from "@mui/material";
import { describe, expect, it, vi } from "vitest";
import { provideTheme } from "./theme";

/** WCAG 2.2, 1.4.3 and 1.4.11. */
const TEXT = 4.5;
const GRAPHICS = 3;

describe.each(["light", "dark"] as const)(
  "the %s theme outside Docker Desktop",
  (mode) => {
    vi.stubGlobal("window", {});
    provideTheme();
    const { palette }: { palette: Palette } = createTheme(window.__ddMuiV6Themes[mode]);

    it.each(["default", "paper"] as const)("has enough contrast on %s", (surface) => {
      const background = palette.background[surface];
      for (const colour of [palette.text.primary, palette.text.secondary, palette.primary.main]) {
        expect(getContrastRatio(colour, background)).toBeGreaterThanOrEqual(TEXT);
      }
      for (const { main } of [palette.warning, palette.success, palette.error]) {
        expect(getContrastRatio(main, background)).toBeGreaterThanOrEqual(GRAPHICS);
      }
    });

    it("has buttons with enough contrast, also under the pointer", () => {
      for (const { contrastText, main, dark } of [palette.primary, palette.warning]) {
        for (const background of [main, dark]) {
          expect(getContrastRatio(contrastText, background)).toBeGreaterThanOrEqual(TEXT);
        }
      }
    });
  },
);

it("Docker Desktop's theme is not replaced", () => {
  const given = { light: {}, dark: {} };
  vi.stubGlobal("window", { __ddMuiV6Themes: given });
  provideTheme();
  expect(window.__ddMuiV6Themes.light).toBe(given.light);
});

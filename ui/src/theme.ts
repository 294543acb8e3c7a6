/**
 * Docker Desktop and `cargo xtask preview` supply the themes that `DockerMuiV6ThemeProvider` requires.
 * Elsewhere, for example in tests, the themes in this file are used. They are close to Docker's, and their
 * contrast meets WCAG 2.2 AA.
 */
import type { ThemeOptions } from "@mui/material";

const SHARED: ThemeOptions = {
  shape: { borderRadius: 6 },
  typography: {
    fontFamily: 'Roboto, system-ui, -apple-system, "Segoe UI", sans-serif',
    button: { textTransform: "none", fontWeight: 500 },
    h2: { fontSize: "1.5rem", fontWeight: 600, lineHeight: 1.3 },
    body1: { fontSize: "0.9375rem" },
  },
};

const LIGHT: ThemeOptions = {
  ...SHARED,
  palette: {
    mode: "light",
    primary: { main: "#1a5ad9", contrastText: "#ffffff" },
    warning: { main: "#a35200", contrastText: "#ffffff" },
    success: { main: "#1a7f37" },
    error: { main: "#c62121" },
    background: { default: "#f6f8fa", paper: "#ffffff" },
    text: { primary: "#17191e", secondary: "#57606c" },
    divider: "#dde2e8",
  },
};

const DARK: ThemeOptions = {
  ...SHARED,
  palette: {
    mode: "dark",
    primary: { main: "#7fb2ff", dark: "#6aa3f7", contrastText: "#17191e" },
    warning: { main: "#f5b45c", contrastText: "#17191e" },
    success: { main: "#5fd185" },
    error: { main: "#ff8d85" },
    background: { default: "#14171c", paper: "#1c2026" },
    text: { primary: "#e8ebf0", secondary: "#a7b0bd" },
    divider: "#343a44",
  },
};

/** Call it before the first `DockerMuiV6ThemeProvider` is rendered. */
export function provideTheme(): void {
  const given: Partial<typeof window.__ddMuiV6Themes> | undefined = window.__ddMuiV6Themes;
  window.__ddMuiV6Themes = { light: given?.light ?? LIGHT, dark: given?.dark ?? DARK };
}

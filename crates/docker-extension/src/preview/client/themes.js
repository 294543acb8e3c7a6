// The themes that @docker/docker-mui-theme requires. Docker Desktop provides them as options of MUI's
// `createTheme`. Its own are not published any more: the palette `docker` and the typography are those of the
// package's version 0.0.11 (Apache-2.0, Docker Inc.); the other colours are close to Docker's, and their
// contrast meets WCAG AA.
(() => {
  const STEPS = [100, 200, 300, 400, 500, 600, 700, 800];
  const scale = (colors) => Object.fromEntries(colors.split(" ").map((color, index) => [STEPS[index], `#${color}`]));

  const LIGHT_PALETTE = {
    mode: "light",
    primary: { light: "#6bc3f3", main: "#1a5ad9", dark: "#1144a6", contrastText: "#ffffff" },
    secondary: { main: "#b72132", dark: "#871907", contrastText: "#ffffff" },
    error: { main: "#c62121" },
    warning: { main: "#a35200", contrastText: "#ffffff" },
    success: { main: "#1a7f37" },
    info: { main: "#116ed0" },
    background: { default: "#f4f4f6", paper: "#ffffff" },
    text: { primary: "#17191e", secondary: "#505968", disabled: "#677285" },
    action: {
      active: "#505968", disabled: "#677285", hover: "rgba(137, 147, 165, 0.2)", hoverOpacity: 0.06,
      selected: "rgba(137, 147, 165, 0.3)", selectedOpacity: 0.1,
    },
    divider: "#dde2e8",
    docker: {
      amber: scale("fff6e2 fce1a9 fbb552 dd7805 b85504 aa4409 893607 421a02"),
      blue: scale("e8f4fd c0e0fa 8bc7f5 1c90ed 116ed0 0055bd 1144a6 00084d"),
      green: scale("f3faf9 c6eae1 88d5c0 3ba08d 2e7f74 1e6c5f 185a51 0c2c28"),
      grey: scale("eaeaed e1e2e6 c4c8d1 8993a5 677285 505968 393f49 17191e"),
      red: scale("feefef f6cfd0 eea3a5 e25d68 d52536 b72132 8b1924 350a10"),
      violet: scale("f7ecff e9d4ff c9a6ff 9860ff 7d2eff 6d00eb 5700bb 220041"),
      text: "#27343b",
      background: "#f9f9fa",
    },
  };

  const DARK_PALETTE = {
    mode: "dark",
    primary: { light: "#a6cbff", main: "#7fb2ff", dark: "#6aa3f7", contrastText: "#17191e" },
    secondary: { main: "#ff8d85", dark: "#dd4659", contrastText: "#17191e" },
    error: { main: "#ff8d85" },
    warning: { main: "#f5b45c", contrastText: "#17191e" },
    success: { main: "#5fd185" },
    info: { main: "#7cb9f4" },
    background: { default: "#14171c", paper: "#1c2026" },
    text: { primary: "#e8ebf0", secondary: "#a7b0bd", disabled: "#7794ab" },
    action: {
      active: "#94abbc", disabled: "#7794ab", hover: "rgba(70, 92, 110, 0.4)", hoverOpacity: 0.08,
      selected: "rgba(70, 92, 110, 0.4)", selectedOpacity: 0.16,
    },
    divider: "#343a44",
    docker: {
      amber: scale("672805 7b3606 944307 af560a cd6a0a ed8d25 f6a650 f8b974"),
      blue: scale("0b1b46 06326d 084391 1557b8 116ed0 3391ee 55a4f1 7cb9f4"),
      green: scale("0d342e 11423b 145348 1a655a 228375 2aa391 3cc1ad 7accc3"),
      grey: scale("141b1f 27343e 364754 465c6e 7794ab 94abbc adbecb c4d0da"),
      red: scale("58111b 741624 951c2f bc233c c32438 dd4659 e36676 ea8e9a"),
      violet: scale("341458 491d7b 5f25a0 8032d6 8a53ec a371fc b38bfc c5a6fd"),
      text: "#ffffff",
      background: "#1c262d",
    },
  };

  const theme = (palette) => ({
    palette,
    shape: { borderRadius: 4 },
    typography: {
      fontFamily: 'Roboto, system-ui, -apple-system, "Segoe UI", sans-serif',
      fontSize: 12,
      fontWeightRegular: 400,
      fontWeightMedium: 500,
      fontWeightBold: 600,
      button: { textTransform: "none", fontWeight: 600 },
      h1: { fontSize: "36px", fontWeight: 600, lineHeight: "40px" },
      h2: { fontSize: "24px", fontWeight: 400, lineHeight: "32px" },
      h3: { fontSize: "18px", fontWeight: 600, lineHeight: "24px" },
      subtitle1: { fontSize: 16 },
      subtitle2: { fontSize: 22, fontWeight: 600 },
      body1: { fontSize: 14 },
      "inline-code": {
        fontFamily: "ui-monospace, Courier, monospace",
        fontSize: "85%",
        padding: ".2em .4em",
        borderRadius: "4px",
        backgroundColor: palette.docker.grey[palette.mode === "dark" ? 300 : 200],
      },
    },
    components: {
      MuiButtonBase: { defaultProps: { disableRipple: true } },
      MuiButton: { defaultProps: { disableElevation: true } },
      MuiCardActions: { styleOverrides: { root: { padding: "16px" } } },
      MuiDialogActions: { styleOverrides: { root: { padding: "16px" } } },
      MuiTab: { styleOverrides: { root: { textTransform: "none", fontSize: 14 } } },
    },
  });

  // Separate values, because a page may change them.
  for (const name of ["__ddMuiV5Themes", "__ddMuiV6Themes"]) {
    window[name] = { light: theme(structuredClone(LIGHT_PALETTE)), dark: theme(structuredClone(DARK_PALETTE)) };
  }
})();

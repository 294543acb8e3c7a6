import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { provideTheme } from "./theme";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

provideTheme();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

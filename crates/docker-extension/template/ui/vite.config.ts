import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Docker Desktop loads the page from a file:// URL, where absolute paths don't work.
  base: "./",
  plugins: [react()],
});

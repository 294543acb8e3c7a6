import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  // Docker Desktop opens the page from a file:// address, where absolute paths lead nowhere.
  base: "./",
  plugins: [react()],
});
